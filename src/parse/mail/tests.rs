//! The mail reader as a whole: one behaviour each, on small mails.

mod prose;

use std::fmt::Write as _;

use proptest::prelude::*;

use super::MailReader;
use crate::bounce::{Action, Event, Kind, Origin, Reject, RejectReason};
use crate::parse::OwnPatterns;
use crate::parse::prose::Layouts;

fn try_read(mail: &str) -> Result<Vec<Event>, Reject> {
    thread_local! {
        static READER: MailReader = MailReader::new(Layouts::load(None).unwrap(), vec!["X-Own".to_owned()], &OwnPatterns::default());
    }
    READER.with(|reader| reader.read(&Origin { source: "test".into(), index: 0 }, mail.as_bytes()))
}

fn read(mail: &str) -> Vec<Event> {
    try_read(mail).unwrap()
}

fn recipients(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.recipient.as_ref().map_or("", |a| a.as_str())).collect()
}

/// A delivery report with this `message/delivery-status`, and this text for people.
fn report(text: &str, status: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mail.example.com\nTo: news@example.com\nSubject: Undelivered\nDate: Thu, 29 Apr 2010 23:34:45 +0900\n\
         MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n{text}\n--b\n\
         Content-Type: message/delivery-status\n\n{status}\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <1@example.com>\n\
         From: news@example.com\nTo: ann@example.org\nX-Own: spring\n\nbody mentions eve@example.net\n--b--\n"
    )
}

const BLOCK: &str = "Reporting-MTA: dns; mail.example.com\n\nFinal-Recipient: rfc822; ann@example.org\nAction: failed\nStatus: 5.1.1\n\
    Diagnostic-Code: smtp; 550 5.1.1 User unknown\n";

#[test]
fn a_report_names_its_recipient_and_the_returned_message() {
    let events = read(&report("", BLOCK));
    assert_eq!(recipients(&events), ["ann@example.org"]);
    let event = &events[0];
    assert_eq!((event.kind, event.action), (Kind::Bounce, Some(Action::Failed)));
    assert_eq!(event.message_id.as_deref(), Some("1@example.com"));
    assert_eq!(event.campaign_id.as_deref(), Some("spring"));
    assert_eq!(event.sending_domain.as_deref(), Some("example.com"));
    assert_eq!(event.reply_code.unwrap().get(), 550);
}

#[test]
fn every_line_end_gives_the_same_events() {
    let mail = report("", BLOCK);
    let want = read(&mail);
    for end in ["\r\n", "\r"] {
        let got = read(&mail.replace('\n', end));
        if end == "\r\n" {
            assert_eq!(got, want);
        }
    }
}

#[test]
fn blocks_are_told_apart_however_they_are_laid_out() {
    let two = ["ann@example.org", "bob@example.net"];
    for status in [
        "Final-Recipient: rfc822; ann@example.org\nAction: failed\nStatus: 5.1.1\n\nFinal-Recipient: rfc822; bob@example.net\nAction: failed\n",
        // No blank line between them.
        "Final-Recipient: rfc822; ann@example.org\nAction: failed\nFinal-Recipient: rfc822; bob@example.net\nAction: failed\n",
        // The action first, and the types missing.
        "Action: failed\nFinal-Recipient: ann@example.org\n\nAction: failed\nFinal-Recipient: bob@example.net\n",
        "Action: failed\nFinal-Recipient: ann@example.org\nAction: failed\nFinal-Recipient: bob@example.net\n",
        // The message's own block last.
        "Final-Recipient: rfc822; ann@example.org\nAction: failed\n\nFinal-Recipient: rfc822; bob@example.net\nAction: failed\n\nReporting-MTA: dns; x.example\n",
    ] {
        let events = read(&report("", status));
        assert_eq!(recipients(&events), two, "{status}");
        assert!(events.iter().all(|event| event.kind == Kind::Bounce), "{status}");
    }
}

#[test]
fn a_blank_line_within_a_block_loses_nothing() {
    let events = read(&report("", "Final-Recipient: rfc822; ann@example.org\n\nAction: failed\nStatus: 5.2.2\n"));
    assert_eq!(recipients(&events), ["ann@example.org"]);
    assert_eq!(events[0].status.unwrap().to_string(), "5.2.2");
}

#[test]
fn the_action_decides_the_kind() {
    for (action, kind) in [
        ("failed", Kind::Bounce),
        ("Failed (permanent)", Kind::Bounce),
        ("delayed", Kind::Delay),
        ("delivered", Kind::Delivered),
        ("relayed", Kind::Delivered),
        ("expanded", Kind::Delivered),
    ] {
        let events = read(&report("", &format!("Final-Recipient: rfc822; ann@example.org\nAction: {action}\n")));
        assert_eq!(events[0].kind, kind, "{action}");
    }
}

#[test]
fn the_original_recipient_is_the_one_we_mailed() {
    let events = read(&report("", &BLOCK.replace("Final", "Original-Recipient: rfc822;team@example.org\nFinal")));
    assert_eq!(recipients(&events), ["team@example.org"]);
    assert_eq!(events[0].final_recipient.as_ref().unwrap().as_str(), "ann@example.org");
}

#[test]
fn an_alias_told_to_people_is_the_one_we_mailed() {
    let text = "This is the mail system at host mail.example.com.\n\n<ann@example.org> (expanded from <team@example.com>): host x said: 550 no\n";
    assert_eq!(recipients(&read(&report(text, BLOCK))), ["team@example.com"]);
}

#[test]
fn a_diagnostic_without_words_is_told_by_the_text_for_people() {
    let text = "Diagnostic information for administrators:\n\nann@example.org\nRemote Server returned '550 5.7.1 blocked by rule'\n";
    let events = read(&report(text, "Final-Recipient: rfc822; ann@example.org\nAction: failed\nStatus: 5.0.0\n"));
    assert_eq!(events[0].status.unwrap().to_string(), "5.7.1");
    assert!(events[0].reply.as_deref().unwrap().contains("blocked by rule"));
}

#[test]
fn encoded_and_international_reports_are_read() {
    let plain = report("", BLOCK);
    let encoded = plain.replace(
        &format!("message/delivery-status\n\n{BLOCK}"),
        "message/delivery-status\nContent-Transfer-Encoding: base64\n\n\
         RmluYWwtUmVjaXBpZW50OiByZmM4MjI7IGFubkBleGFtcGxlLm9yZwpBY3Rpb246IGZhaWxlZAo=\n",
    );
    assert_ne!(plain, encoded);
    assert_eq!(recipients(&read(&encoded)), ["ann@example.org"]);
    let global = report("", "Final-Recipient: utf-8; \\x{E4}nn@b\\x{FC}cher.example\nAction: failed\n")
        .replace("message/delivery-status", "message/global-delivery-status");
    assert_eq!(recipients(&read(&global)), ["änn@xn--bcher-kva.example"]);
}

#[test]
fn a_report_without_a_recipient_is_a_reject() {
    let reject = try_read(&report("Sorry.", "Reporting-MTA: dns; mail.example.com\n\nAction: failed\n")).unwrap_err();
    assert_eq!(reject.reason, RejectReason::NoRecipient);
}

#[test]
fn what_is_no_mail_is_a_reject() {
    for (bytes, reason) in
        [("", RejectReason::Empty), (" \r\n", RejectReason::Empty), ("no header\n", RejectReason::NotMail)]
    {
        assert_eq!(try_read(bytes).unwrap_err().reason, reason, "{bytes:?}");
    }
}

#[test]
fn feedback_reports_are_complaints_unless_they_say_otherwise() {
    let arf = |kind: &str, rcpt: &str| {
        format!(
            "From: fbl@example.net\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nhi\n--b\n\
             Content-Type: message/feedback-report\n\nFeedback-Type: {kind}\nVersion: 1\nOriginal-Mail-From: <b+bob=example.net@example.com>\n{rcpt}\n--b\n\
             Content-Type: message/rfc822\n\nFrom: news@example.com\nTo: hidden\n\nx\n--b--\n"
        )
    };
    for (kind, rcpt, want, recipient) in [
        // What we wrote into our return path goes before what the reporter names.
        ("abuse", "Original-Rcpt-To: ann@example.org", Kind::Complaint, "bob@example.net"),
        ("abuse", "Original-Rcpt-To: redacted@example.org", Kind::Complaint, "bob@example.net"),
        ("abuse", "", Kind::Complaint, "bob@example.net"),
        ("auth-failure", "Original-Rcpt-To: bob@example.net", Kind::Other, "bob@example.net"),
        ("not-spam", "Original-Rcpt-To: bob@example.net", Kind::Other, "bob@example.net"),
    ] {
        let events = read(&arf(kind, rcpt));
        assert_eq!((events[0].kind, recipients(&events)[0]), (want, recipient), "{kind} {rcpt}");
    }
}

#[test]
fn hotmails_complaint_names_the_complainant_in_its_own_header() {
    let events =
        read("From: staff@hotmail.com\nX-HmXmrOriginalRecipient: <ann@hotmail.com>\nSubject: complaint\n\nbody\n");
    assert_eq!((events[0].kind, recipients(&events)[0]), (Kind::Complaint, "ann@hotmail.com"));
}

#[test]
fn mails_that_are_no_bounces_are_told_apart() {
    let mail = |from: &str, subject: &str, more: &str, text: &str| {
        format!("From: {from}\nTo: news@example.com\nSubject: {subject}\n{more}\n{text}\n")
    };
    let ann = "Ann <ann@example.org>";
    for (kind, mail) in [
        (
            Kind::AutoReply,
            mail(ann, "Automatic reply: News", "Auto-Submitted: auto-replied\n", "Away. Call 550 512 1234."),
        ),
        (Kind::AutoReply, mail(ann, "Abwesend bis Montag", "", "Ich bin nicht da.")),
        (Kind::Challenge, mail(ann, "Re: News (verification required)", "", "Prove you are human.")),
        (
            Kind::Other,
            mail("list-bounces@example.net", "Your message awaits moderator approval", "", "It is being held."),
        ),
        (
            Kind::Other,
            mail(
                ann,
                "Re: News",
                "In-Reply-To: <1@example.com>\n",
                "I no longer work here, write to bob@example.org. > user unknown",
            ),
        ),
        (
            Kind::Other,
            mail(
                "Support <x@example.net>",
                "Undelivered Mail Returned",
                "",
                "Mail for news@example.com could not be delivered. Click.",
            ),
        ),
    ] {
        assert_eq!(read(&mail)[0].kind, kind, "{mail}");
    }
}

#[test]
fn a_read_receipt_is_not_a_bounce() {
    let events = read(
        "From: ann@example.org\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nread\n--b\n\
         Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; ann@example.org\nDisposition: manual-action/MDN-sent-manually; displayed\n--b--\n",
    );
    assert_eq!((events[0].kind, recipients(&events)[0]), (Kind::ReadReceipt, "ann@example.org"));
}

#[test]
fn a_forwarded_report_is_read() {
    let mail = format!(
        "From: ann@example.com\nSubject: Fwd: look\nContent-Type: multipart/mixed; boundary=o\n\n--o\n\nSee below.\n--o\nContent-Type: message/rfc822\n\n{}\n--o--\n",
        report("", BLOCK)
    );
    assert_eq!(recipients(&read(&mail)), ["ann@example.org"]);
}

#[test]
fn one_report_on_many_recipients_is_as_many_events() {
    let mut status = String::from("Reporting-MTA: dns; mail.example.com\n");
    for i in 0..5000 {
        write!(status, "\nFinal-Recipient: rfc822; user{i}@example.org\nAction: failed\nStatus: 5.1.1\n").unwrap();
    }
    let events = read(&report("", &status));
    assert_eq!(events.len(), 5000);
    assert_eq!(recipients(&events)[4999], "user4999@example.org");
}

#[test]
fn a_report_on_more_recipients_than_a_message_can_have_is_a_reject() {
    let status = "Final-Recipient:a@b.cd\n\n".repeat(super::MAX_RECIPIENTS + 1);
    assert_eq!(try_read(&report("", &status)).unwrap_err().reason, RejectReason::TooLarge);
}

#[test]
fn mails_nested_in_each_other_are_survived() {
    let head = "Content-Type: message/rfc822\n\n";
    assert!(try_read(&format!("From: a@example.com\n{}x", head.repeat(1000))).is_ok());
    let reject = try_read(&format!("From: a@example.com\n{}x", head.repeat(20_000))).unwrap_err();
    assert_eq!(reject.reason, RejectReason::TooDeep);
}

proptest! {
    #[test]
    fn a_rendered_report_reads_back(
        people in prop::collection::vec(("[a-z][a-z0-9.]{0,8}[a-z0-9]", "[a-z]{2,8}", 4u8..6, 0u16..8, 0u16..40), 1..6),
        crlf in any::<bool>(),
    ) {
        let mut status = String::from("Reporting-MTA: dns; mail.example.com\n");
        for (local, domain, class, subject, detail) in &people {
            write!(status, "\nFinal-Recipient: rfc822; {local}@{domain}.example\nAction: failed\nStatus: {class}.{subject}.{detail}\n").unwrap();
        }
        let mail = report("", &status);
        let events = read(&if crlf { mail.replace('\n', "\r\n") } else { mail });
        prop_assert_eq!(events.len(), people.len());
        for (event, (local, domain, class, subject, detail)) in events.iter().zip(&people) {
            prop_assert_eq!(event.recipient.as_ref().unwrap().as_str(), format!("{local}@{domain}.example"));
            prop_assert_eq!(event.status_field.unwrap().to_string(), format!("{class}.{subject}.{detail}"));
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(text in "(From: |\\n|[ -~\\n<>@:;.=-]|é|Final-Recipient: |Content-Type: |<a@b.example>|550 ){0,60}") {
        let _ = try_read(&text);
        let _ = try_read(&format!("From: MAILER-DAEMON@x.example\nSubject: failure notice\n\n{text}"));
        let _ = try_read(&report(&text, &text));
    }
}
