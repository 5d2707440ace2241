//! A night as gathered: rows with small ids instead of text. In: rows, in any order. Out: a `Night` that is the same
//! whatever the order. Where a domain belongs is `organisation`'s work; counting is `cells`'.

use super::family::Family;
use super::identities::{Identities, sort_ids};
use super::names::{NONE, Names, QuickMap, renumber};
use crate::bounce::{Basis, Blames, Cause, EnhancedStatus, Kind, Permanence, ReplyCode};
use crate::tables::receivers::{self, Receivers};

/// No time.
pub const NO_TIME: i64 = i64::MIN;

/// How many buckets a consumer pool votes in.
pub const BUCKETS: u64 = 16;

/// What a reply says, shared by all rows that say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Voice {
    /// Bounce, delay or complaint.
    pub kind: Kind,
    /// Why it failed.
    pub cause: Cause,
    /// Whether trying again may help.
    pub permanence: Permanence,
    /// Whose side it lies on.
    pub blames: Blames,
    /// On what evidence.
    pub basis: Basis,
    /// Reply code.
    pub reply_code: Option<ReplyCode>,
    /// Enhanced status.
    pub status: Option<EnhancedStatus>,
    /// Who spoke: id into `Night::receivers`.
    pub speaker: u32,
    /// The list named: id into `Night::blocklists`.
    pub blocklist: u32,
    /// The template: id into `Night::templates`.
    pub template: u32,
}

impl Voice {
    /// What it speaks for; rows of no family are not gathered.
    pub fn family(&self) -> Option<Family> {
        Family::of(self.kind, self.cause, self.permanence, self.blames, self.basis)
    }
}

/// One bounce, delay or complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// What votes: set by `cells`, 0 before.
    pub node: u32,
    /// Recipient's domain.
    pub domain: u32,
    /// Number in `Night::identities`.
    pub identity: u32,
    /// Index into `Night::voices`.
    pub voice: u32,
    /// UTC milliseconds or `NO_TIME`.
    pub time: i64,
    /// Hash of the recipient's key; `recipient_hash`.
    pub recipient: u64,
}

/// Messages accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Delivered {
    /// Recipient's domain.
    pub domain: u32,
    /// Number in `Night::identities`.
    pub identity: u32,
    /// Bucket of a consumer pool, 0 otherwise.
    pub bucket: u32,
    /// How many.
    pub count: u32,
}

/// A host that answered, as the receivers table knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostFacts {
    /// Its receiver's family: id into `Night::receivers`.
    pub receiver: u32,
    /// The part of it that belongs to one customer: id into `Night::customers`.
    pub customer: u32,
}

/// What a receiver is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReceiverKind {
    /// Hosts mailboxes.
    Provider,
    /// Filters for others.
    Gateway,
    /// A product or an unknown host: never blamed as a whole.
    Other,
}

/// What the rows of a domain tell of it.
#[derive(Debug, Clone, Default)]
pub struct DomainFacts {
    /// A consumer domain.
    pub consumer: bool,
    /// Rows by receiver.
    pub receivers: Vec<(u32, u64)>,
    /// Customer marks of its hosts.
    pub customers: Vec<u32>,
    /// Tenant ids in its replies.
    pub tenants: Vec<u32>,
    /// Messages accepted.
    pub delivered: u64,
}

/// All that is known of a night.
#[derive(Debug, Clone, Default)]
pub struct Night {
    /// Recipient domains.
    pub domains: Names,
    /// What is known of each.
    pub facts: Vec<DomainFacts>,
    /// Receivers by family.
    pub receivers: Names,
    /// What each receiver is; those not in it are `Other`.
    pub receiver_kinds: Vec<ReceiverKind>,
    /// Customer marks of gateway hosts.
    pub customers: Names,
    /// Tenant ids.
    pub tenants: Names,
    /// Sending IPs, domains, campaigns, list sources.
    pub ips: Names,
    /// Sending domains.
    pub sending_domains: Names,
    /// Campaigns.
    pub campaigns: Names,
    /// List sources.
    pub list_sources: Names,
    /// Our side of the messages.
    pub identities: Identities,
    /// Lists named.
    pub blocklists: Names,
    /// Reply templates.
    pub templates: Names,
    /// Distinct voices.
    pub voices: Vec<Voice>,
    /// Bounces, delays, complaints.
    pub rows: Vec<Row>,
    /// Messages accepted.
    pub delivered: Vec<Delivered>,
    /// Whether deliveries are known.
    pub rates: bool,
    /// Whether deliveries name hosts about as often as bounces do; else receivers are known of those only who bounced.
    pub receivers_covered: bool,
    /// Distinct recipients mailed, where deliveries name them.
    pub recipients_mailed: Option<u64>,
    voice_ids: QuickMap<Voice, u32>,
    compacted: usize,
}

/// Rows of deliveries from which it is worth summing them: 256 MiB.
const COMPACT_FROM: usize = 1 << 24;

/// A hash of an address that is the same in every run and version: FNV-1a over its lower-case bytes, then mixed.
pub fn recipient_hash(address: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in address.bytes() {
        hash = (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01b3);
    }
    mix(hash)
}

/// Spreads the bits of a hash (the finaliser of splitmix64).
pub fn mix(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

impl Night {
    /// The ids of many domains, `NONE` for none; `consumer` tells of a new one whether it is a consumer domain.
    pub fn domain_ids(&mut self, names: &[Option<&str>], consumer: impl Fn(&str) -> bool) -> Vec<u32> {
        let ids = self.domains.ids(names);
        for id in self.facts.len()..self.domains.len() {
            let consumer = consumer(self.domains.name(id as u32));
            self.facts.push(DomainFacts { consumer, ..DomainFacts::default() });
        }
        ids
    }

    /// The id of a receiver's family.
    pub fn receiver(&mut self, family: &str, kind: ReceiverKind) -> u32 {
        let id = self.receivers.id(family);
        if id as usize == self.receiver_kinds.len() {
            self.receiver_kinds.push(kind);
        }
        id
    }

    /// The id of the family of a receiver that the table knows by this name, or by none.
    pub fn receiver_of(&mut self, name: &str, table: &Receivers) -> u32 {
        let kind = match table.kind(name) {
            Some(receivers::ReceiverKind::Provider) => ReceiverKind::Provider,
            Some(receivers::ReceiverKind::Gateway) => ReceiverKind::Gateway,
            _ => ReceiverKind::Other,
        };
        self.receiver(table.family(name), kind)
    }

    /// The index of a voice.
    pub fn voice(&mut self, voice: Voice) -> u32 {
        *self.voice_ids.entry(voice).or_insert_with(|| {
            self.voices.push(voice);
            self.voices.len() as u32 - 1
        })
    }

    /// Takes note of a host that answered for a domain, `count` times.
    pub fn answered(&mut self, domain: u32, host: HostFacts, count: u64) {
        let facts = &mut self.facts[domain as usize];
        if host.receiver != NONE {
            match facts.receivers.iter_mut().find(|(receiver, _)| *receiver == host.receiver) {
                Some((_, n)) => *n += count,
                None => facts.receivers.push((host.receiver, count)),
            }
        }
        if host.customer != NONE && !facts.customers.contains(&host.customer) {
            facts.customers.push(host.customer);
        }
    }

    /// Takes note of a tenant id in a domain's reply.
    pub fn belongs(&mut self, domain: u32, tenant: u32) {
        let facts = &mut self.facts[domain as usize];
        if tenant != NONE && !facts.tenants.contains(&tenant) {
            facts.tenants.push(tenant);
        }
    }

    /// Adds accepted messages. Without a recipient the messages of a consumer pool are spread over its buckets.
    pub fn deliver(&mut self, domain: u32, identity: u32, recipient: Option<u64>, count: u64) {
        let facts = &mut self.facts[domain as usize];
        facts.delivered = facts.delivered.saturating_add(count);
        let pool = facts.consumer;
        let mut push = |bucket: u64, count: u64| {
            if count > 0 {
                let count = u32::try_from(count).unwrap_or(u32::MAX);
                self.delivered.push(Delivered { domain, identity, bucket: bucket as u32, count });
            }
        };
        match (pool, recipient) {
            (false, _) => push(0, count),
            (true, Some(hash)) => push(hash % BUCKETS, count),
            (true, None) => {
                for bucket in 0..BUCKETS {
                    push(bucket, count / BUCKETS + u64::from(bucket < count % BUCKETS));
                }
            }
        }
        if self.delivered.len() > COMPACT_FROM && self.delivered.len() > 2 * self.compacted {
            self.compact();
        }
    }

    /// Sums deliveries that differ only in their count.
    fn compact(&mut self) {
        self.delivered.sort_unstable();
        self.delivered.dedup_by(|next, kept| {
            let same = (next.domain, next.identity, next.bucket) == (kept.domain, kept.identity, kept.bucket);
            match kept.count.checked_add(next.count) {
                Some(sum) if same => {
                    kept.count = sum;
                    true
                }
                _ => false,
            }
        });
        self.compacted = self.delivered.len();
    }

    /// Puts all ids and rows in the order of what they stand for, so that nothing depends on the order of reading.
    pub fn finish(mut self) -> Night {
        let domains = self.domains.sort();
        let receivers = self.receivers.sort();
        let (customers, tenants) = (self.customers.sort(), self.tenants.sort());
        self.sort_facts(&domains, &receivers, &customers, &tenants);
        let identities = self.sort_identities();
        let voices = self.sort_voices(&receivers);
        for row in &mut self.rows {
            row.domain = renumber(row.domain, &domains);
            row.identity = renumber(row.identity, &identities);
            row.voice = renumber(row.voice, &voices);
        }
        for delivered in &mut self.delivered {
            delivered.domain = renumber(delivered.domain, &domains);
            delivered.identity = renumber(delivered.identity, &identities);
        }
        self
    }

    fn sort_facts(&mut self, domains: &[u32], receivers: &[u32], customers: &[u32], tenants: &[u32]) {
        let mut facts = vec![DomainFacts::default(); self.facts.len()];
        for (old, mut fact) in std::mem::take(&mut self.facts).into_iter().enumerate() {
            fact.receivers.iter_mut().for_each(|(id, _)| *id = renumber(*id, receivers));
            fact.customers.iter_mut().for_each(|id| *id = renumber(*id, customers));
            fact.tenants.iter_mut().for_each(|id| *id = renumber(*id, tenants));
            fact.receivers.sort_unstable();
            fact.customers.sort_unstable();
            fact.tenants.sort_unstable();
            facts[domains[old] as usize] = fact;
        }
        self.facts = facts;
        let mut kinds = vec![ReceiverKind::Other; self.receivers.len()];
        for (old, kind) in self.receiver_kinds.iter().enumerate() {
            kinds[receivers[old] as usize] = *kind;
        }
        self.receiver_kinds = kinds;
    }

    fn sort_identities(&mut self) -> Vec<u32> {
        let (ips, domains) = (self.ips.sort(), self.sending_domains.sort());
        let (campaigns, sources) = (self.campaigns.sort(), self.list_sources.sort());
        let names = [&self.ips, &self.sending_domains, &self.campaigns, &self.list_sources].map(Names::len);
        self.identities.sort([&ips, &domains, &campaigns, &sources], names)
    }

    fn sort_voices(&mut self, receivers: &[u32]) -> Vec<u32> {
        let (blocklists, templates) = (self.blocklists.sort(), self.templates.sort());
        for voice in &mut self.voices {
            voice.speaker = renumber(voice.speaker, receivers);
            voice.blocklist = renumber(voice.blocklist, &blocklists);
            voice.template = renumber(voice.template, &templates);
        }
        self.voice_ids.clear();
        sort_ids(&mut self.voices)
    }
}
