//! The list files: names, columns, cells. In: entries and rows. Out: CSV below `suppression/` and `review/`, and frames. A row whose
//! address or domain a spreadsheet would run goes to quarantine.csv; the functions say whether the row was written.

use std::borrow::Cow;
use std::fmt::Display;
use std::path::Path;

use jiff::civil::Date;

use crate::bounce::Timestamp;
use crate::judge::grounds::HoldReason;
use crate::outcome::incident::ListSourceRow;
use crate::suppress::decision::{Hold, Meanwhile};
use crate::suppress::domain_entry::DomainEntry;
use crate::suppress::domains::HeldDomain;
use crate::suppress::entry::{AddressEntry, Answer, Seen};
use crate::suppress::folders::acting;
use crate::suppress::frames::ListFrames;
use crate::suppress::options::Keep;
use crate::suppress::present::Existing;
use crate::suppress::sheet::{Cell, ListFile, Sheet};
use crate::suppress::spreadsheet::{is_formula, place, prose};

/// Columns of addresses.csv.
pub const ADDRESSES: &str =
    "email,cause,rule,reply_code,status,added,first_seen,last_seen,bounces,expires,incident,evidence";
/// Columns of domains.csv.
pub const DOMAINS: &str =
    "domain,organisation,incident,cause,scope,sending_domain,bounces,recipients,delivered_elsewhere,expires,evidence";
const HELD: &str =
    "type,value,reason,meanwhile,cause,rule,reply_code,status,first_seen,last_seen,bounces,until,incident,evidence";
const PROTECTED: &str = "email,cause,blames,rule,reply_code,status,first_seen,last_seen,bounces,incident,evidence";
const LIST_SOURCES: &str = "list_source,tried,unknown,listings,complaints,reason,incident";
const QUARANTINE: &str = "list,column,value,evidence";

/// The lists, in the order of reports.
#[derive(Clone, Copy)]
enum At {
    Addresses,
    Domains,
    Held,
    Protected,
    ListSources,
    Quarantine,
}

/// All lists of a night, open for writing.
pub(super) struct Files<'k> {
    existing: Option<&'k Existing>,
    sheets: [Sheet; 6],
}

impl<'k> Files<'k> {
    /// Creates all of them, with their headers, below `night`; with `braked`, those that act among what is for people.
    pub fn create(night: &Path, braked: bool, keep: &Keep<'k>) -> anyhow::Result<Files<'k>> {
        let existing = keep.existing;
        // To find what comes off, a few columns are enough.
        let sheet = |folder: &str, name: &str, header, columns: &[&str]| {
            let for_all = |column: &str| folder != "review" && keep.columns.contains(column);
            let kept = |column: &str| for_all(column) || existing.is_some() && columns.contains(&column);
            Sheet::create(night, format!("{folder}/{name}"), header, kept)
        };
        let acting = acting(braked);
        let sheets = [
            sheet(acting, "addresses.csv", ADDRESSES, &["email"])?,
            sheet(acting, "domains.csv", DOMAINS, &["domain"])?,
            sheet("review", "held.csv", HELD, &["value", "meanwhile", "cause", "last_seen"])?,
            sheet("review", "protected.csv", PROTECTED, &["email", "incident"])?,
            sheet("review", "list_sources.csv", LIST_SOURCES, &[])?,
            sheet("review", "quarantine.csv", QUARANTINE, &[])?,
        ];
        Ok(Files { existing, sheets })
    }

    /// A row of addresses.csv.
    pub fn address(&mut self, entry: &AddressEntry, incident: Option<&str>) -> anyhow::Result<bool> {
        let mut cells = told(&entry.answer, &entry.seen, incident);
        cells.extend([("added", text(Some(entry.added))), ("expires", text(entry.expires))]);
        self.put(At::Addresses, ("email", entry.address.as_str()), &entry.seen, cells)
    }

    /// A row of domains.csv.
    pub fn domain(&mut self, entry: &DomainEntry) -> anyhow::Result<bool> {
        let cells = vec![
            ("organisation", prose(&entry.organisation)),
            ("incident", entry.incident.as_deref().unwrap_or_default().into()),
            ("cause", entry.cause.as_str().into()),
            ("scope", entry.scope.as_str().into()),
            ("sending_domain", prose(entry.sending_domain.as_deref().unwrap_or_default())),
            ("bounces", text(Some(entry.seen.bounces))),
            ("recipients", text(Some(entry.recipients))),
            ("delivered_elsewhere", text(entry.delivered_elsewhere)),
            ("expires", text(entry.expires)),
            ("evidence", evidence(&entry.seen)),
        ];
        self.put(At::Domains, ("domain", &entry.domain), &entry.seen, cells)
    }

    /// An address in held.csv.
    pub fn held_address(
        &mut self,
        email: &str,
        reason: Hold,
        answer: &Answer,
        seen: &Seen,
        (until, incident): (Option<Date>, Option<&str>),
    ) -> anyhow::Result<bool> {
        let mut cells = told(answer, seen, incident);
        cells.extend(held("address", reason, until));
        self.put(At::Held, ("value", email), seen, cells)
    }

    /// A domain in held.csv.
    pub fn held_domain(&mut self, domain: &HeldDomain, until: Option<Date>) -> anyhow::Result<bool> {
        let incident = domain.incident.as_deref().unwrap_or_default();
        let seen = Seen { first: None, last: None, bounces: domain.bounces, days: 1, origin: incident.to_owned() };
        let mut cells = vec![
            ("cause", domain.cause.map(|cause| cause.as_str()).unwrap_or_default().into()),
            ("bounces", text(Some(domain.bounces))),
            ("incident", incident.into()),
        ];
        cells.extend(held("domain", domain.reason, until));
        self.put(At::Held, ("value", &domain.domain), &seen, cells)
    }

    /// A row of protected.csv.
    pub fn protected(
        &mut self,
        email: &str,
        answer: &Answer,
        seen: &Seen,
        incident: Option<&str>,
    ) -> anyhow::Result<bool> {
        self.put(At::Protected, ("email", email), seen, told(answer, seen, incident))
    }

    /// A row of list_sources.csv.
    pub fn list_source(&mut self, row: &ListSourceRow) -> anyhow::Result<bool> {
        let cells = [
            ("list_source", prose(&row.list_source)),
            ("tried", text(row.tried)),
            ("unknown", text(Some(row.unknown))),
            ("listings", text(Some(row.listings))),
            ("complaints", text(Some(row.complaints))),
            ("reason", hold_reasons(&row.reasons).into()),
            ("incident", row.incident.as_deref().unwrap_or_default().into()),
        ];
        self.sheets[At::ListSources as usize].row(&cells, false)
    }

    /// Closes all files; what was written, and how many rows are in quarantine.
    pub fn finish(self) -> anyhow::Result<(Vec<ListFile>, ListFrames, u64)> {
        let quarantined = self.sheets[At::Quarantine as usize].rows();
        let closed = self.sheets.into_iter().map(Sheet::finish).collect::<anyhow::Result<Vec<_>>>()?;
        let (files, frames): (Vec<_>, Vec<_>) = closed.into_iter().unzip();
        let mut frames = frames.into_iter();
        let mut next = || frames.next().unwrap_or_default();
        let frames = ListFrames { addresses: next(), domains: next(), held: next(), protected: next() };
        Ok((files, frames, quarantined))
    }

    /// Writes a row about somebody, who is named in one of its columns; false where that cell had to go to quarantine, as a JSON
    /// string, which no spreadsheet runs.
    fn put<'a>(
        &mut self,
        list: At,
        (column, value): (&'static str, &'a str),
        seen: &Seen,
        mut cells: Vec<Cell<'a>>,
    ) -> anyhow::Result<bool> {
        if is_formula(value) {
            let list = self.sheets[list as usize].name().to_owned();
            let value = serde_json::to_string(value)?;
            let row = [
                ("list", list.into()),
                ("column", column.into()),
                ("value", value.into()),
                ("evidence", evidence(seen)),
            ];
            self.sheets[At::Quarantine as usize].row(&row, false)?;
            return Ok(false);
        }
        // Of what waits or is protected only what is about the present list is asked for again.
        let all = matches!(list, At::Addresses | At::Domains) || !value.contains('@');
        let kept = all || self.existing.is_some_and(|existing| existing.holds(&value.to_lowercase()));
        cells.push((column, value.into()));
        self.sheets[list as usize].row(&cells, kept)
    }
}

/// What every list says of an answer.
fn told<'a>(answer: &'a Answer, seen: &Seen, incident: Option<&'a str>) -> Vec<Cell<'a>> {
    vec![
        ("cause", answer.cause.as_str().into()),
        ("blames", answer.blames.as_str().into()),
        ("rule", answer.rule.as_deref().unwrap_or_default().into()),
        ("reply_code", text(answer.reply_code)),
        ("status", text(answer.status)),
        ("first_seen", iso(seen.first)),
        ("last_seen", iso(seen.last)),
        ("bounces", text(Some(seen.bounces))),
        ("incident", incident.unwrap_or_default().into()),
        ("evidence", evidence(seen)),
    ]
}

/// What held.csv says of anybody.
fn held(kind: &'static str, reason: Hold, until: Option<Date>) -> [Cell<'static>; 4] {
    let meanwhile = Meanwhile::of(reason).as_str().into();
    [("type", kind.into()), ("reason", reason.as_str().into()), ("meanwhile", meanwhile), ("until", text(until))]
}

fn evidence(seen: &Seen) -> Cow<'static, str> {
    place(&seen.evidence()).into_owned().into()
}

/// Empty where missing.
fn text<T: Display>(value: Option<T>) -> Cow<'static, str> {
    value.map(|value| value.to_string()).unwrap_or_default().into()
}

/// RFC 3339 in UTC, whole seconds; empty where missing.
fn iso(moment: Option<Timestamp>) -> Cow<'static, str> {
    text(moment.and_then(|moment| jiff::Timestamp::from_second(moment.0.div_euclid(1000)).ok()))
}

/// `unknown_addresses=58/124 listings=12/40`: what of how many, as words of a closed set.
fn hold_reasons(reasons: &[HoldReason]) -> String {
    let cell = |reason: &HoldReason| {
        let (part, whole) = reason.figures();
        format!("{}={part}/{whole}", reason.as_str())
    };
    reasons.iter().map(cell).collect::<Vec<_>>().join(" ")
}
