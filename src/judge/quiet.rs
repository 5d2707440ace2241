//! Organisations that do not refuse us, but fail in another way: they defer, their addresses have gone, or their mail
//! server is not theirs any more. In: cells. Out: findings of little consequence, told apart so that nobody mistakes
//! them for blocks.

use super::stats::binomial_tail;
use crate::bounce::{Confidence, IncidentKind};
use crate::bounce::{Families, Family};
use crate::facts::cells::{Cells, NOBODY};
use crate::facts::organisation::Places;
use crate::tables::policy::Judging;

/// One organisation that fails, but does not block.
#[derive(Debug, Clone)]
pub struct QuietFinding {
    /// The organisation.
    pub decider: u32,
    /// `Transient`, `StaleDomain` or `RelaySetup`.
    pub kind: IncidentKind,
    /// Failures.
    pub fails: u64,
    /// Messages tried.
    pub tried: u64,
    /// How sure.
    pub confidence: Confidence,
}

impl QuietFinding {
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
pub fn find(places: &Places, cells: &Cells, judging: &Judging) -> Vec<QuietFinding> {
    let mut found = Vec::new();
    for (kind, families) in KINDS {
        let tallies = tallies(places, cells, families);
        let large = tallies.iter().filter(|t| t.2 as f64 >= judging.tenant_failures).count().max(1) as f64;
        let quiet = tallies.iter().filter(|t| t.1 * 2 < t.2 || t.1 < 3).fold((0, 0), |q, t| (q.0 + t.1, q.1 + t.2));
        let base = if quiet.1 == 0 { 0.0 } else { quiet.0 as f64 / quiet.1 as f64 };
        let (least, rate) = match (kind, cells.rates) {
            (IncidentKind::StaleDomain, _) => (judging.stale_failures, judging.tenant_rate),
            (_, true) => (judging.tenant_failures, judging.inconclusive_rate),
            (_, false) => (judging.deferred_failures_counts, judging.deferred_rate_counts),
        };
        for (decider, fails, tried) in tallies {
            let rule = fails as f64 >= least && fails as f64 >= rate * tried as f64;
            let chance = || binomial_tail(fails, tried, base.max(judging.stray_floor)) * large;
            if rule && chance() <= judging.tenant_chance {
                found.push(QuietFinding { decider, kind, fails, tried, confidence: Confidence::Medium });
            }
        }
    }
    found
}

/// Decider, failures of these families that nothing explains, and messages, for each organisation.
fn tallies(places: &Places, cells: &Cells, families: Families) -> Vec<(u32, u64, u64)> {
    let parts = cells.in_parts(|nodes| {
        let mut tallies: Vec<(u32, u64, u64)> = Vec::new();
        for n in nodes.filter(|n| !places.is_pool(cells.nodes[*n].decider)) {
            let decider = cells.nodes[n].decider;
            let (fails, tried) = counts(cells, n, families);
            match tallies.last_mut().filter(|t| t.0 == decider) {
                Some(tally) => *tally = (tally.0, tally.1 + fails, tally.2 + tried),
                None => tallies.push((decider, fails, tried)),
            }
        }
        tallies
    });
    parts.concat()
}

/// Failures of these families that nothing explains, and messages, of one node.
fn counts(cells: &Cells, node: usize, families: Families) -> (u64, u64) {
    let (mut fails, mut tried) = (0, 0);
    for cell in cells.cells_of(node) {
        tried += u64::from(cells.cells[cell].delivered);
        for fail in &cells.fails[cells.fails_of(cell)] {
            let counts = families.has(fail.family);
            if fail.family != Family::Complaint && (counts || fail.family != Family::Delay) {
                tried += u64::from(fail.count);
            }
            if counts && fail.by == NOBODY {
                fails += u64::from(fail.count);
            }
        }
    }
    (fails, tried)
}
