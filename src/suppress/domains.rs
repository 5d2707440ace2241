//! Targets: the domains that an entry may be about, and those that wait for a person. In: the judgement, before any
//! event is read. Out: targets, found by domain and sending domain; what the events show of each is counted later.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::decision::Hold;
use super::domain_entry::DomainEntry;
use super::entry::{Refused, Seen};
use super::options::{Allow, Options};
use super::record::{NONE, Record};
use super::signal::Signal;
use crate::bounce::{Cause, Confidence, IncidentKind, ScopeType};
use crate::outcome::incident::{DomainRow, Incident, Judgement};
use crate::tables::policy::Suppress;

/// A domain that an entry may be about.
#[derive(Debug, Clone)]
pub(super) struct Target<'a> {
    pub domain: &'a str,
    /// Its organisation, where the target is a domain that takes no mail.
    pub organisation: Option<&'a str>,
    /// The tenant block; `None` for a domain that takes no mail.
    pub incident: Option<&'a Incident>,
    /// The block's place in the judgement, or `NONE`.
    pub owner: u32,
    /// Only mail from this domain of ours is refused.
    pub sending_domain: Option<&'a str>,
}

/// A domain that waits for a person.
#[derive(Debug, Clone)]
pub struct HeldDomain {
    /// The domain.
    pub domain: String,
    /// The incident that suspects it, if one does.
    pub incident: Option<String>,
    /// Why it waits.
    pub reason: Hold,
    /// Its most frequent cause.
    pub cause: Option<Cause>,
    /// Failures.
    pub bounces: u64,
}

impl HeldDomain {
    /// One that an incident suspects.
    fn of(incident: &Incident, domain: &str, reason: Hold) -> HeldDomain {
        let (cause, bounces) = (incident.cause, incident.bounces);
        HeldDomain { domain: domain.to_owned(), incident: Some(incident.id.clone()), reason, cause, bounces }
    }
}

/// All targets.
#[derive(Debug, Default)]
pub(super) struct Targets<'a> {
    pub all: Vec<Target<'a>>,
    pub held: Vec<HeldDomain>,
    by_domain: HashMap<&'a str, Vec<u32>>,
}

impl<'a> Targets<'a> {
    pub fn new(judgement: &'a Judgement, policy: &Suppress, options: &Options) -> Targets<'a> {
        let consumer: HashSet<&str> =
            judgement.domains.iter().filter(|d| d.organisation.is_none()).map(|d| d.domain.as_str()).collect();
        let mut targets = Targets::default();
        for (incident, owner) in judgement.incidents.iter().zip(0..) {
            for domain in domains_of(incident).into_iter().filter(|d| !consumer.contains(d)) {
                targets.weigh((incident, owner), domain, policy, options);
            }
        }
        for row in &judgement.domains {
            targets.weigh_dead(row, &options.allow);
        }
        for (index, target) in (0..).zip(&targets.all) {
            targets.by_domain.entry(target.domain).or_default().push(index);
        }
        targets.hold([]);
        targets
    }

    /// Adds domains that wait, each once.
    fn hold(&mut self, held: impl IntoIterator<Item = HeldDomain>) {
        self.held.extend(held);
        self.held.sort_by(|a, b| (&a.domain, a.reason, &a.incident).cmp(&(&b.domain, b.reason, &b.incident)));
        self.held.dedup_by(|a, b| a.domain == b.domain);
    }

    /// The target that an event speaks about.
    pub fn find(&self, domain: &str, sending_domain: Option<&str>, signal: Signal) -> Option<u32> {
        if !matches!(signal, Signal::Ours | Signal::Unknown | Signal::Retried | Signal::DeadDomain) {
            return None;
        }
        let fits = |index: &&u32| {
            let target = self.all.get(**index as usize);
            target.is_some_and(|t| t.sending_domain.is_none() || t.sending_domain == sending_domain)
        };
        self.by_domain.get(domain)?.iter().find(fits).copied()
    }

    /// Whether each target has an entry coming: a tenant block acts on all the organisation's domains once one of them
    /// refused for good; a domain that takes no mail must have said so. Domains of the other blocks wait.
    pub fn acting(&mut self, shown: &[Shown]) -> Vec<bool> {
        let permanent: HashSet<&str> = self.proven(shown);
        let acts = |(target, shown): (&Target<'_>, &Shown)| match target.incident {
            Some(incident) => permanent.contains(incident.id.as_str()),
            None => shown.row != NONE,
        };
        let acting: Vec<bool> = self.all.iter().zip(shown).map(acts).collect();
        let waiting = self.all.iter().zip(&acting).filter(|(_, acts)| !**acts);
        let of = |target: &Target<'_>| Some(HeldDomain::of(target.incident?, target.domain, Hold::Transient));
        let held: Vec<HeldDomain> = waiting.filter_map(|(target, _)| of(target)).collect();
        self.hold(held);
        acting
    }

    /// The incidents of which some target has a permanent refusal.
    pub fn proven(&self, shown: &[Shown]) -> HashSet<&'a str> {
        let spoken = self.all.iter().zip(shown).filter(|(_, shown)| shown.row != NONE);
        spoken.filter_map(|(target, _)| target.incident).map(|incident| incident.id.as_str()).collect()
    }

    /// A domain of a tenant's incident: a target if the block acts, held if it is suspected.
    fn weigh(&mut self, (incident, owner): (&'a Incident, u32), domain: &'a str, policy: &Suppress, options: &Options) {
        // Whether the replies are permanent is known when they are read; here it is only asked what the incident allows.
        let probe = Seen { first: None, last: None, bounces: 1, days: 0, origin: String::new() };
        let reason = match DomainEntry::from_tenant_block(domain, incident, 1, (0, probe), policy, options.as_of) {
            Ok(_) if options.allow.holds_domain(domain) => Hold::Allowed,
            Ok(_) => {
                let sending_domain = incident.scope.part(ScopeType::SendingDomain);
                self.all.push(Target { domain, organisation: None, incident: Some(incident), owner, sending_domain });
                return;
            }
            Err(Refused::IdentityNotExpressible) => Hold::OneIdentity,
            Err(_) if incident.kind == IncidentKind::TenantBlock && incident.confidence == Confidence::Low => {
                Hold::SuspectedTenant
            }
            Err(_) if incident.waits() => Hold::DeliveriesUnknown,
            Err(_) if incident.kind == IncidentKind::Inconclusive && !incident.is_personal() => Hold::Inconclusive,
            Err(_) => return,
        };
        self.held.push(HeldDomain::of(incident, domain, reason));
    }

    /// A domain that is said to take no mail: a target unless something of it answered.
    fn weigh_dead(&mut self, row: &'a DomainRow, allow: &Allow) {
        let dead: u64 = row.causes.iter().filter(|(c, _)| *c == Cause::DomainInvalid).map(|(_, n)| n).sum();
        // Its addresses are held one by one (`Hold::DomainAnswered`) where it is no target.
        if dead == 0 || row.organisation.is_none() || is_alive(row) {
            return;
        }
        if allow.holds_domain(&row.domain) {
            let (domain, cause) = (row.domain.clone(), Some(Cause::DomainInvalid));
            self.held.push(HeldDomain { domain, incident: None, reason: Hold::Allowed, cause, bounces: dead });
            return;
        }
        let organisation = row.organisation.as_deref();
        let (domain, incident, owner) = (row.domain.as_str(), None, NONE);
        self.all.push(Target { domain, organisation, incident, owner, sending_domain: None });
    }
}

/// An organisation's domains: those listed, and its key; none for other scopes.
fn domains_of(incident: &Incident) -> BTreeSet<&str> {
    let key = incident.scope.part(ScopeType::Organisation);
    let listed = incident.domains.iter().map(String::as_str);
    match (key, incident.domains.is_empty()) {
        (None, _) => BTreeSet::new(),
        (Some(key), true) => BTreeSet::from([key]),
        // The key is a registrable domain; it is mailed itself only if it is listed.
        (Some(_), false) => listed.collect(),
    }
}

/// Whether something answered for the domain tonight: it accepted mail, or gave an answer of any other kind. Only what
/// a sender says without having reached anybody leaves the domain dead.
fn is_alive(row: &DomainRow) -> bool {
    let nobody_spoke =
        |cause: &Cause| matches!(cause, Cause::DomainInvalid | Cause::Network | Cause::RoutingLoop | Cause::Unknown);
    row.delivered.is_some_and(|n| n > 0) || row.causes.iter().any(|(cause, n)| *n > 0 && !nobody_spoke(cause))
}

/// What the events show of one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    /// Events.
    pub bounces: u64,
    /// Distinct addresses.
    pub recipients: u64,
    /// Position of the first event, or `NONE`.
    pub row: u32,
    /// First and last, seconds since 1970, or `NONE`.
    pub first: u32,
    pub last: u32,
}

/// Counts for each target what the events show of it. The records of one address stand together.
pub(super) fn shown(records: &[Record], targets: &Targets<'_>) -> Vec<Shown> {
    let nothing = Shown { bounces: 0, recipients: 0, row: NONE, first: NONE, last: NONE };
    let mut shown = vec![nothing; targets.all.len()];
    for address in records.chunk_by(|a, b| a.address == b.address) {
        let mut counted = BTreeMap::new();
        for record in address {
            let Some(target) = targets.all.get(record.target as usize) else { continue };
            let speaks = match target.incident {
                // A transient answer lists no domain, nor does a refusal that another incident owns.
                Some(_) => {
                    let speaks = matches!(record.signal, Signal::Ours | Signal::Unknown);
                    record.incident == target.owner && record.policy && record.permanent && speaks
                }
                None => record.signal == Signal::DeadDomain,
            };
            if speaks {
                counted.entry(record.target).or_insert_with(Vec::new).push(record);
            }
        }
        for (target, records) in counted {
            if let Some(shown) = shown.get_mut(target as usize) {
                shown.recipients += 1;
                records.into_iter().for_each(|r| shown.add(r));
            }
        }
    }
    shown
}

impl Shown {
    fn add(&mut self, record: &Record) {
        self.bounces += 1;
        self.row = self.row.min(record.row);
        self.first = self.first.min(record.second);
        if record.second != NONE && (self.last == NONE || self.last < record.second) {
            self.last = record.second;
        }
    }
}
