//! Files that can be read and of which nothing says what their rows are: told by name like a lost file. And rows like that
//! among others that are read: rejects like any.

use std::fmt::Write as _;

use crate::scratch::{Scratch, Told, bounces, bounces_by_line, deliveries};

const GOOD: u64 = 271;

/// Asserts that exactly these files are told as not understood, everywhere.
fn asked(told: &Told, files: &[&str], what: &str) {
    let names: Vec<&str> = files.iter().map(|file| file.rsplit('/').next().expect("a name")).collect();
    let word = if files.len() == 1 { "file" } else { "files" };
    let shown = format!("{} {word} not understood: {}", files.len(), names.join(", "));
    assert_eq!(told.outcome.code, Some(3), "{what}: {}", told.outcome.stderr);
    let verdict = told.outcome.stdout.lines().nth(1).unwrap_or_default();
    assert!(verdict.contains(&shown) && !verdict.starts_with("QUIET"), "{what}: {verdict}");
    assert!(told.at("/verdict/lost").as_str().is_some_and(|lost| lost.contains(&shown)), "{what}");
    assert_eq!(told.count("/quality/not_understood"), files.len() as u64, "{what}");
    let lost = told.at("/quality/lost").as_array().expect("a list");
    for file in files {
        assert!(
            lost.iter().any(|lost| lost["source"] == **file && lost["why"] == "not understood"),
            "{what}: {lost:?}"
        );
        assert!(told.outcome.stderr.contains(&format!("counts for nothing: {file}: ")), "{what}");
    }
    let last = told.outcome.stderr.lines().last().unwrap_or_default();
    assert!(last.contains(&format!("nothing says what the rows of {}", files[0])), "{what}: {last}");
    for page in ["report.md", "report.html"] {
        let text = std::fs::read_to_string(told.night().join(page)).expect("published");
        assert!(text.replace('\\', "").contains(&shown), "{what}: {page}");
    }
    assert!(told.count("/totals/events") >= GOOD, "{what}: the good file was not read");
    told.sums_close();
}

fn table(header: &str, rows: usize, row: impl Fn(usize) -> String) -> String {
    (0..rows).fold(format!("{header}\n"), |mut text, n| {
        let _ = writeln!(text, "{}", row(n));
        text
    })
}

#[test]
fn a_file_of_which_every_row_is_a_question_is_told_as_not_understood() {
    let letters = |rows| table("wer,wann,schuh", rows, |n| format!("b{n}@house.example,heute,{n}"));
    let contacts = |rows| table("email;segment;score", rows, |n| format!("c{n}@house.example;b;{n}"));
    let keys = |rows| table("", rows, |n| format!(r#"{{"person":{{"id":{n}}},"shoe":44}}"#)).trim_start().to_owned();
    let cases: &[(&str, String)] = &[
        ("large.csv", letters(3000)),
        ("small.csv", letters(2)),
        ("one.csv", letters(1)),
        ("contacts.csv", contacts(40)),
        ("many.csv", contacts(60_000)),
        ("keys.ndjson", keys(3000)),
        ("keys.json", format!("[{}]", keys(30).trim_end().replace('\n', ","))),
        ("status.csv", table("mail,status", 30, |n| format!("d{n}@house.example,active"))),
        (
            "exim.log",
            table("2026-11-20 01:00:00 exim 4.98 daemon started", 30, |n| {
                format!("2026-11-20 01:00:{n:02} 1tA000-00000{n:02}-00 <= news@example.com H=mx P=esmtp S=1{n}")
            }),
        ),
    ];
    for (name, text) in cases {
        for sibling in ["a-good.csv", "z-good.csv"] {
            let scratch = Scratch::new();
            scratch.add(format!("in/{sibling}"), bounces("good", GOOD as usize));
            scratch.add(format!("in/{name}"), text);
            asked(&scratch.run("in"), &[&format!("in/{name}")], &format!("{name} beside {sibling}"));
        }
    }
}

#[test]
fn several_are_counted_and_each_role_is_told() {
    let scratch = Scratch::new();
    scratch.add("in/good.csv", bounces("good", GOOD as usize));
    scratch.add("in/odd1.csv", "wer,wann\nann,heute\n");
    scratch.add("in/odd2.csv", "wer,wann\nben,heute\n");
    scratch.add("accepted.csv", "wer,wann\ncay,heute\n");
    asked(&scratch.run("in --delivered accepted.csv"), &["in/odd1.csv", "in/odd2.csv", "accepted.csv"], "three");
}

#[test]
fn a_row_like_that_among_others_is_a_reject_like_any() {
    let kinds = "timestamp,recipient,status\n";
    let row = |n: usize| format!("2026-11-20T02:00:00Z,k{n}@house.example,5.1.1\n");
    let rows: String = (0..200).map(row).collect();
    let odd = "2026-11-20T02:00:00Z,odd@house.example,active\n";
    let lines = bounces_by_line("line", 200);
    let cases = [
        ("first.csv", format!("{kinds}{odd}{rows}")),
        ("last.csv", format!("{kinds}{rows}{odd}")),
        ("middle.csv", format!("{kinds}{rows}{odd}{}", rows.replace("@house", "@other"))),
        ("first.ndjson", format!("{{\"shoe\":44}}\n{lines}")),
        ("last.ndjson", format!("{lines}{{\"shoe\":44}}\n")),
    ];
    for (name, text) in cases {
        let scratch = Scratch::new();
        scratch.add(name, text);
        let told = scratch.run(name);
        assert_eq!(told.outcome.code, Some(0), "{name}: {}", told.outcome.stderr);
        assert_eq!((told.count("/totals/rejects"), told.count("/quality/lost_total")), (1, 0), "{name}");
        assert!(!told.outcome.stderr.contains("counts for nothing"), "{name}: {}", told.outcome.stderr);
        let strict = scratch.run(&format!("{name} --max-rejects 0 --out strict"));
        assert_eq!(strict.outcome.code, Some(3), "{name}");
        assert!(strict.outcome.stderr.contains("exit code 3: 1 of "), "{name}: {}", strict.outcome.stderr);
    }
}

/// A file of which all was seen before was understood.
#[test]
fn a_file_of_duplicates_and_one_odd_row_was_read() {
    let scratch = Scratch::new();
    scratch.add("a.ndjson", bounces_by_line("twice", 200));
    scratch.add("b.ndjson", format!("{}{{\"shoe\":44}}\n", bounces_by_line("twice", 200)));
    let told = scratch.run("a.ndjson b.ndjson");
    assert_eq!(told.outcome.code, Some(0), "{}", told.outcome.stderr);
    let again = &told.at("/inputs").as_array().expect("a list")[1];
    assert_eq!((&again["events"], &again["duplicates"], &again["rejects"]), (&0.into(), &200.into(), &1.into()));
    assert_eq!(told.sum("duplicates"), told.count("/totals/duplicates"));
}

/// Threads share the work by batches, and a file may lie in many.
#[test]
fn the_figures_are_the_same_on_any_number_of_threads() {
    let scratch = Scratch::new();
    for n in 0..30 {
        scratch.add(format!("in/odd{n:02}.csv"), "wer,wann\nann,heute\n".repeat(40));
        scratch.add(format!("in/mail{n:02}.csv"), bounces(&format!("t{n}-"), 20));
    }
    scratch.add("in/sent.csv", deliveries("t", 90_000));
    let told: Vec<_> = ["1", "8"]
        .iter()
        .map(|threads| {
            let words = ["run", "in", "--no-progress", "--out", threads];
            let told =
                crate::program::bouncescope(words).dir(&scratch.path("")).env("RAYON_NUM_THREADS", threads).run();
            (told.code, told.stdout.replace(&format!("{threads}/2026"), "2026"), told.stderr)
        })
        .collect();
    assert_eq!(told[0].0, Some(3));
    assert!(
        told[0].1.contains("30 files not understood: odd00.csv, odd01.csv, odd02.csv and 27 more"),
        "{}",
        told[0].1
    );
    assert_eq!(told[0], told[1]);
}
