//! The night's level as a user meets it: the first line on standard output that begins with a level's word, the same word in every
//! file of the night. In: nights whose right level is known by their making. Out: what a run says of each.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::{Outcome, bouncescope};

const WORDS: [&str; 4] = ["ACT", "CANNOT TELL", "WATCH", "QUIET"];

/// The level on standard output.
fn level(told: &Outcome) -> &'static str {
    let lines = told.stdout.lines();
    let word = |line: &str| WORDS.into_iter().find(|word| line.starts_with(word));
    lines.filter_map(word).next().unwrap_or("none")
}

/// A run over files of a folder, with the flags.
fn run(folder: &Path, args: &[&str]) -> Outcome {
    bouncescope(["run"].iter().chain(args).chain(&["--no-progress"])).dir(folder).run().behaves(&[0, 2, 3, 5])
}

/// Bounces with one reply, to so many recipients of so many domains each.
fn bounces(reply: &str, recipients: usize, domains: usize) -> String {
    let mut rows = String::from("timestamp,recipient,diagnostic_code,list_source\n");
    for n in 0..recipients {
        let _ = writeln!(rows, "2026-11-20T03:{:02}:00Z,kim{n}@harbour{}.example,{reply},webshop", n % 60, n % domains);
    }
    rows
}

/// So many messages accepted by each of a hundred domains.
fn accepted(each: usize) -> String {
    let rows = (0..100).map(|n| format!("harbour{n}.example,{each},webshop\n"));
    ["recipient_domain,count,list_source\n".to_owned()].into_iter().chain(rows).collect()
}

#[test]
fn a_rate_raises_the_night_whatever_its_cause() {
    let unknown = "550 5.1.1 no such user here";
    let away = "451 4.4.2 connection dropped by remote host";
    let mut complaints = String::from("timestamp,kind,recipient,feedback_type,list_source\n");
    for n in 0..30 {
        let _ = writeln!(complaints, "2026-11-20T05:00:00Z,complaint,lee{n}@harbour7.example,abuse,webshop");
    }
    let other = complaints.replace("abuse", "not-spam");
    for (name, bounces, each, want) in [
        ("few unknown", bounces(unknown, 40, 40), 20, "QUIET"),
        ("some unknown", bounces(unknown, 150, 90), 18, "WATCH"),
        ("many unknown", bounces(unknown, 300, 90), 10, "ACT"),
        ("a third waits", bounces(away, 400, 300), 8, "WATCH"),
        ("complaints", complaints.clone(), 60, "ACT"),
        ("few for the complaints", complaints, 9, "QUIET"),
        ("no complaints", other, 60, "QUIET"),
    ] {
        let folder = tempfile::tempdir().expect("a temporary directory");
        fs::write(folder.path().join("in.csv"), bounces).expect("bounces");
        fs::write(folder.path().join("ok.csv"), accepted(each)).expect("deliveries");
        let args = ["in.csv", "--delivered", "ok.csv", "--as-of", "2026-11-20", "--max-suppressions", "9999"];
        let told = run(folder.path(), &args);
        assert_eq!(level(&told), want, "{name}: {}", told.stdout);
        the_files_agree(folder.path(), want);
    }
}

/// The report says the same in all its files, with a reason unless the night is quiet.
fn the_files_agree(folder: &Path, want: &str) {
    let read = |name: &str| fs::read_to_string(folder.join("reports/2026-11-20").join(name)).expect(name);
    let report: Value = serde_json::from_str(&read("report.json")).expect("JSON");
    let word = want.to_lowercase();
    assert_eq!(report["verdict"]["level"], word.replace(' ', "_").as_str());
    let reasons = report["verdict"]["reasons"].as_array().expect("reasons");
    assert_eq!(reasons.is_empty(), want == "QUIET", "{reasons:?}");
    assert_eq!(reasons.first().map(|reason| &reason["level"]), reasons.first().map(|_| &report["verdict"]["level"]));
    assert!(read("report.md").contains(&format!("**{want}: ")));
    assert!(read("report.html").contains(&format!("<div class=\"word\">{word}</div>")));
}

#[test]
fn a_folder_with_nothing_in_it_is_no_quiet_night() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    fs::create_dir(folder.path().join("drop")).expect("a folder");
    for (args, code) in [(&["drop"][..], 2), (&["drop", "--as-of", "2026-11-20"], 0)] {
        let told = run(folder.path(), args);
        assert_eq!((level(&told), told.code), ("CANNOT TELL", Some(code)), "{}", told.stdout);
    }
    the_files_agree(folder.path(), "CANNOT TELL");
    let told = run(folder.path(), &["drop", "--quiet"]);
    assert_eq!(told.stdout, "");
}

#[test]
fn what_was_not_read_or_not_understood_is_no_quiet_night_and_an_empty_file_is_no_loss() {
    let known = bounces("550 5.1.1 no such user here", 12, 12);
    let odd = bounces("550 flumph gate 12 says nay", 40, 40);
    let nobody = known.replace("kim", "").replace("@harbour", "harbour");
    for (name, second, want) in [
        ("rows.csv", known.clone(), "QUIET"),
        ("nothing.csv", String::new(), "QUIET"),
        ("odd.csv", odd, "CANNOT TELL"),
        ("broken.csv.gz", "no archive at all".to_owned(), "CANNOT TELL"),
        ("nobody.csv", nobody, "CANNOT TELL"),
    ] {
        let folder = tempfile::tempdir().expect("a temporary directory");
        fs::write(folder.path().join("in.csv"), &known).expect("bounces");
        fs::write(folder.path().join(name), second).expect("a second file");
        fs::write(folder.path().join("ok.csv"), accepted(20)).expect("deliveries");
        let told = run(folder.path(), &["in.csv", name, "--delivered", "ok.csv", "--as-of", "2026-11-20"]);
        assert_eq!(level(&told), want, "{name}: {}{}", told.stdout, told.stderr);
        the_files_agree(folder.path(), want);
    }
}

#[test]
fn lists_of_three_people_at_one_company_are_a_question_and_list_no_domain() {
    let rows = bounces("550 5.7.1 Sender is on the recipient's blocked senders list", 3, 1);
    let folder = tempfile::tempdir().expect("a temporary directory");
    fs::write(folder.path().join("in.csv"), rows).expect("bounces");
    fs::write(folder.path().join("ok.csv"), accepted(20)).expect("deliveries");
    for args in [&["in.csv", "--delivered", "ok.csv"][..], &["in.csv"]] {
        run(folder.path(), args);
        let read = |name: &str| fs::read_to_string(folder.path().join("reports/2026-11-20").join(name)).expect(name);
        let report: Value = serde_json::from_str(&read("report.json")).expect("JSON");
        let incidents = report["incidents"].as_array().expect("incidents");
        let kinds: Vec<_> = incidents.iter().map(|i| (&i["kind"], &i["confidence"])).collect();
        assert_eq!(kinds, [(&Value::from("inconclusive"), &Value::from("low"))]);
        assert_eq!(incidents[0]["actions"][0]["verb"], "review");
        assert_eq!((read("suppression/domains.csv").lines().count(), read("review/held.csv").lines().count()), (1, 1));
        assert_eq!(read("suppression/addresses.csv").lines().count(), 4, "each of them listed by its own wish");
    }
}

#[test]
fn one_server_that_names_a_list_is_named_on_a_quiet_night_and_two_are_watched() {
    let listed = "550 5.7.1 Service unavailable; Client host [192.0.2.44] blocked using bl.spamcop.net";
    for (domains, want) in [(1, "QUIET"), (2, "WATCH")] {
        let folder = tempfile::tempdir().expect("a temporary directory");
        fs::write(folder.path().join("in.csv"), bounces(listed, domains, domains)).expect("bounces");
        fs::write(folder.path().join("ok.csv"), accepted(20)).expect("deliveries");
        let told = run(folder.path(), &["in.csv", "--delivered", "ok.csv"]);
        assert_eq!(level(&told), want, "{}", told.stdout);
        assert!(
            told.stdout.contains("a public list: Spamcop") && !told.stdout.contains("nothing to do"),
            "{}",
            told.stdout
        );
        assert_eq!(told.stdout.contains("\nFirst: "), want != "QUIET", "{}", told.stdout);
    }
}
