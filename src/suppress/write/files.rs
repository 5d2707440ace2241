//! The list files: names, headers, cells. In: entries and rows. Out: CSV below `suppression/`, `release/` and `review/`. A row whose address or
//! domain a spreadsheet would run goes to quarantine.csv; the functions say whether the row was written.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;

use anyhow::Context;
use jiff::civil::Date;

use super::Hold;
use crate::judge::grounds::HoldReason;
use crate::outcome::incident::ListSourceRow;
use crate::bounce::Timestamp;
use crate::suppress::cells::{is_formula, place, prose};
use crate::suppress::{AddressEntry, Answer, DomainEntry, HeldDomain, ListFile, Meanwhile, Seen, acting, leaving};

const ADDRESSES: &[&str] = &[
    "email",
    "cause",
    "rule",
    "reply_code",
    "status",
    "added",
    "first_seen",
    "last_seen",
    "bounces",
    "expires",
    "incident",
    "evidence",
];
const DOMAINS: &[&str] = &[
    "domain",
    "organisation",
    "incident",
    "cause",
    "scope",
    "sending_domain",
    "bounces",
    "recipients",
    "delivered_elsewhere",
    "expires",
    "evidence",
];
const HELD: &[&str] = &[
    "type",
    "value",
    "reason",
    "meanwhile",
    "cause",
    "rule",
    "reply_code",
    "status",
    "first_seen",
    "last_seen",
    "bounces",
    "until",
    "incident",
    "evidence",
];
const PROTECTED: &[&str] = &[
    "email",
    "cause",
    "blames",
    "rule",
    "reply_code",
    "status",
    "first_seen",
    "last_seen",
    "bounces",
    "incident",
    "evidence",
];
const REACTIVATE: &[&str] = &["type", "value", "added", "cause", "reason", "incident", "evidence"];
const LIST_SOURCES: &[&str] = &["list_source", "tried", "unknown", "listings", "complaints", "reason", "incident"];
const QUARANTINE: &[&str] = &["list", "column", "value", "evidence"];

/// All lists of a night, open for writing.
pub(super) struct Files {
    addresses: List,
    domains: List,
    held: List,
    protected: List,
    reactivate: List,
    list_sources: List,
    quarantine: List,
}

/// One list.
struct List {
    path: String,
    rows: u64,
    csv: csv::Writer<BufWriter<File>>,
}

impl Files {
    /// Creates all of them, with their headers, below `night`; with `braked`, those that act among what is for people.
    pub fn create(night: &Path, braked: bool) -> anyhow::Result<Files> {
        let acting = acting(braked);
        let list = |folder: &str, name: &str, header| List::create(night, format!("{folder}/{name}"), header);
        Ok(Files {
            addresses: list(acting, "addresses.csv", ADDRESSES)?,
            domains: list(acting, "domains.csv", DOMAINS)?,
            held: list("review", "held.csv", HELD)?,
            protected: list("review", "protected.csv", PROTECTED)?,
            reactivate: list(leaving(braked), "reactivate.csv", REACTIVATE)?,
            list_sources: list("review", "list_sources.csv", LIST_SOURCES)?,
            quarantine: list("review", "quarantine.csv", QUARANTINE)?,
        })
    }

    /// A row of addresses.csv.
    pub fn address(&mut self, entry: &AddressEntry, incident: Option<&str>) -> anyhow::Result<bool> {
        let (email, answer, seen) = (entry.address().as_str(), entry.answer(), entry.seen());
        if self.quarantined("addresses.csv", "email", email, seen)? {
            return Ok(false);
        }
        let [reply_code, status] = codes(answer);
        let [first, last, bounces] = times(seen);
        let rule = answer.rule.as_deref().unwrap_or_default();
        let expires = date(entry.expires());
        self.addresses.row(&[
            email,
            entry.cause().as_str(),
            rule,
            &reply_code,
            &status,
            &entry.added().to_string(),
            &first,
            &last,
            &bounces,
            &expires,
            incident.unwrap_or_default(),
            &place(&seen.evidence()),
        ])
    }

    /// A row of domains.csv.
    pub fn domain(&mut self, entry: &DomainEntry) -> anyhow::Result<bool> {
        let seen = entry.seen();
        if self.quarantined("domains.csv", "domain", entry.domain(), seen)? {
            return Ok(false);
        }
        let elsewhere = entry.delivered_elsewhere().map(|n| n.to_string()).unwrap_or_default();
        self.domains.row(&[
            entry.domain(),
            &prose(entry.organisation()),
            entry.incident().unwrap_or_default(),
            entry.cause().as_str(),
            entry.scope(),
            &prose(entry.sending_domain().unwrap_or_default()),
            &seen.bounces.to_string(),
            &entry.recipients().to_string(),
            &elsewhere,
            &date(entry.expires()),
            &place(&seen.evidence()),
        ])
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
        if self.quarantined("held.csv", "value", email, seen)? {
            return Ok(false);
        }
        let [reply_code, status] = codes(answer);
        let [first, last, bounces] = times(seen);
        self.held.row(&[
            "address",
            email,
            reason.as_str(),
            Meanwhile::of(reason).as_str(),
            answer.cause.as_str(),
            answer.rule.as_deref().unwrap_or_default(),
            &reply_code,
            &status,
            &first,
            &last,
            &bounces,
            &date(until),
            incident.unwrap_or_default(),
            &place(&seen.evidence()),
        ])
    }

    /// A domain in held.csv.
    pub fn held_domain(&mut self, held: &HeldDomain, until: Option<Date>) -> anyhow::Result<bool> {
        let incident = held.incident.as_deref().unwrap_or_default();
        let seen = Seen { first: None, last: None, bounces: held.bounces, days: 1, origin: incident.to_owned() };
        if self.quarantined("held.csv", "value", &held.domain, &seen)? {
            return Ok(false);
        }
        let cause = held.cause.map(|c| c.as_str()).unwrap_or_default();
        let bounces = held.bounces.to_string();
        let reason = held.reason.as_str();
        let meanwhile = Meanwhile::of(held.reason).as_str();
        let until = date(until);
        let row =
            ["domain", &held.domain, reason, meanwhile, cause, "", "", "", "", "", &bounces, &until, incident, ""];
        self.held.row(&row)
    }

    /// A row of protected.csv.
    pub fn protected(
        &mut self,
        email: &str,
        answer: &Answer,
        seen: &Seen,
        incident: Option<&str>,
    ) -> anyhow::Result<bool> {
        if self.quarantined("protected.csv", "email", email, seen)? {
            return Ok(false);
        }
        let [reply_code, status] = codes(answer);
        let [first, last, bounces] = times(seen);
        self.protected.row(&[
            email,
            answer.cause.as_str(),
            answer.blames.as_str(),
            answer.rule.as_deref().unwrap_or_default(),
            &reply_code,
            &status,
            &first,
            &last,
            &bounces,
            incident.unwrap_or_default(),
            &place(&seen.evidence()),
        ])
    }

    /// A row of list_sources.csv.
    pub fn list_source(&mut self, row: &ListSourceRow) -> anyhow::Result<bool> {
        self.list_sources.row(&[
            &prose(&row.list_source),
            &row.tried.map(|n| n.to_string()).unwrap_or_default(),
            &row.unknown.to_string(),
            &row.listings.to_string(),
            &row.complaints.to_string(),
            &hold_reasons(&row.reasons),
            row.incident.as_deref().unwrap_or_default(),
        ])
    }

    /// Closes all files; what was written, and how many rows are in quarantine.
    pub fn finish(self) -> anyhow::Result<(Vec<super::super::ListFile>, u64)> {
        let quarantined = self.quarantine.rows;
        let Files { addresses, domains, held, protected, reactivate, list_sources, quarantine } = self;
        let lists = [addresses, domains, held, protected, reactivate, list_sources, quarantine];
        let files = lists.into_iter().map(List::finish).collect::<anyhow::Result<_>>()?;
        Ok((files, quarantined))
    }

    /// Puts a cell that a spreadsheet would run where it cannot; false when the cell is harmless.
    fn quarantined(&mut self, list: &str, column: &str, value: &str, seen: &Seen) -> anyhow::Result<bool> {
        if !is_formula(value) {
            return Ok(false);
        }
        self.quarantine.row(&[list, column, &serde_json::to_string(value)?, &place(&seen.evidence())])
    }
}

impl List {
    fn create(night: &Path, path: String, header: &[&str]) -> anyhow::Result<List> {
        let full = night.join(&path);
        let opened = (|| {
            fs::create_dir_all(full.parent().unwrap_or(night))?;
            File::create(&full)
        })();
        let file = opened.with_context(|| format!("{}: cannot write the list", full.display()))?;
        let mut csv = csv::WriterBuilder::new()
            .terminator(csv::Terminator::Any(b'\n'))
            .from_writer(BufWriter::with_capacity(1 << 16, file));
        csv.write_record(header)?;
        Ok(List { path, rows: 0, csv })
    }

    fn row(&mut self, cells: &[&str]) -> anyhow::Result<bool> {
        self.csv.write_record(cells).with_context(|| format!("{}: cannot write the list", self.path))?;
        self.rows += 1;
        Ok(true)
    }

    fn finish(mut self) -> anyhow::Result<ListFile> {
        self.csv.flush().with_context(|| format!("{}: cannot write the list", self.path))?;
        Ok(ListFile { path: self.path, rows: self.rows })
    }
}

fn codes(answer: &Answer) -> [String; 2] {
    let reply_code = answer.reply_code.map(|c| c.to_string());
    let status = answer.status.map(|s| s.to_string());
    [reply_code.unwrap_or_default(), status.unwrap_or_default()]
}

fn times(seen: &Seen) -> [String; 3] {
    [iso(seen.first), iso(seen.last), seen.bounces.to_string()]
}

fn date(date: Option<Date>) -> String {
    date.map(|d| d.to_string()).unwrap_or_default()
}

/// RFC 3339 in UTC, whole seconds; empty where missing.
fn iso(moment: Option<Timestamp>) -> String {
    let second = moment.map(|t| t.0.div_euclid(1000));
    second.and_then(|s| jiff::Timestamp::from_second(s).ok()).map(|t| t.to_string()).unwrap_or_default()
}

/// `unknown_addresses=58/124 listings=12/40`: what of how many, as words of a closed set.
fn hold_reasons(reasons: &[HoldReason]) -> String {
    let cell = |reason: &HoldReason| {
        let (part, whole) = reason.figures();
        format!("{}={part}/{whole}", reason.as_str())
    };
    reasons.iter().map(cell).collect::<Vec<_>>().join(" ")
}
