//! Kinds of harm: mails, exports and replies that must list no stranger, no colleague and no address of ours, and beside
//! them those that must be listed. In: `kinds/KIND.toml` and the files beside it. Out: a line for each that is wrong.
//!
//! To add a case: a row in the file of its kind, and its input in the folder of that name, or in the row itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bouncescope::bounce::Kind;
use bouncescope::frame::ClassifiedEvent;
use bouncescope::ingest::{Desk, IngestOptions, Role, RowCache, Seen};
use bouncescope::parse::{ParseOptions, Reader};
use bouncescope::progress::Progress;
use bouncescope::source::{self, SourceOptions};
use serde::Deserialize;

use crate::program::{bouncescope, root};

/// The cases of one kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

/// One input and what must come of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// What makes the answer right.
    why: String,
    /// A lone reply, and the host that gave it.
    reply: Option<String>,
    host: Option<String>,
    /// A file in the kind's folder.
    input: Option<String>,
    /// A short input of its own, in place of a file; `night.csv` or `night.ndjson` by what it holds.
    text: Option<String>,
    /// Whether a night is made of it; else it is only read.
    #[serde(default)]
    run: bool,
    /// Events that must be there, each a table of columns.
    #[serde(default)]
    events: Vec<BTreeMap<String, OneOf>>,
    /// How many events of a kind, exactly.
    #[serde(default)]
    counts: BTreeMap<String, usize>,
    /// Who must not be the recipient of a bounce or a complaint.
    #[serde(default)]
    never: Vec<String>,
    #[serde(default)]
    listed: Vec<String>,
    #[serde(default)]
    never_listed: Vec<String>,
    #[serde(default)]
    domains_listed: Vec<String>,
    #[serde(default)]
    never_domains: Vec<String>,
}

/// A value, or several of which each is right.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOf {
    One(String),
    Any(Vec<String>),
}

impl OneOf {
    fn holds(&self, value: &str) -> bool {
        match self {
            OneOf::One(word) => word == value,
            OneOf::Any(words) => words.iter().any(|word| word == value),
        }
    }
}

fn folder() -> PathBuf {
    root("tests/it/kinds")
}

/// All cases, each with the name of its kind.
fn cases() -> Vec<(String, Case)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder()).expect("the kinds").flatten().map(|e| e.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let read = |path: PathBuf| {
        let kind = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("a file of cases");
        let cases: Cases = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        cases.case.into_iter().map(move |case| (kind.clone(), case)).collect::<Vec<_>>()
    };
    files.into_iter().flat_map(read).collect()
}

/// The columns that cases look at.
fn column<'a>(row: &'a ClassifiedEvent, name: &str) -> &'a str {
    let address = |a: &'a Option<bouncescope::bounce::Address>| a.as_ref().map_or("", |address| address.as_str());
    match name {
        "kind" => row.event.kind.as_str(),
        "recipient" => address(&row.event.recipient),
        "original_recipient" => address(&row.event.original_recipient),
        "final_recipient" => address(&row.event.final_recipient),
        "cause" => row.classification.cause.as_str(),
        "blames" => row.classification.blames.as_str(),
        "permanence" => row.classification.permanence.as_str(),
        other => panic!("no column {other} in tests/it/kinds.rs"),
    }
}

/// What is wrong with what was read.
fn wrong_reading(case: &Case, rows: &[ClassifiedEvent]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut left: Vec<&ClassifiedEvent> = rows.iter().collect();
    for wanted in &case.events {
        let fits = |row: &&ClassifiedEvent| wanted.iter().all(|(name, value)| value.holds(column(row, name)));
        match left.iter().position(fits) {
            Some(at) => drop(left.remove(at)),
            None => wrong.push("an event that must be there is not".to_owned()),
        }
    }
    for (kind, count) in &case.counts {
        let came = rows.iter().filter(|row| row.event.kind.as_str() == kind).count();
        if came != *count {
            wrong.push(format!("{came} events of kind {kind}, not {count}"));
        }
    }
    let failed = rows.iter().filter(|row| matches!(row.event.kind, Kind::Bounce | Kind::Complaint));
    for row in failed {
        let recipient = column(row, "recipient");
        if case.never.iter().any(|never| never.eq_ignore_ascii_case(recipient)) {
            wrong.push(format!("{recipient} became a recipient"));
        }
    }
    if !wrong.is_empty() {
        let came = rows.iter().map(|row| {
            let cells = ["kind", "recipient", "cause", "blames", "permanence"].map(|name| column(row, name));
            format!("{} by {}", cells.join(" "), row.event.grammar)
        });
        wrong.push(format!("came: {}", came.collect::<Vec<_>>().join("; ")));
    }
    wrong
}

/// Keeps the events of an ingestion.
#[derive(Default)]
struct Kept(Vec<ClassifiedEvent>);

impl bouncescope::frame::Sink for Kept {
    type Page = Vec<ClassifiedEvent>;

    fn page(
        &self,
        events: &[ClassifiedEvent],
        _: &[bouncescope::frame::PlacedDelivery],
        _: &[bouncescope::bounce::Reject],
    ) -> anyhow::Result<Self::Page> {
        Ok(events.to_vec())
    }

    fn write(&mut self, page: Self::Page) -> anyhow::Result<()> {
        self.0.extend(page);
        Ok(())
    }
}

fn read(desk: &Desk, path: &Path) -> Vec<ClassifiedEvent> {
    let listing = source::open(&[path.display().to_string()], &SourceOptions::default()).expect("an input");
    let mut kept = Kept::default();
    let progress = Progress::new(Some(0), false);
    desk.ingest(&listing, Role::Bounces, &mut Seen::nothing(), &mut kept, &progress).expect("read");
    kept.0
}

/// The file that holds a case's input, made in `own` where the case brings its text along.
fn input(kind: &str, case: &Case, own: &Path) -> PathBuf {
    match (&case.input, &case.text) {
        (Some(input), _) => folder().join(kind).join(input),
        (None, Some(text)) => {
            let path = own.join(if text.starts_with('{') { "night.ndjson" } else { "night.csv" });
            fs::write(&path, text).expect("written");
            path
        }
        (None, None) => panic!("{kind}/{}: neither reply nor input", case.name),
    }
}

#[test]
fn what_is_read_harms_nobody_and_loses_no_failure() {
    let desk = Desk::new(&IngestOptions::default()).expect("tables");
    let reader = Reader::new(&ParseOptions::default()).expect("tables");
    let mut wrong = Vec::new();
    for (kind, case) in cases().iter().filter(|(_, case)| !case.run) {
        let rows = match (&case.reply, &case.input) {
            (Some(reply), _) => {
                vec![desk.classified(reader.reply_alone(reply, case.host.as_deref()), &mut RowCache::default())]
            }
            (None, _) => {
                let own = tempfile::tempdir().expect("a folder");
                read(&desk, &input(kind, case, own.path()))
            }
        };
        let found = wrong_reading(case, &rows);
        if !found.is_empty() {
            wrong.push(format!("{kind}/{}: {}\n  {}", case.name, found.join("; "), case.why));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_a_night_lists_is_dead_and_nobody_else() {
    let mut wrong = Vec::new();
    for (kind, case) in cases().iter().filter(|(_, case)| case.run) {
        let out = tempfile::tempdir().expect("a folder");
        let input = input(kind, case, out.path());
        let args = ["run", "--no-progress", "--as-of", "2026-11-20", "--max-suppressions", "1000", "--out"];
        let paths = [out.path().as_os_str(), input.as_os_str()];
        bouncescope(args.into_iter().map(AsRef::as_ref).chain(paths)).run().behaves(&[0, 3]);
        let lists = out.path().join("2026-11-20/suppression");
        let list = |name: &str| -> Vec<String> {
            let mut rows = csv::Reader::from_path(lists.join(name)).expect("a list");
            rows.records().map(|row| row.expect("a row")[0].to_lowercase()).collect()
        };
        let (addresses, domains) = (list("addresses.csv"), list("domains.csv"));
        let mut check = |what: &str, list: &[String], wanted: &[String], is: bool| {
            for value in wanted.iter().filter(|value| list.contains(&value.to_lowercase()) != is) {
                wrong.push(format!("{kind}/{}: {value} {what}\n  {}", case.name, case.why));
            }
        };
        check("is not listed", &addresses, &case.listed, true);
        check("is listed", &addresses, &case.never_listed, false);
        check("is no listed domain", &domains, &case.domains_listed, true);
        check("is a listed domain", &domains, &case.never_domains, false);
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}
