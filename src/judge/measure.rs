//! What measuring looks at and finds: failures inside a candidate against outside, where organisations vote and not
//! messages. In: cells and a stream. Out: a `Measure` for each candidate, which `pass` makes.
//!
//! Each voter gives the share of its messages that failed: y = failed / (failed + got past), once inside the candidate
//! and once outside. So four hundred rejections at one company are one vote.

use super::candidate::{Candidate, Dimension, Stream};
use super::stats;
use super::walk::walk;
use crate::bounce::{BUCKETS, Family};
use crate::facts::cells::{Cells, NOBODY};
use crate::facts::night::Night;
use crate::facts::organisation::Places;

/// What a candidate's inside and outside look like.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measure {
    /// Sum of the voters' shares inside.
    pub hits: f64,
    /// Voters inside, by weight.
    pub trials: f64,
    /// Sum of the voters' shares outside.
    pub hits_out: f64,
    /// Voters outside, by weight.
    pub trials_out: f64,
    /// Organisations and pools with a failure inside.
    pub hit: u32,
    /// Organisations and pools tried inside.
    pub exposed: u32,
    /// Organisations and pools with a failure outside.
    pub hit_out: u32,
    /// Organisations and pools tried outside.
    pub exposed_out: u32,
    /// Failures inside that it may explain.
    pub fails: u64,
    /// The same by policy wording.
    pub named: [u64; Family::POLICY.len()],
}

impl Measure {
    /// Mean share inside; 0 without trials.
    pub fn rate(&self) -> f64 {
        if self.trials > 0.0 { self.hits / self.trials } else { 0.0 }
    }

    /// Mean share outside; 0 without trials.
    pub fn rate_out(&self) -> f64 {
        if self.trials_out > 0.0 { self.hits_out / self.trials_out } else { 0.0 }
    }

    /// Odds of failure inside against outside.
    pub fn odds(&self) -> f64 {
        stats::odds_ratio((self.hits, self.trials), (self.hits_out, self.trials_out))
    }

    /// Log-likelihood ratio of inside against outside, nats.
    pub fn evidence(&self) -> f64 {
        stats::likelihood_ratio((self.hits, self.trials), (self.hits_out, self.trials_out))
    }

    /// Adds what another part of the night gave.
    pub fn join(&mut self, other: &Measure) {
        self.hits += other.hits;
        self.trials += other.trials;
        self.hits_out += other.hits_out;
        self.trials_out += other.trials_out;
        self.hit += other.hit;
        self.exposed += other.exposed;
        self.hit_out += other.hit_out;
        self.exposed_out += other.exposed_out;
        self.fails += other.fails;
        self.named.iter_mut().zip(other.named).for_each(|(sum, n)| *sum += n);
    }

    /// Whether all failures are of one wording that names a cause.
    pub fn names_one_cause(&self) -> bool {
        let stated = Family::POLICY.iter().filter(|family| **family != Family::Generic);
        self.fails > 0 && stated.into_iter().any(|family| self.share_named(&[*family]) >= 1.0)
    }

    /// Share of the failures whose wording is one of these.
    pub fn share_named(&self, families: &[Family]) -> f64 {
        let named: u64 = families.iter().filter_map(|f| self.named.get(*f as usize)).sum();
        if self.fails == 0 { 0.0 } else { named as f64 / self.fails as f64 }
    }
}

/// What measuring looks at.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub night: &'a Night,
    pub places: &'a Places,
    pub cells: &'a Cells,
    /// What counts as failure and as got past.
    pub stream: &'a Stream,
    /// Dimensions of our side that the deliveries name; in the others only bounces are compared.
    pub covered: [bool; Dimension::COUNT],
    /// The finding whose failures count as if nothing explained them; `NOBODY` for none.
    pub refit: u16,
    /// All failures count, explained or not.
    pub all: bool,
    /// Only what this candidate holds is looked at.
    pub within: Option<Candidate>,
}

impl<'a> View<'a> {
    /// The same, with what findings explain.
    pub fn with_all(mut self) -> View<'a> {
        self.all = true;
        self
    }

    /// The same, limited to what a candidate holds.
    pub fn limited_to(mut self, candidate: Candidate) -> View<'a> {
        self.within = Some(candidate);
        self
    }

    /// Failures by dimension and family of a cell that has some.
    pub fn count(&self, cell: usize) -> Counted {
        let mut counted = Counted::default();
        for fail in &self.cells.fails[self.cells.fails_of(cell)] {
            let count = u64::from(fail.count);
            let open = self.all || fail.by == NOBODY || fail.by == self.refit;
            if self.stream.passes.has(fail.family) {
                counted.past += if open { count } else { 0 };
            } else if !open {
                counted.explained = true;
            } else {
                for (at, families) in self.stream.fails.iter().enumerate() {
                    if families.has(fail.family) {
                        counted.fails[at] += count;
                    }
                }
                if let Some(named) = counted.named.get_mut(fail.family as usize) {
                    *named += count;
                }
            }
        }
        counted
    }

    /// The weight of one bucket of a pool: the pool is one decision-maker, but its buckets may vote about our side.
    pub fn weight(dimension: Dimension, pool: bool) -> f64 {
        match (pool, dimension) {
            (false, _) | (_, Dimension::Pool) => 1.0,
            (true, Dimension::Receiver) => 1.0 / BUCKETS as f64,
            (true, _) => 0.25,
        }
    }
}

/// The failures of one cell.
#[derive(Default, Clone, Copy)]
pub struct Counted {
    /// Those that a candidate of each dimension may explain.
    pub fails: [u64; Dimension::COUNT],
    /// The same by policy wording.
    pub named: [u64; Family::POLICY.len()],
    /// Bounces that show that a message got past.
    pub past: u64,
    /// Whether a finding explains some. What got past where something else is known to refuse says little about the rest.
    pub explained: bool,
}

/// Share of the failures of `of` that each of `others` holds too, 0..=1.
pub fn overlaps(view: View, of: &Candidate, others: &[Candidate]) -> Vec<f64> {
    if others.is_empty() {
        return vec![];
    }
    let parts = view.cells.in_parts(|nodes| {
        let (mut both, mut all) = (vec![0u64; others.len()], 0u64);
        let failing = walk(view.night, view.cells, nodes).filter(|place| !place.fails.is_empty());
        for place in failing.filter(|place| place.is_in(of)) {
            let fails = view.count(place.at).fails[of.dimension as usize];
            all += fails;
            for (sum, other) in both.iter_mut().zip(others) {
                *sum += if place.is_in(other) { fails } else { 0 };
            }
        }
        (both, all)
    });
    let all: u64 = parts.iter().map(|(_, all)| all).sum();
    let both = |at: usize| parts.iter().map(|(both, _)| both[at]).sum::<u64>();
    (0..others.len()).map(|at| if all == 0 { 0.0 } else { both(at) as f64 / all as f64 }).collect()
}

/// How far each of `others` holds the same messages as `of`: those held by both among those held by either, 0..=1.
pub fn same_slices(view: View, of: &Candidate, others: &[Candidate]) -> Vec<f64> {
    if others.is_empty() {
        return vec![];
    }
    let parts = view.cells.in_parts(|nodes| {
        let mut sums = vec![(0u64, 0u64); others.len()];
        for place in walk(view.night, view.cells, nodes) {
            let (inside, messages) = (place.is_in(of), place.delivered() + place.failed());
            for ((both, either), other) in sums.iter_mut().zip(others) {
                match (inside, place.is_in(other)) {
                    (true, true) => (*both, *either) = (*both + messages, *either + messages),
                    (false, false) => {}
                    _ => *either += messages,
                }
            }
        }
        sums
    });
    let sum = |at: usize| parts.iter().map(|sums| sums[at]).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    let share = |(both, either)| if either == 0 { 0.0 } else { both as f64 / either as f64 };
    (0..others.len()).map(|at| share(sum(at))).collect()
}
