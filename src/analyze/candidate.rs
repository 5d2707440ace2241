//! Candidates: what could be to blame. In: the cells. Out: the list of receivers, pools, sending IPs, sending domains,
//! campaigns, list sources and their pairs with receivers that carry failures, and a number for each. Measuring them is
//! `measure`'s work.

use std::collections::BTreeMap;

use super::cells::Cells;
use super::family::{Families, Family};
use super::names::NONE;
use super::night::{Identity, Night, ReceiverKind};
use super::organisation::Places;
use crate::bounce::ScopeType;

/// More values of one dimension than this are not paired with receivers: the pairs would outgrow the cells.
const MOST_PAIRED_VALUES: usize = 20_000;

/// What a candidate is of. The order breaks ties: narrower knowledge first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Dimension {
    /// A receiver's family.
    Receiver,
    /// A sending IP.
    SendingIp,
    /// A sending domain.
    SendingDomain,
    /// A campaign.
    Campaign,
    /// A list source.
    ListSource,
    /// The consumer pool of a receiver.
    Pool,
    /// All that we send.
    Fleet,
}

impl Dimension {
    /// How many there are.
    pub const COUNT: usize = 7;
    /// Our side of a message.
    pub const SENDER: [Dimension; 4] =
        [Dimension::SendingIp, Dimension::SendingDomain, Dimension::Campaign, Dimension::ListSource];

    /// Whether it is about our side.
    pub const fn is_sender(self) -> bool {
        !matches!(self, Dimension::Receiver | Dimension::Pool)
    }

    /// The value that an identity has in it; `NONE` where it has none.
    pub const fn value(self, identity: &Identity) -> u32 {
        match self {
            Dimension::SendingIp => identity.ip,
            Dimension::SendingDomain => identity.sending_domain,
            Dimension::Campaign => identity.campaign,
            Dimension::ListSource => identity.list_source,
            _ => NONE,
        }
    }

    /// Its name in a scope.
    pub const fn scope_type(self, kind: ReceiverKind) -> ScopeType {
        match self {
            Dimension::SendingIp => ScopeType::SendingIp,
            Dimension::SendingDomain => ScopeType::SendingDomain,
            Dimension::Campaign => ScopeType::Campaign,
            Dimension::ListSource => ScopeType::ListSource,
            Dimension::Fleet => ScopeType::Fleet,
            Dimension::Receiver | Dimension::Pool => match kind {
                ReceiverKind::Gateway => ScopeType::Gateway,
                _ => ScopeType::Provider,
            },
        }
    }
}

/// One thing that could be to blame: a value of a dimension, alone or at one receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Candidate {
    /// What it is of.
    pub dimension: Dimension,
    /// Id of its value; for a pool the decider's index.
    pub value: u32,
    /// The receiver of a pair; `NONE` for a single one.
    pub at: u32,
}

impl Candidate {
    /// All that we send.
    pub const FLEET: Candidate = Candidate { dimension: Dimension::Fleet, value: 0, at: NONE };

    /// A single candidate.
    pub const fn one(dimension: Dimension, value: u32) -> Candidate {
        Candidate { dimension, value, at: NONE }
    }

    /// Whether it is a pair.
    pub const fn is_pair(&self) -> bool {
        self.at != NONE
    }

    /// Whether it holds what this receiver and decider got from this identity.
    pub fn holds(&self, receiver: u32, decider: u32, identity: &Identity) -> bool {
        (self.at == NONE || self.at == receiver)
            && match self.dimension {
                Dimension::Fleet => true,
                Dimension::Receiver => self.value == receiver,
                Dimension::Pool => self.value == decider,
                dimension => self.value == dimension.value(identity),
            }
    }
}

/// One stream of failures: which wordings fail, which show that a message got past.
#[derive(Debug, Clone, Copy)]
pub struct Stream {
    /// Name, for people.
    pub name: &'static str,
    /// Wordings that a candidate of each dimension may explain.
    pub fails: [Families; Dimension::COUNT],
    /// Wordings that count as got past; messages accepted always do.
    pub passes: Families,
    /// The dimensions weighed.
    pub dimensions: &'static [Dimension],
    /// Whether each sender value is weighed at each receiver too.
    pub pairs: bool,
}

/// The numbers of all candidates of a stream.
#[derive(Debug)]
pub struct Index {
    /// Candidates by number.
    pub candidates: Vec<Candidate>,
    /// How many have failures at all, counting those too small to be weighed.
    pub tried: usize,
    single: [Vec<u32>; Dimension::COUNT],
    pair_row: [Vec<u32>; 4],
    pair_base: [u32; 4],
    receiver_column: Vec<u32>,
    receivers: u32,
    only: bool,
}

/// The numbers of the candidates that hold one cell.
pub type Slots = [u32; 10];

impl Index {
    /// Lists the candidates with failures at no fewer than `deciders` organisations (pools: at one).
    pub fn build(night: &Night, places: &Places, cells: &Cells, stream: &Stream, deciders: u32) -> Index {
        let mut seen = Seen::default();
        for (n, node) in cells.nodes.iter().enumerate() {
            for cell in cells.cells_of(n) {
                let identity = &night.identities[cells.cells[cell].identity as usize];
                for fail in &cells.fails[cells.fails_of(cell)] {
                    let judged =
                        node.receiver != NONE && night.receiver_kinds[node.receiver as usize] != ReceiverKind::Other;
                    seen.note(stream, fail.family, identity, node.decider, judged.then_some(node.receiver));
                    if places.is_pool(node.decider) && judged && stream.fails[Dimension::Pool as usize].has(fail.family)
                    {
                        seen.add(Dimension::Pool, node.decider, node.decider);
                    }
                }
            }
        }
        Index::number(night, places, stream, &seen, deciders)
    }

    fn number(night: &Night, places: &Places, stream: &Stream, seen: &Seen, deciders: u32) -> Index {
        let sizes = [
            night.receivers.len(),
            night.ips.len(),
            night.sending_domains.len(),
            night.campaigns.len(),
            night.list_sources.len(),
            places.deciders.len(),
            1,
        ];
        let mut index = Index {
            candidates: vec![],
            tried: seen.deciders.keys().filter(|(d, _)| stream.dimensions.contains(d)).count(),
            single: sizes.map(|n| vec![NONE; n]),
            pair_row: [1, 2, 3, 4].map(|d| vec![NONE; sizes[d]]),
            pair_base: [0; 4],
            receiver_column: vec![NONE; night.receivers.len()],
            receivers: 0,
            only: false,
        };
        let mut columns = Vec::new();
        for ((dimension, value), (count, _)) in &seen.deciders {
            if !stream.dimensions.contains(dimension) || (*count < deciders && *dimension != Dimension::Pool) {
                continue;
            }
            index.single[*dimension as usize][*value as usize] = index.candidates.len() as u32;
            index.candidates.push(Candidate::one(*dimension, *value));
            if *dimension == Dimension::Receiver {
                index.receiver_column[*value as usize] = columns.len() as u32;
                columns.push(*value);
            }
        }
        index.receivers = columns.len() as u32;
        if stream.pairs {
            index.number_pairs(&columns);
        }
        index
    }

    fn number_pairs(&mut self, columns: &[u32]) {
        for (at, dimension) in Dimension::SENDER.into_iter().enumerate() {
            self.pair_base[at] = self.candidates.len() as u32;
            let values: Vec<u32> =
                self.candidates.iter().filter(|c| c.dimension == dimension && !c.is_pair()).map(|c| c.value).collect();
            for (row, value) in values.into_iter().take(MOST_PAIRED_VALUES).enumerate() {
                self.pair_row[at][value as usize] = row as u32;
                self.candidates.extend(columns.iter().map(|receiver| Candidate { dimension, value, at: *receiver }));
            }
        }
    }

    /// An index of one candidate.
    pub fn only(candidate: Candidate) -> Index {
        Index {
            candidates: vec![candidate],
            tried: 1,
            single: Default::default(),
            pair_row: Default::default(),
            pair_base: [0; 4],
            receiver_column: vec![],
            receivers: 0,
            only: true,
        }
    }

    /// The numbers of the candidates that hold what a node got from an identity; `NONE` in unused places.
    pub fn slots(&self, receiver: u32, pool: Option<u32>, identity: &Identity) -> Slots {
        let mut slots = [NONE; 10];
        if self.only {
            if self.candidates[0].holds(receiver, pool.unwrap_or(NONE), identity) {
                slots[0] = 0;
            }
            return slots;
        }
        let of = |dimension: Dimension, value: u32| {
            self.single[dimension as usize].get(value as usize).copied().unwrap_or(NONE)
        };
        slots[0] = of(Dimension::Receiver, receiver);
        slots[1] = pool.map_or(NONE, |decider| of(Dimension::Pool, decider));
        let column = self.receiver_column.get(receiver as usize).copied().unwrap_or(NONE);
        for (at, dimension) in Dimension::SENDER.into_iter().enumerate() {
            let value = dimension.value(identity);
            slots[2 + at] = of(dimension, value);
            let row = self.pair_row[at].get(value as usize).copied().unwrap_or(NONE);
            if row != NONE && column != NONE {
                slots[6 + at] = self.pair_base[at] + row * self.receivers + column;
            }
        }
        slots
    }
}

/// How many deciders fail for each value; deciders come in order, so the last one is enough to tell them apart.
#[derive(Default)]
struct Seen {
    deciders: BTreeMap<(Dimension, u32), (u32, u32)>,
}

impl Seen {
    fn note(&mut self, stream: &Stream, family: Family, identity: &Identity, decider: u32, receiver: Option<u32>) {
        for dimension in Dimension::SENDER {
            if dimension.value(identity) != NONE && stream.fails[dimension as usize].has(family) {
                self.add(dimension, dimension.value(identity), decider);
            }
        }
        if let Some(receiver) = receiver.filter(|_| stream.fails[Dimension::Receiver as usize].has(family)) {
            self.add(Dimension::Receiver, receiver, decider);
        }
    }

    fn add(&mut self, dimension: Dimension, value: u32, decider: u32) {
        let (count, last) = self.deciders.entry((dimension, value)).or_insert((0, NONE));
        if *last != decider {
            (*count, *last) = (*count + 1, decider);
        }
    }
}
