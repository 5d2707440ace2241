//! Files that nobody knows, in six languages: no row of theirs is a delivery, and no question proposes a sender.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::tests::{csv_with, records};
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
