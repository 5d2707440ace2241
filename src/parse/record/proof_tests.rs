//! Deliveries are so by proof: no row without it is one, and a file that nobody knows is asked about, in six languages; no
//! question proposes a sender.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::tests::{csv_with, read_csv, read_json, records};
use crate::bounce::{Kind, RejectReason};
use crate::parse::Reader;

static READER: LazyLock<Reader> = LazyLock::new(|| records(false));

/// What people call the columns of such a file.
struct Language {
    recipients: &'static [&'static str],
    senders: &'static [&'static str],
    replies: &'static [&'static str],
    others: &'static [&'static str],
}

const LANGUAGES: &[Language] = &[
    Language {
        recipients: &["to_email", "Recipient address", "leadEmail", "Contact e-mail", "destination", "RCPT"],
        senders: &[
            "from_email",
            "Sender",
            "reply_to",
            "Sending account",
            "senderEmail",
            "Return path",
            "mail_from_address",
        ],
        replies: &["Hard bounce reason", "errorMessage", "why it failed", "SMTP answer text"],
        others: &["id", "Campaign name", "opened_at", "category", "First name"],
    },
    Language {
        recipients: &["Empfänger", "Empfaengeradresse", "E-Mail des Kunden", "Kontakt-Mail"],
        senders: &["Absender", "Absenderadresse", "Von", "Versandkonto"],
        replies: &["Fehlermeldung", "Grund", "Ursache des Fehlers"],
        others: &["Nr", "Vorname", "Betreff", "Kampagne"],
    },
    Language {
        recipients: &["Destinataire", "Courriel du destinataire", "adresse_destinataire"],
        senders: &["Expéditeur", "adresse_expediteur", "Émetteur"],
        replies: &["Motif", "Message d'erreur", "Raison du rejet"],
        others: &["Objet", "Prénom", "Campagne"],
    },
    Language {
        recipients: &["Destinatario", "correo_destinatario", "Correo del contacto"],
        senders: &["Remitente", "correo_remitente", "Emisor"],
        replies: &["Motivo", "Mensaje de error", "Razón"],
        others: &["Asunto", "Nombre", "Campaña"],
    },
    Language {
        recipients: &["Получатель", "адрес получателя"],
        senders: &["Отправитель", "адрес отправителя"],
        replies: &["Причина", "Ошибка доставки"],
        others: &["Тема", "Имя"],
    },
    Language {
        recipients: &["宛先", "受信者メール"],
        senders: &["差出人", "送信者メール"],
        replies: &["理由", "エラー内容"],
        others: &["件名", "名前"],
    },
];

/// A header in some order, which of its names is the recipient's, and those that are the sender's.
fn headers() -> impl Strategy<Value = (Vec<&'static str>, &'static str)> {
    (0..LANGUAGES.len()).prop_flat_map(|at| {
        let language = &LANGUAGES[at];
        (
            select(language.recipients),
            subsequence(language.senders, 1..=2),
            subsequence(language.replies, 0..=1),
            subsequence(language.others, 0..=2),
        )
            .prop_flat_map(|(recipient, senders, replies, others)| {
                let names = [vec![recipient], senders, replies, others].concat();
                (Just(names).prop_shuffle(), Just(recipient))
            })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_file_that_nobody_knows_is_asked_about((names, recipient) in headers()) {
        let cells = names.iter().map(|name| match LANGUAGES.iter().any(|l| l.senders.contains(name)) {
            true => "news@example.com",
            false if *name == recipient => "ann@example.org",
            false => "Postfach unbekannt",
        });
        let text = format!("{}\n{}\n", names.join(";"), cells.collect::<Vec<_>>().join(";"));
        let out = csv_with(&READER, &text);
        prop_assert_eq!(out.deliveries.len(), 0, "{}", text);
        let ours = out.events.iter().filter_map(|event| event.recipient.as_ref()).any(|r| r.as_str() == "news@example.com");
        prop_assert!(!ours, "{}", text);
        for reject in &out.rejects {
            for sender in LANGUAGES.iter().flat_map(|language| language.senders) {
                prop_assert!(!reject.detail.contains(&format!("recipient = \"{sender}\"")), "{}", reject.detail);
                prop_assert!(!reject.detail.contains(&format!("is \"{sender}\" the recipient")), "{}", reject.detail);
            }
            prop_assert!(reject.detail.contains(&format!("recipient = \"{recipient}\"")), "{}", reject.detail);
        }
    }
}

#[test]
fn a_row_is_a_delivery_by_proof_only() {
    for (text, delivered) in [
        // Nothing but our own names for deliveries.
        ("recipient\nann@example.com\n", true),
        ("recipient,timestamp,sending_ip\nann@example.com,2026-11-20T01:02:03Z,192.0.2.1\n", true),
        ("recipient_domain,count\nexample.com,12\n", true),
        ("Recipient,Campaign_ID,List_Source\nann@example.com,c1,shop\n", true),
        // The row says so.
        ("email,event\nann@example.com,delivered\n", true),
        ("email,action,note\nann@example.com,relayed,x\n", true),
        ("email,smtp_code,note\nann@example.com,250,x\n", true),
        // One name that nobody knows, in whatever language, or a name that contact lists have too.
        ("recipient,timestamp,bounce cause\nann@example.com,2026-11-20T01:02:03Z,no such user\n", false),
        ("Email,Hard bounce category\nann@example.com,UNKNOWN\n", false),
        ("email\nann@example.com\n", false),
        ("email,created_at\nann@example.com,2026-11-20T01:02:03Z\n", false),
        ("E-Mail;Fehlergrund\nann@example.com;Postfach unbekannt\n", false),
        ("e-mail,Motif\nann@example.com,Boîte inconnue\n", false),
        ("correo,recipient,motivo\nx,ann@example.com,usuario desconocido\n", false),
        ("recipient,cleaned\nann@example.com,2026-11-20\n", false),
        ("recipient,unsubscribed_at\nann@example.com,2026-11-20\n", false),
        ("recipient,status\nann@example.com,enabled\n", false),
        ("recipient,status\nann@example.com,active\n", false),
        ("recipient,recipient\nann@example.com,bob@example.com\n", false),
        // A status says what a contact is, a code what a customer is.
        ("email,status\nann@example.com,bounced\n", false),
        ("email,status,first_name\nann@example.com,accepted,Ann\n", false),
        ("email,code,first_name\nann@example.com,DE12,Ann\n", false),
        // A word or a code, and beside it a reply that nobody reads.
        ("email,result,first_name\nann@example.com,delivered,Ann\n", true),
        ("email,result,client\nann@example.com,accepted,Mozilla/5.0\n", true),
        ("email,result,Grund\nann@example.com,delivered,\n", true),
        ("email,result,Grund\nann@example.com,delivered,Postfach unbekannt\n", false),
        ("email,state,fehler\nann@example.com,accepted,550 5.1.1 User unknown\n", false),
        ("email,event,x\nann@example.com,delivered,550 5.1.1 User unknown\n", false),
        ("email,code,x\nann@example.com,250,smtp; 550 no\n", false),
        ("email,status,x\nann@example.com,2.0.0,5.1.1\n", false),
    ] {
        let out = read_csv(text);
        assert_eq!(out.deliveries.len(), usize::from(delivered), "{text}");
        if !delivered {
            let reasons: Vec<_> = out.rejects.iter().map(|reject| reject.reason).collect();
            assert_eq!((out.events.len(), reasons), (0, vec![RejectReason::UnclearKind]), "{text}");
        }
    }
}

#[test]
fn an_object_is_a_delivery_by_proof_only() {
    for (text, delivered) in [
        (r#"{"recipient":"ann@example.com","timestamp":"2026-11-20T01:02:03Z"}"#, true),
        (r#"[{"recipient":"ann@example.com"}]"#, true),
        (r#"{"recipient":"ann@example.com","kind":"delivered","x":1}"#, true),
        (r#"{"recipient":"ann@example.com","bounced_at":"2026-11-20T01:02:03Z"}"#, false),
        (r#"{"email":"ann@example.com","eventName":"emailOpen"}"#, false),
        (r#"{"recipient":"ann@example.com","why":null}"#, false),
        (r#"{"recipient":"ann@example.com","meta":{"error":"no such user"}}"#, false),
        (r#"{"recipient":"ann@example.com","category":"hard"}"#, false),
        (r#"{"email":"ann@example.com","event":"delivered","x":{"y":["550 5.1.1 User unknown"]}}"#, false),
        (r#"{"email":"ann@example.com","event":"delivered","x":{"y":["550 of them"]},"z":"555"}"#, false),
        (r#"{"email":"ann@example.com","event":"delivered","x":{"y":["a 550"]},"z":"555"}"#, true),
        // What stands beside a list may say what its elements are.
        (r#"{"failures":1,"results":[{"recipient":"ann@example.com","timestamp":"2026-11-20T01:02:03Z"}]}"#, false),
        (r#"{"results":[{"recipient":"ann@example.com"}],"what":"bounce"}"#, false),
    ] {
        let out = read_json(text);
        assert_eq!((out.deliveries.len(), out.events.len()), (usize::from(delivered), 0), "{text}: {:?}", out.rejects);
    }
}

#[test]
fn a_reply_that_refuses_goes_before_a_word_for_a_delivery() {
    for text in [
        "email,result,reason\nann@example.com,delivered,550 5.1.1 User unknown\n",
        "email,event,code,reason\nann@example.com,sent,550,User unknown\n",
        "email,code,reason\nann@example.com,250,550 5.1.1 User unknown\n",
        "email,code,status\nann@example.com,250,5.1.1\n",
        "email,action,status\nann@example.com,relayed,5.1.1\n",
        "email,reason\nann@example.com,250 2.1.5 but later: 550 5.1.1 rejected\n",
        "email,reason\nann@example.com,200 days inactive\n",
        "email,state,result\nann@example.com,failed,delivered\n",
    ] {
        let out = read_csv(text);
        let kinds: Vec<_> = out.events.iter().map(|event| event.kind).collect();
        assert_eq!((kinds, out.deliveries.len()), (vec![Kind::Bounce], 0), "{text}");
    }
}

#[test]
fn a_list_given_as_delivered_needs_no_further_proof() {
    let out = csv_with(&records(true), "Email,Opened\nann@example.com,yes\n");
    assert_eq!((out.deliveries.len(), out.rejects.len()), (1, 0));
}
