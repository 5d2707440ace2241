//! What differs from run to run: the night, its cap, what must never be suppressed, and what of the lists is handed on.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Date;

use super::brake::Cap;
use super::present::Existing;
use crate::bounce::{Address, Subject};
use crate::tables::receivers::Receivers;

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
    pub(super) domains_of_addresses: BTreeSet<String>,
}

impl Allow {
    /// Adds an address.
    pub fn add(&mut self, address: &Address) {
        self.addresses.insert(address.key());
        self.domains_of_addresses.insert(address.domain().to_owned());
    }

    /// Adds an address or a domain.
    pub fn add_subject(&mut self, subject: Subject) {
        match subject {
            Subject::Address(address) => self.add(&address),
            Subject::Domain(domain) => drop(self.domains.insert(domain)),
        }
    }

    pub(super) fn holds(&self, address: &str, domain: &str) -> bool {
        self.domains.contains(domain)
            || (!self.addresses.is_empty() && self.addresses.contains(&address.to_lowercase()))
    }

    /// Whether an entry for the domain would stop anybody that the list names.
    pub(super) fn holds_domain(&self, domain: &str) -> bool {
        self.domains.contains(domain) || self.domains_of_addresses.contains(domain)
    }
}

/// What of the lists is handed on as frames. By default nothing: a large night's lists are large.
#[derive(Debug, Clone, Default)]
pub struct Keep<'k> {
    /// Columns of addresses.csv and domains.csv, of all rows.
    pub columns: BTreeSet<String>,
    /// The sender's present list: what of it comes off is found, and for that the rows about its entries are kept.
    pub existing: Option<&'k Existing>,
}
