//! The cells, cut into parts for several cores. In: work on some nodes. Out: its answers in the order of the parts. The
//! cuts do not depend on the number of cores, so neither do sums.

use std::ops::Range;
use std::sync::Mutex;

use super::cells::{Cells, Fail, NOBODY, Node};
use super::family::Families;

/// How many parts.
const PARTS: usize = 16;
/// Below so many cells threads cost more than they save.
const WORTH_THREADS: usize = 100_000;

impl Cells {
    /// Does the work on all nodes; no decider is cut in two.
    pub fn in_parts<T: Send>(&self, work: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
        in_parallel(self.cells.len(), self.bounds(), work)
    }

    /// Gives failures that nothing explains to findings: `whose` tells, for a node and an identity, which finding takes
    /// the failures of which families. Returns whether there were any.
    pub fn give(&mut self, whose: impl Fn(&Node, u32) -> Option<(Families, u16)> + Sync) -> bool {
        let mut all = std::mem::take(&mut self.fails);
        let mut rest = &mut all[..];
        let mut parts: Vec<(Range<usize>, usize, &mut [Fail])> = Vec::with_capacity(PARTS);
        let first_fail = |node: usize| {
            let cell = self.nodes.get(node).and_then(|n| self.cells.get(n.first_cell as usize));
            cell.map(|c| c.first_fail as usize)
        };
        let (mut start, end) = (0, rest.len());
        for nodes in self.bounds() {
            let stop = first_fail(nodes.end).unwrap_or(end);
            let (fails, others) = rest.split_at_mut(stop - start);
            parts.push((nodes, start, fails));
            (rest, start) = (others, stop);
        }
        let given = in_parallel(self.cells.len(), parts, |(nodes, start, fails)| {
            let mut given = false;
            for n in nodes {
                for cell in self.cells_of(n) {
                    let end = self.cells.get(cell + 1).map_or(end, |next| next.first_fail as usize);
                    let fails = &mut fails[self.cells[cell].first_fail as usize - start..end - start];
                    if fails.iter().all(|fail| fail.by != NOBODY) {
                        continue;
                    }
                    let Some((families, finding)) = whose(&self.nodes[n], self.cells[cell].identity) else { continue };
                    for fail in fails.iter_mut().filter(|fail| fail.by == NOBODY && families.has(fail.family)) {
                        (fail.by, given) = (finding, true);
                    }
                }
            }
            given
        });
        self.fails = all;
        given.into_iter().any(|given| given)
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
}

/// Does the work on all parts, each by the next free core.
fn in_parallel<P: Send, T: Send>(cells: usize, parts: Vec<P>, work: impl Fn(P) -> T + Sync) -> Vec<T> {
    if cells < WORTH_THREADS {
        return parts.into_iter().map(work).collect();
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(parts.len());
    let (waiting, work) = (Mutex::new(parts.into_iter().enumerate()), &work);
    let take = || waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let worker = || std::iter::from_fn(take).map(|(at, part)| (at, work(part))).collect::<Vec<_>>();
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(worker)).collect();
        let mut done = worker();
        done.extend(others.into_iter().flat_map(|o| o.join().expect("work on counts does not panic")));
        done
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, answer)| answer).collect()
}
