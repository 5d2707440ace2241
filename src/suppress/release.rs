//! Release: entries of the present list that come off it. In: the list, what the night decided, its deliveries and its events. Out:
//! releases, the only thing that reactivate.csv and a target's remove files are made of. The promise "who complained, unsubscribed or was
//! put there by hand stays" is held here: a `Release` comes of a `Releasable` alone, and that of a bounce alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::cells::{is_formula, place};
use super::leaving;
use super::present::{Existing, Listed};
use crate::bounce::{Blames, Cause, ListedReason, Since, Timestamp};

mod evidence;
mod tonight;

use evidence::OurFault;
use tonight::Tonight;

/// Why an entry comes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Mail was delivered after it had been listed.
    Delivered,
    /// The reply that made it blames us.
    Incident,
    /// Its time is over.
    Expired,
}

impl Why {
    /// The spelling used in reactivate.csv.
    pub const fn as_str(self) -> &'static str {
        match self {
            Why::Delivered => "delivered",
            Why::Incident => "incident",
            Why::Expired => "expired",
        }
    }
}

/// An entry that is proven to be there for a bounce.
#[derive(Debug, Clone, Copy)]
struct Releasable<'l>(&'l Listed);

/// An entry that comes off the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    text: String,
    added: Option<String>,
    cause: Option<Cause>,
    why: Why,
    incident: String,
    evidence: String,
    members: Members,
}

/// Entries for addresses at a domain that comes off: where a list takes no domains, its addresses stand for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Members {
    /// Those that are there for a bounce, and for none of their own: they come off with the domain.
    off: Vec<Release>,
    /// Those of which nobody knows why they are there.
    pub unsure: Vec<String>,
}

impl Members {
    /// Those that come off, as the list spells them.
    pub fn off(&self) -> impl Iterator<Item = &str> {
        self.off.iter().map(Release::text)
    }
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
    pub(super) fn for_tests(text: &str) -> Release {
        let (incident, evidence) = (String::new(), String::new());
        let (added, cause, why, members) = (None, None, Why::Expired, Members::default());
        Release { text: text.to_owned(), added, cause, why, incident, evidence, members }
    }

    #[cfg(test)]
    pub(super) fn with_members(self, off: &[&str], unsure: &[&str]) -> Release {
        let off = off.iter().map(|text| Release::for_tests(text)).collect();
        let unsure = unsure.iter().map(|text| (*text).to_owned()).collect();
        Release { members: Members { off, unsure }, ..self }
    }

    /// The address or domain, as the list spells it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Why it comes off.
    pub fn why(&self) -> Why {
        self.why
    }

    /// Of a domain: its addresses on the list.
    pub fn members(&self) -> &Members {
        &self.members
    }

    /// Whether it is an address; else a domain.
    pub fn is_address(&self) -> bool {
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

/// What the night knows.
#[derive(Debug, Clone, Copy)]
pub struct Night<'n> {
    /// The folder, its lists written.
    pub folder: &'n Path,
    /// Whether the brake has tripped.
    pub braked: bool,
    /// Its date.
    pub date: Date,
    /// Its events.
    pub events: &'n [PathBuf],
    /// Its deliveries.
    pub deliveries: &'n [PathBuf],
}

/// What comes off the present list tonight, addresses first, each by its key; also written to reactivate.csv.
///
/// # Errors
/// Lists, events or deliveries that cannot be read, a list that cannot be written.
pub fn released(night: &Night<'_>, existing: &Existing) -> anyhow::Result<Vec<Release>> {
    let tonight = Tonight::read(night, existing)?;
    let delivered = evidence::delivered(night, existing)?;
    let failed = evidence::failed(night.events, existing)?;
    let faults = evidence::our_faults(night.events, &tonight)?;
    let wishes = evidence::wishes(night.events, existing)?;
    let mut releases = Vec::new();
    for (key, listed) in existing.addresses.iter().chain(&existing.domains) {
        let stays = tonight.lists(key) || wishes.contains(key);
        let Some(entry) = Releasable::of(listed).filter(|_| !stays) else { continue };
        let by_delivery = || {
            let at = delivered.get(key).copied()?;
            let last = failed.get(key).is_none_or(|failed| *failed < at);
            entry.delivered(at).filter(|_| last && tonight.failed_before(key, at))
        };
        let by_reply = || entry.explained(faults.get(key)?);
        let by_date = || entry.expired(night.date).filter(|_| tonight.may_be_mailed(key));
        releases.extend(by_delivery().or_else(by_reply).or_else(by_date));
    }
    add_members(&mut releases, existing, &tonight);
    write(&night.folder.join(leaving(night.braked)), &releases)?;
    Ok(releases)
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

/// Appends them to reactivate.csv, whose header is written.
fn write(folder: &Path, releases: &[Release]) -> anyhow::Result<()> {
    if releases.is_empty() {
        return Ok(());
    }
    let file = std::fs::OpenOptions::new().append(true).open(folder.join("reactivate.csv"))?;
    let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(file);
    releases.iter().try_for_each(|release| csv.write_record(release.row()))?;
    Ok(csv.flush()?)
}

/// Releases by their reason, for reports.
pub fn by_reason(releases: &[Release]) -> BTreeMap<Why, u64> {
    let mut counts = BTreeMap::new();
    releases.iter().for_each(|release| *counts.entry(release.why).or_default() += 1);
    counts
}

#[cfg(test)]
mod tests;
