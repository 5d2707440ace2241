//! Send logs: everything attempted, with the night's bounces still in it. In: the bounces, then rows of deliveries. Out:
//! what of the rows was accepted, never below 0.
//!
//! A bounce is taken off by message and recipient where both sides name the message; else by recipient, or domain where
//! the log only counts, and the parts of our identity that the log names. Rows that no bounce can concern are accepted
//! at once; the others wait until all are read, are summed, and lose the bounces that fit them. So the order of reading
//! changes nothing.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use foldhash::fast::{FixedState, RandomState};

use super::night::Night;

/// One bounce, as far as a send log can know it.
#[derive(Debug, Clone, Copy)]
pub struct Bounce {
    /// The recipient's key.
    pub recipient: i64,
    /// The recipient's domain.
    pub domain: u32,
    /// Our side.
    pub identity: u32,
    /// Whether it names its message.
    pub names_message: bool,
}

/// Rows of a send log from which bounces may have to be taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attempt {
    /// What the row names.
    pub view: View,
    /// Whose it is, and which parts of our side: a bounce that fits has the same in this view.
    pub whose: u64,
    /// The recipient's domain.
    pub domain: u32,
    /// Our side.
    pub identity: u32,
    /// The recipient's bucket; `None` where the log only counts by domain.
    pub bucket: Option<u8>,
    /// How many messages.
    pub count: u64,
}

/// What a log names, and so by what bounces fit it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct View {
    /// Its parts of our side, as bits.
    parts: u8,
    /// Whether it names no recipient.
    by_domain: bool,
    /// Whether it names the message. Bounces that name theirs were looked for by it already.
    by_message: bool,
}

/// Hashes of names, the same for all parts of a night.
#[derive(Default)]
struct Hashes(FixedState);

impl Hashes {
    /// The hash of a name, 0 for none.
    fn name(&self, name: &str) -> u64 {
        if name.is_empty() { 0 } else { self.0.hash_one(name).max(1) }
    }

    /// Whose, and the named parts of our side, in one.
    fn whose(&self, view: View, whose: u64, ours: [u64; 4]) -> u64 {
        let named = |at: usize| if view.parts >> at & 1 == 1 { ours[at] } else { 0 };
        self.0.hash_one([whose, named(0), named(1), named(2), named(3)])
    }
}

/// All bounces of a night, ready to be taken off.
pub struct Bounced {
    hashes: Hashes,
    bounces: Vec<Bounce>,
    /// By identity and by domain, as the bounces number them.
    ours: Vec<[u64; 4]>,
    domains: Vec<u64>,
    /// Recipients and domains that bounced: what is not among them loses nothing.
    touched: HashSet<u64, RandomState>,
    messages: HashSet<u64, RandomState>,
}

impl Bounced {
    /// The bounces of a night, and the keys of the messages that bounced.
    pub fn new(bounces: Vec<Bounce>, messages: Vec<u64>, night: &Night) -> Bounced {
        let hashes = Hashes::default();
        let names = [&night.ips, &night.sending_domains, &night.campaigns, &night.list_sources];
        let of_parts = |parts: [u32; 4]| std::array::from_fn(|at| hashes.name(names[at].name(parts[at])));
        let (mut ours, mut domains) = (Vec::new(), Vec::new());
        if !bounces.is_empty() {
            ours = night.identities.all().map(|identity| of_parts(identity.parts())).collect();
            domains = (0..night.domains.len() as u32).map(|id| hashes.name(night.domains.name(id))).collect();
        }
        let touched = bounces.iter().flat_map(|b| [b.recipient as u64, domains[b.domain as usize]]).collect();
        Bounced { hashes, bounces, ours, domains, touched, messages: messages.into_iter().collect() }
    }

    /// What tells a message to a recipient from others.
    pub fn message_key(message: &str, recipient: i64) -> u64 {
        FixedState::default().hash_one((message, recipient))
    }

    /// Whether this message to this recipient bounced, even where a log claims it as delivered.
    pub fn holds_message(&self, message: Option<&str>, recipient: Option<i64>) -> bool {
        let (Some(message), Some(recipient)) = (message.filter(|_| !self.messages.is_empty()), recipient) else {
            return false;
        };
        self.messages.contains(&Bounced::message_key(message, recipient))
    }

    /// By what bounces fit a row of a send log; `None` where none can, because nothing there bounced.
    pub fn attempt(
        &self,
        recipient: Option<i64>,
        by_message: bool,
        (ours, domain): &([&str; 4], &str),
    ) -> Option<(View, u64)> {
        if self.bounces.is_empty() {
            return None;
        }
        let whose = recipient.map_or_else(|| self.hashes.name(domain), |recipient| recipient as u64);
        if !self.touched.contains(&whose) {
            return None;
        }
        let ours = ours.map(|name| self.hashes.name(name));
        let parts = (0..4).map(|at| u8::from(ours[at] != 0) << at).sum();
        let view = View { parts, by_domain: recipient.is_none(), by_message };
        Some((view, self.hashes.whose(view, whose, ours)))
    }

    /// Takes the bounces off the attempts, and counts the rest as accepted.
    pub fn take_off(&self, mut attempts: Vec<Attempt>, night: &mut Night) {
        attempts.sort_unstable();
        for of_view in attempts.chunk_by(|a, b| a.view == b.view) {
            let mut left = self.count(of_view[0].view);
            for alike in of_view.chunk_by(|a, b| (a.whose, a.domain, a.identity) == (b.whose, b.domain, b.identity)) {
                let sent = alike.iter().fold(0u64, |sum, attempt| sum.saturating_add(attempt.count));
                let bounced = left.get_mut(&alike[0].whose).map_or(0, |left| {
                    let bounced = sent.min(*left);
                    *left -= bounced;
                    bounced
                });
                night.accept(alike[0].domain, alike[0].identity, alike[0].bucket, sent - bounced);
            }
        }
    }

    /// The bounces by what a log names of them.
    fn count(&self, view: View) -> HashMap<u64, u64, RandomState> {
        let mut counts = HashMap::default();
        for bounce in self.bounces.iter().filter(|bounce| !(view.by_message && bounce.names_message)) {
            let whose = if view.by_domain { self.domains[bounce.domain as usize] } else { bounce.recipient as u64 };
            *counts.entry(self.hashes.whose(view, whose, self.ours[bounce.identity as usize])).or_default() += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::identity::Identity;
    use crate::facts::names::NONE;

    /// A night with two IPs, and our side as the bounces name it.
    fn night() -> (Night, u32) {
        let mut night = Night::default();
        let (ip, sending_domain) = (night.ips.id("192.0.2.1"), night.sending_domains.id("news.example"));
        night.ips.id("192.0.2.2");
        night.domain("example.com", |_| false);
        let id = night.identities.id(Identity { ip, sending_domain, campaign: NONE, list_source: NONE });
        (night, id)
    }

    /// Of each row (recipient, IP, messages) of a log without Message-IDs what is accepted.
    fn accepted(bounces: &[Bounce], rows: &[(Option<i64>, &str, u64)]) -> u64 {
        let (mut night, id) = night();
        let bounced = Bounced::new(bounces.to_vec(), vec![], &night);
        let mut attempts = Vec::new();
        for (recipient, ip, count) in rows {
            let named = ([*ip, "news.example", "", ""], "example.com");
            match bounced.attempt(*recipient, false, &named) {
                Some((view, whose)) => {
                    let bucket = recipient.map(|_| 0);
                    attempts.push(Attempt { view, whose, domain: 0, identity: id, bucket, count: *count });
                }
                None => night.accept(0, id, recipient.map(|_| 0), *count),
            }
        }
        bounced.take_off(attempts, &mut night);
        night.counted.iter().map(|counted| u64::from(counted.count)).sum()
    }

    fn bounce(recipient: i64) -> Bounce {
        Bounce { recipient, domain: 0, identity: 0, names_message: true }
    }

    #[test]
    fn a_message_that_bounced_is_no_delivery_even_where_the_log_claims_it() {
        let (night, _) = night();
        let bounced = Bounced::new(vec![], vec![Bounced::message_key("99", 5)], &night);
        assert!(bounced.holds_message(Some("99"), Some(5)));
        assert!(!bounced.holds_message(Some("98"), Some(5)));
        assert!(!bounced.holds_message(Some("99"), Some(6)));
    }

    #[test]
    fn without_message_ids_bounces_are_taken_off_by_recipient_and_what_the_log_names_of_us() {
        let bounces = [bounce(5)];
        assert_eq!(accepted(&bounces, &[(Some(5), "192.0.2.2", 1)]), 1);
        assert_eq!(accepted(&bounces, &[(Some(5), "", 1)]), 0);
        assert_eq!(accepted(&bounces, &[(Some(5), "", 1), (Some(5), "", 1)]), 1, "each bounce is taken off once");
    }

    #[test]
    fn a_log_that_counts_by_domain_never_falls_below_nothing() {
        let bounces = [0, 1, 2, 3, 4].map(bounce);
        assert_eq!(accepted(&bounces, &[(None, "192.0.2.1", 3)]), 0);
        assert_eq!(accepted(&bounces, &[(None, "192.0.2.1", 3), (None, "192.0.2.1", 3)]), 1);
    }
}
