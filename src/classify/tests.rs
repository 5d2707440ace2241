//! Rules tried on replies, in their order.

use super::*;
use crate::bounce::{Address, Blames, Origin};
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

/// Replies of every make: the tables' own examples.
fn examples() -> Vec<String> {
    let rows = load::<crate::tables::rules::Rule>(None).unwrap();
    rows.into_iter().flat_map(|row| row.value.examples).collect()
}

#[test]
fn a_remembered_answer_is_the_answer() {
    let classifier = Classifier::new(None).unwrap();
    let (mut memory, mut none) = (Cache::default(), Cache::without_memory());
    let hosts = [None, Some("aspmx.l.google.com"), Some("example-com.mail.protection.outlook.com")];
    for round in 0..2 {
        for (i, example) in examples().iter().enumerate() {
            // The same words with other ids: what the memory must not mix up, and what it must recognise.
            let varied = example.replace("192.0.2.1", &format!("192.0.2.{}", round + 7));
            let event = event(hosts[i % hosts.len()], &varied);
            assert_eq!(classifier.classify(&event, &mut memory), classifier.classify(&event, &mut none), "{varied}");
        }
    }
}

#[test]
fn who_passed_a_reply_on_did_not_speak_it() {
    let classifier = Classifier::new(None).unwrap();
    let wrapped = event(
        Some("example-com.mail.protection.outlook.com"),
        "550 5.7.350 Remote server returned message detected as spam -> 550 5.7.1 Gmail has detected that this message is likely unsolicited mail. x1 - gsmtp",
    );
    let named = classifier.classify(&wrapped, &mut Cache::default());
    assert_eq!(named.rejecting_system.as_deref(), Some("google"));
}

#[test]
fn a_users_rule_comes_first_and_a_broken_one_is_named_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(dir.path().join("rules.toml"), text).unwrap();
    write(
        "[[rule]]\nid = \"ours\"\ncause = \"content\"\ntext = 'user unknown'\nsource = \"x\"\nexamples = [\"550 user unknown\"]\n",
    );
    let classifier = Classifier::new(Some(dir.path())).unwrap();
    let named = classifier.classify(&event(None, "550 5.1.1 User unknown"), &mut Cache::default());
    assert_eq!(named.rule.as_deref(), Some("ours"));
    for (row, line, what) in [
        ("text = 'a(b'\n", 1, "not a regex"),
        ("status = [\"5.7\"]\n", 1, "needs three parts"),
        ("reply_code = [\"5\"]\n", 1, "three digits"),
        ("", 1, "has no condition"),
    ] {
        write(&format!("[[rule]]\nid = \"bad\"\ncause = \"content\"\n{row}source = \"x\"\n"));
        let error = Classifier::new(Some(dir.path())).unwrap_err();
        assert!(error.line == line && error.what.contains(what), "{row} gave {error}");
    }
}

#[test]
fn a_vendor_tag_that_is_no_regex_is_named_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    for tag in ["a(b", "[a-Z]1", "[Z-a]1("] {
        let row = format!("\n[[receiver]]\nname = \"ours\"\nkind = \"gateway\"\ntags = ['{tag}']\nsource = \"x\"\n");
        std::fs::write(dir.path().join("receivers.toml"), row).unwrap();
        let error = Classifier::new(Some(dir.path())).unwrap_err();
        assert!(error.line == 2 && error.what.contains("not a regex"), "{tag} gave {error}");
    }
}

#[test]
fn check_says_which_row_took_an_example() {
    let dir = tempfile::tempdir().unwrap();
    let text = "replace = true\n\
        [[rule]]\nid = \"wide\"\ncause = \"content\"\ntext = 'user'\nsource = \"x\"\nexamples = [\"550 user\"]\n\
        [[rule]]\nid = \"narrow\"\ncause = \"mailbox_unknown\"\ntext = 'user unknown'\nreceiver = [\"gogle\"]\nsource = \"x\"\nexamples = [\"550 user unknown\"]\n\
        [[rule]]\nid = \"wide\"\ncause = \"content\"\ntext = 'other'\nsource = \"x\"\nexamples = [\"550 other\"]\n";
    std::fs::write(dir.path().join("rules.toml"), text).unwrap();
    let found: Vec<String> = check(Some(dir.path())).unwrap().iter().map(Finding::to_string).collect();
    let said = |words: &str| found.iter().any(|line| line.contains(words));
    assert!(said("id \"wide\" stands already") && said("did you mean \"google\"?"), "{found:#?}");
    assert!(said("\"550 user unknown\" does not fit the row (\"wide\" takes it)"), "{found:#?}");
}

#[test]
fn check_says_which_part_of_a_users_regex_no_example_uses() {
    let dir = tempfile::tempdir().unwrap();
    let text = "[[rule]]\nid = \"ours\"\ncause = \"content\"\ntext = 'flurble|wibble \\d|flurb(le|ly)'\nstatus = \"5.7.*\"\nreply_code = \"5xx\"\n\
        source = \"x\"\nexamples = [\"550 5.7.9 flurble\"]\n";
    std::fs::write(dir.path().join("rules.toml"), text).unwrap();
    let found: Vec<String> = check(Some(dir.path())).unwrap().iter().map(Finding::to_string).collect();
    assert!(
        matches!(&found[..], [one] if one.contains("rules.toml:1: rule \"ours\": no example uses 'wibble \\d'")),
        "{found:#?}"
    );
}

#[test]
fn a_trace_names_every_rule_that_holds_and_the_first_wins() {
    let classifier = Classifier::new(None).unwrap();
    let trace = classifier.trace(&event(None, "550 5.1.1 <ann@example.com>: Recipient address rejected: User unknown"));
    assert!(trace.matched.len() > 1, "{trace:?}");
    assert_eq!(trace.named.rule.as_deref(), trace.matched.first().map(|m| m.rule.as_str()));
    assert_eq!(trace.template, "550 5.1.1 <{addr}>: Recipient address rejected: User unknown");
}

#[test]
fn vendor_tags_are_kept_as_they_stand() {
    let classifier = Classifier::new(None).unwrap();
    for (reply, want) in [
        ("550 5.7.1 part of their network is on our block list (S3150).", Some("S3150")),
        ("421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred", Some("TSS04")),
        ("550 5.7.606 Access denied, banned sending IP [192.0.2.1] (AS16012609)", Some("AS16012609")),
        ("550 5.7.1 Client host blocked using Spamhaus AS(1450)", Some("AS(1450)")),
        ("554 5.7.1 [CS01] Message rejected due to local policy", Some("CS01")),
        ("550 5.5.0 Adresse destinataire invalide. LPN007_416", Some("LPN007_416")),
        ("550 5.1.1 User unknown", None),
    ] {
        let named = classifier.classify(&event(None, reply), &mut Cache::default());
        assert_eq!(named.vendor_tag.as_deref(), want, "{reply}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_reading_or_naming(text in "\\PC{0,300}|[0-9 .#<>'\\-\\\\rn:(a-c]{0,200}") {
        static CLASSIFIER: std::sync::OnceLock<Classifier> = std::sync::OnceLock::new();
        let classifier = CLASSIFIER.get_or_init(|| Classifier::new(None).unwrap());
        let event = event(None, &text);
        let first = classifier.classify(&event, &mut Cache::without_memory());
        let mut memory = Cache::default();
        proptest::prop_assert_eq!(&first, &classifier.classify(&event, &mut memory));
        proptest::prop_assert_eq!(&first, &classifier.classify(&event, &mut memory));
    }
}

#[test]
fn without_a_host_the_provider_of_the_recipients_domain_spoke() {
    let classifier = Classifier::new(None).unwrap();
    for (recipient, reply, want) in [
        ("ann@icloud.com", "552 5.2.2 <ann@icloud.com>: user is over quota", Some("apple_icloud")),
        ("ann@icloud.com", "550 5.1.1 The email account that you tried to reach does not exist", Some("google")),
        ("ann@example.com", "552 5.2.2 <ann@example.com>: user is over quota", None),
        ("ann@gmail.com", "550 5.1.8 Access denied, bad outbound sender", Some("exchange_online")),
    ] {
        let mut event = event(None, reply);
        event.recipient = Address::parse(recipient);
        let named = classifier.classify(&event, &mut Cache::default());
        assert_eq!(named.rejecting_system.as_deref(), want, "{reply} for {recipient}");
    }
}
