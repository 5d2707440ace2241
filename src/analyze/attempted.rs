//! Send logs: everything attempted, with the night's bounces still in it. In: the bounces, then rows of deliveries. Out:
//! how many of each row's messages were accepted, never below 0.
//!
//! A bounce is taken off by message and recipient where both sides name the message; else by recipient, or domain where
//! the log only counts, and the parts of our identity that the log names.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::identities::Identity;
use super::names::Names;
use super::night::{Night, mix, recipient_hash};

/// Keys are hashes already.
#[derive(Default)]
pub struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.0 = self.0.rotate_left(8) ^ u64::from(*b));
    }
    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

type Keys = HashSet<u64, BuildHasherDefault<AsIs>>;
type Counts = HashMap<u64, AtomicU32, BuildHasherDefault<AsIs>>;

/// One bounce, as far as a send log can know it.
#[derive(Debug, Clone, Copy)]
struct Bounce {
    recipient: u64,
    domain: u32,
    /// Whether it names its message in the top bit, and its identity.
    named_identity: u32,
}

const NAMED: u32 = 1 << 31;

/// Bounces of one part of a night, in its ids.
#[derive(Debug, Default)]
pub struct Noted {
    list: Vec<Bounce>,
    messages: Vec<u64>,
}

impl Noted {
    /// Takes note of a bounce, or of a message that our own platform dropped.
    pub fn note(&mut self, recipient: u64, domain: u32, identity: u32, message: Option<u64>) {
        let named_identity = identity | if message.is_some() { NAMED } else { 0 };
        self.list.push(Bounce { recipient, domain, named_identity });
        self.messages.extend(message.map(|message| message_key(message, recipient)));
    }
}

/// One row of a log of deliveries.
#[derive(Debug, Clone, Copy)]
pub struct Logged {
    /// Recipient's hash, where the log names it.
    pub recipient: Option<u64>,
    /// Recipient's domain.
    pub domain: u32,
    /// Our side.
    pub identity: Identity,
    /// Message-ID's hash, where the log names it.
    pub message: Option<u64>,
    /// How many messages.
    pub count: u64,
    /// Whether bounces are still in it.
    pub attempted: bool,
}

/// Our side of a message by the hashes of its names, 0 for what is not named.
type IdentityHashes = [u64; 4];

/// Which bounces to count, by what a log names: its parts of our identity, whether it names no recipient, whether it
/// names the message.
const VIEWS: usize = 16 * 2 * 2;

/// Bounces of one part of a night, with the hashes of the names in it.
struct Part {
    list: Vec<Bounce>,
    identities: Vec<IdentityHashes>,
    domains: Vec<u64>,
}

/// All bounces of a night, ready to be taken off; by several gatherers at a time.
pub struct Bounced {
    parts: Vec<Part>,
    message_lists: Mutex<Vec<Vec<u64>>>,
    messages: OnceLock<Keys>,
    /// Bounces left to be taken off, for each view.
    left: [OnceLock<Counts>; VIEWS],
}

fn message_key(message: u64, recipient: u64) -> u64 {
    mix(message ^ recipient.rotate_left(32))
}

fn identity_hashes(night: &Night, identity: &Identity) -> IdentityHashes {
    let hash = |names: &Names, id: u32| names.get(id).map_or(0, |name| recipient_hash(name).max(1));
    [
        hash(&night.ips, identity.ip),
        hash(&night.sending_domains, identity.sending_domain),
        hash(&night.campaigns, identity.campaign),
        hash(&night.list_sources, identity.list_source),
    ]
}

/// The parts that an identity names, as bits.
fn parts(identity: &IdentityHashes) -> usize {
    identity.iter().enumerate().map(|(at, hash)| usize::from(*hash != 0) << at).sum()
}

fn identity_key(whose: u64, identity: &IdentityHashes, parts: usize) -> u64 {
    identity.iter().enumerate().fold(mix(whose), |key, (at, hash)| {
        if parts >> at & 1 == 1 { mix(key ^ hash.rotate_left(at as u32 + 1)) } else { key }
    })
}

impl Bounced {
    /// The bounces of all parts of a night.
    pub fn all<'a>(noted: impl Iterator<Item = (Noted, &'a Night)>) -> Bounced {
        let (mut parts, mut message_lists) = (vec![], vec![]);
        for (Noted { list, messages }, night) in noted {
            let identities = night.identities.list().iter().map(|identity| identity_hashes(night, identity)).collect();
            let domains = (0..night.domains.len() as u32).map(|id| recipient_hash(night.domains.name(id))).collect();
            parts.push(Part { list, identities, domains });
            message_lists.push(messages);
        }
        let (message_lists, left) = (Mutex::new(message_lists), [const { OnceLock::new() }; VIEWS]);
        Bounced { parts, message_lists, messages: OnceLock::new(), left }
    }

    /// How many of a row's messages were accepted. `night` gives the names of the row.
    pub fn accepted(&self, row: &Logged, night: &Night) -> u64 {
        if let (Some(message), Some(recipient)) = (row.message, row.recipient)
            && self.messages().contains(&message_key(message, recipient))
        {
            return 0;
        }
        if row.attempted { row.count - self.take(row, night) } else { row.count }
    }

    fn messages(&self) -> &Keys {
        self.messages.get_or_init(|| {
            let mut lists = self.message_lists.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *lists).into_iter().flatten().collect()
        })
    }

    /// Takes up to the row's count off the bounces that fit it. Which rows of the same kind they are taken off depends on
    /// the order of reading; their sum does not.
    fn take(&self, row: &Logged, night: &Night) -> u64 {
        let identity = identity_hashes(night, &row.identity);
        let (parts, by_domain, by_message) = (parts(&identity), row.recipient.is_none(), row.message.is_some());
        let view = parts << 2 | usize::from(by_domain) << 1 | usize::from(by_message);
        let left = self.left[view].get_or_init(|| self.count(parts, by_domain, by_message));
        let whose = row.recipient.unwrap_or_else(|| recipient_hash(night.domains.name(row.domain)));
        let Some(bounces) = left.get(&identity_key(whose, &identity, parts)) else { return 0 };
        let most = u32::try_from(row.count).unwrap_or(u32::MAX);
        let before = bounces.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| Some(n.saturating_sub(most)));
        u64::from(before.unwrap_or_else(|n| n).min(most))
    }

    /// The bounces by what a log names of them. Those that name their message are left to logs that name it too.
    fn count(&self, parts: usize, by_domain: bool, by_message: bool) -> Counts {
        let mut counts = Counts::default();
        for part in &self.parts {
            for bounce in part.list.iter().filter(|b| !(by_message && b.named_identity & NAMED != 0)) {
                let identity = &part.identities[(bounce.named_identity & !NAMED) as usize];
                let whose = if by_domain { part.domains[bounce.domain as usize] } else { bounce.recipient };
                *counts.entry(identity_key(whose, identity, parts)).or_default().get_mut() += 1;
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::names::NONE;

    fn night() -> (Night, u32) {
        let mut night = Night::default();
        let (ip, sending_domain) = (night.ips.id("192.0.2.1"), night.sending_domains.id("news.example"));
        night.ips.id("192.0.2.2");
        night.domain_ids(&[Some("example.com")], |_| false);
        let identity = Identity { ip, sending_domain, campaign: NONE, list_source: NONE };
        let id = night.identities.id(identity);
        (night, id)
    }

    /// Recipient, identity, message of each bounce.
    fn bounced(night: &Night, bounces: &[(u64, u32, Option<u64>)]) -> Bounced {
        let mut noted = Noted::default();
        bounces.iter().for_each(|(recipient, identity, message)| noted.note(*recipient, 0, *identity, *message));
        Bounced::all([(noted, night)].into_iter())
    }

    fn row(recipient: Option<u64>, identity: Identity, message: Option<u64>, count: u64) -> Logged {
        Logged { recipient, domain: 0, identity, message, count, attempted: true }
    }

    #[test]
    fn a_message_that_bounced_is_no_delivery_even_where_the_log_claims_it() {
        let (night, id) = night();
        let bounced = bounced(&night, &[(5, id, Some(99))]);
        let mut logged = row(Some(5), night.identities.get(0), Some(99), 1);
        logged.attempted = false;
        assert_eq!(bounced.accepted(&logged, &night), 0);
        logged.message = Some(98);
        assert_eq!(bounced.accepted(&logged, &night), 1);
    }

    #[test]
    fn without_message_ids_bounces_are_taken_off_by_recipient_and_what_the_log_names_of_us() {
        let (night, id) = night();
        let bounced = bounced(&night, &[(5, id, Some(99))]);
        let other_ip = Identity { ip: 1, ..night.identities.get(0) };
        let only_domain = Identity { ip: NONE, ..night.identities.get(0) };
        assert_eq!(bounced.accepted(&row(Some(5), other_ip, None, 1), &night), 1);
        assert_eq!(bounced.accepted(&row(Some(5), only_domain, None, 1), &night), 0);
        assert_eq!(bounced.accepted(&row(Some(5), only_domain, None, 1), &night), 1, "each bounce is taken off once");
    }

    #[test]
    fn a_log_that_counts_by_domain_never_falls_below_nothing() {
        let (night, id) = night();
        let bounced = bounced(&night, &[0, 1, 2, 3, 4].map(|recipient| (recipient, id, None)));
        assert_eq!(bounced.accepted(&row(None, night.identities.get(0), None, 3), &night), 0);
        assert_eq!(bounced.accepted(&row(None, night.identities.get(0), None, 3), &night), 1);
    }
}
