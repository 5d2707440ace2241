//! The tables around the incidents: by recipient domain, by code, by both. In: the groups of the rows. Out: the rows of a
//! `Judgement`, its sums, and how concentrated the refusals are.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::details::most;
use super::incident::{CodeRow, DomainCodeRow, DomainRow, Judgement};
use super::owned::Owned;
use super::replies::Code;
use crate::bounce::{Cause, Kind};
use crate::facts::Facts;
use crate::judge::grounds::Concentration;
use crate::tables::receivers::Receivers;

/// What is counted of one domain.
#[derive(Default)]
struct OfDomain {
    bounces: u64,
    delays: u64,
    complaints: u64,
    causes: BTreeMap<Cause, u64>,
    codes: BTreeMap<Code, u64>,
    incidents: BTreeMap<usize, u64>,
}

/// The rows by domain, and by domain and code. `ids` are the incidents by their places in the verdict.
pub fn domains(rows: &Owned, facts: &Facts, ids: &[String]) -> (Vec<DomainRow>, Vec<DomainCodeRow>) {
    let mut owners = rows.owned_domains.iter().peekable();
    let (mut by_domain, mut by_code) = (Vec::new(), Vec::new());
    // Both are in the order of the domains, whose numbers follow their names.
    for groups in rows.domains.chunk_by(|a, b| a.upper == b.upper) {
        let (mut counted, domain) = (OfDomain::default(), groups[0].upper);
        for group in groups {
            if let Some(reply) = rows.replies.get_index(group.lower as usize) {
                counted.add(reply.kind, reply.code, group.count);
            }
        }
        while let Some(group) = owners.next_if(|group| group.upper == domain) {
            counted.incidents.insert(group.lower as usize, group.count);
        }
        let name = facts.night.domains.name(domain);
        by_code.extend(counted.codes.iter().map(|((reply_code, status, cause), bounces)| DomainCodeRow {
            domain: name.to_owned(),
            reply_code: *reply_code,
            status: *status,
            cause: *cause,
            bounces: *bounces,
        }));
        by_domain.push(counted.row(domain, facts, ids));
    }
    by_domain.sort_by_key(|row| Reverse(row.bounces));
    (by_domain, by_code)
}

impl OfDomain {
    fn add(&mut self, kind: Kind, code: Code, n: u64) {
        match kind {
            Kind::Delay => self.delays += n,
            Kind::Complaint => self.complaints += n,
            _ => {
                self.bounces += n;
                *self.causes.entry(code.2).or_default() += n;
                *self.codes.entry(code).or_default() += n;
            }
        }
    }

    fn row(&self, domain: u32, facts: &Facts, ids: &[String]) -> DomainRow {
        let Facts { night, places, .. } = facts;
        let decider = places.decider_of[domain as usize];
        let organisation = (!places.is_pool(decider)).then(|| places.deciders[decider as usize].key.clone());
        let mut causes: Vec<(Cause, u64)> = self.causes.iter().map(|(cause, n)| (*cause, *n)).collect();
        causes.sort_by_key(|(cause, n)| (Reverse(*n), *cause));
        DomainRow {
            domain: night.domains.name(domain).to_owned(),
            organisation,
            receiver: night.receivers.get(places.receiver_of[domain as usize]).map(str::to_owned),
            bounces: self.bounces,
            delays: self.delays,
            complaints: self.complaints,
            delivered: night.rates.then(|| night.delivered[domain as usize]),
            causes,
            incident: most(&self.incidents).and_then(|(owner, _)| ids.get(*owner)).cloned(),
        }
    }
}

/// What is counted of one code at one receiver.
#[derive(Default)]
struct OfCode<'r> {
    bounces: u64,
    deciders: BTreeSet<u32>,
    templates: BTreeMap<&'r str, u64>,
}

/// The rows by code, cause and the receiver that spoke.
pub fn codes(rows: &Owned, facts: &Facts, receivers: &Receivers) -> Vec<CodeRow> {
    let mut counted: BTreeMap<(Code, Option<&str>), OfCode<'_>> = BTreeMap::new();
    for group in &rows.domains {
        let Some(reply) = rows.replies.get_index(group.lower as usize).filter(|r| r.kind == Kind::Bounce) else {
            continue;
        };
        let system = reply.system.as_deref().map(|name| receivers.family(name));
        let of_code = counted.entry((reply.code, system)).or_default();
        of_code.bounces += group.count;
        of_code.deciders.insert(facts.places.decider_of[group.upper as usize]);
        if let Some(template) = &reply.template {
            *of_code.templates.entry(template).or_default() += group.count;
        }
    }
    let row = |(((reply_code, status, cause), receiver), of_code): ((Code, Option<&str>), OfCode<'_>)| CodeRow {
        reply_code,
        status,
        cause,
        receiver: receiver.map(str::to_owned),
        bounces: of_code.bounces,
        organisations: of_code.deciders.len() as u64,
        template: most(&of_code.templates).map(|(template, _)| (*template).to_owned()),
    };
    let mut rows: Vec<CodeRow> = counted.into_iter().map(row).collect();
    // The map's order is by code, cause, receiver, and the sort is stable.
    rows.sort_by_key(|row| Reverse(row.bounces));
    rows
}

/// Messages tried and delivered of a night.
pub fn sums(judgement: &mut Judgement, facts: &Facts) {
    if facts.cells.rates {
        let delivered: u64 = facts.night.delivered.iter().sum();
        let bounces: u64 = judgement.domains.iter().map(|domain| domain.bounces).sum();
        judgement.delivered = Some(delivered);
        judgement.tried = Some(delivered + bounces);
    }
}

/// Refusals by those who decide: by organisation, and by receiver for its consumer mailboxes. `None` without any.
pub fn concentration(rows: &Owned, facts: &Facts) -> Option<Concentration> {
    let mut sizes: BTreeMap<u32, u64> = BTreeMap::new();
    for group in &rows.domains {
        let reply = rows.replies.get_index(group.lower as usize);
        if reply.is_some_and(|reply| reply.kind == Kind::Bounce && reply.code.2.is_refusal()) {
            *sizes.entry(facts.places.decider_of[group.upper as usize]).or_default() += group.count;
        }
    }
    Concentration::of(sizes.into_values())
}
