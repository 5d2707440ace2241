//! Gathering: frames -> a part of the night. In: frames of events and of deliveries, one at a time. Out: a `Night` of
//! what they hold, in which text is numbers; memory grows with rows by some 30 bytes each, not by their text. Which
//! gatherer gets which frame is `load`'s work, and does not matter.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use polars::prelude::DataFrame;

use super::attempted::{Bounced, Logged, Noted};
use super::columns::{Coded, hashes, texts, times};
use super::identities::Identity;
use super::names::{NONE, Names, QuickMap};
use super::night::{HostFacts, Night, Row};
use super::voices::{Voices, word};
use crate::bounce::{Kind, Unproven};
use crate::frame::schema;
use crate::tables::consumer_domains::ConsumerDomains;
use crate::tables::receivers::Receivers;

/// Columns of events that judging needs.
pub const EVENTS: &[&str] = &[
    schema::KIND,
    schema::TIMESTAMP,
    schema::RECIPIENT,
    schema::RECIPIENT_DOMAIN,
    schema::FINAL_RECIPIENT,
    schema::UNPROVEN,
    schema::REPLY_CODE,
    schema::STATUS,
    schema::TEMPLATE,
    schema::CAUSE,
    schema::PERMANENCE,
    schema::BLAMES,
    schema::BASIS,
    schema::REJECTING_SYSTEM,
    schema::BLOCKLIST,
    schema::TENANT_ID,
    schema::REMOTE_MTA,
    schema::SENDING_IP,
    schema::SENDING_DOMAIN,
    schema::CAMPAIGN_ID,
    schema::LIST_SOURCE,
    schema::MESSAGE_ID,
];

/// Columns of deliveries that judging needs.
pub const DELIVERIES: &[&str] = &[
    schema::RECIPIENT,
    schema::RECIPIENT_DOMAIN,
    schema::COUNT,
    schema::ATTEMPTED,
    schema::REMOTE_MTA,
    schema::SENDING_IP,
    schema::SENDING_DOMAIN,
    schema::CAMPAIGN_ID,
    schema::LIST_SOURCE,
    schema::MESSAGE_ID,
];

/// What all gatherers know before they start.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// Whose hosts are whose.
    pub receivers: &'a Receivers,
    /// Domains of consumers.
    pub consumers: &'a ConsumerDomains,
    /// List source of each address, from the sender's own list: ids into the list sources of the night it starts with.
    pub contacts: &'a HashMap<u64, u32>,
}

/// Gathers one part of a night.
pub struct Gatherer<'a> {
    /// What was gathered so far.
    pub night: Night,
    /// Bounces that a send log may still count as sent.
    pub noted: Noted,
    /// Recipients mailed.
    pub mailed: Distinct,
    /// Rows that name a host, and all rows: of bounces, of deliveries.
    pub hosts_named: [(u64, u64); 2],
    known: Known<'a>,
    host_names: Names,
    host_facts: Vec<HostFacts>,
    hasher: RandomState,
    /// By domain, what is not yet noted in the night.
    answers: Vec<Answers>,
    codes: QuickMap<&'static str, Coded>,
}

/// The host that last answered for a domain, by the hash of its name, and how often since another did.
#[derive(Debug, Clone, Copy)]
struct Answers {
    host: u64,
    facts: HostFacts,
    count: u64,
}

impl Default for Answers {
    fn default() -> Answers {
        Answers { host: 0, facts: HostFacts { receiver: NONE, customer: NONE }, count: 0 }
    }
}

/// Hashes from which it is worth dropping repetitions: 32 MiB.
const SETTLE_FROM: usize = 1 << 22;

/// Distinct hashes, exactly, in bounded memory.
#[derive(Default)]
pub struct Distinct {
    hashes: Vec<u64>,
    sorted: usize,
}

impl Distinct {
    /// Adds one.
    pub fn add(&mut self, hash: u64) {
        self.hashes.push(hash);
        if self.hashes.len() > SETTLE_FROM && self.hashes.len() > 2 * self.sorted {
            self.settle();
        }
    }

    /// Keeps one of each, sorted.
    fn settle(&mut self) {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        self.sorted = self.hashes.len();
    }

    /// How many all of these hold together; each must be settled.
    pub fn count(sets: &[Distinct]) -> u64 {
        let mut rest: Vec<&[u64]> = sets.iter().map(|set| &set.hashes[..]).collect();
        let mut count = 0;
        while let Some(least) = rest.iter().filter_map(|hashes| hashes.first().copied()).min() {
            count += 1;
            for hashes in rest.iter_mut().filter(|hashes| hashes.first() == Some(&least)) {
                *hashes = &hashes[1..];
            }
        }
        count
    }
}

impl<'a> Gatherer<'a> {
    /// A gatherer that starts with the names of `night`.
    pub fn new(night: Night, known: Known<'a>) -> Gatherer<'a> {
        Gatherer {
            night,
            noted: Noted::default(),
            mailed: Distinct::default(),
            hosts_named: [(0, 0); 2],
            known,
            host_names: Names::default(),
            host_facts: Vec::new(),
            hasher: RandomState::default(),
            answers: Vec::new(),
            codes: QuickMap::default(),
        }
    }

    /// The id of a receiver's name, under its family.
    pub fn receiver(&mut self, name: &str) -> u32 {
        self.night.receiver_of(name, self.known.receivers)
    }

    fn host(&mut self, host: &str) -> HostFacts {
        let (id, receivers) = (self.host_names.id(host) as usize, self.known.receivers);
        if id == self.host_facts.len() {
            let facts = HostFacts {
                receiver: receivers.of_host(host).map_or(NONE, |r| self.receiver(&r.name)),
                customer: receivers.customer_key(host).map_or(NONE, |key| self.night.customers.id(&key)),
            };
            self.host_facts.push(facts);
        }
        self.host_facts[id]
    }

    /// Takes note of the hosts that answered: domain, host, how often. Mostly it is the one that answered before. Nothing
    /// else is done in this loop, so that its looks into memory overlap.
    fn answered<'t>(&mut self, answered: impl Iterator<Item = (u32, &'t str, u64)>) {
        self.answers.resize(self.night.facts.len(), Answers::default());
        for (domain, host, count) in answered {
            let hash = self.hasher.hash_one(host);
            let before = &mut self.answers[domain as usize];
            if before.count > 0 && before.host == hash {
                before.count += count;
                continue;
            }
            let before = *before;
            self.night.answered(domain, before.facts, before.count);
            self.answers[domain as usize] = Answers { host: hash, facts: self.host(host), count };
        }
    }

    /// Notes what is left to be noted.
    pub fn finish(&mut self) {
        self.mailed.settle();
        for (domain, answers) in std::mem::take(&mut self.answers).into_iter().enumerate() {
            self.night.answered(domain as u32, answers.facts, answers.count);
        }
    }

    /// Ids of a text column that the night gives, `NONE` for null.
    ///
    /// # Errors
    /// A column that is not there or holds no text.
    pub fn ids(
        &mut self,
        frame: &DataFrame,
        name: &'static str,
        id: fn(&mut Self, &str) -> u32,
    ) -> anyhow::Result<Vec<u32>> {
        let mut coded = self.codes.remove(name).unwrap_or_default();
        let ids = coded.read(frame, name, |text| id(self, text));
        self.codes.insert(name, coded);
        Ok(ids?)
    }

    fn domains(&mut self, frame: &DataFrame) -> anyhow::Result<Vec<u32>> {
        let (names, consumers): (Vec<_>, _) = (texts(frame, schema::RECIPIENT_DOMAIN)?.collect(), self.known.consumers);
        Ok(self.night.domain_ids(&names, |d| consumers.provider_of(d).is_some()))
    }

    fn identities(&mut self, frame: &DataFrame, recipients: &[Option<u64>]) -> anyhow::Result<Vec<Identity>> {
        let ips = self.ids(frame, schema::SENDING_IP, |g, t| g.night.ips.id(t))?;
        let domains = self.ids(frame, schema::SENDING_DOMAIN, |g, t| g.night.sending_domains.id(t))?;
        let campaigns = self.ids(frame, schema::CAMPAIGN_ID, |g, t| g.night.campaigns.id(t))?;
        let sources = self.ids(frame, schema::LIST_SOURCE, |g, t| g.night.list_sources.id(t))?;
        let source = |at: usize| match (sources[at], recipients[at]) {
            (NONE, Some(recipient)) => self.known.contacts.get(&recipient).copied().unwrap_or(NONE),
            (source, _) => source,
        };
        let identity = |at: usize| Identity {
            ip: ips[at],
            sending_domain: domains[at],
            campaign: campaigns[at],
            list_source: source(at),
        };
        Ok((0..frame.height()).map(identity).collect())
    }

    /// Takes a frame of bounces, delays and complaints.
    ///
    /// # Errors
    /// A column that is not there or holds something else.
    pub fn events(&mut self, frame: &DataFrame) -> anyhow::Result<()> {
        let kinds = self.ids(frame, schema::KIND, |_, w| word(w, Kind::WORDS))?;
        let unproven = self.ids(frame, schema::UNPROVEN, |_, w| word(w, Unproven::WORDS))?;
        let voices = Voices::read(self, frame)?;
        let (recipients, messages) = (hashes(frame, schema::RECIPIENT)?, hashes(frame, schema::MESSAGE_ID)?);
        let domains = self.domains(frame)?;
        let tenants = self.ids(frame, schema::TENANT_ID, |g, t| g.night.tenants.id(t))?;
        let identities = self.identities(frame, &recipients)?;
        let identities = self.night.identities.ids(&identities);
        let (hosts, forwarded, seen) = (host_texts(frame)?, forwarded(frame)?, times(frame, schema::TIMESTAMP)?);
        let mut answered = Vec::with_capacity(frame.height());
        for at in 0..frame.height() {
            let (Some(recipient), Some(kind)) = (recipients[at], Kind::ALL.get(kinds[at] as usize)) else { continue };
            // What matches nothing sent is no evidence about what was sent.
            if domains[at] == NONE || unproven[at] == Unproven::Unmatched as u32 {
                continue;
            }
            let (domain, identity) = (domains[at], identities[at]);
            if matches!(kind, Kind::Bounce | Kind::SelfSuppressed) {
                self.noted.note(recipient, domain, identity, messages[at]);
            }
            let Some(voice) = voices.at(at, *kind).filter(|v| v.family().is_some()) else { continue };
            if *kind == Kind::Bounce {
                self.mailed.add(recipient);
                self.hosts_named[0] =
                    (self.hosts_named[0].0 + u64::from(hosts[at].is_some()), self.hosts_named[0].1 + 1);
            }
            if let Some(host) = hosts[at].filter(|_| !forwarded[at]) {
                answered.push((domain, host, 1));
            }
            self.night.belongs(domain, tenants[at]);
            let voice = self.night.voice(voice);
            self.night.rows.push(Row { node: 0, domain, identity, voice, time: seen[at], recipient });
        }
        self.answered(answered.into_iter());
        Ok(())
    }

    /// Takes a frame of deliveries, when all bounces are known.
    ///
    /// # Errors
    /// A column that is not there or holds something else.
    pub fn deliveries(&mut self, frame: &DataFrame, bounced: &Bounced) -> anyhow::Result<()> {
        let (recipients, messages) = (hashes(frame, schema::RECIPIENT)?, hashes(frame, schema::MESSAGE_ID)?);
        let domains = self.domains(frame)?;
        let identities = self.identities(frame, &recipients)?;
        let hosts = host_texts(frame)?;
        let counts = frame.column(schema::COUNT)?.i64()?;
        let attempted = frame.column(schema::ATTEMPTED)?.bool()?;
        let numbers = self.night.identities.ids(&identities);
        let answered = domains.iter().zip(&hosts).zip(counts.iter());
        self.answered(answered.filter_map(|((domain, host), count)| {
            let host = host.filter(|_| *domain != NONE)?;
            Some((*domain, host, messages_of(count)))
        }));
        for (at, (count, attempted)) in counts.iter().zip(attempted.iter()).enumerate() {
            if domains[at] == NONE {
                continue;
            }
            let (domain, recipient) = (domains[at], recipients[at]);
            let row = Logged {
                recipient,
                domain,
                identity: identities[at],
                message: messages[at],
                count: messages_of(count),
                attempted: attempted.unwrap_or(false),
            };
            self.night.rates = true;
            self.hosts_named[1] = (self.hosts_named[1].0 + u64::from(hosts[at].is_some()), self.hosts_named[1].1 + 1);
            if let Some(recipient) = recipient {
                self.mailed.add(recipient);
            }
            let accepted = bounced.accepted(&row, &self.night);
            if accepted > 0 {
                self.night.deliver(domain, numbers[at], recipient, accepted);
            }
        }
        Ok(())
    }
}

/// How many messages a row of deliveries stands for.
fn messages_of(count: Option<i64>) -> u64 {
    count.map_or(1, |count| u64::try_from(count).unwrap_or(0))
}

/// The host that answered each row.
fn host_texts(frame: &DataFrame) -> anyhow::Result<Vec<Option<&str>>> {
    Ok(texts(frame, schema::REMOTE_MTA)?.map(|host| host.filter(|h| !h.is_empty())).collect())
}

/// Whether a row was answered for another domain than the one we mailed: its host says nothing about ours.
fn forwarded(frame: &DataFrame) -> anyhow::Result<Vec<bool>> {
    let domain = |address: &str| address.rsplit_once('@').map(|(_, d)| d.to_ascii_lowercase());
    let ours = texts(frame, schema::RECIPIENT)?;
    let theirs = texts(frame, schema::FINAL_RECIPIENT)?;
    Ok(ours
        .zip(theirs)
        .map(|pair| match pair {
            (Some(ours), Some(theirs)) if ours != theirs => domain(ours) != domain(theirs),
            _ => false,
        })
        .collect())
}
