//! The mbox scanner: what is a boundary, and what holds for any bytes.

use proptest::prelude::*;

use super::mbox::{Scanner, starts_with_boundary, unquoted};
use crate::source::probe;

const BOUNDARY: &str = "From a@example.com Mon Sep 21 12:00:00 2026";

#[test]
fn a_boundary_is_a_from_line_with_a_plausible_date() {
    for (line, want) in [
        (BOUNDARY, true),
        ("From MAILER-DAEMON Mon Sep 21 12:00:00 2026", true),
        ("From a@example.com  Mon Sep  1 12:00:00 2026", true),
        ("From a@example.com Mon Sep 21 12:00 2026", true),
        ("From a@example.com Mon Sep 21 12:00:00 CEST 2026", true),
        ("From 123456789@xxx Mon Sep 21 12:00:00 +0000 2026", true),
        ("From a@example.com Mon Sep 21 12:00:00 2026 remote from mx", true),
        ("From - Mon, 21 Sep 2026 12:00:00 +0200", true),
        ("From \"a b\"@example.com Mon Sep 21 12:00:00 2026", true),
        ("From ???@??? Mon Sep 21 12:00:00 2026", true),
        ("From a@example.com", false),
        ("From the first of May we are closed", false),
        ("From Mon to Fri, 12:00 to 13:00, May 2026", false),
        ("From a@example.com Mon Sep 32 12:00:00 2026", false),
        ("From a@example.com Mon Sep 21 2026", false),
        ("From a@example.com Mon Sep 21 12:00:00", false),
        ("From: a@example.com Mon Sep 21 12:00:00 2026", false),
        ("from a@example.com Mon Sep 21 12:00:00 2026", false),
    ] {
        assert_eq!(starts_with_boundary(line.as_bytes()), want, "{line}");
    }
}

/// The messages as text.
fn messages(mbox: &str) -> Vec<&str> {
    let mut scanner = Scanner::default();
    let upto = scanner.scan(mbox.as_bytes(), true);
    scanner.take(upto).iter().map(|span| &mbox[span.start..span.end]).collect()
}

#[test]
fn messages_end_where_the_blank_line_before_the_next_starts() {
    for (mbox, want) in [
        (format!("{BOUNDARY}\nA: 1\n\none\n\n{BOUNDARY}\nA: 2\n\ntwo\n"), ["A: 1\n\none\n", "A: 2\n\ntwo\n"]),
        (format!("{BOUNDARY}\r\nA: 1\r\n\r\none\r\n\r\n{BOUNDARY}\r\nA: 2\r\n"), ["A: 1\r\n\r\none\r\n", "A: 2\r\n"]),
        (format!("{BOUNDARY}\rA: 1\r\rone\r\r{BOUNDARY}\rA: 2\r"), ["A: 1\r\rone\r", "A: 2\r"]),
        (format!("{BOUNDARY}\nA: 1\n\none\n\n\n{BOUNDARY}\nA: 2\n\ntwo"), ["A: 1\n\none\n\n", "A: 2\n\ntwo"]),
        (format!("{BOUNDARY}\nA: 1\n\n{BOUNDARY}\nA: 2\n\n"), ["A: 1\n", "A: 2\n"]),
        (format!("{BOUNDARY}\n\n{BOUNDARY}\nA: 2\n"), ["", "A: 2\n"]),
    ] {
        assert_eq!(messages(&mbox), want, "{mbox:?}");
    }
}

#[test]
fn a_from_line_in_a_body_is_no_boundary_without_a_blank_line_and_a_date() {
    for body in [
        format!("text\n{BOUNDARY}\nmore\n"),
        "text\n\nFrom now on all is well\n".to_owned(),
        format!("text\n\n>{BOUNDARY}\nmore\n"),
        format!("text\n\n {BOUNDARY}\nmore\n"),
    ] {
        let mbox = format!("{BOUNDARY}\nA: 1\n\n{body}");
        assert_eq!(messages(&mbox), [format!("A: 1\n\n{body}")], "{mbox}");
    }
}

#[test]
fn the_end_of_a_multipart_ends_a_message_even_if_no_blank_line_does() {
    for end in ["\n", "\r\n"] {
        let report = format!("A: 1{end}{end}--b/x{end}{end}text{end}{end}--b/x--{end}");
        let mbox = format!("{BOUNDARY}{end}{report}{BOUNDARY}{end}A: 2{end}");
        assert_eq!(messages(&mbox), [report, format!("A: 2{end}")], "{mbox:?}");
    }
    for line in ["--", "----", "-- bob --x", "x --b--"] {
        let mbox = format!("{BOUNDARY}\nA: 1\n\n{line}\n{BOUNDARY}\nmore\n");
        assert_eq!(messages(&mbox).len(), 1, "{mbox:?}");
    }
}

#[test]
fn one_mark_is_taken_off_quoted_from_lines_and_no_other() {
    for (quoted, want) in [
        (">From a", "From a"),
        ("x\n>From a\n>>From b\r\n>>>From c", "x\nFrom a\n>From b\r\n>>From c"),
        ("x\n> From a\n x>From b\n>from c", "x\n> From a\n x>From b\n>from c"),
    ] {
        assert_eq!(String::from_utf8_lossy(&unquoted(quoted.as_bytes())), want);
    }
}

/// Text made of what matters to the scanner.
fn mboxish() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(format!("{BOUNDARY}\n").into_bytes()),
        1 => Just(format!("{BOUNDARY}\r\n").into_bytes()),
        1 => Just(format!("{BOUNDARY}\r").into_bytes()),
        1 => Just(BOUNDARY.as_bytes().to_vec()),
        1 => Just(b">From x\n".to_vec()),
        1 => Just(b"From x\n".to_vec()),
        1 => Just(b"From ".to_vec()),
        2 => Just(b"Subject: x\n".to_vec()),
        4 => Just(b"\n".to_vec()),
        2 => Just(b"\r\n".to_vec()),
        1 => Just(b"\r".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
        1 => Just(b"From ".iter().copied().chain([b'x'; 1100]).chain(*b" Mon Sep 21 12:00:00 2026\n").collect()),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_byte_is_lost_or_invented_however_the_bytes_arrive(data in mboxish()) {
        probe::mbox(&data);
    }
}
