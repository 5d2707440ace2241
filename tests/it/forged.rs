//! Forged reports: anybody can mail one. In: mails that match what was sent, and mails that do not. Out: who is listed, and
//! what the report counts.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::bouncescope;

fn report(recipient: &str, from: &str, id: &str, to: &str) -> String {
    format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: {to}\nSubject: Undelivered Mail Returned to Sender\nDate: Thu, 19 Nov 2026 08:00:00 +0000\n\
         MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nSorry.\n\n--b\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n\n--b\n\
         Content-Type: message/rfc822\n\nReturn-Path: <{to}>\nFrom: {from}\nTo: {recipient}\nMessage-ID: <{id}>\n\nhello\n--b--\n"
    )
}

/// Runs a night on some mails; the addresses listed, and the number unmatched.
fn night(mails: &[String], logs: &[(&str, &str)], flags: &[&str]) -> (Vec<String>, u64) {
    let dir = tempfile::tempdir().expect("a folder");
    let mailbox = dir.path().join("mails");
    fs::create_dir(&mailbox).expect("made");
    for (at, mail) in mails.iter().enumerate() {
        fs::write(mailbox.join(format!("{at}.eml")), mail).expect("written");
    }
    let mut args: Vec<String> =
        ["run", "--no-progress", "--as-of", "2026-11-20", "--max-suppressions", "99"].map(str::to_owned).to_vec();
    for (at, (flag, log)) in logs.iter().enumerate() {
        let file = dir.path().join(format!("log{at}.csv"));
        fs::write(&file, log).expect("written");
        args.extend([(*flag).to_owned(), file.display().to_string()]);
    }
    args.extend(flags.iter().map(|flag| (*flag).to_owned()));
    let out = dir.path().join("out");
    args.extend(["--out".to_owned(), out.display().to_string(), mailbox.display().to_string()]);
    bouncescope(args).run().behaves(&[0, 3]);
    let night = out.join("2026-11-20");
    (listed(&night), unmatched(&night))
}

fn listed(night: &Path) -> Vec<String> {
    let mut rows = csv::Reader::from_path(night.join("suppression/addresses.csv")).expect("a list");
    rows.records().map(|row| row.expect("a row")[0].to_owned()).collect()
}

fn unmatched(night: &Path) -> u64 {
    let report: Value = serde_json::from_slice(&fs::read(night.join("report.json")).expect("a report")).expect("JSON");
    report["lists"]["unmatched"].as_u64().expect("a number")
}

const OURS: &str = "News <news@example.com>";

fn two_mails() -> [String; 2] {
    [
        report("ann@example.org", OURS, "1@example.com", "bounces@example.com"),
        report("bob@example.net", "Mallory <m@stranger.example>", "x@stranger.example", "bounces@example.com"),
    ]
}

#[test]
fn without_logs_every_report_is_believed() {
    assert_eq!(night(&two_mails(), &[], &[]), (vec!["ann@example.org".to_owned(), "bob@example.net".to_owned()], 0));
}

#[test]
fn a_message_from_a_domain_that_sends_nothing_lists_nobody() {
    let delivered = "recipient,timestamp,sending_domain\neve@example.org,2026-11-19T08:00:00Z,news.example.com\n";
    let got = night(&two_mails(), &[("--delivered", delivered)], &[]);
    assert_eq!(got, (vec!["ann@example.org".to_owned()], 1));
}

#[test]
fn deliveries_that_do_not_name_their_sender_refute_nothing() {
    let delivered = "recipient,timestamp\neve@example.org,2026-11-19T08:00:00Z\n";
    assert_eq!(night(&two_mails(), &[("--delivered", delivered)], &[]).1, 0);
}

#[test]
fn a_bounce_of_somebody_whom_the_send_log_does_not_have_lists_nobody() {
    let mails = [
        report("ann@example.org", OURS, "1@example.com", "bounces@example.com"),
        report("cat@example.net", OURS, "forged@example.com", "bounces@example.com"),
    ];
    let sent = "recipient,timestamp\nann@example.org,2026-11-19T07:00:00Z\neve@example.org,2026-11-19T07:00:00Z\n";
    assert_eq!(night(&mails, &[("--sent", sent)], &[]), (vec!["ann@example.org".to_owned()], 1));
}

#[test]
fn patterns_of_message_ids_and_return_paths_refute_what_does_not_fit() {
    for flags in [["--own-message-id", "*@example.com"], ["--own-message-id", "*@EXAMPLE.com"]] {
        assert_eq!(night(&two_mails(), &[], &flags), (vec!["ann@example.org".to_owned()], 1));
    }
    let mails = [
        report("ann@example.org", OURS, "1@example.com", "bounces+1@example.com"),
        report("dan@example.net", OURS, "2@example.com", "sales@example.com"),
    ];
    let got = night(&mails, &[], &["--own-return-path", "bounces+*@example.com"]);
    assert_eq!(got, (vec!["ann@example.org".to_owned()], 1));
}
