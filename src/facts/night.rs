//! A night as observed: counts on small ids instead of rows of text. In: what was seen, in any order and any parts. Out:
//! a `Night` that is the same whatever the order and the parts were. Where a domain belongs is `organisation`'s work.

use super::identity::Identities;
use super::names::{NONE, Names, renumber};
use super::unknown::{self, Unknown};
use crate::bounce::{BUCKETS, Family};
use crate::tables::receivers::{self, Receivers};

/// What became of messages: they failed in one of the families, or were accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outcome(u8);

impl Outcome {
    /// The receiver took them.
    pub const ACCEPTED: Outcome = Outcome(u8::MAX);

    /// They failed, waited or drew a complaint.
    pub const fn of(family: Family) -> Outcome {
        Outcome(family as u8)
    }

    /// The family; `None` for accepted ones.
    pub fn family(self) -> Option<Family> {
        Family::ALL.get(usize::from(self.0)).copied()
    }
}

/// Messages of one identity to one domain that met the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counted {
    /// The recipients' domain; in `cells` the number of its node.
    pub domain: u32,
    /// Our side.
    pub identity: u32,
    /// Of a consumer domain the bucket of the recipients, else 0.
    pub bucket: u8,
    /// What they met.
    pub outcome: Outcome,
    /// How many.
    pub count: u32,
}

/// Where a receiver stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReceiverKind {
    /// Hosts mailboxes.
    Provider,
    /// Filters for others.
    Gateway,
    /// Not in the table, but serves several organisations of which none is its own.
    Shared,
    /// Not in the table.
    Other,
}

/// What the rows of a domain say about it.
#[derive(Debug, Clone, Default)]
pub struct DomainFacts {
    /// Whether anybody may have a mailbox there.
    pub consumer: bool,
    /// Messages answered by each receiver.
    pub receivers: Vec<(u32, u64)>,
    /// Free words about a rule of its own, by template, with their number.
    pub words: Vec<(u32, u64)>,
    /// Whether a host of its own answered for it.
    pub own_host: bool,
    /// Messages answered by hosts of each domain that no table knows and that is not its own.
    pub hosts: Vec<(u32, u64)>,
    /// Bounces without a host whose words tell the receiver.
    pub told: Vec<(u32, u64)>,
    /// Messages answered by hosts that are named and nobody's.
    pub elsewhere: u64,
    /// Marks of one customer of a gateway in its hosts.
    pub customers: Vec<u32>,
    /// Tenant ids in its replies.
    pub tenants: Vec<u32>,
}

/// All that judging needs to know of a night.
#[derive(Debug, Clone, Default)]
pub struct Night {
    /// Recipients' domains.
    pub domains: Names,
    /// What is known of each.
    pub facts: Vec<DomainFacts>,
    /// Families of receivers.
    pub receivers: Names,
    /// Where each stands.
    pub receiver_kinds: Vec<ReceiverKind>,
    /// Registrable domains of hosts that no table knows.
    pub hosts: Names,
    /// Templates of free words about rules.
    pub words: Names,
    /// Marks of gateways' customers.
    pub customers: Names,
    /// Tenant ids.
    pub tenants: Names,
    /// Our IPs.
    pub ips: Names,
    /// Our domains.
    pub sending_domains: Names,
    /// Our campaigns.
    pub campaigns: Names,
    /// Our list sources.
    pub list_sources: Names,
    /// The four together.
    pub identities: Identities,
    /// What became of the messages.
    pub counted: Vec<Counted>,
    /// Contacts that are called unknown; once all is in order each of them once.
    pub unknown: Vec<Unknown>,
    /// Messages accepted by each domain, once all is in order.
    pub delivered: Vec<u64>,
    /// Whether deliveries are known.
    pub rates: bool,
    /// Whether the deliveries name the hosts that answered at least half as often as the bounces do.
    pub receivers_covered: bool,
    /// Whether more bounces tell the receiver by their words than by a host: then nothing tells of the mail that it took.
    pub receivers_told: bool,
    /// Distinct recipients mailed; `None` counts-only.
    pub recipients_mailed: Option<u64>,
    /// Distinct recipients of each domain whose own lists refuse us, once all is in order.
    pub personal: Vec<u64>,
    /// The same one by one: domain and recipient.
    refusing: Vec<(u32, i64)>,
    compacted: usize,
}

/// Fewer counts than this are not worth putting together while reading.
const COMPACT_FROM: usize = 1 << 22;

impl Night {
    /// The id of a recipients' domain; `consumer` says of a new one whether it is a consumer domain.
    pub fn domain(&mut self, name: &str, consumer: impl FnOnce(&str) -> bool) -> u32 {
        let id = self.domains.id(name);
        if id as usize == self.facts.len() {
            self.facts.push(DomainFacts { consumer: consumer(name), ..DomainFacts::default() });
        }
        id
    }

    /// The id of a receiver's family.
    pub fn receiver(&mut self, family: &str, kind: ReceiverKind) -> u32 {
        let id = self.receivers.id(family);
        if id as usize == self.receiver_kinds.len() {
            self.receiver_kinds.push(kind);
        }
        id
    }

    /// The id of the family of a receiver that a table knows.
    pub fn receiver_of(&mut self, name: &str, table: &Receivers) -> u32 {
        let kind = match table.kind(name) {
            Some(receivers::ReceiverKind::Provider) => ReceiverKind::Provider,
            Some(receivers::ReceiverKind::Gateway) => ReceiverKind::Gateway,
            _ => ReceiverKind::Other,
        };
        self.receiver(table.family(name), kind)
    }

    /// A host of this receiver answered for the domain, so often.
    pub fn answered(&mut self, domain: u32, receiver: u32, count: u64) {
        vote(&mut self.facts[domain as usize].receivers, receiver, count);
    }

    /// A host of this registrable domain, which is neither known nor the recipients' own, answered so often.
    pub fn answered_by_host(&mut self, domain: u32, host: u32, count: u64) {
        vote(&mut self.facts[domain as usize].hosts, host, count);
    }

    /// The domain said in such words that it made a rule.
    pub fn said(&mut self, domain: u32, words: u32, count: u64) {
        vote(&mut self.facts[domain as usize].words, words, count);
    }

    /// The words of so many replies tell that this receiver serves the domain; no host was named.
    pub fn told(&mut self, domain: u32, receiver: u32, count: u64) {
        vote(&mut self.facts[domain as usize].told, receiver, count);
    }

    /// The domain bears a mark of one customer of a gateway, or a tenant id; `NONE` for neither.
    pub fn marked(&mut self, domain: u32, customer: u32, tenant: u32) {
        let facts = &mut self.facts[domain as usize];
        for (marks, mark) in [(&mut facts.customers, customer), (&mut facts.tenants, tenant)] {
            if mark != NONE && !marks.contains(&mark) {
                marks.push(mark);
            }
        }
    }

    /// Counts messages.
    pub fn count(&mut self, counted: Counted) {
        self.counted.push(counted);
        if self.counted.len() > COMPACT_FROM && self.counted.len() > 2 * self.compacted {
            self.counted.sort_unstable();
            merge(&mut self.counted);
            self.compacted = self.counted.len();
        }
    }

    /// Counts messages accepted. Those of a consumer domain that name no recipient, and so no bucket, are spread evenly.
    pub fn accept(&mut self, domain: u32, identity: u32, bucket: Option<u8>, count: u64) {
        let buckets = BUCKETS as u64;
        let spread = bucket.is_none() && self.facts[domain as usize].consumer;
        for at in if spread { 0..BUCKETS as u8 } else { bucket.unwrap_or(0)..bucket.unwrap_or(0) + 1 } {
            let share = if spread { count / buckets + u64::from(u64::from(at) < count % buckets) } else { count };
            if share > 0 {
                let count = u32::try_from(share).unwrap_or(u32::MAX);
                self.count(Counted { domain, identity, bucket: at, outcome: Outcome::ACCEPTED, count });
            }
        }
    }

    /// A recipient's own list refuses us.
    pub fn refused_by(&mut self, domain: u32, recipient: i64) {
        self.refusing.push((domain, recipient));
    }

    /// Messages and reports of each domain.
    pub fn mail(&self) -> Vec<u64> {
        let mut mail = vec![0; self.domains.len()];
        self.counted.iter().for_each(|counted| mail[counted.domain as usize] += u64::from(counted.count));
        mail
    }

    /// Adds another part of the same night. As `sort` puts everything in order, it does not matter how a night was cut.
    /// Returns what its domains and identities are called here.
    pub fn join(&mut self, other: Night) -> (Vec<u32>, Vec<u32>) {
        let kinds = other.receiver_kinds.iter().zip(0..);
        let receivers: Vec<u32> = kinds.map(|(kind, id)| self.receiver(other.receivers.name(id), *kind)).collect();
        let (customers, tenants) = (self.customers.join(&other.customers), self.tenants.join(&other.tenants));
        let hosts = self.hosts.join(&other.hosts);
        let words = self.words.join(&other.words);
        let domains: Vec<u32> = (0..other.domains.len() as u32)
            .map(|id| self.domain(other.domains.name(id), |_| other.facts[id as usize].consumer))
            .collect();
        for (facts, domain) in other.facts.iter().zip(&domains) {
            facts.receivers.iter().for_each(|(id, n)| self.answered(*domain, renumber(*id, &receivers), *n));
            self.facts[*domain as usize].own_host |= facts.own_host;
            facts.hosts.iter().for_each(|(id, n)| self.answered_by_host(*domain, renumber(*id, &hosts), *n));
            facts.words.iter().for_each(|(id, n)| self.said(*domain, renumber(*id, &words), *n));
            facts.told.iter().for_each(|(id, n)| self.told(*domain, renumber(*id, &receivers), *n));
            self.facts[*domain as usize].elsewhere += facts.elsewhere;
            facts.customers.iter().for_each(|id| self.marked(*domain, renumber(*id, &customers), NONE));
            facts.tenants.iter().for_each(|id| self.marked(*domain, NONE, renumber(*id, &tenants)));
        }
        let parts = [
            self.ips.join(&other.ips),
            self.sending_domains.join(&other.sending_domains),
            self.campaigns.join(&other.campaigns),
            self.list_sources.join(&other.list_sources),
        ];
        let parts = [&parts[0][..], &parts[1], &parts[2], &parts[3]];
        let renumbered = other.identities.all().map(|identity| identity.renumbered(parts));
        let identities: Vec<u32> = renumbered.map(|identity| self.identities.id(identity)).collect();
        self.counted.reserve_exact(other.counted.len());
        self.counted.extend(other.counted.into_iter().map(|counted| Counted {
            domain: renumber(counted.domain, &domains),
            identity: renumber(counted.identity, &identities),
            ..counted
        }));
        let refusing = other.refusing.into_iter();
        self.refusing.extend(refusing.map(|(domain, recipient)| (renumber(domain, &domains), recipient)));
        self.unknown.extend(other.unknown.into_iter().map(|unknown| unknown.renumbered(&domains, &identities)));
        (domains, identities)
    }

    /// Puts all ids in the order of the names behind them.
    pub fn sort(&mut self) {
        let (domains, receivers) = (self.domains.sort(), self.receivers.sort());
        let (customers, tenants) = (self.customers.sort(), self.tenants.sort());
        let words = self.words.sort();
        self.facts = in_new_places(std::mem::take(&mut self.facts), &domains);
        for facts in &mut self.facts {
            for votes in [&mut facts.receivers, &mut facts.told] {
                votes.iter_mut().for_each(|(id, _)| *id = renumber(*id, &receivers));
                votes.sort_unstable();
            }
            facts.customers.iter_mut().for_each(|id| *id = renumber(*id, &customers));
            facts.tenants.iter_mut().for_each(|id| *id = renumber(*id, &tenants));
            facts.words.iter_mut().for_each(|(id, _)| *id = renumber(*id, &words));
            facts.words.sort_unstable();
            facts.customers.sort_unstable();
            facts.tenants.sort_unstable();
        }
        self.receiver_kinds = in_new_places(std::mem::take(&mut self.receiver_kinds), &receivers);
        let (ips, sending_domains) = (self.ips.sort(), self.sending_domains.sort());
        let (campaigns, sources) = (self.campaigns.sort(), self.list_sources.sort());
        let names = [&self.ips, &self.sending_domains, &self.campaigns, &self.list_sources].map(Names::len);
        let identities = self.identities.sort([&ips, &sending_domains, &campaigns, &sources], names);
        for counted in &mut self.counted {
            counted.domain = renumber(counted.domain, &domains);
            counted.identity = renumber(counted.identity, &identities);
        }
        self.personal = vec![0; self.domains.len()];
        self.refusing.iter_mut().for_each(|(domain, _)| *domain = renumber(*domain, &domains));
        self.refusing.sort_unstable();
        self.refusing.dedup();
        self.refusing.iter().for_each(|(domain, _)| self.personal[*domain as usize] += 1);
        for unknown in &mut self.unknown {
            *unknown = unknown.renumbered(&domains, &identities);
        }
        unknown::settle(&mut self.unknown);
        self.delivered = vec![0; self.domains.len()];
        for accepted in self.counted.iter().filter(|counted| counted.outcome == Outcome::ACCEPTED) {
            self.delivered[accepted.domain as usize] += u64::from(accepted.count);
        }
    }
}

fn vote(votes: &mut Vec<(u32, u64)>, of: u32, count: u64) {
    match votes.iter_mut().find(|(known, _)| *known == of) {
        _ if of == NONE => {}
        Some((_, n)) => *n += count,
        None => votes.push((of, count)),
    }
}

/// Puts sorted counts of the same messages together.
pub fn merge(counted: &mut Vec<Counted>) {
    counted.dedup_by(|next, kept| {
        let what = |c: &Counted| (c.domain, c.identity, c.bucket, c.outcome);
        match kept.count.checked_add(next.count) {
            Some(sum) if what(next) == what(kept) => {
                kept.count = sum;
                true
            }
            _ => false,
        }
    });
}

/// Each value at its new place.
fn in_new_places<T>(values: Vec<T>, places: &[u32]) -> Vec<T> {
    let mut placed: Vec<(u32, T)> = places.iter().copied().zip(values).collect();
    placed.sort_unstable_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, value)| value).collect()
}
