//! Words of reason, times, lines without a header.

use super::*;
use crate::bounce::Timestamp;
use crate::parse::{ParseOptions, Reader};
use crate::source::Item;

fn origin() -> Origin {
    Origin { source: "list".into(), index: 0 }
}

fn json(text: &str) -> Parsed {
    let mut out = Parsed::default();
    let reader = Reader::for_lists(&ParseOptions::default()).unwrap();
    reader.list_entry(&Item::Json { origin: origin(), text: text.as_bytes() }, &mut out);
    out
}

fn bare(text: &str) -> Parsed {
    let mut out = Parsed::default();
    lines(&Reasons::load(None).unwrap(), &origin(), text.as_bytes(), &mut out);
    out
}

#[test]
fn the_table_loads_and_every_example_means_what_its_row_says() {
    Reasons::load(None).unwrap();
}

#[test]
fn every_cause_of_our_own_but_a_complaint_and_unknown_is_a_bounce() {
    let reasons = Reasons::load(None).unwrap();
    for cause in Cause::ALL {
        let want = match cause {
            Cause::Complaint => ListedReason::Complaint,
            Cause::Unknown => ListedReason::Unknown,
            _ => ListedReason::Bounce,
        };
        assert_eq!(reasons.of(cause.as_str()), want, "{cause}");
    }
}

#[test]
fn a_wish_within_a_bounces_words_is_a_wish() {
    let reasons = Reasons::load(None).unwrap();
    for text in [
        "550 5.7.1 the recipient has unsubscribed",
        "550 spam complaint",
        "bounce (manual)",
        "hard bounce, then opted out",
        "554 5.7.1 address is on the suppression list",
        "550 do not contact",
        "mailbox_unknown, complained",
        "organisation/manual",
    ] {
        assert!(reasons.of(text) > ListedReason::Unknown, "{text}");
    }
    for text in
        ["", "x", "no bounce", "bounce?", "blocked", "dropped", "invalid", "unbekannt", "5500", "550x", "666 no"]
    {
        assert_eq!(reasons.of(text), ListedReason::Unknown, "{text}");
    }
    for text in ["550 message marked as spam", "554 5.7.1 blocked using a list", "550\nline two", "SMTP; 552 full"] {
        assert_eq!(reasons.of(text), ListedReason::Bounce, "{text}");
    }
}

#[test]
fn an_entry_holds_reason_times_and_expiry() {
    let out = json(
        r#"{"email":"Ann@Example.com","reason":"bounced","added":"2026-11-18","updated":"2026-11-19T10:00:00Z","expires":"2026-12-01"}"#,
    );
    let entry = &out.listed[0];
    assert_eq!(entry.reason, ListedReason::Bounce);
    let since = entry.since.as_ref().unwrap();
    let updated = When::At(Timestamp(1_795_082_400_000));
    assert_eq!(*since, Since::of(vec![updated, When::Day(Timestamp(1_794_960_000_000))]).unwrap());
    assert_eq!(since.added().as_deref(), Some("2026-11-18"));
    assert_eq!(entry.expires, Some(jiff::civil::date(2026, 12, 1)));
}

#[test]
fn of_an_entry_with_a_time_that_cannot_be_read_no_time_is_known() {
    for time in ["once", "2026-11-18 10:00:00", "18/11/2026", "2026-13-01", "0"] {
        let out = json(&format!(
            r#"{{"email":"ann@example.com","reason":"bounced","added":"{time}","updated":"2026-11-19T10:00:00Z"}}"#
        ));
        assert_eq!(out.listed[0].since, None, "{time}");
    }
}

#[test]
fn what_an_event_export_says_by_its_own_words_counts_and_its_defaults_do_not() {
    let bounce = r#"{"event":"bounce","email":"ann@example.com","timestamp":1795082400,"sg_event_id":"x"}"#;
    let entry = json(bounce).listed.remove(0);
    let at = Since::of(vec![When::At(Timestamp(1_795_082_400_000))]);
    assert_eq!((entry.reason, entry.since), (ListedReason::Bounce, at));
    let delivered = r#"{"event":"delivered","email":"ann@example.com","timestamp":1795082400,"sg_event_id":"x"}"#;
    assert!(json(delivered).listed.is_empty());
    let click = r#"{"event":"click","email":"ann@example.com","timestamp":1795082400,"sg_event_id":"x"}"#;
    assert_eq!(json(click).listed[0].reason, ListedReason::Unknown);
    let unsubscribed = r#"{"email":"ann@example.com","created":1795082400}"#;
    assert_eq!(json(unsubscribed).listed[0].reason, ListedReason::Unknown);
}

#[test]
fn a_domain_refused_for_one_sending_domain_has_no_time_that_a_delivery_could_pass() {
    let out = json(
        r#"{"domain":"corp.example","cause":"tenant_policy","added":"2026-01-01","sending_domain":"news.example.com"}"#,
    );
    assert_eq!(out.listed[0].subject, Subject::Domain("corp.example".to_owned()));
    assert_eq!((out.listed[0].reason, &out.listed[0].since), (ListedReason::Bounce, &None));
}

#[test]
fn lines_without_a_header_hold_an_address_or_a_domain_and_words() {
    for (line, who, reason) in [
        ("ann@example.com,BOUNCE", "ann@example.com", ListedReason::Bounce),
        ("\"ann@example.com\";\"spam complaint\"", "ann@example.com", ListedReason::Complaint),
        ("ann@example.com", "ann@example.com", ListedReason::Unknown),
        ("\"ann bee\"@example.com", "\"ann bee\"@example.com", ListedReason::Unknown),
        ("corp.example REJECT tenant_policy", "corp.example", ListedReason::Unknown),
        ("ann@example.com\t550 no", "ann@example.com", ListedReason::Bounce),
        ("Ann Bee <ann@example.com>, bounced", "ann@example.com", ListedReason::Bounce),
        ("ann@example.com,,", "ann@example.com", ListedReason::Unknown),
    ] {
        let out = bare(line);
        let told = match &out.listed[0].subject {
            Subject::Address(address) => address.as_str().to_owned(),
            Subject::Domain(domain) => domain.clone(),
        };
        assert_eq!((told.as_str(), out.listed[0].reason), (who, reason), "{line}");
        assert_eq!((&out.listed[0].since, out.listed[0].expires), (&None, None), "{line}");
        assert!(begins_with_an_entry(line.as_bytes()), "{line}");
    }
    assert!(bare("# ours\n\ncorp.example DUNNO\n").listed.is_empty());
    assert_eq!(bare("ann@example.com\nnobody\n").rejects[0].origin.index, 1);
    for header in [
        "email,reason",
        "E-Mail",
        "{\"email\":\"a@b.example\"}",
        "[\"a@b.example\"]",
        "From: ann@example.com",
        "",
        "# x",
    ] {
        assert!(!begins_with_an_entry(header.as_bytes()), "{header}");
    }
}

#[test]
fn a_row_of_a_users_table_is_told_what_is_wrong_with_it() {
    for (text, want) in [
        ("text = '('\nsource = 's'\ndate = 'd'\nexamples = ['x']", "text is no regular expression"),
        ("text = '^x$'\nsource = 's'\ndate = 'd'\nexamples = []", "no source, date or example"),
        ("text = '^x$'\nsource = 's'\ndate = 'd'\nexamples = ['y']", "example \"y\" means unknown, not bounce"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let rows = format!("[[reason]]\nmeans = 'bounce'\n{text}\n");
        std::fs::write(dir.path().join("listed_reasons.toml"), rows).unwrap();
        let error = Reasons::load(Some(dir.path())).unwrap_err().to_string();
        assert!(error.contains(want) && error.contains("listed_reasons.toml:1"), "{error}");
    }
}
