//! Nights without a bounce, which are good nights. In: deliveries with dates, and bounces that are none: a file of 0 bytes, a
//! head line alone, blank lines, an empty mailbox. Out: a quiet report named after the deliveries, exit 0.

use crate::scratch::Scratch;

const DELIVERED: &str = "timestamp,recipient,remote_mta,sending_ip\n\
    2026-11-19T23:58:00Z,ann@example.com,mx.example.com,192.0.2.1\n\
    2026-11-20T00:03:00Z,bob@example.org,mx.example.org,192.0.2.1\n";

#[test]
fn a_night_without_a_bounce_is_quiet_and_named_after_its_deliveries() {
    for (name, bytes) in [
        ("bounces.csv", "recipient,diagnostic_code,remote_mta\n"),
        ("bounces.csv", ""),
        ("bounces.ndjson", "\n\n"),
        ("bounces.mbox", ""),
    ] {
        for role in ["--delivered", "--sent"] {
            let scratch = Scratch::new();
            scratch.add(name, bytes);
            scratch.add("mailed/log.csv", DELIVERED);
            let told = scratch.run(&format!("{name} {role} mailed/log.csv"));
            assert_eq!(told.outcome.code, Some(0), "{name} {bytes:?} {role}: {}", told.outcome.stderr);
            assert_eq!(told.at("/verdict/level"), "quiet", "{name} {bytes:?} {role}");
            assert_eq!(told.at("/as_of"), "2026-11-20", "{name} {bytes:?} {role}");
        }
    }
}

#[test]
fn what_is_empty_is_told_by_name_and_what_is_only_short_is_not() {
    let scratch = Scratch::new();
    scratch.add("night/bounces.csv", "");
    scratch.add("night/more.ndjson", " \n");
    scratch.add("night/head.csv", "recipient,diagnostic_code\n");
    scratch.add("log.csv", DELIVERED);
    let told = scratch.run("night --delivered log.csv").outcome;
    for name in ["night/bounces.csv is empty", "night/more.ndjson is empty"] {
        assert!(told.stderr.contains(name), "{name} is missing in:\n{}", told.stderr);
    }
    assert!(!told.stderr.contains("head.csv is empty") && !told.stderr.contains("log.csv is empty"), "{}", told.stderr);
}

#[test]
fn an_event_without_a_date_stands_in_the_night_of_the_deliveries() {
    let scratch = Scratch::new();
    scratch.add("bounces.csv", "recipient,diagnostic_code\nann@example.net,550 5.1.1 User unknown\n");
    scratch.add("log.csv", DELIVERED);
    assert_eq!(scratch.run("bounces.csv --delivered log.csv").at("/as_of"), "2026-11-20");
}

#[test]
fn a_night_without_any_date_has_no_name() {
    let scratch = Scratch::new();
    scratch.add("bounces.csv", "");
    scratch.add("log.csv", "recipient\nann@example.com\n");
    let told = scratch.run("bounces.csv --delivered log.csv").outcome;
    assert_eq!(told.code, Some(1), "{}", told.stderr);
    assert!(told.stderr.contains("--as-of"), "{}", told.stderr);
}

#[test]
fn nothing_new_stays_nothing_new_where_that_is_asked_for() {
    let scratch = Scratch::new();
    scratch.add("bounces.csv", "");
    scratch.add("log.csv", DELIVERED);
    assert_eq!(scratch.run("bounces.csv --delivered log.csv --fail-on-empty").outcome.code, Some(6));
}
