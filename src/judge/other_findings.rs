//! Organisations that do not refuse us, but fail in another way: they defer, their addresses have gone, their mail server is
//! not theirs any more, or several of their people have us on lists of their own. In: cells. Out: findings of little
//! consequence, kept apart so that nobody mistakes them for blocks.

use std::ops::Range;

use super::stats::binomial_tail;
use super::walk::{organisations, walk};
use crate::bounce::{Confidence, Families, Family, IncidentKind};
use crate::facts::cells::{Cells, NOBODY};
use crate::facts::night::Night;
use crate::facts::organisation::Places;
use crate::tables::policy::Judging;

/// One organisation that fails, but does not block.
#[derive(Debug, Clone)]
pub struct OtherFinding {
    /// The organisation.
    pub decider: u32,
    /// `Transient`, `StaleDomain`, `RelaySetup`, `UnreliableUnknown`, or `Inconclusive` for the lists of several people.
    pub kind: IncidentKind,
    /// Failures.
    pub fails: u64,
    /// Messages tried.
    pub tried: u64,
    /// How sure.
    pub confidence: Confidence,
    /// Number in `Fail::by`; `NOBODY` where it owns what is left of its organisation.
    pub number: u16,
}

impl OtherFinding {
    /// The wordings of its failures.
    pub fn families(&self) -> Families {
        KINDS
            .iter()
            .chain([&PERSONAL])
            .find(|(kind, _)| *kind == self.kind)
            .map_or(Families::NONE, |(_, families)| *families)
    }
}

const KINDS: [(IncidentKind, Families); 3] = [
    (IncidentKind::Transient, Family::Transient.set().with(Family::Delay.set())),
    (IncidentKind::StaleDomain, Family::Missing.set()),
    (IncidentKind::RelaySetup, Family::SetUp.set()),
];

/// One person's list is that person's wish; those of several may be one decision, or a rule that words itself as theirs.
const PERSONAL: (IncidentKind, Families) = (IncidentKind::Inconclusive, Family::Personal.set());

/// The organisations whose failures of one kind are the rule.
pub fn find(night: &Night, places: &Places, cells: &Cells, judging: &Judging) -> Vec<OtherFinding> {
    let mut found = Vec::new();
    for (kind, families) in KINDS {
        let tallies = tallies(night, places, cells, families);
        let large = tallies.iter().filter(|t| t.2 as f64 >= judging.tenant_failures).count().max(1) as f64;
        let few = tallies.iter().filter(|t| t.1 * 2 < t.2 || t.1 < 3).fold((0, 0), |q, t| (q.0 + t.1, q.1 + t.2));
        let base = if few.1 == 0 { 0.0 } else { few.0 as f64 / few.1 as f64 };
        let (least, rate) = match (kind, cells.rates) {
            (IncidentKind::StaleDomain, _) => (judging.stale_failures, judging.stale_rate),
            (_, true) => (judging.tenant_failures, judging.inconclusive_rate),
            (_, false) => (judging.deferred_failures_counts, judging.deferred_rate_counts),
        };
        for (decider, fails, tried) in tallies {
            let rule = fails as f64 >= least && fails as f64 >= rate * tried as f64;
            let chance = || binomial_tail(fails, tried, base.max(judging.stray_floor)) * large;
            if rule && chance() <= judging.tenant_chance {
                found.push(OtherFinding {
                    decider,
                    kind,
                    fails,
                    tried,
                    confidence: Confidence::Medium,
                    number: NOBODY,
                });
            }
        }
    }
    found.extend(personal(night, places, cells, judging));
    found
}

/// The organisations at which the lists of enough people refuse us. Nothing follows from it but a question, so no share and
/// no chance are asked for.
fn personal(night: &Night, places: &Places, cells: &Cells, judging: &Judging) -> Vec<OtherFinding> {
    let (kind, families) = PERSONAL;
    let people = |decider: u32| {
        let domains = places.deciders[decider as usize].domains.iter();
        domains.filter_map(|domain| night.personal.get(*domain as usize)).sum::<u64>()
    };
    let tallies = tallies(night, places, cells, families).into_iter().filter(|(_, fails, _)| *fails > 0);
    let many = tallies.filter(|(decider, ..)| people(*decider) as f64 >= judging.personal_recipients);
    let (confidence, number) = (Confidence::Low, NOBODY);
    many.map(|(decider, fails, tried)| OtherFinding { decider, kind, fails, tried, confidence, number }).collect()
}

/// Decider, failures of these families that nothing explains, and messages, for each organisation.
fn tallies(night: &Night, places: &Places, cells: &Cells, families: Families) -> Vec<(u32, u64, u64)> {
    let tally = |nodes: Range<usize>| {
        let (decider, mut fails, mut tried) = (cells.nodes[nodes.start].decider, 0, 0);
        for place in walk(night, cells, nodes) {
            tried += place.delivered();
            for fail in place.fails {
                let (counts, n) = (families.has(fail.family), u64::from(fail.count));
                let is_message = fail.family != Family::Complaint && (counts || fail.family != Family::Delay);
                tried += if is_message { n } else { 0 };
                fails += if counts && fail.by == NOBODY { n } else { 0 };
            }
        }
        (decider, fails, tried)
    };
    cells.in_parts(|nodes| organisations(places, cells, nodes).map(tally).collect::<Vec<_>>()).concat()
}
