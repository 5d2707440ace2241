//! Cells: the small table that everything is judged on, and the contract between facts and judge. In: a night and the
//! places of its domains. Out: for each organisation (or bucket of a pool), receiver and identity the messages accepted,
//! and the failures by family. Who is to blame for them is the judge's question.

use rayon::prelude::*;

use super::names::NONE;
use super::night::{Counted, Night, merge};
use super::organisation::Places;
use super::unknown::Unknown;
use crate::bounce::{BUCKETS, Family};

/// No finding explains it.
pub const NOBODY: u16 = u16::MAX;

/// What votes: an organisation, or a bucket of a consumer pool, at one receiver. Nodes of one voter follow each other.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    /// The voter: organisations first, then the buckets of each pool.
    pub voter: u32,
    /// The organisation or pool.
    pub decider: u32,
    /// Receiver's family, or `NONE`.
    pub receiver: u32,
    /// Index of its first cell; it ends where the next node begins.
    pub first_cell: u32,
}

/// One node × identity.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    /// Number in `Night::identities`.
    pub identity: u32,
    /// Messages accepted.
    pub delivered: u32,
    /// Index of its first failure; they end where the next cell's begin.
    pub first_fail: u32,
}

/// The failures of one family in one cell.
#[derive(Debug, Clone, Copy)]
pub struct Fail {
    /// What they say.
    pub family: Family,
    /// The finding that explains them, or `NOBODY`.
    pub by: u16,
    /// How many.
    pub count: u32,
}

/// Contacts of one cell that are called unknown. A contact counts once in a night, whatever we sent to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contacts {
    /// Number of the cell.
    pub cell: u32,
    /// How many.
    pub unknown: u32,
    /// Those among them that heard it in the words of a known liar.
    pub liars: u32,
}

/// The table.
#[derive(Debug, Default)]
pub struct Cells {
    /// Sorted by voter, then receiver.
    pub nodes: Vec<Node>,
    /// Sorted by node, then identity.
    pub cells: Vec<Cell>,
    /// Sorted by cell, then family.
    pub fails: Vec<Fail>,
    /// Of the cells in which contacts are called unknown, how many; sorted by cell.
    pub contacts: Vec<Contacts>,
    /// Whether deliveries are known.
    pub rates: bool,
    numbers: NodeNumbers,
}

impl Cells {
    /// Counts the night. Takes its counts: they are the bulk of the memory.
    pub fn build(night: &mut Night, places: &Places) -> Cells {
        let numbers = NodeNumbers::new(night, places);
        let mut counted = std::mem::take(&mut night.counted);
        counted.par_iter_mut().for_each(|counted| {
            (counted.domain, counted.bucket) = (numbers.of(counted.domain, counted.bucket), 0);
        });
        counted.par_sort_unstable();
        merge(&mut counted);
        let mut cells = Cells { rates: night.rates, numbers, ..Cells::default() };
        cells.fill(&counted);
        cells.place(std::mem::take(&mut night.unknown));
        cells
    }

    /// Counts the contacts that are called unknown in their cells.
    fn place(&mut self, contacts: Vec<Unknown>) {
        let cell = |unknown: &Unknown| {
            let cells = self.cells_of(self.numbers.of(unknown.domain, unknown.bucket) as usize);
            let found = self.cells[cells.clone()].binary_search_by_key(&unknown.identity, |cell| cell.identity);
            found.ok().map(|at| (cells.start + at) as u32)
        };
        let mut placed: Vec<Contacts> = contacts
            .iter()
            .filter_map(|c| Some(Contacts { cell: cell(c)?, unknown: 1, liars: u32::from(c.liar) }))
            .collect();
        placed.sort_unstable_by_key(|contacts| contacts.cell);
        placed.dedup_by(|next, kept| {
            let same = next.cell == kept.cell;
            if same {
                (kept.unknown, kept.liars) = (kept.unknown + next.unknown, kept.liars + next.liars);
            }
            same
        });
        self.contacts = placed;
    }

    /// The contacts of a cell that are called unknown.
    pub fn contacts_of(&self, cell: usize) -> Contacts {
        let at = self.contacts.binary_search_by_key(&(cell as u32), |contacts| contacts.cell);
        at.map_or(Contacts::default(), |at| self.contacts[at])
    }

    /// The cells of sorted counts, whose `domain` is a node by now. Every node has its place, with or without cells.
    fn fill(&mut self, counted: &[Counted]) {
        self.nodes = std::mem::take(&mut self.numbers.nodes);
        let (mut at, mut last) = (0, None);
        for (node, next) in (0..).zip(&mut self.nodes) {
            next.first_cell = self.cells.len() as u32;
            while let Some(counted) = counted.get(at).filter(|counted| counted.domain == node) {
                if last != Some((node, counted.identity)) {
                    last = Some((node, counted.identity));
                    let first_fail = self.fails.len() as u32;
                    self.cells.push(Cell { identity: counted.identity, delivered: 0, first_fail });
                }
                match (counted.outcome.family(), self.cells.last_mut()) {
                    (Some(family), _) => self.fails.push(Fail { family, by: NOBODY, count: counted.count }),
                    (None, Some(cell)) => cell.delivered = cell.delivered.saturating_add(counted.count),
                    (None, None) => {}
                }
                at += 1;
            }
        }
    }

    /// The cells of a node.
    pub fn cells_of(&self, node: usize) -> std::ops::Range<usize> {
        let end = self.nodes.get(node + 1).map_or(self.cells.len(), |n| n.first_cell as usize);
        self.nodes[node].first_cell as usize..end
    }

    /// The failures of a cell.
    pub fn fails_of(&self, cell: usize) -> std::ops::Range<usize> {
        let end = self.cells.get(cell + 1).map_or(self.fails.len(), |c| c.first_fail as usize);
        self.cells[cell].first_fail as usize..end
    }

    /// Where the failures of a family lie that a row counts among; `None` for a row that is in none.
    pub fn find(&self, domain: u32, bucket: u8, identity: u32, family: Family) -> Option<(&Node, &Fail)> {
        let node = self.numbers.of(domain, bucket) as usize;
        let cells = self.cells_of(node);
        let at = self.cells[cells.clone()].binary_search_by_key(&identity, |cell| cell.identity).ok()?;
        let fails = &self.fails[self.fails_of(cells.start + at)];
        Some((&self.nodes[node], fails.iter().find(|fail| fail.family == family)?))
    }
}

/// Numbers the nodes in the order (voter, receiver).
#[derive(Debug, Default)]
struct NodeNumbers {
    /// For each domain the number of its node; for a pool of its first bucket's.
    first: Vec<u32>,
    pool: Vec<bool>,
    nodes: Vec<Node>,
}

impl NodeNumbers {
    fn new(night: &Night, places: &Places) -> NodeNumbers {
        let mut numbers = NodeNumbers {
            first: vec![NONE; night.domains.len()],
            pool: vec![false; night.domains.len()],
            nodes: vec![],
        };
        let mut voter = 0;
        for (decider, index) in places.deciders.iter().zip(0..) {
            let receiver = |domain: u32| places.receiver_of[domain as usize];
            let mut receivers: Vec<u32> = decider.domains.iter().map(|d| receiver(*d)).collect();
            receivers.sort_unstable();
            receivers.dedup();
            let start = numbers.nodes.len() as u32;
            let buckets = if decider.pool { BUCKETS as u32 } else { 1 };
            for bucket in 0..buckets {
                let node =
                    |receiver: &u32| Node { voter: voter + bucket, decider: index, receiver: *receiver, first_cell: 0 };
                numbers.nodes.extend(receivers.iter().map(node));
            }
            voter += buckets;
            for domain in &decider.domains {
                let at = receivers.iter().position(|r| *r == receiver(*domain)).unwrap_or(0);
                numbers.first[*domain as usize] = start + at as u32;
                numbers.pool[*domain as usize] = decider.pool;
            }
        }
        numbers
    }

    fn of(&self, domain: u32, bucket: u8) -> u32 {
        // A pool is keyed by its receiver, so all its domains have one, and its buckets are neighbours.
        self.first[domain as usize] + if self.pool[domain as usize] { u32::from(bucket) } else { 0 }
    }
}
