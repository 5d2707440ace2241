//! Measuring: one pass over the cells for all candidates at once. In: a view and an index. Out: a `Measure` for each.
//!
//! What a voter says about the outside of a candidate is the whole night less what the voter has inside, so a pass costs
//! as much as the cells it sees, not cells times candidates. It is the heart of judging a large night: what holds for
//! most voters (one node, no pool, no failure in the cell) takes the short way.

use super::candidate::Dimension;
use super::index::Index;
use super::measure::{Counted, Measure, View};
use crate::bounce::Family;
use crate::facts::identity::Identity;
use crate::facts::names::NONE;

/// Measures all candidates of the index; the second part is the whole night for each dimension.
pub fn measure(view: View, index: &Index) -> (Vec<Measure>, [Measure; Dimension::COUNT]) {
    let mut passes = view.cells.in_parts(|nodes| Pass::over(view, index, nodes)).into_iter();
    let mut all = passes.next().unwrap_or_else(|| Pass::over(view, index, 0..0));
    passes.for_each(|pass| all.join(&pass));
    all.finish()
}

/// Sums of one voter.
#[derive(Clone, Copy, Default)]
struct Sums {
    fails: u64,
    past: u64,
}

impl Sums {
    fn is_empty(self) -> bool {
        self.fails + self.past == 0
    }

    /// Share failed; 0 without messages.
    fn share(self) -> f64 {
        if self.fails == 0 { 0.0 } else { self.fails as f64 / (self.fails + self.past) as f64 }
    }
}

/// What one voter says about one candidate.
#[derive(Clone, Copy)]
struct Vote {
    inside: Sums,
    outside: Sums,
    total: Sums,
    weight: f64,
}

/// The last decider that was counted for a candidate; the voters of a pool follow each other.
#[derive(Clone, Copy)]
struct Last {
    hit: u32,
    exposed: u32,
    hit_out: u32,
    exposed_out: u32,
    hit_anywhere: u32,
}

impl Default for Last {
    fn default() -> Last {
        Last { hit: NONE, exposed: NONE, hit_out: NONE, exposed_out: NONE, hit_anywhere: NONE }
    }
}

/// What is known of one candidate.
#[derive(Clone, Copy, Default)]
struct Slot {
    measure: Measure,
    /// How many of the deciders exposed to it are hit anywhere.
    hit_anywhere: u32,
    last: Last,
}

impl Slot {
    fn join(&mut self, other: &Slot) {
        self.measure.join(&other.measure);
        self.hit_anywhere += other.hit_anywhere;
    }

    fn vote(&mut self, vote: &Vote, decider: u32) {
        let Vote { inside, outside, total, weight } = *vote;
        let Slot { measure, hit_anywhere, last } = self;
        measure.trials += weight;
        once(&mut last.exposed, decider, true, &mut measure.exposed);
        if !outside.is_empty() {
            once(&mut last.exposed_out, decider, true, &mut measure.exposed_out);
        } else {
            measure.trials_out -= weight;
        }
        if total.fails > 0 {
            measure.hits += weight * inside.share();
            // The outside is the whole night less what this voter changes.
            measure.hits_out += weight * (outside.share() - total.share());
            once(&mut last.hit, decider, inside.fails > 0, &mut measure.hit);
            once(&mut last.hit_out, decider, outside.fails > 0, &mut measure.hit_out);
            once(&mut last.hit_anywhere, decider, true, hit_anywhere);
        }
    }
}

/// The pass over some of the nodes.
struct Pass<'a> {
    view: View<'a>,
    index: &'a Index,
    slots: Vec<Slot>,
    /// What voters with one node say of a pair, and so of its candidate of our side too.
    shared: Vec<Slot>,
    inside: Vec<Sums>,
    touched: Vec<u32>,
    totals: [Sums; Dimension::COUNT],
    base: [Measure; Dimension::COUNT],
    base_last: [[u32; 2]; Dimension::COUNT],
    /// Column of the receiver of a voter with one node; `NONE` while a voter has several.
    column: u32,
    /// Whether deliveries name all that is compared, so that a cell without failures says the same to all dimensions.
    plain: bool,
    /// Messages of such cells of this voter.
    past: u64,
}

impl<'a> Pass<'a> {
    fn over(view: View<'a>, index: &'a Index, nodes: std::ops::Range<usize>) -> Pass<'a> {
        let n = index.candidates.len();
        let mut pass = Pass {
            view,
            index,
            slots: vec![Slot::default(); n],
            shared: vec![Slot::default(); n],
            inside: vec![Sums::default(); n],
            touched: Vec::new(),
            totals: Default::default(),
            base: Default::default(),
            base_last: [[NONE; 2]; Dimension::COUNT],
            column: NONE,
            plain: view.night.receivers_covered && view.covered.iter().all(|covered| *covered),
            past: 0,
        };
        let mut at = nodes.start;
        while at < nodes.end {
            let first = &view.cells.nodes[at];
            let voters = view.cells.nodes[at..nodes.end].iter().take_while(|n| n.voter == first.voter).count();
            pass.column = if voters == 1 { index.column(first.receiver) } else { NONE };
            (at..at + voters).for_each(|n| pass.node(n, voters > 1));
            pass.close(first.decider);
            at += voters;
        }
        pass
    }

    fn join(&mut self, other: &Pass) {
        self.slots.iter_mut().zip(&other.slots).for_each(|(sum, slot)| sum.join(slot));
        self.shared.iter_mut().zip(&other.shared).for_each(|(sum, slot)| sum.join(slot));
        self.base.iter_mut().zip(&other.base).for_each(|(sum, m)| sum.join(m));
    }

    /// Adds the cells of a node; `several`: its voter has others.
    fn node(&mut self, n: usize, several: bool) {
        let (view, index, node) = (self.view, self.index, &self.view.cells.nodes[n]);
        let pool = view.places.is_pool(node.decider).then_some(node.decider);
        let placed = index.receiver_and_pool(node.receiver, pool);
        let column = if several { index.column(node.receiver) } else { NONE };
        for at in view.cells.cells_of(n) {
            let cell = &view.cells.cells[at];
            let identity = &view.night.identities.get(cell.identity);
            if view.within.is_some_and(|c| !c.holds(node.receiver, node.decider, identity)) {
                continue;
            }
            let [receiver, pool] = placed;
            let [ip, domain, campaign, source] = index.senders(identity);
            let mut slots = [receiver, pool, ip, domain, campaign, source, NONE, NONE, NONE, NONE];
            if let Some(candidate) = index.single_candidate() {
                slots[0] = if candidate.holds(node.receiver, node.decider, identity) { 0 } else { NONE };
            } else if column != NONE {
                for at in 0..4 {
                    slots[6 + at] = index.pair(slots[2 + at], column);
                }
            }
            if self.plain && view.cells.fails_of(at).is_empty() {
                self.taken(u64::from(cell.delivered), &slots);
            } else {
                self.mixed(at, node.receiver, identity, &slots);
            }
        }
    }

    /// Adds a cell of messages accepted.
    fn taken(&mut self, delivered: u64, slots: &[u32; 10]) {
        if delivered == 0 {
            return;
        }
        self.past += delivered;
        for slot in slots {
            if let Some(inside) = self.inside.get_mut(*slot as usize) {
                if inside.is_empty() {
                    self.touched.push(*slot);
                }
                inside.past += delivered;
            }
        }
    }

    /// Adds any cell.
    fn mixed(&mut self, at: usize, receiver: u32, identity: &Identity, slots: &[u32; 10]) {
        let (view, delivered) = (self.view, u64::from(self.view.cells.cells[at].delivered));
        let counted = view.count(at);
        let sums = Dimension::ALL.map(|dimension| {
            let delivered = if view.covered[dimension as usize] { delivered } else { 0 };
            let past = if counted.explained { 0 } else { counted.past + delivered };
            Sums { fails: counted.fails[dimension as usize], past }
        });
        for (dimension, (total, sums)) in Dimension::ALL.into_iter().zip(self.totals.iter_mut().zip(sums)) {
            // Where deliveries do not name it, what does not name it either is on no side.
            let named = match dimension {
                Dimension::Receiver => view.night.receivers_covered || receiver != NONE,
                dimension => view.covered[dimension as usize] || dimension.value(identity) != NONE,
            };
            if named {
                (total.fails, total.past) = (total.fails + sums.fails, total.past + sums.past);
            }
        }
        for slot in slots {
            let Some(inside) = self.inside.get_mut(*slot as usize) else { continue };
            let sums = sums[self.index.candidates[*slot as usize].dimension as usize];
            if inside.is_empty() && !sums.is_empty() {
                self.touched.push(*slot);
            }
            (inside.fails, inside.past) = (inside.fails + sums.fails, inside.past + sums.past);
            if sums.fails > 0 {
                self.blame(*slot, sums.fails, &counted);
            }
        }
    }

    fn blame(&mut self, slot: u32, fails: u64, counted: &Counted) {
        let dimension = self.index.candidates[slot as usize].dimension as usize;
        let families = self.view.stream.fails[dimension];
        let measure = &mut self.slot(slot).measure;
        measure.fails += fails;
        for (at, named) in counted.named.iter().enumerate().filter(|(at, _)| families.has(Family::POLICY[*at])) {
            measure.named[at] += named;
        }
    }

    /// Where to count what this voter says of a candidate.
    fn slot(&mut self, slot: u32) -> &mut Slot {
        match self.index.pair(slot, self.column) {
            NONE => &mut self.slots[slot as usize],
            pair => &mut self.shared[pair as usize],
        }
    }

    /// One voter is complete: its shares join the sums.
    fn close(&mut self, decider: u32) {
        let pool = self.view.places.is_pool(decider);
        let past = std::mem::take(&mut self.past);
        self.totals.iter_mut().for_each(|total| total.past += past);
        let mut touched = std::mem::take(&mut self.touched);
        for slot in touched.drain(..) {
            let inside = std::mem::take(&mut self.inside[slot as usize]);
            let dimension = self.index.candidates[slot as usize].dimension;
            let total = self.totals[dimension as usize];
            let outside = Sums { fails: total.fails - inside.fails, past: total.past - inside.past };
            let vote = Vote { inside, outside, total, weight: View::weight(dimension, pool) };
            self.slot(slot).vote(&vote, decider);
        }
        self.touched = touched;
        for (at, total) in self.totals.iter_mut().enumerate().filter(|(_, total)| !total.is_empty()) {
            let weight = View::weight(Dimension::ALL[at], pool);
            self.base[at].hits += weight * total.share();
            self.base[at].trials += weight;
            self.base[at].fails += total.fails;
            once(&mut self.base_last[at][0], decider, total.fails > 0, &mut self.base[at].hit);
            once(&mut self.base_last[at][1], decider, true, &mut self.base[at].exposed);
        }
        self.totals = Default::default();
    }

    fn finish(mut self) -> (Vec<Measure>, [Measure; Dimension::COUNT]) {
        for (pair, shared) in self.shared.iter().enumerate() {
            if let Some(single) = self.index.single_of(pair as u32) {
                self.slots[single as usize].join(shared);
                self.slots[pair].join(shared);
            }
        }
        let candidates = self.index.candidates.iter();
        let measures = self.slots.into_iter().zip(candidates).map(|(slot, candidate)| {
            let Slot { mut measure, hit_anywhere, .. } = slot;
            let base = &self.base[candidate.dimension as usize];
            measure.hits_out = (measure.hits_out + base.hits).max(0.0);
            measure.trials_out = (measure.trials_out + base.trials).max(0.0);
            // Rounding of the sums must not make a voter of nothing.
            if measure.trials_out < 1e-6 {
                (measure.hits_out, measure.trials_out) = (0.0, 0.0);
            }
            measure.exposed_out += base.exposed - measure.exposed;
            measure.hit_out += base.hit - hit_anywhere;
            measure
        });
        (measures.collect(), self.base)
    }
}

/// Counts a decider once: its voters follow each other.
fn once(last: &mut u32, decider: u32, counts: bool, count: &mut u32) {
    if counts && *last != decider {
        *last = decider;
        *count += 1;
    }
}
