//! Measuring candidates: failures inside against outside, where organisations vote and not messages. In: cells, a
//! stream and its index. Out: a `Measure` for each candidate, by one pass over the cells.
//!
//! Each voter gives the share of its messages that failed: y = failed / (failed + got past), once inside the candidate
//! and once outside. So four hundred rejections at one company are one vote.

use super::candidate::{Candidate, Dimension, Index, Stream};
use super::cells::{Cells, NOBODY};
use super::family::Family;
use super::names::NONE;
use super::night::{BUCKETS, Night};
use super::organisation::Places;

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
    pub named: [u64; 6],
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

    /// Share of the failures whose wording is one of these.
    pub fn share_named(&self, families: &[Family]) -> f64 {
        let named: u64 = families.iter().filter_map(|f| self.named.get(*f as usize)).sum();
        if self.fails == 0 { 0.0 } else { named as f64 / self.fails as f64 }
    }
}

/// What measuring looks at.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Names and identities.
    pub night: &'a Night,
    /// Organisations and pools.
    pub places: &'a Places,
    /// The counts.
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

    /// The weight of one bucket of a pool: the pool is one decision-maker, but its buckets may vote about our side.
    fn weight(dimension: Dimension, pool: bool) -> f64 {
        match (pool, dimension) {
            (false, _) | (_, Dimension::Pool) => 1.0,
            (true, Dimension::Receiver) => 1.0 / BUCKETS as f64,
            (true, _) => 0.25,
        }
    }

    /// Failures by dimension and family, and messages got past, of one cell.
    fn count(&self, cell: usize) -> Counted {
        let mut counted = Counted::default();
        let (mut past_bounces, mut explained) = (0, false);
        for fail in &self.cells.fails[self.cells.fails_of(cell)] {
            let count = u64::from(fail.count);
            let open = self.all || fail.by == NOBODY || fail.by == self.refit;
            if self.stream.passes.has(fail.family) {
                past_bounces += if open { count } else { 0 };
            } else if !open {
                explained = true;
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
        // What got past where something else is known to refuse says little about the rest.
        if explained {
            return counted;
        }
        let delivered = u64::from(self.cells.cells[cell].delivered);
        for (past, covered) in counted.past.iter_mut().zip(self.covered) {
            *past = past_bounces + if covered { delivered } else { 0 };
        }
        counted
    }
}

#[derive(Default, Clone, Copy)]
struct Counted {
    fails: [u64; Dimension::COUNT],
    past: [u64; Dimension::COUNT],
    named: [u64; 6],
}

/// Inside sums of one voter for one candidate.
#[derive(Clone, Copy, Default)]
struct Inside {
    fails: u64,
    past: u64,
}

/// The pass over the cells.
struct Pass<'a> {
    view: View<'a>,
    index: &'a Index,
    measures: Vec<Measure>,
    inside: Vec<Inside>,
    touched: Vec<u32>,
    /// For each candidate the last decider hit, exposed, hit outside, exposed outside, and hit anywhere.
    last: Vec<[u32; 5]>,
    /// For each candidate how many of the deciders exposed to it are hit anywhere.
    hit_anywhere: Vec<u32>,
    totals: [Inside; Dimension::COUNT],
    base: [Measure; Dimension::COUNT],
    base_last: [[u32; 2]; Dimension::COUNT],
}

/// Parts that the cells are cut into. Fixed, so that sums do not depend on the number of threads.
const PARTS: usize = 16;
/// Below so many cells threads cost more than they save.
const WORTH_THREADS: usize = 100_000;

/// Measures all candidates of the index; the second part is the whole night for each dimension.
pub fn measure(view: View, index: &Index) -> (Vec<Measure>, [Measure; Dimension::COUNT]) {
    let bounds = bounds(view.cells);
    let threads = if view.cells.cells.len() < WORTH_THREADS {
        1
    } else {
        std::thread::available_parallelism().map_or(1, usize::from).min(PARTS)
    };
    let mut passes: Vec<(usize, Pass)> = std::thread::scope(|scope| {
        let work = |thread: usize| {
            let mine = (thread..PARTS).step_by(threads);
            mine.map(|part| (part, Pass::over(view, index, bounds[part]..bounds[part + 1]))).collect::<Vec<_>>()
        };
        let others: Vec<_> = (1..threads).map(|thread| scope.spawn(move || work(thread))).collect();
        let mut passes = work(0);
        passes.extend(others.into_iter().flat_map(|o| o.join().expect("a pass over counts does not panic")));
        passes
    });
    passes.sort_by_key(|(part, _)| *part);
    let mut passes = passes.into_iter().map(|(_, pass)| pass);
    let mut all = passes.next().unwrap_or_else(|| Pass::over(view, index, 0..0));
    passes.for_each(|pass| all.join(&pass));
    all.finish()
}

/// Where the parts begin and end, in nodes; no decider is cut in two.
fn bounds(cells: &Cells) -> Vec<usize> {
    let nodes = &cells.nodes;
    let mut bounds = vec![0];
    for part in 1..PARTS {
        let mut at = (nodes.len() * part / PARTS).max(bounds[part - 1]);
        while at > 0 && at < nodes.len() && nodes[at].decider == nodes[at - 1].decider {
            at += 1;
        }
        bounds.push(at);
    }
    bounds.push(nodes.len());
    bounds
}

impl Measure {
    /// Adds what another part of the night gave.
    fn join(&mut self, other: &Measure) {
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
}

impl<'a> Pass<'a> {
    /// The pass over some of the nodes.
    fn over(view: View<'a>, index: &'a Index, range: std::ops::Range<usize>) -> Pass<'a> {
        let n = index.candidates.len();
        let mut pass = Pass {
            view,
            index,
            measures: vec![Measure::default(); n],
            inside: vec![Inside::default(); n],
            touched: Vec::new(),
            last: vec![[NONE; 5]; n],
            hit_anywhere: vec![0; n],
            totals: Default::default(),
            base: Default::default(),
            base_last: [[NONE; 2]; Dimension::COUNT],
        };
        let nodes = &view.cells.nodes;
        for n in range.clone() {
            pass.node(n);
            if n + 1 == range.end || nodes[n + 1].voter != nodes[n].voter {
                pass.close(nodes[n].decider);
            }
        }
        pass
    }

    fn join(&mut self, other: &Pass) {
        self.measures.iter_mut().zip(&other.measures).for_each(|(sum, m)| sum.join(m));
        self.base.iter_mut().zip(&other.base).for_each(|(sum, m)| sum.join(m));
        self.hit_anywhere.iter_mut().zip(&other.hit_anywhere).for_each(|(sum, n)| *sum += n);
    }
}

impl Pass<'_> {
    fn node(&mut self, n: usize) {
        let (view, node) = (self.view, self.view.cells.nodes[n]);
        let pool = view.places.is_pool(node.decider).then_some(node.decider);
        for cell in view.cells.cells_of(n) {
            let identity = &view.night.identities[view.cells.cells[cell].identity as usize];
            if view.within.is_some_and(|c| !c.holds(node.receiver, node.decider, identity)) {
                continue;
            }
            let counted = view.count(cell);
            for (at, dimension) in DIMENSIONS.iter().enumerate() {
                // Where deliveries do not name it, what does not name it either is on no side.
                let named = match dimension {
                    Dimension::Receiver => view.night.receivers_covered || node.receiver != NONE,
                    dimension => view.covered[at] || dimension.value(identity) != NONE,
                };
                if named {
                    self.totals[at].fails += counted.fails[at];
                    self.totals[at].past += counted.past[at];
                }
            }
            for slot in self.index.slots(node.receiver, pool, identity) {
                if slot != NONE {
                    self.add(slot, &counted);
                }
            }
        }
    }

    fn add(&mut self, slot: u32, counted: &Counted) {
        let dimension = self.index.candidates[slot as usize].dimension as usize;
        let (fails, past) = (counted.fails[dimension], counted.past[dimension]);
        if fails + past == 0 {
            return;
        }
        let inside = &mut self.inside[slot as usize];
        if inside.fails + inside.past == 0 {
            self.touched.push(slot);
        }
        inside.fails += fails;
        inside.past += past;
        if fails > 0 {
            let measure = &mut self.measures[slot as usize];
            measure.fails += fails;
            for (at, named) in counted.named.iter().enumerate() {
                if self.view.stream.fails[dimension].has(Family::POLICY[at]) {
                    measure.named[at] += named;
                }
            }
        }
    }

    /// One voter is complete: its shares join the sums.
    fn close(&mut self, decider: u32) {
        let pool = self.view.places.is_pool(decider);
        let share = |x: &Inside| x.fails as f64 / (x.fails + x.past) as f64;
        for slot in self.touched.drain(..) {
            let inside = std::mem::take(&mut self.inside[slot as usize]);
            let dimension = self.index.candidates[slot as usize].dimension;
            let total = self.totals[dimension as usize];
            let outside = Inside { fails: total.fails - inside.fails, past: total.past - inside.past };
            let weight = View::weight(dimension, pool);
            let (measure, last) = (&mut self.measures[slot as usize], &mut self.last[slot as usize]);
            measure.hits += weight * share(&inside);
            measure.trials += weight;
            once(&mut last[0], decider, inside.fails > 0, &mut measure.hit);
            once(&mut last[1], decider, true, &mut measure.exposed);
            once(&mut last[4], decider, total.fails > 0, &mut self.hit_anywhere[slot as usize]);
            // The outside is the whole night less what this voter changes.
            measure.hits_out -= weight * share(&total);
            measure.trials_out -= weight;
            if outside.fails + outside.past > 0 {
                measure.hits_out += weight * share(&outside);
                measure.trials_out += weight;
                once(&mut last[2], decider, outside.fails > 0, &mut measure.hit_out);
                once(&mut last[3], decider, true, &mut measure.exposed_out);
            }
        }
        for (at, total) in self.totals.iter_mut().enumerate() {
            if total.fails + total.past > 0 {
                let weight = View::weight(DIMENSIONS[at], pool);
                self.base[at].hits += weight * share(total);
                self.base[at].trials += weight;
                self.base[at].fails += total.fails;
                once(&mut self.base_last[at][0], decider, total.fails > 0, &mut self.base[at].hit);
                once(&mut self.base_last[at][1], decider, true, &mut self.base[at].exposed);
            }
            *total = Inside::default();
        }
    }

    fn finish(mut self) -> (Vec<Measure>, [Measure; Dimension::COUNT]) {
        for (slot, measure) in self.measures.iter_mut().enumerate() {
            let base = &self.base[self.index.candidates[slot].dimension as usize];
            measure.hits_out = (measure.hits_out + base.hits).max(0.0);
            measure.trials_out = (measure.trials_out + base.trials).max(0.0);
            // Rounding of the sums must not make a voter of nothing.
            if measure.trials_out < 1e-6 {
                (measure.hits_out, measure.trials_out) = (0.0, 0.0);
            }
            measure.exposed_out += base.exposed - measure.exposed;
            measure.hit_out += base.hit - self.hit_anywhere[slot];
        }
        (self.measures, self.base)
    }
}

const DIMENSIONS: [Dimension; Dimension::COUNT] = [
    Dimension::Receiver,
    Dimension::SendingIp,
    Dimension::SendingDomain,
    Dimension::Campaign,
    Dimension::ListSource,
    Dimension::Pool,
    Dimension::Fleet,
];

/// Counts a decider once: its voters follow each other.
fn once(last: &mut u32, decider: u32, counts: bool, count: &mut u32) {
    if counts && *last != decider {
        *last = decider;
        *count += 1;
    }
}

/// Share of the failures of `of` that each of `others` holds too, 0..=1.
pub fn overlaps(view: View, of: &Candidate, others: &[Candidate]) -> Vec<f64> {
    let (mut both, mut all) = (vec![0u64; others.len()], 0u64);
    for (n, node) in view.cells.nodes.iter().enumerate().filter(|_| !others.is_empty()) {
        for cell in view.cells.cells_of(n) {
            let identity = &view.night.identities[view.cells.cells[cell].identity as usize];
            if view.cells.fails_of(cell).is_empty() || !of.holds(node.receiver, node.decider, identity) {
                continue;
            }
            let fails = view.count(cell).fails[of.dimension as usize];
            all += fails;
            for (sum, other) in both.iter_mut().zip(others) {
                *sum += if other.holds(node.receiver, node.decider, identity) { fails } else { 0 };
            }
        }
    }
    both.into_iter().map(|n| if all == 0 { 0.0 } else { n as f64 / all as f64 }).collect()
}
