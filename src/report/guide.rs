//! README.txt: what each file of a night's folder is for. In: the names of the files. Out: a line for each, the path and what to do with
//! it.

use std::fmt::Write;

use crate::suppress::BRAKED;

/// What to do with a list that the brake holds.
const HELD: &str = "held by the brake: look at it before anything is imported";
/// What to do with entries that would come off.
const HELD_BACK: &str =
    "held by the brake: entries of your present list that would come off; take off none before it is looked at";
/// The file's own name.
pub const NAME: &str = "README.txt";

/// What the files are for.
const FILES: &[(&str, &str)] = &[
    ("report.html", "the night for people: open this first"),
    ("report.md", "the same as plain text"),
    ("report.json", "the same for programs"),
    ("manifest.json", "every file with its size and hash; written last"),
    ("incidents.csv", "what was found, a row each, with what to do"),
    ("domains.csv", "recipient domains with their bounces, deliveries and causes"),
    ("codes.csv", "reply codes with their causes"),
    ("domain_codes.csv", "domains by reply code"),
    ("rejects.csv", "what could not be read, and where it stands"),
    ("events.parquet", "every event behind the report"),
    ("deliveries.parquet", "every delivery behind the rates"),
    (
        "suppression/addresses.csv",
        "addresses to suppress: import it, or your platform's own files in suppression/TARGET/",
    ),
    ("suppression/domains.csv", "domains to suppress: import it, or your platform's own files in suppression/TARGET/"),
    ("release/reactivate.csv", "entries of your present list to take off, each with the reason"),
    ("review/held.csv", "what waits; meanwhile says whether to go on mailing. Never import it"),
    ("review/protected.csv", "addresses that bounced for a reason of ours: do not suppress them. Never import it"),
    ("review/list_sources.csv", "list sources to look at as a whole"),
    ("review/quarantine.csv", "cells that a spreadsheet would run, kept out of all lists"),
    (NAME, "this file"),
];

/// The text for a folder of these files; the manifest and this file come after them.
pub fn guide(names: &[String]) -> String {
    let later = ["manifest.json", NAME].map(str::to_owned);
    let mut names: Vec<&String> = names.iter().chain(&later).collect();
    names.sort();
    names.dedup();
    let width = names.iter().map(|name| name.len()).filter(|length| *length <= 40).max().unwrap_or(0);
    let mut text = String::from(match names.iter().any(|name| name.starts_with("review/braked/")) {
        true => {
            "The brake has tripped: everything that acts lies in review/braked/. Import nothing and take off nothing before it is looked at.\n\n"
        }
        false => "suppression/ is to import, release/ to take off, review/ to look at.\n\n",
    });
    for name in names {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:width$}  {}", purpose(name));
    }
    text
}

/// What a file is for.
fn purpose(name: &str) -> String {
    if let Some((_, purpose)) = FILES.iter().find(|(known, _)| *known == name) {
        return (*purpose).to_owned();
    }
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let target = folder.rsplit('/').next().unwrap_or_default();
    match folder.split('/').next() {
        _ if file == "not_expressed.csv" => format!("what {target} cannot be told as it is, and why"),
        Some("suppression") => format!("to add at {target}"),
        Some("release") => format!("to remove at {target}"),
        Some("review") if folder == BRAKED && file == "reactivate.csv" => HELD_BACK.to_owned(),
        Some("review") if folder == BRAKED => HELD.to_owned(),
        Some("review") => format!("for {target}, {HELD}"),
        _ => "more of the night".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_braked_night_says_first_that_nothing_is_to_be_imported_or_taken_off() {
        let names = ["review/braked/addresses.csv", "review/braked/reactivate.csv"];
        let text = guide(&names.map(str::to_owned));
        assert!(text.starts_with("The brake has tripped") && !text.contains("release/"), "{text}");
        assert!(text.contains("take off none before it is looked at"), "{text}");
    }

    #[test]
    fn every_file_has_a_line_that_says_what_it_is_for() {
        let names = ["suppression/ses/put.csv", "release/ses/delete.csv", "report.html", "review/braked/ses/put.csv"];
        let text = guide(&names.map(str::to_owned));
        for line in [
            "release/ses/delete.csv     to remove at ses",
            "suppression/ses/put.csv    to add at ses",
            "report.html                the night for people: open this first",
            "review/braked/ses/put.csv  for ses, held by the brake: look at it before anything is imported",
            "manifest.json              every file with its size and hash; written last",
            "README.txt                 this file",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }
}
