//! Mails that report in words, or whose report is not marked as one.

use super::*;

/// A mail of a mail system, with more header lines.
fn told(more: &str, text: &str) -> Vec<Event> {
    read(&format!(
        "From: MAILER-DAEMON@mail.example.net\nTo: eve@example.com\nSubject: Returned mail\n{more}\n{text}\n"
    ))
}

#[test]
fn our_own_address_in_a_greeting_is_nobody_that_failed() {
    let text = "Dear eve@example.com,\n\nThe group does not exist, or you are not allowed to post to it.\n";
    let events = told("X-Failed-Recipients: team@example.org\n", text);
    assert_eq!(recipients(&events), ["team@example.org"]);
    assert!(events[0].diagnostic_code.as_deref().unwrap().contains("does not exist"));
}

#[test]
fn a_recipient_whom_only_the_header_names_gets_the_words_of_the_text() {
    let text = "A message that you sent could not be delivered:\n\n  save to mailbox\n    mailbox is full\n";
    let events = told("X-Failed-Recipients: ann@example.org\n", text);
    assert_eq!(events[0].diagnostic_code.as_deref(), Some("save to mailbox mailbox is full"));
}

#[test]
fn the_sender_in_a_sentence_is_nobody_that_failed() {
    let text = "Your mail could not be delivered: ann does not accept mail from eve@example.com\n";
    assert_eq!(recipients(&told("", text)), [""]);
    let text = "Your mail from eve@example.com to ann@example.org could not be delivered.\n";
    assert_eq!(recipients(&told("", text)), ["ann@example.org"]);
}

#[test]
fn a_header_above_the_text_is_not_the_returned_message() {
    let text =
        "To: eve@example.com\nCC:\nDate: today\nSubject: Undeliverable Mail\n\nundeliverable to ann@example.org\n";
    assert_eq!(recipients(&told("", text)), ["ann@example.org"]);
}

#[test]
fn spam_that_opens_like_a_report_is_none() {
    let text = "Your message did not reach some or all of the intended recipients.\n\nBuy now: bob@example.net\n";
    let mail = format!("From: Shop <shop@example.net>\nTo: eve@example.com\nSubject: Undeliverable\n\n{text}");
    assert_eq!(read(&mail)[0].kind, Kind::Other);
}

#[test]
fn what_people_and_shops_write_of_failures_is_no_report() {
    for (from, subject, text) in [
        (
            "Shop <no-reply@shop.example>",
            "Delivery failed",
            "Your parcel could not be delivered. Address not found.\n\nhelp@shop.example",
        ),
        ("Desk <desk@it.example>", "Re: bounces", "The mail to bob@example.net was rejected, his mailbox was full."),
        (
            "News <news@example.net>",
            "Why mails bounced",
            "not delivered: mailbox is full, user unknown.\n\nUnsubscribe: off@example.net",
        ),
    ] {
        let mail = format!("From: {from}\nTo: eve@example.com\nSubject: {subject}\n\n{text}\n");
        assert_eq!(read(&mail)[0].kind, Kind::Other, "{mail}");
    }
}

#[test]
fn a_mail_with_a_null_return_path_is_a_report_whoever_sent_it() {
    let mail = "From: relay@example.net\nTo: eve@example.com\nSubject: Problem\n\nann@example.org\n\nThe mail was not delivered: mailbox full.\n";
    assert_eq!(read(mail)[0].kind, Kind::Other);
    assert_eq!(recipients(&read(&format!("Return-Path: <>\n{mail}"))), ["ann@example.org"]);
}

#[test]
fn whom_to_ask_and_who_sent_are_nobody_that_failed() {
    let text = "A message sent by\n\n  <eve@example.net>\n\ncould not be delivered. The following address failed:\n\n  ann@example.org\n    550 no\n\n\
                If this was <desk@example.net>, contact <desk@example.net> for help.\n";
    assert_eq!(recipients(&told("", text)), ["ann@example.org"]);
    let text = "Mail to <ann@example.org> was undeliverable:\nerror 550-'5.7.1 <eve@example.com>... denied'\n";
    assert_eq!(recipients(&told("", text)), ["ann@example.org"]);
    let text = "Your message was not delivered. For help, contact <desk@example.net>.\nIf it fails again, <desk@example.net>.\n";
    assert_eq!(recipients(&told("", text)), [""]);
}

/// A mail of two parts, the second of this type.
fn attached(kind: &str, text: &str, attachment: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mail.example.net\nTo: eve@example.com\nSubject: Returned\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=b\n\n--b\n\n{text}\n--b\nContent-Type: {kind}\n\n{attachment}\n--b--\n"
    )
}

#[test]
fn a_report_counts_whatever_type_its_part_claims() {
    for kind in ["message/delivery-status", "text/plain", "application/octet-stream; name=details.txt"] {
        let events = read(&attached(kind, "Sorry.", BLOCK));
        assert_eq!(
            (recipients(&events)[0], events[0].status.unwrap().to_string()),
            ("ann@example.org", "5.1.1".into())
        );
    }
    let feedback = "Feedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: ann@example.org\n";
    for kind in ["message/feedback-report", "text/plain"] {
        assert_eq!(read(&attached(kind, "A complaint.", feedback))[0].kind, Kind::Complaint, "{kind}");
    }
}

#[test]
fn several_reports_in_one_mail_are_all_read() {
    let second =
        "--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; bob@example.net\nAction: failed\n";
    let mail = report("", BLOCK)
        .replace("--b\nContent-Type: message/rfc822", &format!("{second}\n--b\nContent-Type: message/rfc822"));
    assert_eq!(recipients(&read(&mail)), ["ann@example.org", "bob@example.net"]);
}

#[test]
fn a_notice_that_a_machine_deleted_the_message_is_a_refusal_if_the_text_says_so() {
    let notice = |text: &str| {
        attached(
            "message/disposition-notification",
            text,
            "Final-Recipient: rfc822; ann@example.org\nDisposition: automatic-action/MDN-sent-automatically; deleted\n",
        )
    };
    let refused = read(&notice("Your message to <ann@example.org> was automatically rejected:\nQuota exceeded\n"));
    assert_eq!((refused[0].kind, recipients(&refused)[0]), (Kind::Bounce, "ann@example.org"));
    let unread = notice("Your message\n\n  To: Ann\n  Subject: News\n\nwas deleted without being read.\n")
        .replace("MAILER-DAEMON@mail.example.net", "Ann <ann@example.org>");
    assert_eq!(read(&unread)[0].kind, Kind::ReadReceipt);
}
