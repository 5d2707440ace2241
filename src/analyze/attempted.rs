//! Send logs: everything attempted, with the night's bounces still in it. In: the bounces, then rows of deliveries. Out:
//! how many of each row's messages were accepted, never below 0.
//!
//! A bounce is taken off by message and recipient where both sides name the message; else by recipient, or domain where
//! the log only counts, and the parts of our identity that the log names.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use super::names::NONE;
use super::night::{Identity, Night, mix};

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
type Counts = HashMap<u64, u64, BuildHasherDefault<AsIs>>;

/// One bounce, as far as a send log can know it.
#[derive(Debug, Clone, Copy)]
struct Bounce {
    recipient: u64,
    domain: u32,
    identity: u32,
    /// Whether it names its message.
    named: bool,
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

/// The night's bounces, ready to be taken off.
#[derive(Default)]
pub struct Bounced {
    list: Vec<Bounce>,
    message_list: Vec<u64>,
    messages: Option<Keys>,
    /// Bounces left by what the log names of them: all, and those that name no message.
    left: HashMap<(u8, bool, bool), Counts>,
}

fn message_key(message: u64, recipient: u64) -> u64 {
    mix(message ^ recipient.rotate_left(32))
}

/// The parts that an identity names, as bits.
fn parts(identity: &Identity) -> u8 {
    [identity.ip, identity.sending_domain, identity.campaign, identity.list_source]
        .into_iter()
        .enumerate()
        .map(|(at, id)| u8::from(id != NONE) << at)
        .sum()
}

fn identity_key(whose: u64, identity: &Identity, parts: u8) -> u64 {
    let ids = [identity.ip, identity.sending_domain, identity.campaign, identity.list_source];
    ids.into_iter().enumerate().fold(mix(whose), |key, (at, id)| {
        if parts >> at & 1 == 1 { mix(key ^ (u64::from(id) + 1) ^ ((at as u64 + 1) << 40)) } else { key }
    })
}

impl Bounced {
    /// Takes note of a bounce, or of a message that our own platform dropped.
    pub fn note(&mut self, recipient: u64, domain: u32, identity: u32, message: Option<u64>) {
        self.list.push(Bounce { recipient, domain, identity, named: message.is_some() });
        if let Some(message) = message {
            self.message_list.push(message_key(message, recipient));
        }
    }

    /// How many of a row's messages were accepted.
    pub fn accepted(&mut self, row: &Logged, night: &Night) -> u64 {
        if let (Some(message), Some(recipient)) = (row.message, row.recipient) {
            let list = &mut self.message_list;
            let messages = self.messages.get_or_insert_with(|| std::mem::take(list).into_iter().collect());
            if messages.contains(&message_key(message, recipient)) {
                return 0;
            }
        }
        if row.attempted { row.count - self.take(row, night).min(row.count) } else { row.count }
    }

    /// Takes up to the row's count off the bounces that fit it.
    fn take(&mut self, row: &Logged, night: &Night) -> u64 {
        let (parts, by_domain, unnamed) = (parts(&row.identity), row.recipient.is_none(), row.message.is_some());
        let whose = |b: &Bounce| if by_domain { u64::from(b.domain) } else { b.recipient };
        let list = &self.list;
        let left = self.left.entry((parts, by_domain, unnamed)).or_insert_with(|| {
            let mut counts = Counts::default();
            for bounce in list.iter().filter(|b| !(unnamed && b.named)) {
                let identity = &night.identities[bounce.identity as usize];
                *counts.entry(identity_key(whose(bounce), identity, parts)).or_default() += 1;
            }
            counts
        });
        let key = identity_key(row.recipient.unwrap_or(u64::from(row.domain)), &row.identity, parts);
        let Some(bounces) = left.get_mut(&key) else { return 0 };
        let taken = (*bounces).min(row.count);
        *bounces -= taken;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn night() -> (Night, u32) {
        let mut night = Night::default();
        let identity = Identity { ip: 0, sending_domain: 1, campaign: NONE, list_source: NONE };
        let id = night.identity(identity);
        (night, id)
    }

    fn row(recipient: Option<u64>, identity: Identity, message: Option<u64>, count: u64) -> Logged {
        Logged { recipient, domain: 7, identity, message, count, attempted: true }
    }

    #[test]
    fn a_message_that_bounced_is_no_delivery_even_where_the_log_claims_it() {
        let (night, id) = night();
        let mut bounced = Bounced::default();
        bounced.note(5, 7, id, Some(99));
        let mut logged = row(Some(5), night.identities[0], Some(99), 1);
        logged.attempted = false;
        assert_eq!(bounced.accepted(&logged, &night), 0);
        logged.message = Some(98);
        assert_eq!(bounced.accepted(&logged, &night), 1);
    }

    #[test]
    fn without_message_ids_bounces_are_taken_off_by_recipient_and_what_the_log_names_of_us() {
        let (night, id) = night();
        let mut bounced = Bounced::default();
        bounced.note(5, 7, id, Some(99));
        let other_ip = Identity { ip: 3, ..night.identities[0] };
        let only_domain = Identity { ip: NONE, ..night.identities[0] };
        assert_eq!(bounced.accepted(&row(Some(5), other_ip, None, 1), &night), 1);
        assert_eq!(bounced.accepted(&row(Some(5), only_domain, None, 1), &night), 0);
        assert_eq!(bounced.accepted(&row(Some(5), only_domain, None, 1), &night), 1, "each bounce is taken off once");
    }

    #[test]
    fn a_log_that_counts_by_domain_never_falls_below_nothing() {
        let (night, id) = night();
        let mut bounced = Bounced::default();
        (0..5).for_each(|recipient| bounced.note(recipient, 7, id, None));
        assert_eq!(bounced.accepted(&row(None, night.identities[0], None, 3), &night), 0);
        assert_eq!(bounced.accepted(&row(None, night.identities[0], None, 3), &night), 1);
    }
}
