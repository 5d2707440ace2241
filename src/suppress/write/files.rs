//! The list files: names, headers, cells. In: entries and rows. Out: CSV below `suppression/`, `release/` and `review/`. A row whose address or
//! domain a spreadsheet would run goes to quarantine.csv; the functions say whether the row was written.

use std::path::Path;

use jiff::civil::Date;

use crate::analyze::incident::ListSourceRow;
use crate::bounce::Timestamp;
use crate::suppress::cells::{is_formula, place, prose};
use crate::suppress::domain_entry::DomainEntry;
use crate::suppress::domains::HeldDomain;
use crate::suppress::entry::{AddressEntry, Answer, Seen};
use crate::suppress::folders::acting;
use crate::suppress::frames::ListFrames;
use crate::suppress::meanwhile::Meanwhile;
use crate::suppress::options::Keep;
use crate::suppress::present::Existing;
use crate::suppress::ruling::Hold;
use crate::suppress::sheet::{ListFile, Sheet};

/// Columns of addresses.csv.
pub const ADDRESSES: &[&str] = &[
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
/// Columns of domains.csv.
pub const DOMAINS: &[&str] = &[
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
const LIST_SOURCES: &[&str] = &["list_source", "tried", "unknown", "listings", "complaints", "reason", "incident"];
const QUARANTINE: &[&str] = &["list", "column", "value", "evidence"];

/// All lists of a night, open for writing.
pub(super) struct Files<'k> {
    existing: Option<&'k Existing>,
    addresses: Sheet,
    domains: Sheet,
    held: Sheet,
    protected: Sheet,
    list_sources: Sheet,
    quarantine: Sheet,
}

impl<'k> Files<'k> {
    /// Creates all of them, with their headers, below `night`; with `braked`, those that act among what is for people.
    pub fn create(night: &Path, braked: bool, keep: &Keep<'k>) -> anyhow::Result<Files<'k>> {
        let existing = keep.existing;
        let sheet = |folder: &str, name: &str, header, columns: &[&str]| {
            let kept = |column: &str| {
                keep.columns.contains(column) && folder != "review" || existing.is_some() && columns.contains(&column)
            };
            Sheet::create(night, format!("{folder}/{name}"), header, kept)
        };
        let acting = acting(braked);
        Ok(Files {
            existing,
            addresses: sheet(acting, "addresses.csv", ADDRESSES, &["email"])?,
            domains: sheet(acting, "domains.csv", DOMAINS, &["domain"])?,
            held: sheet("review", "held.csv", HELD, &["value", "meanwhile", "cause", "last_seen"])?,
            protected: sheet("review", "protected.csv", PROTECTED, &["email", "incident"])?,
            list_sources: sheet("review", "list_sources.csv", LIST_SOURCES, &[])?,
            quarantine: sheet("review", "quarantine.csv", QUARANTINE, &[])?,
        })
    }

    /// Whether the present list has an entry for it.
    fn is_listed(&self, value: &str) -> bool {
        self.existing.is_some_and(|existing| existing.holds(&value.to_lowercase()))
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
        self.addresses.row(
            &[
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
            ],
            true,
        )
    }

    /// A row of domains.csv.
    pub fn domain(&mut self, entry: &DomainEntry) -> anyhow::Result<bool> {
        let seen = entry.seen();
        if self.quarantined("domains.csv", "domain", entry.domain(), seen)? {
            return Ok(false);
        }
        let elsewhere = entry.delivered_elsewhere().map(|n| n.to_string()).unwrap_or_default();
        self.domains.row(
            &[
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
            ],
            true,
        )
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
        let kept = self.is_listed(email);
        self.held.row(
            &[
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
            ],
            kept,
        )
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
        self.held.row(&row, true)
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
        let kept = self.is_listed(email);
        self.protected.row(
            &[
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
            ],
            kept,
        )
    }

    /// A row of list_sources.csv.
    pub fn list_source(&mut self, row: &ListSourceRow) -> anyhow::Result<bool> {
        self.list_sources.row(
            &[
                prose(&row.list_source).as_ref(),
                &row.tried.map(|n| n.to_string()).unwrap_or_default(),
                &row.unknown.to_string(),
                &row.listings.to_string(),
                &row.complaints.to_string(),
                &prose(&row.reason),
                row.incident.as_deref().unwrap_or_default(),
            ],
            false,
        )
    }

    /// Closes all files; what was written, and how many rows are in quarantine.
    pub fn finish(self) -> anyhow::Result<(Vec<ListFile>, ListFrames, u64)> {
        let quarantined = self.quarantine.rows();
        let Files { addresses, domains, held, protected, list_sources, quarantine, .. } = self;
        let (mut files, mut frames) = (Vec::new(), Vec::new());
        for sheet in [addresses, domains, held, protected, list_sources, quarantine] {
            let (file, frame) = sheet.finish()?;
            files.push(file);
            frames.push(frame);
        }
        let mut frames = frames.into_iter();
        let mut next = || frames.next().unwrap_or_default();
        let frames = ListFrames { addresses: next(), domains: next(), held: next(), protected: next() };
        Ok((files, frames, quarantined))
    }

    /// Puts a cell that a spreadsheet would run where it cannot; false when the cell is harmless.
    fn quarantined(&mut self, list: &str, column: &str, value: &str, seen: &Seen) -> anyhow::Result<bool> {
        if !is_formula(value) {
            return Ok(false);
        }
        self.quarantine.row(&[list, column, &serde_json::to_string(value)?, &place(&seen.evidence())], false)
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
