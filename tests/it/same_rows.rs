//! Equal rows are one event, wherever they are read: the id is what a row says, and neither path, name nor position. Rows of
//! deliveries stand for any number of messages, so each is one of its own.

use std::fs;
use std::io::Write;

use bouncescope::frame::{scan, schema};

use crate::program::bouncescope;
use crate::scratch::Scratch;

/// A CSV of two bounces, without times, ids of messages, or anything else that tells one row from another but its cells.
const ROWS: &str =
    "recipient,diagnostic_code\nann@firm.example,550 5.1.1 User unknown\nbob@firm.example,550 5.1.1 User unknown\n";
const LINES: &str = "{\"recipient\":\"ann@firm.example\",\"diagnostic_code\":\"550 5.1.1 User unknown\"}\n\
                     {\"recipient\":\"bob@firm.example\",\"diagnostic_code\":\"550 5.1.1 User unknown\"}\n";
const WEBHOOK: &str = "[{\"msys\":{\"message_event\":{\"type\":\"bounce\",\"rcpt_to\":\"ann@firm.example\",\"raw_reason\":\"550 5.1.1 unknown\",\
                       \"timestamp\":\"1795136523\",\"message_id\":\"m1\"}}},\
                       {\"msys\":{\"message_event\":{\"type\":\"bounce\",\"rcpt_to\":\"bob@firm.example\",\"raw_reason\":\"550 5.1.1 unknown\",\
                       \"timestamp\":\"1795136523\",\"message_id\":\"m2\"}}}]\n";
const LOG: &str = "2026-11-20T01:02:03+00:00 mx postfix/smtp[1]: ABC123: to=<ann@firm.example>, relay=mx.firm.example[192.0.2.9]:25, delay=1, \
                   dsn=5.1.1, status=bounced (host mx.firm.example[192.0.2.9] said: 550 5.1.1 User unknown)\n";

fn report(recipients: &[&str]) -> String {
    let blocks: String = recipients
        .iter()
        .map(|to| format!("\nFinal-Recipient: rfc822; {to}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n"))
        .collect();
    format!(
        "From: MAILER-DAEMON@mx.example.com\nTo: b@news.example.com\nSubject: failure\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n{blocks}\n\
         --b\nContent-Type: text/rfc822-headers\n\nFrom: news@example.com\nReturn-Path: <b-1@bounce.example.com>\n\
         DKIM-Signature: v=1; d=esp.example.net; s=pool; b=x\nDKIM-Signature: v=1; d=example.com; s=k1; b=y\n--b--\n"
    )
}

/// The values of a field of all events.
fn field(scratch: &Scratch, args: &str, name: &str) -> Vec<String> {
    scratch.parse(args).lines().iter().map(|event| event[name].as_str().unwrap_or("null").to_owned()).collect()
}

fn ids(scratch: &Scratch, args: &str) -> Vec<String> {
    field(scratch, args, "event_id")
}

#[test]
fn an_event_has_one_id_in_every_file_and_through_a_pipe() {
    for (name, content, events) in [
        ("a.csv", ROWS.to_owned(), 2),
        ("a.ndjson", LINES.to_owned(), 2),
        ("a.json", WEBHOOK.to_owned(), 2),
        ("a.log", LOG.to_owned(), 1),
        ("a.eml", report(&["ann@firm.example", "bob@firm.example"]), 2),
        ("a.mbox", format!("From x@example.com Fri Nov 20 01:02:03 2026\n{}\n", report(&["ann@firm.example"])), 1),
    ] {
        let scratch = Scratch::new();
        let path = scratch.add(format!("in/{name}"), &content);
        scratch.add(format!("in/deeper/other-{name}"), &content);
        let once = ids(&scratch, &format!("in/{name}"));
        assert_eq!(once.len(), events, "{name}");
        assert_eq!(ids(&scratch, &format!("in/deeper/other-{name}")), once, "{name}");
        assert_eq!(ids(&scratch, path.to_str().expect("a path")), once, "{name}");
        let piped = bouncescope(["parse", "-"]).stdin(&path).run().behaves(&[0]);
        let piped: Vec<String> =
            piped.lines().iter().map(|event| event["event_id"].as_str().expect("an id").to_owned()).collect();
        assert_eq!(piped, once, "{name}");
        let told = scratch.run("in --as-of 2026-11-20");
        assert_eq!(told.count("/totals/events"), events as u64, "{name}");
        assert_eq!(told.count("/totals/duplicates"), events as u64, "{name}");
        told.sums_close();
    }
}

#[test]
fn a_row_is_the_same_event_among_others_and_on_another_line() {
    let scratch = Scratch::new();
    scratch.add("one.csv", ROWS);
    scratch.add("lines.ndjson", LINES);
    let laid_out = format!("[\n  {}\n]\n", LINES.trim_end().replace('\n', ",\n  ").replace("\":", "\" : "));
    scratch.add("document.json", laid_out);
    assert_eq!(ids(&scratch, "document.json"), ids(&scratch, "lines.ndjson"));
    let bob = ROWS.lines().nth(2).expect("a row");
    scratch.add(
        "other.csv",
        format!("recipient,diagnostic_code\ncleo@firm.example,550 no\ndan@firm.example,550 no\n{bob}\n"),
    );
    assert_eq!(ids(&scratch, "other.csv")[2], ids(&scratch, "one.csv")[1]);
    scratch.add("page1.json", "{\"items\":[{\"event\":\"failed\",\"recipient\":\"ann@firm.example\",\"severity\":\"permanent\",\"reason\":\"a\"},{\"event\":\"failed\",\"recipient\":\"bob@firm.example\",\"severity\":\"permanent\",\"reason\":\"b\"}]}");
    scratch.add("page2.json", "{\"items\":[{\"event\":\"failed\",\"recipient\":\"bob@firm.example\",\"severity\":\"permanent\",\"reason\":\"b\"}]}");
    assert_eq!(ids(&scratch, "page2.json")[0], ids(&scratch, "page1.json")[1]);
}

#[test]
fn rows_that_differ_in_any_cell_are_two_events() {
    for other in [
        "ann@firm.example,550 5.1.1 User unknown,2",
        "Ann@firm.example,550 5.1.1 User unknown,1",
        "ann@firm.example,550 5.1.1 User unknown.,1",
        "ann@firm.example,550 5.1.1 User unknown,",
    ] {
        let scratch = Scratch::new();
        scratch.add(
            "a.csv",
            format!("recipient,diagnostic_code,queue\nann@firm.example,550 5.1.1 User unknown,1\n{other}\n"),
        );
        let told = scratch.run("a.csv --as-of 2026-11-20");
        assert_eq!((told.count("/totals/events"), told.count("/totals/duplicates")), (2, 0), "{other}");
    }
}

#[test]
fn two_recipients_of_one_report_are_two_events_and_a_copy_of_it_is_none() {
    let scratch = Scratch::new();
    scratch.add("in/a.eml", report(&["ann@firm.example", "bob@firm.example"]));
    scratch.add(
        "in/b.mbox",
        format!(
            "From x@example.com Fri Nov 20 01:02:03 2026\n{}\n\n",
            report(&["ann@firm.example", "bob@firm.example"])
        ),
    );
    let told = scratch.run("in --as-of 2026-11-20");
    assert_eq!((told.count("/totals/events"), told.count("/totals/duplicates")), (2, 2));
}

#[test]
fn the_returned_message_tells_who_signed_it_and_who_sent_it_in_the_envelope() {
    let scratch = Scratch::new();
    scratch.add(
        "a.eml",
        format!(
            "Return-Path: <>\nDKIM-Signature: v=1; d=mx.example.org; s=theirs; b=z\n{}",
            report(&["ann@firm.example"])
        ),
    );
    for (name, want) in
        [("dkim_domain", "example.com"), ("dkim_selector", "k1"), ("mail_from_domain", "bounce.example.com")]
    {
        assert_eq!(field(&scratch, "a.eml", name), [want]);
    }
    let bare = report(&["ann@firm.example"]).replace("Return-Path", "X-None").replace("DKIM-Signature", "X-None");
    scratch.add(
        "b.eml",
        format!("Return-Path: <a@mx.example.org>\nDKIM-Signature: v=1; d=mx.example.org; s=theirs; b=z\n{bare}"),
    );
    for name in ["dkim_domain", "dkim_selector", "mail_from_domain"] {
        assert_eq!(field(&scratch, "b.eml", name), ["null"], "the report's own header is the receiver's");
    }
}

#[test]
fn a_host_of_another_domain_than_the_one_we_mailed_tells_nothing_of_it() {
    let scratch = Scratch::new();
    let host = "mx0a-001b2d01.pphosted.com";
    scratch.add(
        "a.csv",
        format!(
            "recipient,final_recipient,remote_mta,diagnostic_code\nann@firm.example,,{host},550 no\n\
             ann@firm.example,x@firm.example,{host},550 no\nann@firm.example,ann@other.example,{host},550 no\n\
             ann@firm.example,,mx.firm.example,550 no\n"
        ),
    );
    assert_eq!(field(&scratch, "a.csv", "receiver_family"), ["proofpoint", "proofpoint", "null", "null"]);
    assert_eq!(
        field(&scratch, "a.csv", "customer_key"),
        ["proofpoint:001b2d01", "proofpoint:001b2d01", "null", "null"]
    );
}

#[test]
fn without_a_host_the_words_of_a_reply_tell_who_serves_the_domain() {
    let rows = [
        // Words that one system alone uses.
        (
            "",
            "550-5.7.26 This mail has been blocked because the sender is unauthenticated. q7-20020a05 - gsmtp",
            "google",
        ),
        (
            "",
            "550 5.4.1 Recipient address rejected: Access denied. [AM6EUR05FT034.eop-eur05.prod.protection.outlook.com]",
            "exchange_online",
        ),
        (
            "",
            "550 Rejected by header based Anti-Spoofing policy: x@example.com - https://community.mimecast.com/docs/DOC-1369#550 [Qa1.uk4]",
            "mimecast",
        ),
        ("", "554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1", "proofpoint"),
        ("192.0.2.77", "550 5.7.1 mail refused q7-20020a05 - gsmtp", "google"),
        // A host says more than words.
        ("mx.firm.example", "550 5.7.1 mail refused q7-20020a05 - gsmtp", "null"),
        // Words of anybody's software, of nobody, and of what our own sending server writes.
        ("", "550 5.1.1 <ann@firm.example>: Recipient address rejected: User unknown in virtual mailbox table", "null"),
        ("", "550 5.7.1 Message refused", "null"),
        ("", "550 5.4.312 Message expired, DNS query failed", "null"),
        (
            "",
            "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
            "null",
        ),
    ];
    for (host, reply, want) in rows {
        let scratch = Scratch::new();
        scratch.add("a.csv", format!("recipient,remote_mta,diagnostic_code\nann@firm.example,{host},\"{reply}\"\n"));
        assert_eq!(field(&scratch, "a.csv", "receiver_family"), [want], "{host} {reply}");
        assert_eq!(field(&scratch, "a.csv", "customer_key"), ["null"], "{host} {reply}");
    }
    let scratch = Scratch::new();
    scratch.add("a.csv", "recipient,diagnostic_code\nann@icloud.com,550 5.7.1 refused q7-20020a05 - gsmtp\n");
    assert_eq!(field(&scratch, "a.csv", "receiver_family"), ["null"], "the table knows who serves a consumer domain");
    let scratch = Scratch::new();
    let forwarded = "ann@firm.example,bob@other.example,550 5.7.1 refused q7-20020a05 - gsmtp";
    scratch.add("a.csv", format!("recipient,final_recipient,diagnostic_code\n{forwarded}\n"));
    assert_eq!(field(&scratch, "a.csv", "receiver_family"), ["null"], "another domain's receiver");
}

/// `delivery_id` and `recipient_key` of all deliveries of a night.
fn delivered(night: &std::path::Path) -> Vec<(String, Option<i64>)> {
    let file = night.join("deliveries.parquet");
    let mut rows = Vec::new();
    for frame in scan(&[file], &[schema::DELIVERY_ID, schema::RECIPIENT_KEY]).expect("the file") {
        let frame = frame.expect("a frame");
        let ids = frame.column(schema::DELIVERY_ID).expect("ids").str().expect("text");
        let keys = frame.column(schema::RECIPIENT_KEY).expect("keys").i64().expect("numbers");
        rows.extend(ids.iter().zip(keys.iter()).map(|(id, key)| (id.expect("an id").to_owned(), key)));
    }
    rows
}

#[test]
fn equal_rows_of_deliveries_are_all_counted_and_each_has_a_name_of_its_own() {
    let rows = "recipient_domain,count\nfirm.example,100\nfirm.example,100\n";
    let scratch = Scratch::new();
    scratch.add("b.csv", ROWS);
    scratch.add("d1.csv", rows);
    scratch.add("d2.csv", rows);
    let told = scratch.run("b.csv --delivered d1.csv --delivered d2.csv --delivered ./d1.csv --as-of 2026-11-20");
    assert_eq!(told.sum("deliveries"), 400);
    let mut ids: Vec<String> = delivered(told.night()).into_iter().map(|(id, _)| id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4, "{ids:?}");
}

#[test]
fn a_delivery_has_one_name_wherever_its_input_lies_and_its_recipient_the_key_of_its_bounces() {
    let rows = "timestamp,recipient\n2026-11-20T01:00:00Z,Ann@firm.example\n2026-11-20T01:00:00Z,cleo@firm.example\n";
    let names = |path: &str| {
        let scratch = Scratch::new();
        scratch.add("b.csv", ROWS);
        scratch.add(path, rows);
        let told = scratch.run(&format!("b.csv --delivered {path} --as-of 2026-11-20"));
        (delivered(told.night()), field_of_events(told.night()))
    };
    let (here, events) = names("d.csv");
    assert_eq!(here, names("deeper/other.csv").0);
    assert_eq!(here[0].1, events[0], "Ann and ann are one");
    assert_ne!(here[1].1, events[0]);
}

fn field_of_events(night: &std::path::Path) -> Vec<Option<i64>> {
    let frames = scan(&[night.join("events.parquet")], &[schema::RECIPIENT_KEY]).expect("the file");
    let keys = |frame: anyhow::Result<polars::prelude::DataFrame>| {
        let frame = frame.expect("a frame");
        frame.column(schema::RECIPIENT_KEY).expect("keys").i64().expect("numbers").iter().collect::<Vec<_>>()
    };
    frames.flat_map(keys).collect()
}

#[test]
fn a_packed_file_holds_the_same_events() {
    let scratch = Scratch::new();
    let path = scratch.add("a.csv", ROWS);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&fs::read(path).expect("the file")).expect("packed");
    scratch.add("b.csv.gz", packed.finish().expect("packed"));
    assert_eq!(ids(&scratch, "b.csv.gz"), ids(&scratch, "a.csv"));
}
