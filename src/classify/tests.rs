//! Rules tried on replies, in their order.

use super::*;
use crate::bounce::{Blames, Cause, Origin};
use crate::parse::reply;

fn event(host: Option<&str>, diagnostic: &str) -> Event {
    let read = reply::read(diagnostic);
    let origin = Origin { source: "test".into(), index: 0 };
    let mut event = Event::new(origin, Kind::Bounce, "test");
    event.diagnostic_code = Some(diagnostic.to_owned());
    event.reply_code = read.code;
    event.status = read.status;
    event.reply = read.text;
    event.command = read.command;
    event.remote_mta = host.map(str::to_owned).or(read.host);
    event
}

#[test]
fn every_example_reaches_its_row() {
    let findings = check(None).unwrap();
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    assert!(lines.is_empty(), "{} findings:\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn a_feedback_report_is_a_complaint_of_the_recipients() {
    let classifier = Classifier::new(None).unwrap();
    let mut complaint = event(None, "");
    complaint.kind = Kind::Complaint;
    let named = classifier.classify(&complaint, &mut Cache::default());
    assert_eq!((named.cause, named.blames), (Cause::Complaint, Blames::Recipient));
}

#[test]
fn an_unknown_reply_has_a_template_and_no_rule() {
    let classifier = Classifier::new(None).unwrap();
    let named = classifier.classify(&event(None, "flurble wibble for ann@example.com"), &mut Cache::default());
    assert_eq!(named.rule, None);
    assert_eq!(named.cause, Cause::Unknown);
    assert_eq!(named.template.as_deref(), Some("flurble wibble for {addr}"));
}
