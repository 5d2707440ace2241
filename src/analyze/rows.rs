//! The tables around the incidents: by recipient domain, by code, by both. In: the night's rows with their owners. Out:
//! the rows of a `Judgement`, its sums, and how concentrated the refusals are.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::cells::Cells;
use super::details::{Owners, most};
use super::grounds::Concentration;
use super::incident::{CodeRow, DomainCodeRow, DomainRow, Judgement};
use super::names::{NONE, QuickMap};
use super::night::{Night, Voice};
use super::organisation::Places;
use crate::bounce::{Cause, EnhancedStatus, Kind, ReplyCode};

type Code = (Option<ReplyCode>, Option<EnhancedStatus>, Cause);

/// What is counted of one domain.
#[derive(Default, Clone)]
struct OfDomain {
    bounces: u64,
    delays: u64,
    complaints: u64,
    causes: Few<Cause>,
    codes: Few<Code>,
    incidents: Few<usize>,
}

/// Counts of a few keys, sorted by key: half a million domains have three of these each.
#[derive(Clone)]
struct Few<K>(Vec<(K, u64)>);

impl<K> Default for Few<K> {
    fn default() -> Few<K> {
        Few(Vec::new())
    }
}

impl<K: Copy + Ord> Few<K> {
    fn count(&mut self, key: K) {
        match self.0.binary_search_by_key(&key, |(key, _)| *key) {
            Ok(at) => self.0[at].1 += 1,
            Err(at) => self.0.insert(at, (key, 1)),
        }
    }

    fn iter(&self) -> impl Iterator<Item = (K, u64)> {
        self.0.iter().copied()
    }

    /// The most frequent key; of equals the smallest.
    fn most(&self) -> Option<K> {
        self.iter().max_by_key(|(key, n)| (*n, Reverse(*key))).map(|(key, _)| key)
    }
}

/// What is counted of one code at one receiver.
#[derive(Default)]
struct OfCode {
    bounces: u64,
    deciders: u64,
    last: Option<u32>,
    templates: BTreeMap<u32, u64>,
}

/// What is counted of a part of the night.
#[derive(Default)]
struct Counts {
    domains: QuickMap<u32, OfDomain>,
    codes: QuickMap<(Code, u32), OfCode>,
}

/// Adds the tables and sums to a judgement. `ids` are the incidents in the order that `owners` uses.
pub fn add(judgement: &mut Judgement, night: &Night, places: &Places, cells: &Cells, owners: &Owners, ids: &[String]) {
    let parts = cells.in_parts(|nodes| Counts::over(night, cells, owners, nodes));
    let (mut domains, mut codes) = (BTreeMap::<u32, OfDomain>::new(), BTreeMap::<(Code, u32), OfCode>::new());
    for part in parts {
        // A domain has one decider, and no decider is in two parts.
        domains.extend(part.domains);
        part.codes.into_iter().for_each(|(code, counted)| codes.entry(code).or_default().join(counted));
    }
    judgement.codes = code_rows(night, codes);
    judgement.domain_codes = domain_code_rows(night, &domains);
    judgement.domains = domain_rows(night, places, cells.rates, &domains, ids);
    sums(judgement, night, cells, &domains);
}

impl Counts {
    fn over(night: &Night, cells: &Cells, owners: &Owners, nodes: std::ops::Range<usize>) -> Counts {
        let mut counts = Counts::default();
        for n in nodes {
            let node = &cells.nodes[n];
            for at in cells.cells_of(n).flat_map(|cell| cells.fails_of(cell)) {
                let fail = cells.fails[at];
                let owner = owners.of(node.decider, fail.family, fail.by);
                for row in cells.rows_of(at) {
                    let voice = &night.voices[row.voice as usize];
                    counts.domains.entry(row.domain).or_default().add(voice, owner);
                    if voice.kind == Kind::Bounce {
                        counts.codes.entry((code_of(voice), voice.speaker)).or_default().add(voice, node.decider);
                    }
                }
            }
        }
        counts
    }
}

fn code_of(voice: &Voice) -> Code {
    (voice.reply_code, voice.status, voice.cause)
}

impl OfDomain {
    fn add(&mut self, voice: &Voice, owner: Option<usize>) {
        match voice.kind {
            Kind::Delay => self.delays += 1,
            Kind::Complaint => self.complaints += 1,
            _ => {
                self.bounces += 1;
                self.causes.count(voice.cause);
                self.codes.count(code_of(voice));
                if let Some(incident) = owner {
                    self.incidents.count(incident);
                }
            }
        }
    }
}

impl OfCode {
    fn add(&mut self, voice: &Voice, decider: u32) {
        self.bounces += 1;
        if self.last != Some(decider) {
            self.last = Some(decider);
            self.deciders += 1;
        }
        if voice.template != NONE {
            *self.templates.entry(voice.template).or_default() += 1;
        }
    }
}

impl OfCode {
    /// Adds another part of the night; no decider is in both.
    fn join(&mut self, other: OfCode) {
        self.bounces += other.bounces;
        self.deciders += other.deciders;
        other.templates.into_iter().for_each(|(template, n)| *self.templates.entry(template).or_default() += n);
    }
}

fn code_rows(night: &Night, codes: BTreeMap<(Code, u32), OfCode>) -> Vec<CodeRow> {
    let mut rows: Vec<CodeRow> = codes
        .into_iter()
        .map(|(((reply_code, status, cause), speaker), counted)| CodeRow {
            reply_code,
            status,
            cause,
            receiver: night.receivers.get(speaker).map(str::to_owned),
            bounces: counted.bounces,
            organisations: counted.deciders,
            template: most(&counted.templates).and_then(|(id, _)| night.templates.get(id)).map(str::to_owned),
        })
        .collect();
    // The map's order is by code, cause, receiver, and the sort is stable.
    rows.sort_by_key(|row| Reverse(row.bounces));
    rows
}

fn domain_code_rows(night: &Night, domains: &BTreeMap<u32, OfDomain>) -> Vec<DomainCodeRow> {
    let row = |domain: u32, code: &Code, bounces: u64| DomainCodeRow {
        domain: night.domains.name(domain).to_owned(),
        reply_code: code.0,
        status: code.1,
        cause: code.2,
        bounces,
    };
    // Ids of domains follow their names.
    domains.iter().flat_map(|(domain, counted)| counted.codes.iter().map(move |(c, n)| row(*domain, &c, n))).collect()
}

fn domain_rows(
    night: &Night,
    places: &Places,
    rates: bool,
    domains: &BTreeMap<u32, OfDomain>,
    ids: &[String],
) -> Vec<DomainRow> {
    let mut rows: Vec<DomainRow> = domains
        .iter()
        .map(|(domain, counted)| {
            let decider = places.decider_of[*domain as usize];
            let organisation = (!places.is_pool(decider)).then(|| places.deciders[decider as usize].key.clone());
            let mut causes: Vec<(Cause, u64)> = counted.causes.iter().collect();
            causes.sort_by_key(|(cause, n)| (Reverse(*n), *cause));
            DomainRow {
                domain: night.domains.name(*domain).to_owned(),
                organisation,
                receiver: night.receivers.get(places.receiver_of[*domain as usize]).map(str::to_owned),
                bounces: counted.bounces,
                delays: counted.delays,
                complaints: counted.complaints,
                delivered: rates.then(|| night.facts[*domain as usize].delivered),
                causes,
                incident: counted.incidents.most().map(|at| ids[at].clone()),
            }
        })
        .collect();
    rows.sort_by_key(|row| Reverse(row.bounces));
    rows
}

fn sums(judgement: &mut Judgement, night: &Night, cells: &Cells, domains: &BTreeMap<u32, OfDomain>) {
    let bounces: u64 = domains.values().map(|d| d.bounces).sum();
    let delivered: u64 = night.facts.iter().map(|f| f.delivered).sum();
    if cells.rates {
        judgement.delivered = Some(delivered);
        judgement.tried = Some(delivered + bounces);
    }
    judgement.concentration = concentration(night, cells);
}

/// Refusals by those who decide: by organisation, and by receiver for its consumer mailboxes.
fn concentration(night: &Night, cells: &Cells) -> Option<Concentration> {
    let refuses = |voice: &Voice| voice.kind == Kind::Bounce && voice.cause.is_refusal();
    let mut by_decider: BTreeMap<u32, u64> = BTreeMap::new();
    for (n, node) in cells.nodes.iter().enumerate() {
        let rows = cells.cells_of(n).flat_map(|c| cells.fails_of(c)).flat_map(|f| cells.rows_of(f));
        let refused = rows.filter(|row| refuses(&night.voices[row.voice as usize])).count();
        *by_decider.entry(node.decider).or_default() += refused as u64;
    }
    Concentration::of(by_decider.into_values())
}
