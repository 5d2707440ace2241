//! The first promise, over generated mails: layouts x languages x headers x what is named. In: mailboxes of bounces that
//! are due, answers of people, notices of our own server, transient refusals, reports that name us. Out: addresses.csv
//! holds those that are due and nobody else.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use proptest::prelude::*;

use crate::program::bouncescope;

/// One mail of the mailbox, and whom it makes a dead recipient.
#[derive(Debug, Clone)]
struct Mail {
    text: String,
    due: Option<String>,
}

/// Replies that make an address dead.
const PERMANENT: &[&str] = &[
    "550 5.1.1 User unknown",
    "550 5.1.1 <{}>: Recipient address rejected: User unknown in virtual alias table",
    "550 No such user here",
    "550 5.2.1 The email account that you tried to reach is disabled",
    "550 5.1.1 Empfänger unbekannt",
    "550 5.1.1 Usuario desconocido",
];

/// Replies that pass, or that are about us.
const HARMLESS: &[&str] = &[
    "450 4.1.1 <{}>: Recipient address rejected: User unknown",
    "451 4.3.0 Temporary lookup failure",
    "450 4.2.0 Greylisted, try again later",
    "452 4.2.2 Mailbox full",
    "550 5.7.1 Service unavailable, client host [198.51.100.7] blocked using zen.spamhaus.org",
    "501 5.1.7 Invalid address",
    "553 5.1.8 Domain of sender address does not exist",
    "550 5.1.0 Address rejected: sender reputation poor",
    "550 5.1.1 <news@example.com>: User unknown",
    "550 news@example.com does not exist",
    "550 mailbox temporarily unavailable",
];

/// What people's machines write; `{}` is a colleague.
const ABSENCES: &[(&str, &str)] = &[
    ("Neue Adresse", "Mein Konto existiert nicht mehr, der Empfänger ist unbekannt. Bitte an {} schreiben."),
    ("Out until May", "I left the company, this mailbox is inactive and over quota. Contact {} instead."),
    ("Changement", "Cette adresse n'existe plus, utilisateur inconnu. Écrivez à {}."),
    ("Cambio de correo", "Esta dirección ya no existe, usuario desconocido. Escriba a {}."),
    ("Nuovo indirizzo", "Questo indirizzo non esiste più, casella piena. Scrivere a {}."),
    ("Novo endereço", "Este endereço não existe, caixa cheia. Escreva para {}."),
    ("Ander adres", "Dit adres bestaat niet meer, gebruiker onbekend. Mail {}."),
    ("Ny adress", "Adressen finns inte längre, okänd mottagare. Skriv till {}."),
    ("Ny adresse", "Adressen findes ikke længere, ukendt modtager. Skriv til {}."),
    ("Zmiana adresu", "Ten adres nie istnieje, użytkownik nieznany. Proszę pisać do {}."),
    ("Změna adresy", "Tato adresa již neexistuje, neznámý příjemce. Pište na {}."),
    ("Új cím", "Ez a cím megszűnt, ismeretlen címzett. Írjon ide: {}."),
    ("Новый адрес", "Адрес не существует, пользователь не найден. Пишите на {}."),
    ("Yeni adres", "Bu adres bulunamadı, kullanıcı bilinmiyor. Lütfen {} adresine yazın."),
    ("退職のお知らせ", "このアドレスは存在しないため、今後は {} へお送りください。"),
    ("新地址", "该邮箱不存在，收件人不存在。请联系 {} 。"),
    ("주소 변경", "이 주소는 존재하지 않습니다. {} 로 보내 주세요."),
];

/// Marks that answers bear, each enough alone.
const MARKS: &[&str] = &[
    "Auto-Submitted: auto-replied\n",
    "X-Auto-Response-Suppress: All\n",
    "X-Autoreply: yes\n",
    "X-Autorespond: vacation\n",
    "Precedence: bulk\n",
    "In-Reply-To: <camp-1@news.example.com>\n",
    "References: <camp-1@news.example.com>\n",
    "Auto-Submitted: auto-generated\nPrecedence: junk\n",
];

const OURS: &[&str] = &["bounces@news.example.com", "bounces+77@news.example.com", "news@example.com"];

fn head(from: &str, to: &str, subject: &str, more: &str, id: usize) -> String {
    format!(
        "Return-Path: <>\nFrom: {from}\nTo: {to}\nSubject: {subject}\nMessage-ID: <m{id}@mx.example.net>\n\
         Date: Thu, 19 Nov 2026 08:00:00 +0000\nMIME-Version: 1.0\n{more}"
    )
}

fn plain(head: String, text: &str) -> String {
    format!("{head}Content-Type: text/plain; charset=utf-8\n\n{text}\n")
}

/// A report on `address` in one of several layouts, with a reply.
fn report(layout: usize, address: &str, reply: &str, ours: &str, id: usize) -> String {
    let reply = reply.replace("{}", address);
    let daemon = "Mail Delivery System <MAILER-DAEMON@mx.example.net>";
    let returned = format!(
        "Return-Path: <{ours}>\nFrom: News <news@example.com>\nTo: {address}\nSubject: Autumn\nMessage-ID: <c{id}@news.example.com>\n\nhello\n"
    );
    match layout {
        0 => format!(
            "{}Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nThis is the mail system at host mx.example.net.\n\n--b\n\
             Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\nX-Postfix-Sender: rfc822; {ours}\n\nFinal-Recipient: rfc822; {address}\n\
             Action: failed\nDiagnostic-Code: smtp; {reply}\n\n--b\nContent-Type: message/rfc822\n\n{returned}\n--b--\n",
            head(daemon, ours, "Undelivered Mail Returned to Sender", "Auto-Submitted: auto-replied\n", id)
        ),
        1 => plain(
            head(daemon, ours, "Mail delivery failed: returning message to sender", "", id),
            &format!(
                "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\n\
                 recipients. This is a permanent error. The following address(es) failed:\n\n  {address}\n    host mx.example.org [192.0.2.9]\n    \
                 SMTP error from remote mail server after RCPT TO:<{address}>:\n    {reply}\n"
            ),
        ),
        2 => plain(
            head(daemon, ours, "failure notice", "", id),
            &format!(
                "Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\
                 This is a permanent error; I've given up. Sorry it didn't work out.\n\n<{address}>:\n192.0.2.9 does not like recipient.\nRemote host said: {reply}\nGiving up on 192.0.2.9.\n\n\
                 --- Below this line is a copy of the message.\n\n{returned}"
            ),
        ),
        _ => plain(
            head(daemon, ours, "Returned mail: see transcript for details", "", id),
            &format!(
                "   ----- The following addresses had permanent fatal errors -----\n<{address}>\n\n   ----- Transcript of session follows -----\n\
                 ... while talking to mx.example.org.:\n>>> RCPT To:<{address}>\n<<< {reply}\n"
            ),
        ),
    }
}

/// What a generated mail is.
#[derive(Debug, Clone)]
enum Plan {
    Due { layout: usize, reply: usize, ours: usize },
    Harmless { layout: usize, reply: usize, ours: usize },
    Absence { text: usize, mark: usize, office: bool, verp: bool },
    NamesUs { layout: usize, ours: usize },
    Transcript,
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let plan = prop_oneof![
        (0..4_usize, 0..PERMANENT.len(), 0..OURS.len()).prop_map(|(layout, reply, ours)| Plan::Due {
            layout,
            reply,
            ours
        }),
        (0..4_usize, 0..HARMLESS.len(), 0..OURS.len()).prop_map(|(layout, reply, ours)| Plan::Harmless {
            layout,
            reply,
            ours
        }),
        (0..ABSENCES.len(), 0..MARKS.len(), any::<bool>(), any::<bool>())
            .prop_map(|(text, mark, office, verp)| Plan::Absence { text, mark, office, verp }),
        (0..4_usize, 0..OURS.len()).prop_map(|(layout, ours)| Plan::NamesUs { layout, ours }),
        Just(Plan::Transcript),
    ];
    prop::collection::vec(plan, 8..30)
}

fn mail(plan: &Plan, id: usize) -> Mail {
    // A domain of its own for each, so that no directory seems to have failed.
    let address = format!("person{id}@org{id}.example");
    match plan {
        Plan::Due { layout, reply, ours } => {
            Mail { text: report(*layout, &address, PERMANENT[*reply], OURS[*ours], id), due: Some(address) }
        }
        Plan::Harmless { layout, reply, ours } => {
            Mail { text: report(*layout, &address, HARMLESS[*reply], OURS[*ours], id), due: None }
        }
        Plan::Absence { text, mark, office, verp } => {
            let (subject, words) = ABSENCES[*text];
            let to =
                if *verp { format!("bounces+person{id}=org{id}.example@news.example.com") } else { OURS[0].to_owned() };
            let from = if *office { format!("postmaster@org{id}.example") } else { format!("A Person <{address}>") };
            let words = words.replace("{}", &format!("colleague{id}@org{id}.example"));
            Mail { text: plain(head(&from, &to, subject, MARKS[*mark], id), &words), due: None }
        }
        Plan::NamesUs { layout, ours } => {
            Mail { text: report(*layout, OURS[*ours], "550 5.1.1 User unknown", OURS[*ours], id), due: None }
        }
        Plan::Transcript => {
            let text = format!(
                "Transcript of session follows.\n\n Out: 220 mail.example.com ESMTP Postfix\n In:  EHLO pc\n Out: 250 mail.example.com\n In:  RCPT TO:<{address}>\n \
                 Out: 550 5.1.1 <{address}>: Recipient address rejected: User unknown\n"
            );
            let from = "Mail Delivery System <MAILER-DAEMON@mail.example.com>";
            Mail {
                text: plain(head(from, "postmaster@example.com", "Postfix SMTP server: errors from x", "", id), &text),
                due: None,
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mailbox_lists_who_is_dead_and_nobody_else(plans in plans()) {
        let dir = tempfile::tempdir().expect("a folder");
        let mails: Vec<Mail> = plans.iter().enumerate().map(|(id, plan)| mail(plan, id)).collect();
        let mut mbox = String::new();
        for mail in &mails {
            writeln!(mbox, "From MAILER-DAEMON Thu Nov 19 08:00:00 2026\n{}", mail.text).expect("written");
        }
        let input = dir.path().join("returned.mbox");
        fs::write(&input, mbox).expect("written");
        let out = dir.path().join("out");
        let args = ["run", "--no-progress", "--as-of", "2026-11-20", "--max-suppressions", "1000", "--out"];
        let paths = [out.as_os_str(), input.as_os_str()];
        bouncescope(args.into_iter().map(AsRef::as_ref).chain(paths)).run().behaves(&[0, 3]);
        let mut rows = csv::Reader::from_path(out.join("2026-11-20/suppression/addresses.csv")).expect("a list");
        let listed: BTreeSet<String> = rows.records().map(|row| row.expect("a row")[0].to_owned()).collect();
        let due: BTreeSet<String> = mails.iter().filter_map(|mail| mail.due.clone()).collect();
        prop_assert_eq!(listed, due);
    }
}
