//! The sender's present list. In: entries as reading found them, from any number of files. Out: one entry for each address and domain.
//! Of a subject that is listed twice the stricter of each counts: the stricter reason, the later time, the later expiry, and what one
//! of the entries leaves open is open.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::bounce::{Blames, Cause, ListedReason, PresentEntry, Since, Subject};

/// What the sender has listed already.
#[derive(Debug, Clone, Default)]
pub struct Existing {
    /// Addresses by their key (`Address::key`).
    pub addresses: BTreeMap<String, Listed>,
    /// Domains (`domain_key`).
    pub domains: BTreeMap<String, Listed>,
}

/// One entry.
#[derive(Debug, Clone)]
pub struct Listed {
    /// As spelled there.
    pub text: String,
    /// Why it is there.
    pub reason: ListedReason,
    /// The cause that our own list gives.
    pub cause: Option<Cause>,
    /// Whom its cause and its words blame; the recipient's side where any of them does.
    pub blames: Option<Blames>,
    /// Since when; `None` where nobody knows.
    pub since: Option<Since>,
    /// The first day on which it no longer holds; `None`: it never lapses.
    pub expires: Option<Date>,
}

impl Existing {
    /// Whether it has an entry for an address or a domain, by its key.
    pub fn holds(&self, key: &str) -> bool {
        self.addresses.contains_key(key) || self.domains.contains_key(key)
    }

    /// Adds an entry.
    pub fn add(&mut self, entry: PresentEntry) {
        let PresentEntry { subject, reason, cause, blames, since, expires, .. } = entry;
        let (entries, key, text) = match subject {
            Subject::Address(address) => (&mut self.addresses, address.key(), address.as_str().to_owned()),
            Subject::Domain(domain) => (&mut self.domains, domain.clone(), domain),
        };
        let new = Listed { text, reason, cause, blames, since, expires };
        match entries.get_mut(&key) {
            Some(known) => known.merge(new),
            None => drop(entries.insert(key, new)),
        }
    }
}

impl Listed {
    fn merge(&mut self, other: Listed) {
        self.reason = self.reason.max(other.reason);
        self.cause = self.cause.or(other.cause);
        self.blames = self.blames.filter(|known| known.is_them()).or(other.blames).or(self.blames);
        self.since = self.since.take().zip(other.since).and_then(|(a, b)| a.merged(b));
        self.expires = self.expires.zip(other.expires).map(|(a, b)| a.max(b));
    }
}
