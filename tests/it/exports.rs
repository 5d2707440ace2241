//! The samples in sample_data/exports, read: what each platform's export says, in our words.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use bouncescope::bounce::{Delivery, Event, Kind, Timestamp};
use bouncescope::parse::{ParseOptions, Parsed, Reader};
use bouncescope::source::{self, SourceOptions};
use bouncescope::tables;
use bouncescope::tables::exports::Export;

/// Reads one sample as the night of 20 November 2026 would, in UTC.
fn read(path: &Path) -> Parsed {
    let options = SourceOptions::default();
    let at = Timestamp(1_795_132_800_000);
    let parse = ParseOptions { as_of: Some(at), time_zone: Some("UTC".to_owned()), ..ParseOptions::default() };
    let reader = Reader::new(&parse).unwrap();
    let mut out = Parsed::default();
    for source in source::open(&[path.display().to_string()], &options).unwrap().sources {
        for batch in source.batches(&options).unwrap() {
            batch.unwrap().each(&mut |item| match item {
                Ok(item) => reader.item(&item, &mut out),
                Err(refused) => out.rejects.push(refused.into_reject()),
            });
        }
    }
    out
}

fn show<T: std::fmt::Display>(line: &mut String, name: &str, value: Option<T>) {
    if let Some(value) = value {
        write!(line, " {name}={value}").unwrap();
    }
}

fn event_line(event: &Event) -> String {
    let mut line = format!("#{} {} {}", event.origin.index, event.grammar, event.kind);
    show(&mut line, "to", event.recipient.as_ref());
    show(&mut line, "original", event.original_recipient.as_ref());
    show(&mut line, "final", event.final_recipient.as_ref().filter(|last| Some(*last) != event.recipient.as_ref()));
    show(&mut line, "at", event.timestamp.map(|t| t.0));
    show(&mut line, "action", event.action);
    show(&mut line, "code", event.reply_code);
    show(&mut line, "status", event.status);
    show(&mut line, "field", event.status_field);
    show(&mut line, "mta", event.remote_mta.as_ref());
    show(&mut line, "by", event.reporting_mta.as_ref());
    show(&mut line, "cmd", event.command);
    show(&mut line, "ip", event.sending_ip);
    show(&mut line, "domain", event.sending_domain.as_ref());
    show(&mut line, "campaign", event.campaign_id.as_ref());
    show(&mut line, "list", event.list_source.as_ref());
    show(&mut line, "id", event.message_id.as_ref());
    show(&mut line, "feedback", event.feedback_type.as_ref());
    show(&mut line, "class", event.native_class.as_ref());
    show(&mut line, "\n   reply", event.reply.as_ref());
    line
}

fn delivery_line(delivery: &Delivery) -> String {
    let mut line = format!("#{} delivery", delivery.origin.index);
    show(&mut line, "to", delivery.recipient.as_ref());
    show(&mut line, "at", delivery.timestamp.map(|t| t.0));
    show(&mut line, "mta", delivery.remote_mta.as_ref());
    show(&mut line, "ip", delivery.sending_ip);
    show(&mut line, "domain", delivery.sending_domain.as_ref());
    show(&mut line, "campaign", delivery.campaign_id.as_ref());
    show(&mut line, "list", delivery.list_source.as_ref());
    show(&mut line, "id", delivery.message_id.as_ref());
    line
}

#[test]
fn every_sample_is_read_as_its_snapshot_says() {
    let mut files: Vec<_> =
        std::fs::read_dir("sample_data/exports").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 20, "samples are missing: {files:?}");
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let out = read(&file);
        let mut lines: Vec<String> = out.events.iter().map(event_line).collect();
        lines.extend(out.deliveries.iter().map(delivery_line));
        lines.extend(out.rejects.iter().map(|r| format!("#{} reject {}: {}", r.origin.index, r.reason, r.detail)));
        insta::with_settings!({ snapshot_path => "snapshots/exports", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, lines.join("\n"));
        });
    }
}

#[test]
fn two_reports_of_one_message_agree_whatever_platform_wrapped_them() {
    let plain = read(Path::new("sample_data/exports/ses_notification.json"));
    let wrapped = read(Path::new("sample_data/exports/ses_sns.ndjson"));
    for (a, b) in plain.events.iter().zip(&wrapped.events) {
        assert_eq!(Event { origin: a.origin.clone(), ..b.clone() }, *a);
    }
    assert_eq!(plain.events.iter().filter(|event| event.kind == Kind::Bounce).count(), 2);
}

#[test]
fn every_format_has_a_sample() {
    let mut read_as: BTreeSet<String> = BTreeSet::new();
    for file in std::fs::read_dir("sample_data/exports").unwrap() {
        read_as.extend(read(&file.unwrap().path()).events.into_iter().map(|event| event.grammar.to_string()));
    }
    let formats = tables::load::<Export>(None).unwrap().into_iter().map(|row| row.value.name);
    let missing: Vec<String> = formats.filter(|name| name != "generic" && !read_as.contains(name)).collect();
    assert!(missing.is_empty(), "no sample in sample_data/exports: {missing:?}");
}

#[test]
fn whole_numbers_of_any_size_stay_exact() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ids.json");
    let rows = "[{\"recipient\":\"a@example.com\",\"reply\":\"550 no\",\"message_id\":9007199254740993,\"x\":18446744073709551617},\
        {\"recipient\":\"b@example.com\",\"reply\":\"550 no\",\"message_id\":18446744073709551617,\"campaign_id\":340282366920938463463374607431768211457}]";
    std::fs::write(&file, rows).unwrap();
    let ids: Vec<_> = read(&file).events.into_iter().map(|event| (event.message_id, event.campaign_id)).collect();
    assert_eq!(
        ids,
        [
            (Some("9007199254740993".to_owned()), None),
            (Some("18446744073709551617".to_owned()), Some("340282366920938463463374607431768211457".to_owned())),
        ]
    );
}

#[test]
fn columns_that_nothing_reads_are_noted_once_for_each_input() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.csv");
    std::fs::write(&file, "recipient,reply,Shoe size\na@example.com,550 no,9\nb@example.com,550 no,8\n").unwrap();
    let unread: Vec<Vec<String>> = read(&file).unread.into_iter().map(|(_, columns)| columns.to_vec()).collect();
    assert_eq!(unread, [["Shoe size"]]);
}
