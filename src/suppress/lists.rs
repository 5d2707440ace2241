//! What the lists of a night hold, as counts for reports.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::brake::Brake;
use super::decision::Hold;
use super::domain_entry::DomainEntry;
use super::domains::HeldDomain;
use super::fate::Fates;
use super::release::Why;
use super::sheet::ListFile;
use crate::bounce::Cause;

/// What the lists hold, for reports.
#[derive(Debug, Clone, Default)]
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
    pub released: BTreeMap<Why, u64>,
    /// What a target asked for cannot hold.
    pub not_expressed: Vec<NotExpressed>,
}

/// What of the night a target cannot express, for one reason.
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
