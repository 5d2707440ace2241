//! Release: entries of the present list that come off it. In: the list, what the night decided, its deliveries and its events. Out:
//! releases as frames, the only thing that reactivate.csv and a target's remove files are made of. The promise "who complained, unsubscribed or was
//! put there by hand stays" is held here: a `Release` comes of a `Releasable` alone, and that of a bounce alone.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::Date;
use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, Series};

use super::frames::ListFrames;
use super::present::{Existing, Listed};
use super::sheet::Cell;
use super::spreadsheet::{is_formula, place};
use crate::bounce::{Blames, Cause, ListedReason, Since, Timestamp, closed_set};

mod evidence;
mod tonight;

use evidence::{OurFault, Told};
use tonight::Tonight;

/// Columns of reactivate.csv.
pub(super) const COLUMNS: &str = "type,value,added,cause,reason,incident,evidence";

closed_set! {
    /// Why an entry comes off.
    Why, "reason" {
        /// Mail was delivered after it had been listed.
        Delivered = "delivered",
        /// The reply that made it blames us.
        Incident = "incident",
        /// Its time is over.
        Expired = "expired",
    }
}

/// An entry that is proven to be there for a bounce.
#[derive(Debug, Clone, Copy)]
struct Releasable<'l>(&'l Listed);

/// An entry that comes off the list.
#[derive(Debug, PartialEq, Eq)]
struct Release {
    text: String,
    added: Option<String>,
    cause: Option<Cause>,
    why: Why,
    incident: String,
    evidence: String,
    members: Members,
}

/// Entries for addresses at a domain that comes off: where a list takes no domains, its addresses stand for it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Members {
    /// Those that are there for a bounce, and for none of their own: they come off with the domain.
    off: Vec<Release>,
    /// Those of which nobody knows why they are there.
    unsure: Vec<String>,
}

/// What comes off. It is made of releases alone.
#[derive(Debug, Clone, Default)]
pub struct Released {
    /// Rows of reactivate.csv; addresses first, each by its key.
    rows: Vec<[String; 7]>,
    off: DataFrame,
    unsure: DataFrame,
    by_reason: BTreeMap<Why, u64>,
}

impl Released {
    fn of<'r>(releases: &'r [Release]) -> anyhow::Result<Released> {
        let pairs = |of: fn(&'r Members) -> Vec<&'r str>| {
            let emails =
                |release: &'r Release| of(&release.members).into_iter().map(|email| (release.text.as_str(), email));
            let (domains, emails) = releases.iter().flat_map(emails).unzip();
            DataFrame::new_infer_height(vec![text("domain", domains), text("email", emails)])
        };
        let mut by_reason = BTreeMap::new();
        releases.iter().for_each(|release| *by_reason.entry(release.why).or_default() += 1);
        Ok(Released {
            rows: releases.iter().map(Release::row).collect(),
            off: pairs(|members| members.off.iter().map(|release| release.text.as_str()).collect())?,
            unsure: pairs(|members| members.unsure.iter().map(String::as_str).collect())?,
            by_reason,
        })
    }

    /// A frame of one column: what comes off of a type, `address` or `domain`.
    ///
    /// # Errors
    /// None that depends on the night.
    pub fn values(&self, kind: &str, column: &str) -> anyhow::Result<DataFrame> {
        let values = self.rows.iter().filter(|row| row[0] == kind).map(|row| row[1].as_str());
        Ok(DataFrame::new_infer_height(vec![text(column, values.collect())])?)
    }

    /// `domain email`: of the domains that come off, the addresses that come off with them.
    pub fn off_with_domains(&self) -> &DataFrame {
        &self.off
    }

    /// `domain email`: of the domains that come off, the addresses of which nobody knows why they are listed.
    pub fn unsure_at_domains(&self) -> &DataFrame {
        &self.unsure
    }

    /// How many, by their reason, for reports.
    pub fn by_reason(&self) -> BTreeMap<Why, u64> {
        self.by_reason.clone()
    }

    /// The rows of reactivate.csv.
    pub(super) fn rows(&self) -> impl Iterator<Item = Vec<Cell<'_>>> {
        self.rows.iter().map(|row| COLUMNS.split(',').zip(row.iter().map(|cell| cell.into())).collect())
    }

    /// Releases of these, the members of each domain behind it.
    #[cfg(test)]
    pub(crate) fn for_tests(texts: &[&str], off: &[&str], unsure: &[&str]) -> Released {
        let mut releases: Vec<Release> = texts.iter().map(|text| Release::for_tests(text)).collect();
        for domain in releases.iter_mut().filter(|release| !release.is_address()) {
            domain.members.off = off.iter().map(|text| Release::for_tests(text)).collect();
            domain.members.unsure = unsure.iter().map(|text| (*text).to_owned()).collect();
        }
        Released::of(&releases).unwrap()
    }
}

/// A column of text.
fn text(name: &str, cells: Vec<&str>) -> Column {
    Series::new(name.into(), cells).into_column()
}

impl<'l> Releasable<'l> {
    /// `None` for every reason but a bounce, and for what no file could hold.
    fn of(listed: &'l Listed) -> Option<Releasable<'l>> {
        (listed.reason == ListedReason::Bounce && !is_formula(&listed.text)).then_some(Releasable(listed))
    }

    /// By a delivery later than all times of the entry.
    fn delivered(self, at: Timestamp) -> Option<Release> {
        let since = self.0.since.as_ref()?;
        since
            .passed_by(at)
            .then(|| self.release(Why::Delivered, self.0.cause, String::new(), format!("delivered {at}")))
    }

    /// By the reply that made it, if that blames us. Never an entry whose own cause or words blame the recipient's side: another reply
    /// made it.
    fn explained(self, fault: &OurFault) -> Option<Release> {
        let since = self.0.since.as_ref().filter(|_| !self.0.blames.is_some_and(Blames::is_them))?;
        let reply = fault.replies.iter().find(|reply| since.made_by(reply.at))?;
        Some(self.release(Why::Incident, Some(reply.cause), fault.incident.clone(), reply.evidence.clone()))
    }

    /// By its own date. One that is not later than the entry (`1970-01-01`, zeros) stands for none.
    fn expired(self, night: Date) -> Option<Release> {
        let added = self.0.since.as_ref().and_then(|since| since.added()?.parse::<Date>().ok());
        let lasted = |expires: &Date| added.is_none_or(|added| *expires > added);
        let expires = self.0.expires.filter(|expires| *expires <= night).filter(lasted)?;
        Some(self.release(Why::Expired, self.0.cause, String::new(), format!("expired {expires}")))
    }

    /// With its domain, unless its own words blame the mailbox.
    fn with_domain(self, domain: &Release) -> Option<Release> {
        let same = self.0.cause.is_some() && self.0.cause == domain.cause;
        let own = !same && self.0.blames == Some(Blames::Recipient);
        (!own).then(|| self.release(domain.why, self.0.cause, domain.incident.clone(), domain.evidence.clone()))
    }

    fn release(self, why: Why, cause: Option<Cause>, incident: String, evidence: String) -> Release {
        let added = self.0.since.as_ref().and_then(Since::added);
        Release { text: self.0.text.clone(), added, cause, why, incident, evidence, members: Members::default() }
    }
}

impl Release {
    #[cfg(test)]
    fn for_tests(text: &str) -> Release {
        let (incident, evidence) = (String::new(), String::new());
        let (added, cause, why, members) = (None, None, Why::Expired, Members::default());
        Release { text: text.to_owned(), added, cause, why, incident, evidence, members }
    }

    /// Whether it is an address; else a domain.
    fn is_address(&self) -> bool {
        self.text.contains('@')
    }

    /// A row of reactivate.csv: type, value, added, cause, reason, incident, evidence.
    fn row(&self) -> [String; 7] {
        [
            if self.is_address() { "address" } else { "domain" }.to_owned(),
            self.text.clone(),
            self.added.clone().unwrap_or_default(),
            self.cause.map(|cause| cause.as_str().to_owned()).unwrap_or_default(),
            self.why.as_str().to_owned(),
            self.incident.clone(),
            place(&self.evidence).into_owned(),
        ]
    }
}

/// What comes off the present list tonight. In: what the night lists, its files of events and of deliveries, its date.
///
/// # Errors
/// Events or deliveries that cannot be read.
pub(super) fn released(
    lists: &ListFrames,
    (events, deliveries): (&[PathBuf], &[PathBuf]),
    night: Date,
    existing: &Existing,
) -> anyhow::Result<Released> {
    let tonight = Tonight::of(lists, existing)?;
    let delivered = evidence::delivered(deliveries, night, existing)?;
    let told = Told::read(events, existing, &tonight)?;
    let mut releases = Vec::new();
    for (key, listed) in existing.addresses.iter().chain(&existing.domains) {
        let stays = tonight.lists(key) || told.wishes.contains(key);
        let Some(entry) = Releasable::of(listed).filter(|_| !stays) else { continue };
        let by_delivery = || {
            let at = delivered.get(key).copied()?;
            let last = told.failed.get(key).is_none_or(|failed| *failed < at);
            entry.delivered(at).filter(|_| last && tonight.failed_before(key, at))
        };
        let by_reply = || entry.explained(told.faults.get(key)?);
        let by_date = || entry.expired(night).filter(|_| tonight.may_be_mailed(key));
        releases.extend(by_delivery().or_else(by_reply).or_else(by_date));
    }
    add_members(&mut releases, existing, &tonight);
    Released::of(&releases)
}

/// Finds the addresses at the domains that come off.
fn add_members(releases: &mut [Release], existing: &Existing, tonight: &Tonight) {
    let domains = releases.iter_mut().filter(|release| !release.is_address());
    let mut domains: BTreeMap<String, &mut Release> = domains.map(|release| (release.text.clone(), release)).collect();
    if domains.is_empty() {
        return;
    }
    for (key, listed) in &existing.addresses {
        let domain = key.rsplit_once('@').and_then(|(_, domain)| domains.get_mut(domain));
        let Some(domain) = domain.filter(|_| !tonight.lists(key) && tonight.may_be_mailed(key)) else { continue };
        match Releasable::of(listed) {
            Some(entry) => {
                let off = entry.with_domain(domain);
                domain.members.off.extend(off);
            }
            None if listed.reason == ListedReason::Unknown => domain.members.unsure.push(listed.text.clone()),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests;
