//! Who decides about a recipient domain: its organisation or consumer pool, and the receiver that serves it. In: the
//! night's domains and a user's map. Out: deciders, and the decider and receiver of each domain.
//!
//! Two registrable domains are one organisation when the user's map says so, when they share a host that belongs to one
//! customer of a gateway, when replies carry the same tenant id, or (assumed) when they differ only in their suffix
//! and have the same receiver. One organisation under several names would vote several times.

use std::collections::{BTreeMap, HashMap};

use super::names::{NONE, QuickMap};
use super::night::{Night, ReceiverKind};

/// More registrable domains than this under one mark mean that the mark is a provider's, not a tenant's.
const MOST_DOMAINS_OF_A_MARK: usize = 200;
/// Shorter names under two suffixes are too often two companies.
const SHORTEST_ASSUMED_NAME: usize = 6;

/// What a user's map says of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// Its organisation, under any name.
    pub organisation: String,
    /// Its receiver's family, if the map says so.
    pub receiver: Option<String>,
}

/// One organisation, or one consumer pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decider {
    /// Registrable domain with most mail; for a pool its receiver's name.
    pub key: String,
    /// Whether it is a consumer pool.
    pub pool: bool,
    /// Its domains, most mail first.
    pub domains: Vec<u32>,
    /// Whether some of them were joined only because they look alike.
    pub assumed: bool,
}

/// Where each domain belongs.
#[derive(Debug, Default)]
pub struct Places {
    /// Organisations by key, then pools by key.
    pub deciders: Vec<Decider>,
    /// How many of them are organisations.
    pub organisations: usize,
    /// Decider of each domain.
    pub decider_of: Vec<u32>,
    /// Receiver of each domain, or `NONE`.
    pub receiver_of: Vec<u32>,
}

/// The registrable domain of a domain, or the domain itself where it has none.
pub fn registrable(domain: &str) -> &str {
    psl::domain_str(domain).unwrap_or(domain)
}

impl Places {
    /// Finds the decider and the receiver of each domain.
    pub fn find(night: &Night, map: &HashMap<String, Mapped>) -> Places {
        let mail = night.mail();
        let receiver_of: Vec<u32> = receivers(night, map);
        let mut places = Places { receiver_of, ..Places::default() };
        let mut pools: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        let mut own = Vec::new();
        for domain in 0..night.domains.len() as u32 {
            if night.facts[domain as usize].consumer {
                let receiver = places.receiver_of[domain as usize];
                let key = night.receivers.get(receiver).unwrap_or_else(|| night.domains.name(domain));
                pools.entry(key.to_owned()).or_default().push(domain);
            } else {
                own.push(domain);
            }
        }
        let groups = Groups::build(night, map, &places.receiver_of, &own, &mail);
        places.decider_of = vec![NONE; night.domains.len()];
        places.deciders = groups.deciders(night, map, &own, &mail);
        places.organisations = places.deciders.len();
        places.deciders.extend(pools.into_iter().map(|(key, mut domains)| {
            domains.sort_by_key(|d| (std::cmp::Reverse(mail[*d as usize]), *d));
            Decider { key, pool: true, domains, assumed: false }
        }));
        for (index, decider) in places.deciders.iter().enumerate() {
            for domain in &decider.domains {
                places.decider_of[*domain as usize] = index as u32;
            }
        }
        places
    }

    /// Whether a decider is a pool.
    pub fn is_pool(&self, decider: u32) -> bool {
        decider as usize >= self.organisations
    }
}

/// The receiver that most hosts of a domain name; the user's map wins. Where no host is one that anybody knows, the one that
/// most words tell, unless more rows name a host of nobody's: those words may be of a mailbox that is forwarded.
fn receivers(night: &Night, map: &HashMap<String, Mapped>) -> Vec<u32> {
    let majority = |domain: usize| {
        let facts = &night.facts[domain];
        let most = |votes: &[(u32, u64)]| votes.iter().copied().max_by_key(|(id, n)| (*n, std::cmp::Reverse(*id)));
        let told = || most(&facts.told).filter(|(_, n)| *n > facts.elsewhere);
        most(&facts.receivers).or_else(told).map_or(NONE, |(id, _)| id)
    };
    let told = |domain: usize| {
        let receiver = mapped(map, night.domains.name(domain as u32))?.receiver.as_deref()?;
        night.receivers.find(receiver)
    };
    (0..night.domains.len()).map(|domain| told(domain).unwrap_or_else(|| majority(domain))).collect()
}

fn mapped<'a>(map: &'a HashMap<String, Mapped>, domain: &str) -> Option<&'a Mapped> {
    if map.is_empty() { None } else { map.get(domain).or_else(|| map.get(registrable(domain))) }
}

/// Registrable domains joined into organisations: a union-find forest.
struct Groups<'a> {
    names: Vec<&'a str>,
    /// Group of each domain, `NONE` for those of pools.
    of_domain: Vec<u32>,
    parent: Vec<u32>,
    assumed: Vec<bool>,
}

impl<'a> Groups<'a> {
    fn build(
        night: &'a Night,
        map: &'a HashMap<String, Mapped>,
        receiver_of: &[u32],
        own: &[u32],
        mail: &[u64],
    ) -> Groups<'a> {
        let of_domain = vec![NONE; night.domains.len()];
        let mut groups = Groups { names: Vec::new(), of_domain, parent: Vec::new(), assumed: vec![] };
        let mut ids: QuickMap<(bool, &str), u32> = QuickMap::default();
        let mut is_mapped = Vec::new();
        for domain in own {
            let name = night.domains.name(*domain);
            let key = match mapped(map, name) {
                Some(m) => (true, m.organisation.as_str()),
                None => (false, registrable(name)),
            };
            let id = *ids.entry(key).or_insert_with(|| {
                groups.names.push(key.1);
                is_mapped.push(key.0);
                groups.names.len() as u32 - 1
            });
            groups.of_domain[*domain as usize] = id;
        }
        groups.parent = (0..groups.names.len() as u32).collect();
        groups.assumed = vec![false; groups.names.len()];
        groups.join_marks(night, own, &is_mapped);
        groups.join_alike(night, receiver_of, own, mail, &is_mapped);
        groups
    }

    fn root(&mut self, mut id: u32) -> u32 {
        while self.parent[id as usize] != id {
            self.parent[id as usize] = self.parent[self.parent[id as usize] as usize];
            id = self.parent[id as usize];
        }
        id
    }

    /// Makes one group of all that stand beside the same key.
    fn join<K>(&mut self, members: &[(K, u32)], assumed: bool) {
        for pair in members.windows(2) {
            let (a, b) = (self.root(pair[0].1), self.root(pair[1].1));
            if a != b {
                self.parent[a.max(b) as usize] = a.min(b);
                self.assumed[a.min(b) as usize] |= assumed | self.assumed[a.max(b) as usize];
            }
        }
    }

    /// Joins what shares a customer's host or a tenant id.
    fn join_marks(&mut self, night: &Night, own: &[u32], is_mapped: &[bool]) {
        let mut marked: Vec<((bool, u32), u32)> = Vec::new();
        for domain in own {
            let (facts, id) = (&night.facts[*domain as usize], self.of_domain[*domain as usize]);
            if !is_mapped[id as usize] {
                marked.extend(facts.customers.iter().map(|mark| ((false, *mark), id)));
                marked.extend(facts.tenants.iter().map(|mark| ((true, *mark), id)));
            }
        }
        marked.sort_unstable();
        marked.dedup();
        for members in marked.chunk_by(|a, b| a.0 == b.0).filter(|m| m.len() <= MOST_DOMAINS_OF_A_MARK) {
            self.join(members, false);
        }
    }

    /// Joins what differs only in its suffix and has the same receiver.
    fn join_alike(&mut self, night: &Night, receiver_of: &[u32], own: &[u32], mail: &[u64], is_mapped: &[bool]) {
        // A registrable domain has the receiver of its domain with most mail.
        let mut busiest: Vec<(u64, u32)> = vec![(0, NONE); self.names.len()];
        for domain in own {
            let (id, weight) = (self.of_domain[*domain as usize] as usize, mail[*domain as usize]);
            if busiest[id].1 == NONE || weight > busiest[id].0 {
                busiest[id] = (weight, *domain);
            }
        }
        let mut alike: Vec<((&str, u32), u32)> = Vec::new();
        for (id, (_, domain)) in busiest.iter().enumerate() {
            let receiver = receiver_of.get(*domain as usize).copied().unwrap_or(NONE);
            let known = receiver != NONE && night.receiver_kinds[receiver as usize] != ReceiverKind::Other;
            let label = self.names[id].split('.').next().unwrap_or_default();
            if known && !is_mapped[id] && label.len() >= SHORTEST_ASSUMED_NAME {
                alike.push(((label, receiver), id as u32));
            }
        }
        alike.sort_unstable();
        for members in alike.chunk_by(|a, b| a.0 == b.0) {
            self.join(members, true);
        }
    }

    /// The organisations, sorted by key.
    fn deciders(mut self, night: &Night, map: &HashMap<String, Mapped>, own: &[u32], mail: &[u64]) -> Vec<Decider> {
        let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for domain in own {
            let root = self.root(self.of_domain[*domain as usize]);
            members.entry(root).or_default().push(*domain);
        }
        let mut deciders: Vec<Decider> = members
            .into_iter()
            .map(|(root, mut domains)| {
                domains.sort_by_key(|d| (std::cmp::Reverse(mail[*d as usize]), *d));
                let key = organisation_key(night, map, &domains, mail);
                Decider { key, pool: false, domains, assumed: self.assumed[root as usize] }
            })
            .collect();
        deciders.sort_by(|a, b| (&a.key, a.domains.first()).cmp(&(&b.key, b.domains.first())));
        deciders
    }
}

/// The name given by the user's map if it is a domain, else the registrable domain with most mail.
fn organisation_key(night: &Night, map: &HashMap<String, Mapped>, domains: &[u32], mail: &[u64]) -> String {
    let mut by_name: BTreeMap<&str, u64> = BTreeMap::new();
    for domain in domains {
        let name = night.domains.name(*domain);
        if let Some(given) = mapped(map, name).map(|m| &m.organisation).filter(|o| o.contains('.')) {
            return given.clone();
        }
        *by_name.entry(registrable(name)).or_default() += mail[*domain as usize];
    }
    let most = by_name.into_iter().max_by_key(|(name, n)| (*n, std::cmp::Reverse(*name)));
    most.map_or_else(String::new, |(name, _)| name.to_owned())
}
