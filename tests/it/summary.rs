//! The summary on the terminal: each thing is said once, and each figure means what it says.

use crate::program::bouncescope;
use crate::scratch::{Scratch, Told, bounces};

/// The line with the figures, and the one that says what was read.
fn figures(told: &Told) -> (String, String) {
    let line =
        |start: &str| told.outcome.stdout.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned();
    (line("bounced"), line("read "))
}

#[test]
fn a_bounce_without_words_is_no_refusal_and_no_unknown_reply() {
    let head = "timestamp,recipient,action,diagnostic_code\n";
    let at = "2026-11-20T02:00:00Z";
    for (rows, refused, unknown, wordless) in [
        (format!("{at},a@house.example,failed,\n"), "0", "0 %", "1 bounce without words"),
        (
            format!("{at},a@house.example,failed,\n{at},b@house.example,failed,\n"),
            "0",
            "0 %",
            "2 bounces without words",
        ),
        (format!("{at},a@house.example,failed,554 the quince has ripened\n"), "0", "100 %", ""),
        (
            format!("{at},a@house.example,failed,554 the quince has ripened\n{at},b@house.example,failed,\n"),
            "0",
            "50 %",
            "1 bounce without words",
        ),
        (format!("{at},a@house.example,failed,550 5.1.1 No such user here\n"), "0", "0 %", ""),
        (
            format!("{at},a@house.example,failed,550 5.7.1 Message rejected as spam\n{at},b@house.example,failed,\n"),
            "1",
            "0 %",
            "1 bounce without words",
        ),
    ] {
        let scratch = Scratch::new();
        scratch.add("in.csv", format!("{head}{rows}"));
        let told = scratch.run("in.csv");
        let (tiles, read) = figures(&told);
        assert!(tiles.contains(&format!("refused by policy or reputation {refused} ·")), "{rows}: {tiles}");
        assert!(tiles.contains(&format!("replies no rule knows {unknown}")), "{rows}: {tiles}");
        assert!(read.contains(wordless) && read.contains("without words") != wordless.is_empty(), "{rows}: {read}");
    }
}

#[test]
fn what_is_lost_is_named_once_in_the_summary() {
    let scratch = Scratch::new();
    scratch.add("in/good.csv", bounces("once", 300));
    scratch.add("in/rows.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0");
    scratch.add("in/plain.csv", "who,when\nann,today\n");
    let told = scratch.run("in").outcome;
    for name in ["rows.csv.gz", "plain.csv"] {
        assert_eq!(told.stdout.matches(name).count(), 1, "{name}: {}", told.stdout);
    }
    assert!(
        told.stdout
            .lines()
            .nth(1)
            .is_some_and(|line| line.contains("1 file lost: rows.csv.gz (cut off); 1 file not understood: plain.csv.")),
        "{}",
        told.stdout
    );
}

#[test]
fn every_word_of_the_usage_errors_stands_on_stderr_alone() {
    let scratch = Scratch::new();
    for args in
        ["run", "run nowhere.csv -q", "parse nowhere.csv -q", "explain --address x -q", "check --tables nowhere -q"]
    {
        let told = bouncescope(args.split(' ')).dir(&scratch.path("")).run().behaves(&[2]);
        assert!(told.stdout.is_empty() && !told.stderr.trim().is_empty(), "{args}: {}", told.stdout);
    }
}
