//! Cells: the small table that everything is judged on. In: a night and the places of its domains. Out: for each
//! organisation (or bucket of a pool), receiver and identity the messages accepted, and the failures by wording.
//! Who is to blame for them is `candidate`'s and `explain`'s question.

use super::family::Family;
use super::names::NONE;
use super::night::{BUCKETS, Delivered, Night, Row};
use super::organisation::Places;

/// No incident explains it.
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

/// The rows of one family in one cell.
#[derive(Debug, Clone, Copy)]
pub struct Fail {
    /// What they say.
    pub family: Family,
    /// The finding that explains them, or `NOBODY`.
    pub by: u16,
    /// How many.
    pub count: u32,
    /// Index of the first of them in `Cells::rows`.
    pub first_row: u32,
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
    /// The night's rows in the order of `fails`.
    pub rows: Vec<Row>,
    /// Whether deliveries are known.
    pub rates: bool,
}

/// The order of cells: node, then identity; above all others past the end.
fn key_of_delivered(delivered: &[Delivered], at: usize) -> u64 {
    delivered.get(at).map_or(u64::MAX, |d| u64::from(d.domain) << 32 | u64::from(d.identity))
}

/// The same of a row.
fn key_of_row(rows: &[Row], at: usize) -> u64 {
    rows.get(at).map_or(u64::MAX, |row| u64::from(row.node) << 32 | u64::from(row.identity))
}

impl Cells {
    /// Counts the night. Takes its rows and deliveries: they are the bulk of the memory.
    pub fn build(night: &mut Night, places: &Places) -> Cells {
        let mut cells = Cells { rates: night.rates, ..Cells::default() };
        let numbers = NodeNumbers::new(night, places);
        let families: Vec<Family> = night.voices.iter().map(|v| v.family().unwrap_or(Family::Neutral)).collect();
        // Both are large: they are numbered and sorted where they lie.
        let (mut delivered, mut rows) = (std::mem::take(&mut night.delivered), std::mem::take(&mut night.rows));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for d in &mut delivered {
                    (d.domain, d.bucket) = (numbers.of(d.domain, u64::from(d.bucket)), 0);
                }
                delivered.sort_unstable();
            });
            for row in &mut rows {
                row.node = numbers.of(row.domain, row.recipient % BUCKETS);
            }
            let key = |r: &Row| (r.node, r.identity, families[r.voice as usize]);
            rows.sort_unstable_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.cmp(b)));
        });
        cells.rows = rows;
        cells.fill(&delivered, &families, &numbers);
        cells
    }

    /// Merges deliveries, whose `domain` is a node by now, and rows.
    fn fill(&mut self, delivered: &[Delivered], families: &[Family], numbers: &NodeNumbers) {
        let (mut d, mut r, mut node) = (0, 0, NONE);
        while d < delivered.len() || r < self.rows.len() {
            let next = key_of_delivered(delivered, d).min(key_of_row(&self.rows, r));
            if node != (next >> 32) as u32 {
                node = (next >> 32) as u32;
                self.nodes.push(Node { first_cell: self.cells.len() as u32, ..numbers.nodes[node as usize] });
            }
            let (mut sum, first_fail) = (0u32, self.fails.len());
            while key_of_delivered(delivered, d) == next {
                sum = sum.saturating_add(delivered[d].count);
                d += 1;
            }
            self.cells.push(Cell { identity: next as u32, delivered: sum, first_fail: first_fail as u32 });
            while key_of_row(&self.rows, r) == next {
                let family = families[self.rows[r].voice as usize];
                match self.fails[first_fail..].last_mut().filter(|f| f.family == family) {
                    Some(fail) => fail.count += 1,
                    None => self.fails.push(Fail { family, by: NOBODY, count: 1, first_row: r as u32 }),
                }
                r += 1;
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

    /// The rows of a failure.
    pub fn rows_of(&self, fail: usize) -> &[Row] {
        let fail = &self.fails[fail];
        &self.rows[fail.first_row as usize..(fail.first_row + fail.count) as usize]
    }
}

/// Numbers the nodes in the order (voter, receiver).
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
        for (index, decider) in places.deciders.iter().enumerate() {
            let receiver = |domain: u32| places.receiver_of[domain as usize];
            let mut receivers: Vec<u32> = decider.domains.iter().map(|d| receiver(*d)).collect();
            receivers.sort_unstable();
            receivers.dedup();
            let start = numbers.nodes.len() as u32;
            let buckets = if decider.pool { BUCKETS as u32 } else { 1 };
            for bucket in 0..buckets {
                for receiver in &receivers {
                    let node =
                        Node { voter: voter + bucket, decider: index as u32, receiver: *receiver, first_cell: 0 };
                    numbers.nodes.push(node);
                }
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

    fn of(&self, domain: u32, bucket: u64) -> u32 {
        // A pool is keyed by its receiver, so all its domains have one, and its buckets are neighbours.
        self.first[domain as usize] + if self.pool[domain as usize] { bucket as u32 } else { 0 }
    }
}
