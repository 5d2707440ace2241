//! Every sample is read as its maker meant it. In: `sample_data`, and what each file says, written down by hand.
//! Out: a list of differences, or none. Judging a night is `night`'s test.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::program::{bouncescope, root};

/// One event that a sample holds. An empty field is not checked; `-` must be absent.
struct Expected {
    source: &'static str,
    recipient: &'static str,
    kind: &'static str,
    code: &'static str,
    status: &'static str,
    cause: &'static str,
    sending_ip: &'static str,
}

const fn event(
    source: &'static str,
    recipient: &'static str,
    kind: &'static str,
    [code, status, cause, sending_ip]: [&'static str; 4],
) -> Expected {
    Expected { source, recipient, kind, code, status, cause, sending_ip }
}

const EXPECTED: &[Expected] = &[
    event(
        "eml/dsn/gmail-unauthenticated.eml",
        "nadia@plumtree-studio.example",
        "bounce",
        ["550", "5.7.26", "authentication", "192.0.2.12"],
    ),
    event(
        "eml/dsn/internationalised.eml",
        "jürgen@xn--bcherstube-9db.example",
        "bounce",
        ["550", "5.1.1", "mailbox_unknown", ""],
    ),
    event(
        "eml/dsn/m365-banned-ip.eml",
        "accounts@bluemesa.example",
        "bounce",
        ["550", "5.7.606", "ip_reputation", "192.0.2.14"],
    ),
    event(
        "eml/dsn/m365-content-filter.eml",
        "purchasing@ostermann-tools.example",
        "bounce",
        ["550", "5.7.1", "content", ""],
    ),
    event(
        "eml/dsn/m365-mail-flow-rule.eml",
        "ines.calder@harborlight.example",
        "bounce",
        ["550", "5.7.1", "tenant_policy", "192.0.2.11"],
    ),
    event(
        "eml/dsn/m365-spamhaus.eml",
        "dana.whitlock@northbridge.example",
        "bounce",
        ["550", "5.7.1", "ip_reputation", "192.0.2.14"],
    ),
    event("eml/dsn/mimecast-554.eml", "r.okonjo@tallgrass-legal.example", "bounce", ["554", "5.0.0", "content", ""]),
    event(
        "eml/dsn/outlook-auth-level.eml",
        "l.marchetti@outlook-hosted.example",
        "bounce",
        ["550", "5.7.515", "authentication", ""],
    ),
    event("eml/dsn/postfix-delayed.eml", "info@lakesidedental.example", "delay", ["451", "4.3.0", "", ""]),
    event("eml/dsn/postfix-delivered.eml", "c.rowe@brackenhill.example", "delivered", ["", "2.0.0", "", ""]),
    event(
        "eml/dsn/postfix-user-unknown.eml",
        "b.tanaka@willowcreek.example",
        "bounce",
        ["550", "5.1.1", "mailbox_unknown", ""],
    ),
    event(
        "eml/dsn/postfix-user-unknown.eml",
        "sales-emea@willowcreek.example",
        "bounce",
        ["550", "5.1.1", "mailbox_unknown", ""],
    ),
    event(
        "eml/dsn/proofpoint-554.eml",
        "j.abara@meridianfreight.example",
        "bounce",
        ["554", "5.0.0", "ip_reputation", "192.0.2.14"],
    ),
    event(
        "eml/dsn/unable-to-relay.eml",
        "office@kestrelhomes.example",
        "bounce",
        ["550", "5.7.54", "relay_denied", ""],
    ),
    event(
        "eml/dsn/yahoo-listed.eml",
        "m.lindgren@smallharbor.example",
        "bounce",
        ["553", "5.7.1", "ip_reputation", "192.0.2.14"],
    ),
    event(
        "eml/other/complaint.eml",
        "h.petrov@mailprovider.example",
        "complaint",
        ["-", "-", "complaint", "192.0.2.12"],
    ),
    event("eml/other/hostile.eml", "+1+cmd@evil.example", "bounce", ["550", "5.1.1", "mailbox_unknown", ""]),
    event("eml/other/read-receipt.eml", "petra.voss@eastgate-tiles.example", "read_receipt", ["-", "-", "", ""]),
    event("eml/other/vacation.eml", "", "auto_reply", ["-", "-", "", ""]),
    event(
        "eml/prose/exchange-diagnostic.eml",
        "t.beran@larkfield.example",
        "bounce",
        ["550", "5.1.1", "mailbox_unknown", ""],
    ),
    event(
        "eml/prose/exchange-diagnostic.eml",
        "all-staff@larkfield.example",
        "bounce",
        ["550", "5.7.1", "tenant_policy", ""],
    ),
    event(
        "eml/prose/exim-failed-recipients.eml",
        "p.hollis@stonebridge-media.example",
        "bounce",
        ["550", "-", "mailbox_unknown", ""],
    ),
    event(
        "eml/prose/exim-failed-recipients.eml",
        "archive@stonebridge-media.example",
        "bounce",
        ["552", "5.2.2", "mailbox_full", ""],
    ),
    event(
        "eml/prose/qmail-failure.eml",
        "erika.solberg@fjordline-print.example",
        "bounce",
        ["550", "5.1.1", "mailbox_unknown", ""],
    ),
    event(
        "log/events.ndjson",
        "b.nord@skerry-boats.example",
        "bounce",
        ["550", "5.1.1", "mailbox_unknown", "192.0.2.13"],
    ),
    event("log/events.ndjson", "desk@amberline.example", "bounce", ["550", "5.4.1", "mailbox_unknown", "192.0.2.10"]),
    event("log/events.ndjson", "office@amberline.example", "complaint", ["", "", "complaint", "192.0.2.10"]),
    event("log/events.ndjson", "gone@skerry-boats.example", "self_suppressed", ["", "", "", ""]),
    event("log/events.ndjson", "m.quist@tarnfield.example", "bounce", ["421", "4.4.1", "network", "192.0.2.11"]),
    event(
        "log/smtp.csv",
        "w.achebe@sandpiper-foods.example",
        "bounce",
        ["550", "5.1.1", "mailbox_unknown", "192.0.2.10"],
    ),
    event("log/smtp.csv", "lea@vintnershall.example", "bounce", ["450", "4.2.0", "greylisted", "192.0.2.11"]),
    event(
        "log/smtp.csv",
        "stock@pennywhistle-toys.example",
        "bounce",
        ["552", "5.3.4", "message_too_large", "192.0.2.10"],
    ),
    event(
        "maildir/cur/1795131120.M1P412.mx1:2,S",
        "f.castellano@orangery.example",
        "bounce",
        ["550", "5.1.10", "mailbox_unknown", ""],
    ),
    event(
        "maildir/cur/1795131180.M2P412.mx1:2,",
        "hr@orangery.example",
        "bounce",
        ["550", "5.4.1", "mailbox_unknown", ""],
    ),
    event(
        "maildir/new/1795131240.M3P412.mx1",
        "k.varga@danubeworks.example",
        "bounce",
        ["550", "5.1.1", "mailbox_unknown", ""],
    ),
    event(
        "mbox/returned.mbox",
        "g.adeyemi@copperfield-audio.example",
        "bounce",
        ["550", "5.1.1", "mailbox_unknown", ""],
    ),
    event("mbox/returned.mbox", "team@windrose-travel.example", "bounce", ["550", "5.7.1", "content", ""]),
    event("mbox/returned.mbox", "y.stern@highmoor.example", "bounce", ["550", "5.0.0", "tenant_policy", ""]),
    event("mbox/returned.mbox", "d.fontaine@belvoir-conseil.example", "bounce", ["452", "4.2.2", "mailbox_full", ""]),
    event("mbox/returned.mbox", "oto@kiyosumi-print.example", "bounce", ["550", "5.2.1", "mailbox_disabled", ""]),
];

/// The folders of samples whose every event is written down above.
const FOLDERS: &[&str] = &["eml", "mbox", "maildir", "log"];

#[test]
fn every_sample_is_read_as_its_maker_meant_it() {
    let mut found = events();
    let mut differences = Vec::new();
    for want in EXPECTED {
        let here = found.entry(want.source.to_owned()).or_default();
        let place = here
            .iter()
            .position(|got| want.recipient.is_empty() || text(got, "recipient").as_deref() == Some(want.recipient));
        match place {
            Some(place) => differences.extend(compare(want, &here.remove(place))),
            None => differences.push(format!("{}: {} is missing", want.source, want.recipient)),
        }
    }
    // The other address of the hostile report may be read or rejected, never lost: `hostile` sees to that.
    found.remove("eml/other/hostile.eml");
    for (source, rest) in found {
        // Deliveries are no events; a row that says `delivered` may be either.
        for got in rest.iter().filter(|got| text(got, "kind").as_deref() != Some("delivered")) {
            differences.push(format!("{source}: one event too many: {got}"));
        }
    }
    assert!(differences.is_empty(), "\n{}\n", differences.join("\n"));
}

#[test]
fn every_sample_file_is_written_down() {
    let mut files = 0;
    for folder in FOLDERS {
        for path in files_below(folder) {
            files += 1;
            assert!(
                path.contains("/tmp/") || EXPECTED.iter().any(|e| e.source == path),
                "{path} has no line in EXPECTED in tests/it/samples.rs"
            );
        }
    }
    assert!(files >= 25, "found only {files} samples");
}

#[test]
fn the_receivers_ip_is_never_taken_for_ours() {
    for (source, events) in events() {
        for event in events {
            let ip = text(&event, "sending_ip").unwrap_or_default();
            assert!(!ip.starts_with("203.0.113."), "{source}: {ip} is the receiver's");
        }
    }
}

#[test]
fn a_half_written_maildir_file_is_left_alone() {
    assert!(!events().keys().any(|source| source.contains("/tmp/")));
}

/// What `parse` reads from the samples, by file.
fn events() -> BTreeMap<String, Vec<Value>> {
    let folders = FOLDERS.iter().map(|f| format!("sample_data/{f}"));
    let args = ["parse".to_owned()].into_iter().chain(folders).chain(["--format".to_owned(), "ndjson".to_owned()]);
    let out = bouncescope(args).dir(&root("")).run().behaves(&[0, 3]);
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in out.lines() {
        let source = text(&line, "source").expect("every event has a source");
        let source = source.strip_prefix("sample_data/").unwrap_or(&source).to_owned();
        found.entry(source).or_default().push(line);
    }
    assert!(found.len() >= 25, "found only {} samples", found.len());
    found
}

fn compare(want: &Expected, got: &Value) -> Vec<String> {
    let fields = [
        ("kind", want.kind),
        ("reply_code", want.code),
        ("status", want.status),
        ("cause", want.cause),
        ("sending_ip", want.sending_ip),
    ];
    fields
        .into_iter()
        .filter(|(_, want)| !want.is_empty())
        .map(|(name, want)| (name, want, text(got, name)))
        .filter(|(_, want, have)| have.as_deref().unwrap_or("-") != *want)
        .map(|(name, wanted, have)| {
            format!(
                "{}: {}: {name} should be {wanted}, is {} (rule {}, reply {})",
                want.source,
                want.recipient,
                have.unwrap_or("absent".into()),
                text(got, "rule").unwrap_or_default(),
                text(got, "reply").unwrap_or_default()
            )
        })
        .collect()
}

/// A field as text; `None` when it is absent or null.
fn text(event: &Value, name: &str) -> Option<String> {
    match event.get(name)? {
        Value::Null => None,
        Value::String(s) => Some(s.clone()),
        other => Some(other.to_string()),
    }
}

/// The files of a folder of samples, relative to `sample_data`.
fn files_below(folder: &str) -> Vec<String> {
    let base = root("sample_data");
    let mut open = vec![base.join(folder)];
    let mut files = Vec::new();
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display())) {
            let path = entry.expect("a readable directory").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let inside = path.strip_prefix(&base).expect("below sample_data");
                files.push(inside.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    files.sort();
    files
}
