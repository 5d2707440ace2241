//! The cells, cut into parts for several cores. In: work on some nodes. Out: its answers in the order of the parts. The
//! cuts do not depend on the number of cores, so neither do sums.

use std::ops::Range;

use rayon::prelude::*;

use super::cells::{Cells, Fail, NOBODY, Node};
use crate::bounce::Families;

/// How many parts.
const PARTS: usize = 16;
/// Below so many cells threads cost more than they save.
const WORTH_THREADS: usize = 100_000;

impl Cells {
    /// Does the work on all nodes; no decider is cut in two.
    pub fn in_parts<T: Send>(&self, work: impl Fn(Range<usize>) -> T + Send + Sync) -> Vec<T> {
        self.on_all(self.bounds(), work)
    }

    /// Gives failures that nothing explains to findings: `whose` tells, for a node and an identity, which finding takes
    /// the failures of which families. Returns whether there were any.
    pub fn give(&mut self, whose: impl Fn(&Node, u32) -> Option<(Families, u16)> + Send + Sync) -> bool {
        let mut all = std::mem::take(&mut self.fails);
        let end = all.len();
        let mut rest = &mut all[..];
        let mut parts: Vec<(Range<usize>, usize, &mut [Fail])> = Vec::with_capacity(PARTS);
        let mut start = 0;
        for nodes in self.bounds() {
            let next = self.nodes.get(nodes.end).and_then(|node| self.cells.get(node.first_cell as usize));
            let stop = next.map_or(end, |cell| cell.first_fail as usize);
            let (fails, others) = rest.split_at_mut(stop - start);
            parts.push((nodes, start, fails));
            (rest, start) = (others, stop);
        }
        let given = self.on_all(parts, |(nodes, start, fails)| self.give_in(nodes, start, end, fails, &whose));
        self.fails = all;
        given.into_iter().any(|given| given)
    }

    /// The same in some nodes, whose failures begin at `start`; those of all nodes end at `end`.
    fn give_in(
        &self,
        nodes: Range<usize>,
        start: usize,
        end: usize,
        fails: &mut [Fail],
        whose: impl Fn(&Node, u32) -> Option<(Families, u16)>,
    ) -> bool {
        let mut given = false;
        for node in nodes {
            for cell in self.cells_of(node) {
                let stop = self.cells.get(cell + 1).map_or(end, |next| next.first_fail as usize);
                let fails = &mut fails[self.cells[cell].first_fail as usize - start..stop - start];
                if fails.iter().all(|fail| fail.by != NOBODY) {
                    continue;
                }
                let Some((families, finding)) = whose(&self.nodes[node], self.cells[cell].identity) else { continue };
                for fail in fails.iter_mut().filter(|fail| fail.by == NOBODY && families.has(fail.family)) {
                    (fail.by, given) = (finding, true);
                }
            }
        }
        given
    }

    fn bounds(&self) -> Vec<Range<usize>> {
        let nodes = &self.nodes;
        let (mut bounds, mut start) = (Vec::with_capacity(PARTS), 0);
        for part in 1..=PARTS {
            let mut end = (nodes.len() * part / PARTS).max(start);
            while end > 0 && end < nodes.len() && nodes[end].decider == nodes[end - 1].decider {
                end += 1;
            }
            bounds.push(start..end);
            start = end;
        }
        bounds
    }

    /// Does the work on all parts, in parallel where it is worth it.
    fn on_all<P: Send, T: Send>(&self, parts: Vec<P>, work: impl Fn(P) -> T + Send + Sync) -> Vec<T> {
        if self.cells.len() < WORTH_THREADS {
            return parts.into_iter().map(work).collect();
        }
        parts.into_par_iter().map(work).collect()
    }
}
