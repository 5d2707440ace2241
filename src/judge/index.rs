//! The candidates of a night, numbered. In: the cells. Out: those that carry failures, and the numbers of all that hold
//! one cell, found quickly: measuring asks for them tens of millions of times.

use super::candidate::{Candidate, Dimension, Stream};
use super::walk::walk;
use crate::facts::cells::Cells;
use crate::facts::identity::Identity;
use crate::facts::names::NONE;
use crate::facts::night::{Night, ReceiverKind};
use crate::facts::organisation::Places;

/// More values of one dimension than this are not paired with receivers: the pairs would outgrow the cells.
const MOST_PAIRED_VALUES: usize = 20_000;

/// The numbers of all candidates of a stream.
#[derive(Debug, Default)]
pub struct Index {
    /// Candidates by number.
    pub candidates: Vec<Candidate>,
    /// How many have failures at all, counting those too small to be weighed.
    pub tried: usize,
    /// Number by value, for each dimension; pools count from the first of them.
    single: [Vec<u32>; Dimension::COUNT],
    /// The first decider that is a pool.
    first_pool: u32,
    /// For each single candidate of our side the number of its first pair, or `NONE`.
    first_pair: Vec<u32>,
    /// Place of each receiver among the pairs of a candidate, or `NONE`.
    receiver_column: Vec<u32>,
    /// Whether it is of one candidate, made by `only`.
    only: bool,
}

impl Index {
    /// Lists the candidates with failures at no fewer than `deciders` organisations (pools: at one).
    pub fn build(night: &Night, places: &Places, cells: &Cells, stream: &Stream, deciders: u32) -> Index {
        let sizes = [
            night.receivers.len(),
            night.ips.len(),
            night.sending_domains.len(),
            night.campaigns.len(),
            night.list_sources.len(),
            places.deciders.len() - places.organisations,
            1,
        ];
        let parts = cells.in_parts(|nodes| Seen::over(night, places, cells, stream, nodes, sizes));
        let seen = parts.into_iter().reduce(Seen::join).unwrap_or_else(|| Seen::new(sizes));
        let failing = |d: &Dimension| seen.deciders(*d).filter(|(_, count)| *count > 0).count();
        let mut index = Index {
            tried: stream.dimensions.iter().map(failing).sum(),
            single: sizes.map(|n| vec![NONE; n]),
            first_pool: places.organisations as u32,
            receiver_column: vec![NONE; night.receivers.len()],
            ..Index::default()
        };
        for dimension in Dimension::ALL.into_iter().filter(|d| stream.dimensions.contains(d)) {
            let least = if dimension == Dimension::Pool { 1 } else { deciders.max(1) };
            for (value, _) in seen.deciders(dimension).filter(|(_, count)| *count >= least) {
                index.single[dimension as usize][value as usize] = index.candidates.len() as u32;
                let first = if dimension == Dimension::Pool { index.first_pool } else { 0 };
                index.candidates.push(Candidate::one(dimension, first + value));
            }
        }
        index.first_pair = vec![NONE; index.candidates.len()];
        if stream.pairs {
            index.number_pairs();
        }
        index
    }

    /// An index of one candidate.
    pub fn only(candidate: Candidate) -> Index {
        Index { candidates: vec![candidate], tried: 1, only: true, ..Index::default() }
    }

    fn number_pairs(&mut self) {
        let of = |index: &Index, dimension| -> Vec<u32> {
            let singles = index.candidates.iter().enumerate().filter(|(_, c)| c.dimension == dimension && !c.is_pair());
            singles.map(|(number, _)| number as u32).collect()
        };
        let receivers: Vec<u32> =
            of(self, Dimension::Receiver).into_iter().map(|number| self.candidates[number as usize].value).collect();
        for (column, receiver) in receivers.iter().enumerate() {
            self.receiver_column[*receiver as usize] = column as u32;
        }
        for dimension in Dimension::SENDER {
            for number in of(self, dimension).into_iter().take(MOST_PAIRED_VALUES) {
                self.first_pair[number as usize] = self.candidates.len() as u32;
                let value = self.candidates[number as usize].value;
                self.candidates.extend(receivers.iter().map(|receiver| Candidate { dimension, value, at: *receiver }));
            }
        }
    }

    fn number(&self, dimension: Dimension, value: u32) -> u32 {
        self.single[dimension as usize].get(value as usize).copied().unwrap_or(NONE)
    }

    /// The number of the single candidate of our side that a pair is of; `None` for what is no pair.
    pub fn single_of(&self, pair: u32) -> Option<u32> {
        let candidate = self.candidates.get(pair as usize).filter(|c| c.is_pair() && !self.only)?;
        Some(self.number(candidate.dimension, candidate.value))
    }

    /// The one candidate of an index made by `only`.
    pub fn single_candidate(&self) -> Option<&Candidate> {
        self.candidates.first().filter(|_| self.only)
    }

    /// The numbers of the single candidates of our side that hold what an identity sent, in the order of
    /// `Dimension::SENDER`; `NONE` in unused places.
    pub fn senders(&self, identity: &Identity) -> [u32; 4] {
        Dimension::SENDER.map(|dimension| self.number(dimension, dimension.value(identity)))
    }

    /// The numbers of the receiver and of the pool that hold what a node got; `NONE` where it has none.
    pub fn receiver_and_pool(&self, receiver: u32, pool: Option<u32>) -> [u32; 2] {
        let pool = pool.map_or(NONE, |decider| self.number(Dimension::Pool, decider - self.first_pool));
        [self.number(Dimension::Receiver, receiver), pool]
    }

    /// The place of a receiver among the pairs, for `pair`; `NONE` where it is in none.
    pub fn column(&self, receiver: u32) -> u32 {
        self.receiver_column.get(receiver as usize).copied().unwrap_or(NONE)
    }

    /// The number of the pair of a single candidate of our side with the receiver of a column, or `NONE`.
    pub fn pair(&self, single: u32, column: u32) -> u32 {
        match self.first_pair.get(single as usize) {
            Some(first) if *first != NONE && column != NONE => first + column,
            _ => NONE,
        }
    }
}

/// How many deciders fail for each value; deciders come in order, so the last one is enough to tell them apart.
struct Seen {
    /// Count and last decider, by dimension and value; pools count from the first of them.
    deciders: [Vec<(u32, u32)>; Dimension::COUNT],
}

impl Seen {
    fn new(sizes: [usize; Dimension::COUNT]) -> Seen {
        Seen { deciders: sizes.map(|n| vec![(0, NONE); n]) }
    }

    fn over(
        night: &Night,
        places: &Places,
        cells: &Cells,
        stream: &Stream,
        nodes: std::ops::Range<usize>,
        sizes: [usize; Dimension::COUNT],
    ) -> Seen {
        let mut seen = Seen::new(sizes);
        let fails_in = |dimension: Dimension, family| stream.fails[dimension as usize].has(family);
        for place in walk(night, cells, nodes) {
            let (node, identity) = (place.node, place.identity());
            let judged = night.receiver_kinds.get(node.receiver as usize).is_some_and(|k| *k != ReceiverKind::Other);
            for fail in place.fails {
                for dimension in Dimension::SENDER.into_iter().filter(|d| fails_in(*d, fail.family)) {
                    seen.add(dimension, dimension.value(&identity), node.decider);
                }
                if judged && fails_in(Dimension::Receiver, fail.family) {
                    seen.add(Dimension::Receiver, node.receiver, node.decider);
                }
                if judged && places.is_pool(node.decider) && fails_in(Dimension::Pool, fail.family) {
                    seen.add(Dimension::Pool, node.decider - places.organisations as u32, node.decider);
                }
            }
        }
        seen
    }

    fn add(&mut self, dimension: Dimension, value: u32, decider: u32) {
        if let Some((count, last)) = self.deciders[dimension as usize].get_mut(value as usize)
            && *last != decider
        {
            (*count, *last) = (*count + 1, decider);
        }
    }

    /// Both parts; no decider is in two.
    fn join(mut self, other: Seen) -> Seen {
        for (sum, part) in self.deciders.iter_mut().flatten().zip(other.deciders.iter().flatten()) {
            sum.0 += part.0;
        }
        self
    }

    /// Values of a dimension with the number of deciders that fail.
    fn deciders(&self, dimension: Dimension) -> impl Iterator<Item = (u32, u32)> {
        self.deciders[dimension as usize].iter().enumerate().map(|(value, (count, _))| (value as u32, *count))
    }
}
