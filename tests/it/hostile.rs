//! One mail that attacks whoever reads about it: terminal, page and spreadsheet. In: that mail, beside a whole night.
//! Out: everything the program writes, where nothing of it may act.

use std::fs;
use std::path::Path;

use crate::program::{Outcome, bouncescope, root, tree};

const NIGHT: &str = "2026-11-20";

fn run(out: &Path) -> Outcome {
    let args = ["run", "sample_data", "--no-progress", "--out"].map(AsRef::as_ref);
    bouncescope(args.into_iter().chain([out.as_os_str()])).dir(&root("")).run().behaves(&[0])
}

/// Characters that a terminal obeys instead of showing: controls, and those that turn the direction of text.
fn is_obeyed(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn nothing_that_a_terminal_obeys_is_printed() {
    let out = tempfile::tempdir().expect("a temporary directory");
    let mail = "sample_data/eml/other/hostile.eml";
    for told in [
        run(out.path()),
        bouncescope(["explain", mail]).dir(&root("")).run().behaves(&[0]),
        bouncescope(["explain", "550 5.7.1 \u{1b}[2J\u{202e}gnp.exe"]).run().behaves(&[0]),
        bouncescope(["parse", "no/such/\u{1b}[2Jfile"]).run().behaves(&[1, 2]),
    ] {
        for stream in [&told.stdout, &told.stderr] {
            assert!(!stream.chars().any(is_obeyed), "{stream:?}");
        }
    }
}

#[test]
fn parse_prints_controls_as_json_escapes() {
    let told = bouncescope(["parse", "sample_data/eml/other/hostile.eml"]).dir(&root("")).run().behaves(&[0, 3]);
    assert!(!told.stdout.chars().any(|c| c.is_control() && c != '\n'), "{:?}", told.stdout);
    assert!(told.lines().iter().any(|e| e["diagnostic_code"].as_str().is_some_and(|d| d.contains('\u{1b}'))));
}

#[test]
fn a_page_shows_markup_from_outside_as_text() {
    let out = tempfile::tempdir().expect("a temporary directory");
    run(out.path());
    let page = fs::read_to_string(out.path().join(NIGHT).join("report.html")).expect("a page");
    for attack in ["<script", "<img"] {
        let acts = page.to_lowercase().match_indices(attack).count();
        assert_eq!(acts, 0, "{attack} stands in report.html");
    }
}

#[test]
fn no_address_column_holds_what_a_spreadsheet_would_run() {
    let out = tempfile::tempdir().expect("a temporary directory");
    run(out.path());
    let mut checked = 0;
    for (name, bytes) in tree(&out.path().join(NIGHT)) {
        if !name.ends_with(".csv") || name.contains("quarantine") {
            continue;
        }
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let header = reader.headers().expect("a header").clone();
        for record in reader.records() {
            let record = record.unwrap_or_else(|e| panic!("{name}: {e}"));
            let cells = header.iter().zip(&record).filter(|(column, _)| matches!(*column, "email" | "domain"));
            for (column, cell) in cells {
                checked += 1;
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{name}: {column} {cell:?}");
            }
        }
    }
    assert!(checked > 50, "only {checked} cells were checked");
}
