//! What an incident's failures look like: how many, whose, which texts, since when. In: cells with their owners, and the
//! groups of the rows. Out: `Details` for each incident. What cells know is counted from cells, the rest from rows; that
//! both are the same failures is held by a test.

use std::collections::BTreeMap;

use super::owned::Owned;
use crate::bounce::{Cause, Origin, Timestamp};
use crate::facts::Facts;
use crate::facts::names::NONE;
use crate::judge::Owners;

/// What an incident's failures look like.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// Failures.
    pub bounces: u64,
    /// Distinct recipients.
    pub recipients: u64,
    /// Organisations and pools.
    pub deciders: u64,
    /// Failures by list named.
    pub blocklists: BTreeMap<String, u64>,
    /// Failures by template.
    pub templates: BTreeMap<String, u64>,
    /// Failures by cause.
    pub causes: BTreeMap<Cause, u64>,
    /// Failures by receiver.
    pub receivers: BTreeMap<u32, u64>,
    /// Failures by sending IP.
    pub ips: BTreeMap<u32, u64>,
    /// First failure with a time.
    pub first: Option<Timestamp>,
    /// Last failure with a time.
    pub last: Option<Timestamp>,
    /// The first reply, and where it was read.
    pub sample: Option<(String, Origin)>,
}

/// Counts of `count` incidents from their cells.
pub fn of_cells(facts: &Facts, owners: &Owners, count: usize) -> Vec<Details> {
    let cells = &facts.cells;
    let parts = cells.in_parts(|nodes| {
        let mut details = vec![Details::default(); count];
        let mut last_decider = vec![NONE; count];
        for node in nodes {
            let decider = cells.nodes[node].decider;
            for cell in cells.cells_of(node) {
                for fail in &cells.fails[cells.fails_of(cell)] {
                    let Some(owner) = owners.of(decider, fail.family, fail.by) else { continue };
                    let (details, failed) = (&mut details[owner as usize], u64::from(fail.count));
                    details.bounces += failed;
                    let ip = facts.night.identities.get(cells.cells[cell].identity).ip;
                    *details.ips.entry(ip).or_default() += failed;
                    *details.receivers.entry(cells.nodes[node].receiver).or_default() += failed;
                    // A decider's nodes follow each other, and no part cuts them.
                    details.deciders += u64::from(last_decider[owner as usize] != decider);
                    last_decider[owner as usize] = decider;
                }
            }
        }
        details
    });
    let mut details = vec![Details::default(); count];
    for part in parts {
        details.iter_mut().zip(part).for_each(|(sum, part)| sum.join(part));
    }
    for details in &mut details {
        details.receivers.remove(&NONE);
        details.ips.remove(&NONE);
    }
    details
}

impl Details {
    fn join(&mut self, other: Details) {
        self.bounces += other.bounces;
        self.deciders += other.deciders;
        for (sums, counts) in [(&mut self.receivers, other.receivers), (&mut self.ips, other.ips)] {
            counts.into_iter().for_each(|(id, n)| *sums.entry(id).or_default() += n);
        }
    }
}

/// Adds what the rows show.
pub fn of_rows(details: &mut [Details], rows: &Owned) {
    for group in &rows.incidents {
        let (Some(details), Some(reply)) =
            (details.get_mut(group.upper as usize), rows.replies.get_index(group.lower as usize))
        else {
            continue;
        };
        *details.causes.entry(reply.code.2).or_default() += group.count;
        for (names, name) in [(&mut details.templates, &reply.template), (&mut details.blocklists, &reply.blocklist)] {
            name.iter().for_each(|name| *names.entry(name.to_string()).or_default() += group.count);
        }
        let times = group.times.map(|(first, last)| (Timestamp(first), Timestamp(last)));
        details.first = [details.first, times.map(|t| t.0)].into_iter().flatten().min();
        details.last = details.last.max(times.map(|t| t.1));
    }
    for (owner, _) in &rows.recipients {
        details.get_mut(*owner as usize).into_iter().for_each(|details| details.recipients += 1);
    }
}

/// The most frequent key, and how often it is there; of equals the smallest.
pub fn most<K: Ord>(counts: &BTreeMap<K, u64>) -> Option<(&K, u64)> {
    counts.iter().max_by_key(|(key, n)| (**n, std::cmp::Reverse(*key))).map(|(key, n)| (key, *n))
}
