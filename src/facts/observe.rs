//! Observing: frames -> a night. In: the Parquet files of a night or of its shards. Out: a `Night` and nothing of the rows.
//! Row groups are read on all cores, each core into a part of its own; then the parts are joined and put in order, so a
//! night is the same however it is cut.

use std::path::PathBuf;

use polars::prelude::DataFrame;

use super::distinct::Distinct;
use super::identity::Identity;
use super::keys::{self, Key, Keys, Naming};
use super::maps::Contacts;
use super::names::{NONE, renumber};
use super::night::{Counted, Night, Outcome};
use super::send_log::{Attempt, Bounce, Bounced};
use super::shared_hosts;
use super::shares::shared_out;
use super::unknown::{Unknown, Wordings};
use crate::bounce::{Family, Kind, Unproven};
use crate::frame::cells::{Coded, Members, Numbers, Words, flags};
use crate::frame::{RowGroups, schema};
use crate::tables::consumer_domains::ConsumerDomains;
use crate::tables::policy::Doubtful;
use crate::tables::receivers::Receivers;

const EVENTS: &[&str] = &[
    schema::KIND,
    schema::UNPROVEN,
    schema::FAMILY,
    schema::REMOTE_MTA,
    schema::RECEIVER_FAMILY,
    schema::CUSTOMER_KEY,
    schema::TENANT_ID,
    schema::MESSAGE_ID,
];

const DELIVERIES: &[&str] = &[
    schema::COUNT,
    schema::ATTEMPTED,
    schema::REMOTE_MTA,
    schema::RECEIVER_FAMILY,
    schema::CUSTOMER_KEY,
    schema::MESSAGE_ID,
];

/// What is known before a night is read.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// Families of receivers.
    pub receivers: &'a Receivers,
    /// Domains at which anybody may have a mailbox.
    pub consumers: &'a ConsumerDomains,
    /// The sender's own list.
    pub contacts: &'a Contacts,
    /// Wordings of "unknown" that are wrong at times.
    pub liars: &'a [Doubtful],
}

/// Observes bounces, delays and complaints, and deliveries. `named` are receivers that the user's map names.
///
/// # Errors
/// A file that cannot be read, or lacks a column.
pub fn observe(events: &[PathBuf], deliveries: &[PathBuf], named: &[&str], known: Known<'_>) -> anyhow::Result<Night> {
    let events = RowGroups::open(events, &[keys::COLUMNS, EVENTS, Wordings::COLUMNS].concat())?;
    let attempted = any_attempted(deliveries)?;
    let deliveries = RowGroups::open(deliveries, &[keys::COLUMNS, DELIVERIES].concat())?;
    let mut whole = Part::new(known);
    for part in shared_out(&events, || Part::new(known), |part, _, frame| part.events(frame, attempted))? {
        whole.join(part);
    }
    let bounced = Bounced::new(std::mem::take(&mut whole.bounces), std::mem::take(&mut whole.messages), &whole.night);
    for part in shared_out(&deliveries, || Part::new(known), |part, _, frame| part.deliveries(frame, &bounced))? {
        whole.join(part);
    }
    bounced.take_off(std::mem::take(&mut whole.attempts), &mut whole.night);
    Ok(whole.finish(named))
}

/// Whether any file is a send log. Its bounces must then be kept until it is read.
fn any_attempted(deliveries: &[PathBuf]) -> anyhow::Result<bool> {
    for frame in crate::frame::scan(deliveries, &[schema::ATTEMPTED])? {
        if flags(&frame?, schema::ATTEMPTED)?.any() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What one core has seen.
struct Part<'a> {
    known: Known<'a>,
    night: Night,
    /// Recipients of bounces and of deliveries.
    mailed: Distinct,
    /// Rows that name the host that answered, and all: of bounces and of deliveries.
    hosts_named: [(u64, u64); 2],
    /// Bounces that name no host and tell the receiver by their words.
    told: u64,
    bounces: Vec<Bounce>,
    /// Messages that bounced, with their recipients.
    messages: Vec<u64>,
    attempts: Vec<Attempt>,
}

/// A part learns the names that it meets.
impl Naming for Part<'_> {
    fn domain(&mut self, name: &str) -> (u32, bool) {
        let consumers = self.known.consumers;
        let id = self.night.domain(name, |domain| consumers.provider_of(domain).is_some());
        (id, self.night.facts[id as usize].consumer)
    }

    fn sender(&mut self, part: usize, name: &str) -> u32 {
        let night = &mut self.night;
        let names = [&mut night.ips, &mut night.sending_domains, &mut night.campaigns, &mut night.list_sources];
        names[part].id(name)
    }
}

impl<'a> Part<'a> {
    fn new(known: Known<'a>) -> Part<'a> {
        Part {
            known,
            night: Night::default(),
            mailed: Distinct::default(),
            hosts_named: [(0, 0); 2],
            told: 0,
            bounces: Vec::new(),
            messages: Vec::new(),
            attempts: Vec::new(),
        }
    }

    /// Counts the rows that take part. With `keep` their bounces are kept for send logs.
    fn events(&mut self, frame: &DataFrame, keep: bool) -> anyhow::Result<()> {
        let mut keys = Keys::of(frame, self.known.contacts)?;
        let kinds = Members::<Kind>::of(frame, schema::KIND)?;
        let unproven = Members::<Unproven>::of(frame, schema::UNPROVEN)?;
        let families = Members::<Family>::of(frame, schema::FAMILY)?;
        let (mut hosts, messages) = (Hosts::of(frame)?, Words::of(frame, schema::MESSAGE_ID)?);
        let (tenants, templates) = (Words::of(frame, schema::TENANT_ID)?, Words::of(frame, schema::TEMPLATE)?);
        let wordings = Wordings::of(frame, self.known.liars)?;
        for row in 0..frame.height() {
            let (Some(recipient), Some(kind)) = (keys.recipient(row), kinds.get(row)) else { continue };
            let (family, failed) = (families.get(row), matches!(kind, Kind::Bounce | Kind::SelfSuppressed));
            // What matches nothing sent is no evidence about what was sent.
            if unproven.get(row) == Some(Unproven::Unmatched) || (family.is_none() && !failed) {
                continue;
            }
            let Some(key) = keys.get(row, self) else { continue };
            let identity = self.night.identities.id(key.identity);
            if failed {
                self.messages.extend(messages.get(row).map(|message| Bounced::message_key(message, recipient)));
                if keep {
                    let names_message = messages.get(row).is_some();
                    self.bounces.push(Bounce { recipient, domain: key.domain, identity, names_message });
                }
            }
            let Some(family) = family else { continue };
            if kind == Kind::Bounce {
                self.mailed.add(recipient);
                self.name_host(0, &hosts, row);
                self.told += u64::from(!hosts.named(row) && hosts.receivers.has(row));
            }
            if family == Family::Personal {
                self.night.refused_by(key.domain, recipient);
            }
            self.answered(&mut hosts, row, key.domain, 1);
            let tenant = tenants.get(row).map_or(NONE, |tenant| self.night.tenants.id(tenant));
            self.night.marked(key.domain, NONE, tenant);
            if family == Family::Explicit
                && let Some(template) = templates.get(row)
            {
                let words = self.night.words.id(template);
                self.night.said(key.domain, words, 1);
            }
            self.count(key, identity, Outcome::of(family), 1);
            if kind == Kind::Bounce && family == Family::Missing && wordings.speak_of_mailbox(row) {
                let unknown = Unknown::of(recipient, (key.domain, key.bucket), identity, wordings.lie(row));
                self.night.unknown.push(unknown);
            }
        }
        Ok(())
    }

    /// Counts what was accepted; of a send log what did not bounce.
    fn deliveries(&mut self, frame: &DataFrame, bounced: &Bounced) -> anyhow::Result<()> {
        let mut keys = Keys::of(frame, self.known.contacts)?;
        let (mut hosts, messages) = (Hosts::of(frame)?, Words::of(frame, schema::MESSAGE_ID)?);
        let (counts, attempted) = (Numbers::of(frame, schema::COUNT)?, flags(frame, schema::ATTEMPTED)?);
        for row in 0..frame.height() {
            let Some(key) = keys.get(row, self) else { continue };
            let (recipient, message) = (keys.recipient(row), messages.get(row));
            let count = counts.get(row).and_then(|n| u64::try_from(n).ok()).unwrap_or(1);
            self.night.rates = true;
            self.name_host(1, &hosts, row);
            self.answered(&mut hosts, row, key.domain, count);
            recipient.iter().for_each(|recipient| self.mailed.add(*recipient));
            if bounced.holds_message(message, recipient) {
                continue;
            }
            let identity = self.night.identities.id(key.identity);
            let attempt = || bounced.attempt(recipient, message.is_some(), &self.named(&key));
            match if attempted.get(row) == Some(true) { attempt() } else { None } {
                Some((view, whose)) => {
                    let Key { domain, bucket, .. } = key;
                    let bucket = recipient.map(|_| bucket);
                    self.attempts.push(Attempt { view, whose, domain, identity, bucket, count });
                }
                None => self.accept(key, identity, recipient.is_some(), count),
            }
        }
        Ok(())
    }

    /// Our side and the domain of a row by name.
    fn named(&self, key: &Key) -> ([&str; 4], &str) {
        let Identity { ip, sending_domain, campaign, list_source } = key.identity;
        let night = &self.night;
        let ours = [
            night.ips.name(ip),
            night.sending_domains.name(sending_domain),
            night.campaigns.name(campaign),
            night.list_sources.name(list_source),
        ];
        (ours, night.domains.name(key.domain))
    }

    fn accept(&mut self, key: Key, identity: u32, named: bool, count: u64) {
        self.night.accept(key.domain, identity, named.then_some(key.bucket), count);
    }

    fn count(&mut self, key: Key, identity: u32, outcome: Outcome, count: u32) {
        self.night.count(Counted { domain: key.domain, identity, bucket: key.bucket, outcome, count });
    }

    fn name_host(&mut self, of: usize, hosts: &Hosts, row: usize) {
        let (named, all) = &mut self.hosts_named[of];
        *named += u64::from(hosts.named(row));
        *all += 1;
    }

    fn answered(&mut self, hosts: &mut Hosts<'_>, row: usize, domain: u32, count: u64) {
        let Part { night, known, .. } = self;
        let receiver = hosts.receivers.get(row, |receiver| night.receiver_of(receiver, known.receivers));
        match receiver {
            Some(receiver) if hosts.named(row) => night.answered(domain, receiver, count),
            Some(receiver) => night.told(domain, receiver, count),
            None => night.facts[domain as usize].elsewhere += if hosts.named(row) { count } else { 0 },
        }
        if receiver.is_none()
            && let Some(host) = hosts.names.get(row)
            && known.receivers.answering_at(host).is_none()
        {
            match shared_hosts::foreign(host, night.domains.name(domain)) {
                Some(foreign) => {
                    let host = night.hosts.id(foreign);
                    night.answered_by_host(domain, host, count);
                }
                None => night.facts[domain as usize].own_host = true,
            }
        }
        if let Some(customer) = hosts.customers.get(row) {
            let customer = night.customers.id(customer);
            night.marked(domain, customer, NONE);
        }
    }

    /// Adds another part.
    fn join(&mut self, other: Part) {
        self.mailed.join(other.mailed);
        for (sum, part) in self.hosts_named.iter_mut().zip(other.hosts_named) {
            *sum = (sum.0 + part.0, sum.1 + part.1);
        }
        self.told += other.told;
        self.night.rates |= other.night.rates;
        let (domains, identities) = self.night.join(other.night);
        self.bounces.extend(other.bounces.into_iter().map(|bounce| Bounce {
            domain: renumber(bounce.domain, &domains),
            identity: renumber(bounce.identity, &identities),
            ..bounce
        }));
        self.messages.extend(other.messages);
        self.attempts.extend(other.attempts.into_iter().map(|attempt| Attempt {
            domain: renumber(attempt.domain, &domains),
            identity: renumber(attempt.identity, &identities),
            ..attempt
        }));
    }

    fn finish(mut self, named: &[&str]) -> Night {
        let share = |(named, all): (u64, u64)| if all == 0 { 1.0 } else { named as f64 / all as f64 };
        self.night.receivers_covered = share(self.hosts_named[1]) >= 0.5 * share(self.hosts_named[0]);
        self.night.receivers_told = self.night.rates && self.told > self.hosts_named[0].0;
        let mailed = std::mem::take(&mut self.mailed).count();
        self.night.recipients_mailed = (self.night.rates && mailed > 0).then_some(mailed);
        for receiver in named {
            self.night.receiver_of(receiver, self.known.receivers);
        }
        self.place_consumers();
        shared_hosts::place(&mut self.night);
        self.night.sort();
        self.night
    }

    /// A consumer domain belongs to its provider. One vote only: hosts that answered know better.
    fn place_consumers(&mut self) {
        for domain in 0..self.night.facts.len() as u32 {
            if self.night.facts[domain as usize].consumer
                && let Some(provider) = self.known.consumers.provider_of(self.night.domains.name(domain))
            {
                let receiver = self.night.receiver_of(provider, self.known.receivers);
                self.night.answered(domain, receiver, 1);
            }
        }
    }
}

/// What the answering hosts tell of a domain.
struct Hosts<'f> {
    names: Words<'f>,
    receivers: Coded<'f>,
    customers: Words<'f>,
}

impl<'f> Hosts<'f> {
    fn of(frame: &'f DataFrame) -> anyhow::Result<Hosts<'f>> {
        Ok(Hosts {
            names: Words::of(frame, schema::REMOTE_MTA)?,
            receivers: Coded::of(frame, schema::RECEIVER_FAMILY)?,
            customers: Words::of(frame, schema::CUSTOMER_KEY)?,
        })
    }

    /// Whether a row says which host answered: an IP in its place tells nobody's name.
    fn named(&self, row: usize) -> bool {
        self.names.get(row).is_some_and(|host| !shared_hosts::is_ip(host))
    }
}
