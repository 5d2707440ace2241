//! The same rows in other files, under other names and in another order: the same events up to where they were read, and the
//! same verdict.

use std::fs;
use std::path::Path;

use bouncescope::frame::schema;

use crate::published::{Published, cells};
use crate::scratch::Scratch;
use crate::traffic::{CONTENT, Dice, GENERIC, LISTED, Mail, Traffic, UNKNOWN};

/// Tables that name no input.
const TABLES: [&str; 5] = ["incidents.csv", "domains.csv", "codes.csv", "domain_codes.csv", "review/list_sources.csv"];
/// Lists, and the column that tells where a row was read.
const LISTS: [&str; 3] = ["suppression/addresses.csv", "review/held.csv", "review/protected.csv"];

/// What a night says, apart from where it read it.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    events: Vec<String>,
    deliveries: Vec<String>,
    tables: Vec<String>,
    lists: Vec<Vec<String>>,
}

impl Said {
    /// Whether two nights say the same; prints the first lines that differ.
    fn same(&self, other: &Said) -> bool {
        let lines = |said: &Said| -> Vec<String> {
            let tables = said.tables.iter().flat_map(|table| table.lines().map(str::to_owned));
            said.events
                .iter()
                .chain(&said.deliveries)
                .chain(said.lists.iter().flatten())
                .cloned()
                .chain(tables)
                .collect()
        };
        let (ours, theirs) = (lines(self), lines(other));
        let differ = ours.iter().zip(&theirs).filter(|(ours, theirs)| ours != theirs);
        differ.take(5).for_each(|(ours, theirs)| eprintln!("  {ours}\n  {theirs}"));
        self == other
    }
}

fn said(folder: &Path) -> Said {
    let night = Published::read(folder);
    assert_eq!(night.faults(), [""; 0]);
    let without = |columns: &[&'static str], place: &[&str]| -> Vec<&'static str> {
        columns.iter().copied().filter(|name| !place.contains(name)).collect()
    };
    let here = [schema::SOURCE, schema::SOURCE_INDEX, schema::DELIVERY_ID];
    let list = |name: &&str| {
        let row = |mut row: std::collections::BTreeMap<String, String>| {
            row.remove("evidence");
            format!("{row:?}")
        };
        let mut rows: Vec<String> = night.table(name).into_iter().map(row).collect();
        rows.sort();
        rows
    };
    Said {
        events: cells(&[folder.join("events.parquet")], &without(schema::EVENT_COLUMNS, &here)),
        deliveries: cells(&[folder.join("deliveries.parquet")], &without(schema::DELIVERY_COLUMNS, &here)),
        tables: TABLES.iter().map(|name| fs::read_to_string(folder.join(name)).expect(name)).collect(),
        lists: LISTS.iter().map(list).collect(),
    }
}

/// Writes the rows of a CSV to so many files, each with its head; `turned` is from the last row to the first.
fn cut(scratch: &Scratch, folder: &str, csv: &str, parts: usize, turned: bool) {
    let head = csv.lines().next().expect("a head");
    let mut rows: Vec<&str> = csv.lines().skip(1).collect();
    if turned {
        rows.reverse();
    }
    for (part, rows) in rows.chunks(rows.len().div_ceil(parts)).enumerate() {
        // Names whose order is not that of the rows.
        scratch.add(format!("{folder}/{}-{part}.csv", part * 5 % 7), format!("{head}\n{}\n", rows.join("\n")));
    }
}

#[test]
fn a_night_is_the_same_however_its_inputs_are_cut_named_and_ordered() {
    let mut dice = Dice(3);
    let mut traffic = Traffic::to(240, 3, 200, &mut dice);
    // Many get two messages, which fare differently.
    for at in (1..traffic.mails.len()).step_by(3) {
        let Mail { to, domain, host, .. } = traffic.mails[at - 1].clone();
        (traffic.mails[at].to, traffic.mails[at].domain, traffic.mails[at].host) = (to, domain, host);
    }
    traffic.refuse(90, GENERIC, &mut dice, |mail| mail.domain == "gmail.com");
    traffic.refuse(70, LISTED, &mut dice, |mail| mail.ip == "192.0.2.11");
    traffic.refuse(60, CONTENT, &mut dice, |mail| mail.campaign == "webinar");
    traffic.refuse(50, UNKNOWN, &mut dice, |mail| mail.list == "fair");
    traffic.usual(&mut dice);
    traffic.untidy(&mut dice);
    for (flag, attempted) in [("--delivered", false), ("--sent", true)] {
        let mut first = None;
        for (parts, turned) in [(1, false), (1, true), (3, false), (7, true)] {
            let scratch = Scratch::new();
            cut(&scratch, "in", &traffic.events(), parts, turned);
            cut(&scratch, "log", &traffic.log(attempted), parts, !turned);
            let told = scratch.run(&format!("in {flag} log --as-of 2026-11-20 --max-suppressions 99999"));
            assert!(told.report.is_some(), "{}", told.outcome.stderr);
            let said = said(told.night());
            assert!(said.tables[0].lines().count() > 2, "{}", said.tables[0]);
            match &first {
                None => first = Some(said),
                Some(first) => assert!(said.same(first), "{flag}, {parts} files, turned: {turned}"),
            }
        }
    }
}
