//! The night of the examples in targets.toml: an address that is unknown, one that complained, a domain that refuses us, and one
//! address and one domain that come off.

use polars::prelude::{DataFrame, IntoColumn, NamedFrom, Series};

use super::entries::Cells;
use super::form::Sheet;
use crate::suppress::{ADDRESSES, DOMAINS};
use crate::tables::targets::{Change, Holds};

const LISTED: [[&str; 12]; 2] = [
    [
        "Ann@example.com",
        "mailbox_unknown",
        "r1",
        "550",
        "5.1.1",
        "2026-11-20",
        "2026-11-20T01:02:03Z",
        "2026-11-20T01:02:03Z",
        "1",
        "",
        "",
        "a.csv#0",
    ],
    [
        "o'neil+x@example.net",
        "complaint",
        "",
        "",
        "",
        "2026-11-20",
        "2026-11-20T02:00:00Z",
        "2026-11-20T02:00:00Z",
        "1",
        "",
        "",
        "a.csv#1",
    ],
];
const DOMAIN: [&str; 11] =
    ["example.org", "example.org", "I1", "tenant_policy", "organisation", "", "9", "9", "", "2027-02-18", "a.csv#2"];

/// The night's frames.
pub(super) struct Example {
    addresses: DataFrame,
    domains: DataFrame,
    removed_addresses: DataFrame,
    removed_domains: DataFrame,
}

impl Example {
    pub fn night() -> anyhow::Result<Example> {
        Ok(Example {
            addresses: frame(ADDRESSES, &LISTED)?,
            domains: frame(DOMAINS, &[DOMAIN])?,
            removed_addresses: frame(&["email"], &[["back@example.com"]])?,
            removed_domains: frame(&["domain"], &[["back.example"]])?,
        })
    }

    /// What a file is on that night, for everybody's mail.
    pub fn text(&self, sheet: &Sheet<'_>) -> anyhow::Result<String> {
        let cells = Cells::of(match (sheet.file.change, sheet.file.holds) {
            (Change::Add, Holds::Domains) => &self.domains,
            (Change::Add, _) => &self.addresses,
            (Change::Remove, Holds::Domains) => &self.removed_domains,
            (Change::Remove, _) => &self.removed_addresses,
        })?;
        let all = sheet.file.change == Change::Remove || sheet.file.holds == Holds::Domains;
        let entries: Vec<_> = cells.entries().filter(|entry| all || entry.is(sheet.file.holds)).collect();
        let mut text = Vec::new();
        sheet.write(&entries, "", &mut text)?;
        Ok(String::from_utf8(text)?)
    }
}

fn frame<const N: usize>(header: &[&str], rows: &[[&str; N]]) -> anyhow::Result<DataFrame> {
    let cells = |at: usize| rows.iter().map(|row| row[at]).collect::<Vec<_>>();
    let column = |(at, name): (usize, &&str)| Series::new((*name).into(), cells(at)).into_column();
    Ok(DataFrame::new_infer_height(header.iter().take(N).enumerate().map(column).collect())?)
}
