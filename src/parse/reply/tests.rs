//! The reply reader, tried on replies as servers write them.

use super::*;

/// The fields of a reply in one line: `code|status|host|command|text`.
fn line(diagnostic: &str) -> String {
    let reply = read(diagnostic);
    let show = |field: Option<String>| field.unwrap_or_else(|| "-".into());
    [
        show(reply.code.map(|c| c.to_string())),
        show(reply.status.map(|s| s.to_string())),
        show(reply.host),
        show(reply.command.map(|c| c.to_string())),
        show(reply.text),
    ]
    .join("|")
}

fn assert_all(cases: &[(&str, &str)]) {
    for (diagnostic, want) in cases {
        assert_eq!(&line(diagnostic), want, "{diagnostic}");
    }
}

#[test]
fn a_plain_reply_gives_its_codes_and_itself() {
    assert_all(&[
        ("550 5.1.1 <ann@example.com>: User unknown", "550|5.1.1|-|-|550 5.1.1 <ann@example.com>: User unknown"),
        ("smtp; 550 5.1.1 User unknown", "550|5.1.1|-|-|550 5.1.1 User unknown"),
        ("SMTP;550 unknown user", "550|-|-|-|550 unknown user"),
        ("X-Postfix; unknown user: \"ann\"", "-|-|-|-|unknown user: \"ann\""),
        ("550 #5.1.0 Address rejected.", "550|5.1.0|-|-|550 #5.1.0 Address rejected."),
        (
            "550 sorry, no mailbox here by that name (#5.1.1)",
            "550|5.1.1|-|-|550 sorry, no mailbox here by that name (#5.1.1)",
        ),
        ("5.7.1 Service unavailable", "-|5.7.1|-|-|5.7.1 Service unavailable"),
        (
            "530 5.7.57 SMTP; Client was not authenticated",
            "530|5.7.57|-|-|530 5.7.57 SMTP; Client was not authenticated",
        ),
        ("554 554 5.7.1 Service unavailable", "554|5.7.1|-|-|554 554 5.7.1 Service unavailable"),
        ("<<< 550 5.7.1 Access denied", "550|5.7.1|-|-|550 5.7.1 Access denied"),
        ("553 sorry, blocked - 5.7.1 [BL23]", "553|5.7.1|-|-|553 sorry, blocked - 5.7.1 [BL23]"),
    ]);
}

#[test]
fn a_code_without_text_is_kept() {
    assert_all(&[
        ("550", "550|-|-|-|-"),
        ("550 5.1.1", "550|5.1.1|-|-|-"),
        ("smtp; 421 4.7.0", "421|4.7.0|-|-|-"),
        ("5.2.2", "-|5.2.2|-|-|-"),
        ("", "-|-|-|-|-"),
        ("   \r\n ", "-|-|-|-|-"),
    ]);
}

#[test]
fn a_number_that_is_no_code_is_left_alone() {
    assert_all(&[
        ("Connection timed out", "-|-|-|-|Connection timed out"),
        ("host 192.0.2.1 is listed (127.0.0.12)", "-|-|-|-|host 192.0.2.1 is listed (127.0.0.12)"),
        (
            "Connection refused - IB115. 203.0.113.225 is blacklisted",
            "-|-|-|-|Connection refused - IB115. 203.0.113.225 is blacklisted",
        ),
        ("call +1 555 550 1234 for help", "-|-|-|-|call +1 555 550 1234 for help"),
        ("mailbox 550@example.com is full", "-|-|-|-|mailbox 550@example.com is full"),
        ("limit exceeded: 500 messages", "-|-|-|-|limit exceeded: 500 messages"),
        ("connect to mx.example.com:587: timed out", "-|-|-|-|connect to mx.example.com:587: timed out"),
        ("127", "-|-|-|-|-"),
        ("451 try later, version 5.1.2 [#4.16.4:70]", "451|-|-|-|451 try later, version 5.1.2 [#4.16.4:70]"),
    ]);
}

#[test]
fn lines_of_one_reply_are_joined_however_they_are_broken() {
    let want = "550|5.7.26|-|-|550 5.7.26 This mail is unauthenticated, go to the page";
    for text in [
        "550-5.7.26 This mail is unauthenticated,\r\n550-5.7.26 go to\r\n550 5.7.26 the page",
        "550-5.7.26 This mail is unauthenticated,\\n550-5.7.26 go to\\n550 5.7.26 the page",
        "550-5.7.26 This mail is unauthenticated,\\r\\n550-5.7.26 go to\\r\\n550 5.7.26 the page",
        "550-5.7.26 This mail is unauthenticated, 550-5.7.26 go to 550 5.7.26 the page",
    ] {
        assert_eq!(line(text), want, "{text}");
    }
    assert_all(&[
        (
            "554-example.net Service not available 554-No SMTP service 554 Bad DNS PTR",
            "554|-|-|-|554 example.net Service not available No SMTP service Bad DNS PTR",
        ),
        (
            "550-Invalid recipient <a@example.com> 550 (#5.1.1)",
            "550|5.1.1|-|-|550 Invalid recipient <a@example.com> (#5.1.1)",
        ),
        ("550-5.1.0 see https: 550 5.1.0 //www.example.org/x", "550|5.1.0|-|-|550 5.1.0 see https://www.example.org/x"),
        ("550-5.1.1 cut off here", "550|5.1.1|-|-|550 5.1.1 cut off here"),
    ]);
}

#[test]
fn wrappings_give_way_to_the_innermost_reply() {
    assert_all(&[
        (
            "host mx.example.com[192.0.2.1] said: 550 5.1.1 <a@example.com>: gone (in reply to RCPT TO command)",
            "550|5.1.1|mx.example.com|RCPT|550 5.1.1 <a@example.com>: gone",
        ),
        ("X-Postfix; host mx.example.com[192.0.2.1] refused to talk to me: 554 no", "554|-|mx.example.com|CONN|554 no"),
        (
            "SMTP error from remote mail server after RCPT TO:<a@example.com>: host mx.example.com [192.0.2.1]: 550 5.1.1 gone",
            "550|5.1.1|mx.example.com|RCPT|550 5.1.1 gone",
        ),
        (
            "host mx.example.com [192.0.2.1] SMTP error from remote mail server after end of data: 552 spam",
            "552|-|mx.example.com|DATA|552 spam",
        ),
        ("Remote host said: 550 5.7.1 denied Giving up on 203.0.113.1.", "550|5.7.1|-|-|550 5.7.1 denied"),
        (
            "mx1.example.com #<mx2.example.com #5.1.1 smtp;550 5.1.1 gone> #SMTP#",
            "550|5.1.1|mx2.example.com|-|550 5.1.1 gone",
        ),
        (
            "Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found'",
            "550|5.1.10|-|-|550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found",
        ),
        (
            "Remote Server at example.com (192.0.2.1) returned '<mx.example.com #5.7.1 smtp;554 5.7.1 no>'",
            "554|5.7.1|mx.example.com|-|554 5.7.1 no",
        ),
        (
            "550 5.7.350 Remote server returned message detected as spam -> 554 5.7.1 Spam message rejected",
            "554|5.7.1|-|-|554 5.7.1 Spam message rejected",
        ),
        (
            "550 5.1.351 Remote server returned unknown recipient -> 550 Unknown user",
            "550|5.1.351|-|-|550 Unknown user",
        ),
        (
            "550 permanent failure for one or more recipients (a@example.com:550 5.2.1 disabled)",
            "550|5.2.1|-|-|550 5.2.1 disabled",
        ),
        (
            "550 permanent failure for one or more recipients (a@example.com:blocked)",
            "550|-|-|-|550 permanent failure for one or more recipients (a@example.com:blocked)",
        ),
        (
            "5.1.0 - Unknown address error 550-'5.1.1 <a@example.com>: unknown' (delivery attempts: 0)",
            "550|5.1.1|-|-|550 5.1.1 <a@example.com>: unknown",
        ),
        (
            "550 Mailbox unavailable. The server response was: 550 5.7.1 blocked (S3150).",
            "550|5.7.1|-|-|550 5.7.1 blocked (S3150).",
        ),
        ("550-Callout verification failed: 550 550 invalid recipient", "550|-|-|-|550 invalid recipient"),
        (
            "tried, but it was rejected by the server for example.com by mx.example.com. [192.0.2.1]. The error that the other server returned was: 550 5.1.1 gone",
            "550|5.1.1|mx.example.com|-|550 5.1.1 gone",
        ),
        (
            "undeliverable address: host mx.example.com[192.0.2.1] said: 550 no such user (in reply to RCPT TO command)",
            "550|-|mx.example.com|RCPT|550 no such user",
        ),
        ("Message failed: 550 5.1.1 gone", "550|5.1.1|-|-|550 5.1.1 gone"),
        ("SMTP error code 550: gone", "550|-|-|-|SMTP error code 550: gone"),
    ]);
}

#[test]
fn a_callout_about_the_sender_is_not_unwrapped() {
    let reply = read(
        "550-Verification failed for <us@example.org> 550-Callout verification failed: 550 5.1.1 no such user 550 Sender verify failed",
    );
    assert!(reply.text.is_some_and(|text| text.contains("Sender verify failed")));
}

#[test]
fn an_expired_message_keeps_its_final_code_and_tells_the_last_delay() {
    assert_all(&[
        (
            "554 5.4.7 [internal] message timeout (exceeded max time, last transfail: 452 4.2.2 over quota)",
            "554|4.2.2|-|-|452 4.2.2 over quota",
        ),
        (
            "smtp; 554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.2 Connection timed out>",
            "554|4.4.2|-|-|421 4.4.2 Connection timed out",
        ),
    ]);
}

#[test]
fn who_passed_a_reply_on_is_not_taken_for_its_speaker() {
    assert!(read("550 5.7.350 Remote server returned spam -> 554 5.7.1 no").relayed);
    assert!(!read("host mx.example.com[192.0.2.1] said: 554 5.7.1 no").relayed);
}

#[test]
fn nested_wrappings_end() {
    let deep = "Remote host said: ".repeat(100) + "550 no";
    assert_eq!(read(&deep).code.map(|c| c.get()), Some(550));
}

#[test]
fn a_very_long_text_is_cut() {
    let reply = read(&("550 ".to_owned() + &"ü".repeat(MAX_LEN)));
    assert!(reply.text.is_some_and(|text| text.len() <= MAX_LEN));
}

#[test]
fn a_reply_about_the_sender_keeps_its_wrapping() {
    let text = "554 5.1.8 <me@example.org>: Sender address rejected: undeliverable address: host mx.example.com[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command)";
    let read = read(text);
    assert_eq!(read.code.map(|code| code.get()), Some(554));
    assert!(read.text.is_some_and(|text| text.contains("Sender address rejected")));
}
