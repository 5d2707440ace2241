//! Loading: frames -> night. In: the Parquet files, a row group at a time, only the columns needed. Out: a `Night`, in
//! which text is numbers; memory grows with rows by some 30 bytes each, not by their text.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;

use polars::prelude::DataFrame;

use super::attempted::{Bounced, Logged};
use super::columns::{Coded, hashes, times};
use super::names::{NONE, Names};
use super::night::{HostFacts, Identity, Night, ReceiverKind, Row, Voice};
use crate::bounce::{Basis, Blames, Cause, EnhancedStatus, Kind, Permanence, ReplyCode};
use crate::frame::{scan, schema};
use crate::tables::consumer_domains::ConsumerDomains;
use crate::tables::receivers::{self, Receivers};

/// Columns of events that judging needs.
const EVENTS: &[&str] = &[
    schema::KIND,
    schema::TIMESTAMP,
    schema::RECIPIENT,
    schema::RECIPIENT_DOMAIN,
    schema::FINAL_RECIPIENT,
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
const DELIVERIES: &[&str] = &[
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

/// Reads a night's frames.
pub struct Loader<'a> {
    /// The night so far.
    pub night: Night,
    /// List source of each address, from the sender's own list.
    pub contacts: HashMap<u64, u32>,
    receivers: &'a Receivers,
    consumers: &'a ConsumerDomains,
    hosts: HashMap<String, HostFacts>,
    host_names: Names,
    host_facts: Vec<HostFacts>,
    bounced: Bounced,
    mailed: Distinct,
    /// Rows that name a host, and all rows: of bounces, of deliveries.
    hosts_named: [(u64, u64); 2],
    codes: HashMap<&'static str, Coded>,
}

/// Distinct hashes, exactly, in bounded memory.
#[derive(Default)]
struct Distinct {
    hashes: Vec<u64>,
    sorted: usize,
}

impl Distinct {
    fn add(&mut self, hash: u64) {
        self.hashes.push(hash);
        if self.hashes.len() > 1 << 20 && self.hashes.len() > 2 * self.sorted {
            self.settle();
        }
    }

    fn settle(&mut self) -> u64 {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        self.sorted = self.hashes.len();
        self.sorted as u64
    }
}

impl<'a> Loader<'a> {
    /// An empty night.
    pub fn new(receivers: &'a Receivers, consumers: &'a ConsumerDomains) -> Loader<'a> {
        Loader {
            night: Night::default(),
            contacts: HashMap::new(),
            receivers,
            consumers,
            hosts: HashMap::new(),
            host_names: Names::default(),
            host_facts: Vec::new(),
            bounced: Bounced::default(),
            mailed: Distinct::default(),
            hosts_named: [(0, 0); 2],
            codes: HashMap::new(),
        }
    }

    /// Reads bounces, delays and complaints, then deliveries.
    ///
    /// # Errors
    /// A file that cannot be read, or lacks a column.
    pub fn load(mut self, events: &[PathBuf], deliveries: &[PathBuf]) -> anyhow::Result<Night> {
        self.each(events, EVENTS, Self::events)?;
        self.each(deliveries, DELIVERIES, Self::deliveries)?;
        let share = |(named, all): (u64, u64)| if all == 0 { 1.0 } else { named as f64 / all as f64 };
        self.night.receivers_covered = share(self.hosts_named[1]) >= 0.5 * share(self.hosts_named[0]);
        let known = self.mailed.settle();
        self.night.recipients_mailed = (self.night.rates && known > 0).then_some(known);
        Ok(self.night)
    }

    /// Decodes one frame while the one before is counted.
    fn each(
        &mut self,
        files: &[PathBuf],
        columns: &[&str],
        take: fn(&mut Self, &DataFrame) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let frames = scan(files, columns)?;
        std::thread::scope(|scope| {
            let (send, receive) = sync_channel(1);
            scope.spawn(move || {
                for frame in frames {
                    let failed = frame.is_err();
                    if send.send(frame).is_err() || failed {
                        return;
                    }
                }
            });
            receive.into_iter().try_for_each(|frame| take(self, &frame?))
        })
    }

    /// The id of a receiver's name, under its family.
    pub fn receiver(&mut self, name: &str) -> u32 {
        let kind = match self.receivers.kind(name) {
            Some(receivers::ReceiverKind::Provider) => ReceiverKind::Provider,
            Some(receivers::ReceiverKind::Gateway) => ReceiverKind::Gateway,
            _ => ReceiverKind::Other,
        };
        self.night.receiver(self.receivers.family(name), kind)
    }

    fn host(&mut self, host: &str) -> HostFacts {
        if let Some(facts) = self.hosts.get(host) {
            return *facts;
        }
        let receiver = self.receivers.of_host(host).map(|r| r.name.clone());
        let facts = HostFacts {
            receiver: receiver.map_or(NONE, |name| self.receiver(&name)),
            customer: self.receivers.customer_key(host).map_or(NONE, |key| self.night.customers.id(&key)),
        };
        self.hosts.insert(host.to_owned(), facts);
        facts
    }

    /// The facts of each row's host; `None` where it names none.
    fn read_hosts(&mut self, frame: &DataFrame) -> anyhow::Result<Vec<Option<HostFacts>>> {
        let mut coded = self.codes.remove(schema::REMOTE_MTA).unwrap_or_default();
        let ids = coded.read(frame, schema::REMOTE_MTA, |host| {
            let id = self.host_names.id(host);
            if id as usize == self.host_facts.len() {
                let facts = self.host(host);
                self.host_facts.push(facts);
            }
            id
        });
        self.codes.insert(schema::REMOTE_MTA, coded);
        Ok(ids?.into_iter().map(|id| self.host_facts.get(id as usize).copied()).collect())
    }

    /// Ids of a text column that the night gives.
    fn ids(
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

    fn domain(&mut self, domain: &str) -> u32 {
        let consumers = self.consumers;
        let (known, id) = (self.night.facts.len(), self.night.domain(domain, |d| consumers.provider_of(d).is_some()));
        if id as usize == known
            && let Some(provider) = consumers.provider_of(domain)
        {
            // One vote only: hosts that answered know better.
            let receiver = self.receiver(provider);
            self.night.answered(id, HostFacts { receiver, customer: NONE }, 1);
        }
        id
    }

    fn identities(&mut self, frame: &DataFrame, recipients: &[Option<u64>]) -> anyhow::Result<Vec<Identity>> {
        let ips = self.ids(frame, schema::SENDING_IP, |l, t| l.night.ips.id(t))?;
        let domains = self.ids(frame, schema::SENDING_DOMAIN, |l, t| l.night.sending_domains.id(t))?;
        let campaigns = self.ids(frame, schema::CAMPAIGN_ID, |l, t| l.night.campaigns.id(t))?;
        let sources = self.ids(frame, schema::LIST_SOURCE, |l, t| l.night.list_sources.id(t))?;
        let source = |at: usize| match (sources[at], recipients[at]) {
            (NONE, Some(recipient)) => self.contacts.get(&recipient).copied().unwrap_or(NONE),
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

    fn events(&mut self, frame: &DataFrame) -> anyhow::Result<()> {
        let kinds = self.ids(frame, schema::KIND, |_, w| word(w, Kind::WORDS))?;
        let voices = Voices::read(self, frame)?;
        let (recipients, messages) = (hashes(frame, schema::RECIPIENT)?, hashes(frame, schema::MESSAGE_ID)?);
        let domains = self.ids(frame, schema::RECIPIENT_DOMAIN, Self::domain)?;
        let tenants = self.ids(frame, schema::TENANT_ID, |l, t| l.night.tenants.id(t))?;
        let identities = self.identities(frame, &recipients)?;
        let (hosts, forwarded, seen) = (self.read_hosts(frame)?, forwarded(frame)?, times(frame, schema::TIMESTAMP)?);
        for at in 0..frame.height() {
            let (Some(recipient), Some(kind)) = (recipients[at], Kind::ALL.get(kinds[at] as usize)) else { continue };
            if domains[at] == NONE {
                continue;
            }
            let (domain, identity) = (domains[at], self.night.identity(identities[at]));
            if matches!(kind, Kind::Bounce | Kind::SelfSuppressed) {
                self.bounced.note(recipient, domain, identity, messages[at]);
            }
            let Some(voice) = voices.at(at, *kind).filter(|v| v.family().is_some()) else { continue };
            if *kind == Kind::Bounce {
                self.mailed.add(recipient);
                self.hosts_named[0] =
                    (self.hosts_named[0].0 + u64::from(hosts[at].is_some()), self.hosts_named[0].1 + 1);
            }
            if let Some(host) = hosts[at].filter(|_| !forwarded[at]) {
                self.night.answered(domain, host, 1);
            }
            self.night.belongs(domain, tenants[at]);
            let voice = self.night.voice(voice);
            self.night.rows.push(Row { node: 0, domain, identity, voice, time: seen[at], recipient });
        }
        Ok(())
    }

    fn deliveries(&mut self, frame: &DataFrame) -> anyhow::Result<()> {
        let (recipients, messages) = (hashes(frame, schema::RECIPIENT)?, hashes(frame, schema::MESSAGE_ID)?);
        let domains = self.ids(frame, schema::RECIPIENT_DOMAIN, Self::domain)?;
        let identities = self.identities(frame, &recipients)?;
        let hosts = self.read_hosts(frame)?;
        let counts = frame.column(schema::COUNT)?.u64()?;
        let attempted = frame.column(schema::ATTEMPTED)?.bool()?;
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
                count: count.unwrap_or(1),
                attempted: attempted.unwrap_or(false),
            };
            self.night.rates = true;
            self.hosts_named[1] = (self.hosts_named[1].0 + u64::from(hosts[at].is_some()), self.hosts_named[1].1 + 1);
            if let Some(recipient) = recipient {
                self.mailed.add(recipient);
            }
            let accepted = self.bounced.accepted(&row, &self.night);
            if let Some(host) = hosts[at] {
                self.night.answered(domain, host, row.count);
            }
            if accepted > 0 {
                let identity = self.night.identity(identities[at]);
                self.night.deliver(domain, identity, recipient, accepted);
            }
        }
        Ok(())
    }
}

/// Whether a row was answered for another domain than the one we mailed: its host says nothing about ours.
fn forwarded(frame: &DataFrame) -> anyhow::Result<Vec<bool>> {
    let domain = |address: &str| address.rsplit_once('@').map(|(_, d)| d.to_ascii_lowercase());
    let ours = super::columns::texts(frame, schema::RECIPIENT)?;
    let theirs = super::columns::texts(frame, schema::FINAL_RECIPIENT)?;
    Ok(ours
        .zip(theirs)
        .map(|pair| match pair {
            (Some(ours), Some(theirs)) if ours != theirs => domain(ours) != domain(theirs),
            _ => false,
        })
        .collect())
}

/// The place of a word in its closed set, `NONE` for others.
fn word(word: &str, words: &[&str]) -> u32 {
    words.iter().position(|w| *w == word).map_or(NONE, |at| at as u32)
}

/// The columns that make a voice.
struct Voices {
    causes: Vec<u32>,
    permanences: Vec<u32>,
    blamed: Vec<u32>,
    bases: Vec<u32>,
    codes: Vec<Option<u16>>,
    statuses: Vec<u32>,
    speakers: Vec<u32>,
    blocklists: Vec<u32>,
    templates: Vec<u32>,
}

impl Voices {
    fn read(loader: &mut Loader, frame: &DataFrame) -> anyhow::Result<Voices> {
        Ok(Voices {
            causes: loader.ids(frame, schema::CAUSE, |_, w| word(w, Cause::WORDS))?,
            permanences: loader.ids(frame, schema::PERMANENCE, |_, w| word(w, Permanence::WORDS))?,
            blamed: loader.ids(frame, schema::BLAMES, |_, w| word(w, Blames::WORDS))?,
            bases: loader.ids(frame, schema::BASIS, |_, w| word(w, Basis::WORDS))?,
            codes: frame.column(schema::REPLY_CODE)?.u16()?.iter().collect(),
            statuses: loader.ids(frame, schema::STATUS, |_, text| status_number(text))?,
            speakers: loader.ids(frame, schema::REJECTING_SYSTEM, Loader::receiver)?,
            blocklists: loader.ids(frame, schema::BLOCKLIST, |l, t| l.night.blocklists.id(t))?,
            templates: loader.ids(frame, schema::TEMPLATE, |l, t| l.night.templates.id(t))?,
        })
    }

    fn at(&self, at: usize, kind: Kind) -> Option<Voice> {
        let unnamed = Cause::ALL.get(self.causes[at] as usize).is_none();
        if unnamed && kind == Kind::Bounce {
            return None;
        }
        Some(Voice {
            kind,
            cause: Cause::ALL.get(self.causes[at] as usize).copied().unwrap_or(Cause::Unknown),
            permanence: Permanence::ALL.get(self.permanences[at] as usize).copied().unwrap_or(Permanence::Permanent),
            blames: Blames::ALL.get(self.blamed[at] as usize).copied().unwrap_or(Blames::Unknown),
            basis: Basis::ALL.get(self.bases[at] as usize).copied().unwrap_or(Basis::Unstated),
            reply_code: self.codes[at].and_then(ReplyCode::new),
            status: status_of(self.statuses[at]),
            speaker: self.speakers[at],
            blocklist: self.blocklists[at],
            template: self.templates[at],
        })
    }
}

/// A status as one number, `NONE` for what is none.
fn status_number(text: &str) -> u32 {
    let mut parts = text.split('.').map(|p| p.parse::<u32>().ok().filter(|p| *p <= 999));
    match (parts.next().flatten(), parts.next().flatten(), parts.next().flatten(), parts.next()) {
        (Some(class), Some(subject), Some(detail), None) => class * 1_000_000 + subject * 1_000 + detail,
        _ => NONE,
    }
}

fn status_of(number: u32) -> Option<EnhancedStatus> {
    let class = u8::try_from(number / 1_000_000).ok()?;
    EnhancedStatus::new(class, (number / 1_000 % 1_000) as u16, (number % 1_000) as u16)
}
