//! A walk over some of the cells. In: the cells of a night, and a range of nodes. Out: each cell with its node, its identity and its
//! failures.

use std::ops::Range;

use super::candidate::Candidate;
use crate::facts::cells::{Cell, Cells, Fail, NOBODY, Node};
use crate::facts::identity::Identity;
use crate::facts::night::Night;
use crate::facts::organisation::Places;

/// One cell where it stands.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    night: &'a Night,
    pub node: &'a Node,
    pub cell: &'a Cell,
    pub fails: &'a [Fail],
    /// Number of the cell.
    pub at: usize,
}

/// The cells of these nodes, in order.
pub fn walk<'a>(night: &'a Night, cells: &'a Cells, nodes: Range<usize>) -> impl Iterator<Item = Place<'a>> {
    nodes.flat_map(move |n| {
        let place = move |at| {
            let fails = &cells.fails[cells.fails_of(at)];
            Place { night, node: &cells.nodes[n], cell: &cells.cells[at], fails, at }
        };
        cells.cells_of(n).map(place)
    })
}

/// The nodes of each organisation among these, which follow each other; pools are left out.
pub fn organisations<'a>(
    places: &'a Places,
    cells: &'a Cells,
    nodes: Range<usize>,
) -> impl Iterator<Item = Range<usize>> {
    let mut end = nodes.start;
    let of_decider = cells.nodes[nodes].chunk_by(|a, b| a.decider == b.decider);
    of_decider.filter_map(move |nodes| {
        let start = end;
        end += nodes.len();
        (!places.is_pool(nodes[0].decider)).then_some(start..end)
    })
}

impl Place<'_> {
    /// Our side of its messages.
    pub fn identity(&self) -> Identity {
        self.night.identities.get(self.cell.identity)
    }

    /// Whether a candidate holds it.
    pub fn is_in(&self, candidate: &Candidate) -> bool {
        candidate.holds(self.node.receiver, self.node.decider, &self.identity())
    }

    /// Messages accepted.
    pub fn delivered(&self) -> u64 {
        u64::from(self.cell.delivered)
    }

    /// Failures of all families.
    pub fn failed(&self) -> u64 {
        self.fails.iter().map(|fail| u64::from(fail.count)).sum()
    }

    /// Failures that no finding explains.
    pub fn open(&self) -> impl Iterator<Item = &Fail> {
        self.fails.iter().filter(|fail| fail.by == NOBODY)
    }
}
