//! ACTING: events and judgement -> what goes on a list, what is held, what is protected. In: event files, a judgement,
//! the policy, options. Out: the lists as CSV files, and their counts.
//!
//! Two readings: the first keeps forty bytes for each failure and rules on each address, the second writes the rows
//! that the rulings name, so that no text is held and the lists come in the order of their first evidence. What may
//! suppress at all is held by two types, `AddressEntry` and `DomainEntry`; the rest decides whether it ought to.
//! Memory of earlier nights is history's work.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use polars::prelude::DataFrame;

use crate::outcome::incident::Judgement;
use crate::bounce::{Address, Cause};
use crate::frame;
use crate::tables::policy::Suppress;
use crate::tables::receivers::Receivers;

mod brake;
mod cells;
mod delivered;
mod domain_entry;
mod domains;
mod doubt;
mod entry;
mod fate;
mod gather;
mod meanwhile;
pub mod present;
mod read_back;
pub mod release;
mod ruling;
mod signal;
pub mod targets;
pub mod trail;
mod write;

#[cfg(test)]
mod promise;
#[cfg(test)]
pub(crate) mod testing;

pub use brake::{Brake, Cap};
pub use cells::{is_formula, place, prose};
pub use domain_entry::DomainEntry;
pub use domains::HeldDomain;
pub use fate::{ByFate, Fate, Fates};
pub use entry::{AddressEntry, Answer, Refused, Seen};
pub use meanwhile::Meanwhile;
pub use ruling::Hold;

use domains::{Shown, Targets};
use doubt::Troubled;
use gather::Gather;
use ruling::{Rules, Ruling, Verdict};

/// What differs from run to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The night's date; expiries count from it.
    pub as_of: Date,
    /// The most that the run may add.
    pub cap: Cap,
    /// What must never be suppressed.
    pub allow: Allow,
    /// The receivers that incidents name.
    pub receivers: Arc<Receivers>,
    /// Delivery files: what took mail after it was called dead is held.
    pub deliveries: Vec<PathBuf>,
}

impl Options {
    /// The defaults for a night.
    pub fn for_night(as_of: Date, receivers: Arc<Receivers>) -> Options {
        Options { as_of, cap: Cap::default(), allow: Allow::default(), receivers, deliveries: Vec::new() }
    }
}

/// Addresses and domains that must never be suppressed.
#[derive(Debug, Clone, Default)]
pub struct Allow {
    /// Addresses, all lower case (`Address::key`).
    pub addresses: BTreeSet<String>,
    /// Domains (`domain_key`).
    pub domains: BTreeSet<String>,
    /// The domains of the addresses: an entry for one of them would stop the address too.
    domains_of_addresses: BTreeSet<String>,
}

impl Allow {
    /// Adds an address.
    pub fn add(&mut self, address: &Address) {
        self.addresses.insert(address.key());
        self.domains_of_addresses.insert(address.domain().to_owned());
    }

    /// Adds all that another list holds.
    pub fn extend(&mut self, more: Allow) {
        self.addresses.extend(more.addresses);
        self.domains.extend(more.domains);
        self.domains_of_addresses.extend(more.domains_of_addresses);
    }

    fn holds(&self, address: &str, domain: &str) -> bool {
        self.domains.contains(domain)
            || (!self.addresses.is_empty() && self.addresses.contains(&address.to_lowercase()))
    }

    /// Whether an entry for the domain would stop anybody that the list names.
    fn holds_domain(&self, domain: &str) -> bool {
        self.domains.contains(domain) || self.domains_of_addresses.contains(domain)
    }
}

/// Frames with the columns asked for, all event files one after the other.
type Frames = Box<dyn Iterator<Item = anyhow::Result<DataFrame>> + Send>;

/// What the night's lists will hold: all rulings, nothing written yet.
pub struct Plan<'a> {
    judgement: &'a Judgement,
    policy: &'a Suppress,
    options: &'a Options,
    targets: Targets<'a>,
    shown: Vec<Shown>,
    /// In order of reading.
    rulings: Vec<Ruling>,
    fates: Fates,
    covered: u64,
    unmatched: u64,
    brake: Brake,
}

/// What the lists hold, for reports.
#[derive(Debug, Clone)]
pub struct Lists {
    /// Rows of addresses.csv, by cause.
    pub addresses: BTreeMap<Cause, u64>,
    /// domains.csv, sorted by domain.
    pub domains: Vec<DomainEntry>,
    /// Addresses in held.csv, by reason.
    pub held: BTreeMap<Hold, u64>,
    /// Domains in held.csv.
    pub held_domains: Vec<HeldDomain>,
    /// Until when held entries wait; `None`: until somebody decides.
    pub held_until: Option<Date>,
    /// Rows of protected.csv, by incident; `None`: no incident explains them.
    pub protected: BTreeMap<Option<String>, u64>,
    /// What became of each bounce.
    pub fates: Fates,
    /// Addresses that need no entry because their domain is listed.
    pub covered: u64,
    /// Addresses of which only reports speak that match nothing sent.
    pub unmatched: u64,
    /// Cells kept out of the lists because a spreadsheet would run them.
    pub quarantined: u64,
    /// Rows of list_sources.csv.
    pub list_sources: u64,
    /// How the brake stands.
    pub brake: Brake,
    /// The files written, relative to the night's folder, and their rows.
    pub files: Vec<ListFile>,
    /// Entries of the present list that come off, by reason.
    pub released: BTreeMap<release::Why, u64>,
    /// What a target asked for cannot hold.
    pub not_expressed: Vec<NotExpressed>,
}

/// What of the night a target cannot be told, for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotExpressed {
    /// The target.
    pub target: String,
    /// Why.
    pub reason: &'static str,
    /// How many entries; `not_expressed.csv` in the target's folder names them.
    pub entries: u64,
}

impl Lists {
    /// Rows of addresses.csv.
    pub fn addresses_total(&self) -> u64 {
        self.addresses.values().sum()
    }

    /// Addresses in held.csv.
    pub fn held_total(&self) -> u64 {
        self.held.values().sum()
    }

    /// Rows of protected.csv.
    pub fn protected_total(&self) -> u64 {
        self.protected.values().sum()
    }
}

/// A list as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFile {
    /// Relative to the night's folder, with `/`.
    pub path: String,
    /// Rows below the header.
    pub rows: u64,
}

/// The folder of what the brake holds, within a night's.
pub const BRAKED: &str = "review/braked";

/// The folder of what is to be imported: apart from it while the brake holds, so that no job picks it up.
fn acting(braked: bool) -> &'static str {
    if braked { BRAKED } else { "suppression" }
}

/// The folder of what comes off lists: with what is to be imported while the brake holds, as one job reads both.
fn leaving(braked: bool) -> &'static str {
    if braked { acting(braked) } else { "release" }
}

/// Rules on every address of the night.
///
/// # Errors
/// Event files that cannot be read or lack a column.
pub fn decide<'a>(
    events: &[PathBuf],
    judgement: &'a Judgement,
    policy: &'a Suppress,
    options: &'a Options,
) -> anyhow::Result<Plan<'a>> {
    let deliveries = frame::scan(&options.deliveries, delivered::COLUMNS)?;
    Plan::from_frames(frame::scan(events, gather::COLUMNS)?, deliveries, judgement, policy, options)
}

impl<'a> Plan<'a> {
    fn from_frames(
        events: Frames,
        deliveries: Frames,
        judgement: &'a Judgement,
        policy: &'a Suppress,
        options: &'a Options,
    ) -> anyhow::Result<Plan<'a>> {
        let mut targets = Targets::new(judgement, policy, options);
        let troubled = Troubled::new(&judgement.incidents, &options.receivers);
        let mut gather = Gather::new(judgement, policy, options, &targets, &troubled);
        for frame in events {
            gather.frame(&frame?)?;
        }
        let (mut records, delays) = gather.finish();
        records.extend(delivered::since(&records, deliveries)?);
        records.sort_unstable();
        let shown = domains::shown(&records, &targets);
        let covered = targets.acting(&shown);
        let rules = Rules { full_days: policy.mailbox_full.bounces, covered: &covered };
        let (mut rulings, mut covered_addresses, mut unmatched) = (Vec::new(), 0, 0);
        let mut fates = Fates::with_delays(delays);
        for address in records.chunk_by(|a, b| a.address == b.address) {
            let ruling = Ruling::on(address, rules);
            ruling.iter().for_each(|ruling| fates.add(ruling, address));
            match ruling {
                Some(ruling) if ruling.verdict == Verdict::Covered => covered_addresses += 1,
                Some(ruling) if ruling.verdict == Verdict::Unmatched => unmatched += 1,
                Some(ruling) if ruling.verdict == Verdict::Retry => {}
                ruling => rulings.extend(ruling),
            }
        }
        drop(records);
        rulings.sort_unstable_by_key(|r| r.row);
        let addresses = rulings.iter().filter(|r| r.verdict == Verdict::Suppress).count();
        let new = (addresses + covered.iter().filter(|c| **c).count()) as u64;
        let brake = Brake::new(new, options.cap, judgement.recipients_mailed, &policy.brake);
        let covered = covered_addresses;
        Ok(Plan { judgement, policy, options, targets, shown, rulings, fates, covered, unmatched, brake })
    }

    /// How the brake stands.
    pub fn brake(&self) -> Brake {
        self.brake
    }

    /// Writes the lists: what acts to `night/suppression/`, what comes off to `night/release/`, or both to `night/review/braked/` where
    /// the brake has tripped; what is for people to `night/review/`.
    ///
    /// # Errors
    /// Event files that cannot be read again, and files that cannot be written.
    pub fn write(&self, events: &[PathBuf], night: &Path) -> anyhow::Result<Lists> {
        self.write_frames(frame::scan(events, write::COLUMNS)?, night)
    }
}
