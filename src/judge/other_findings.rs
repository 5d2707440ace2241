//! Organisations that do not refuse us, but fail in another way: they defer, their addresses have gone, or their mail
//! server is not theirs any more. In: cells. Out: findings of little consequence, kept apart so that nobody mistakes
//! them for blocks.

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
    /// `Transient`, `StaleDomain`, `RelaySetup` or `UnreliableUnknown`.
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
        KINDS.iter().find(|(kind, _)| *kind == self.kind).map_or(Families::NONE, |(_, families)| *families)
    }
}

const KINDS: [(IncidentKind, Families); 3] = [
    (IncidentKind::Transient, Family::Transient.set().with(Family::Delay.set())),
    (IncidentKind::StaleDomain, Family::Missing.set()),
    (IncidentKind::RelaySetup, Family::SetUp.set()),
];

/// The organisations whose failures of one kind are the rule.
pub fn find(night: &Night, places: &Places, cells: &Cells, judging: &Judging) -> Vec<OtherFinding> {
    let mut found = Vec::new();
    for (kind, families) in KINDS {
        let tallies = tallies(night, places, cells, families);
        let large = tallies.iter().filter(|t| t.2 as f64 >= judging.tenant_failures).count().max(1) as f64;
        let few = tallies.iter().filter(|t| t.1 * 2 < t.2 || t.1 < 3).fold((0, 0), |q, t| (q.0 + t.1, q.1 + t.2));
        let base = if few.1 == 0 { 0.0 } else { few.0 as f64 / few.1 as f64 };
        let (least, rate) = match (kind, cells.rates) {
            (IncidentKind::StaleDomain, _) => (judging.stale_failures, judging.tenant_rate),
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
    found
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
