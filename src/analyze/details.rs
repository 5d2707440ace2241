//! What an incident's failures look like: how many, whose, which texts, since when. In: cells with their marks, and
//! what each incident owns. Out: `Details` for each incident, by one pass over the rows.

use std::collections::{BTreeMap, HashMap};

use super::cells::{Cells, NOBODY};
use super::family::{Families, Family};
use super::names::NONE;
use super::night::{NO_TIME, Night, Row};
use crate::bounce::{Cause, Timestamp};

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
    pub blocklists: BTreeMap<u32, u64>,
    /// Failures by template.
    pub templates: BTreeMap<u32, u64>,
    /// Failures by cause.
    pub causes: BTreeMap<Cause, u64>,
    /// Failures by receiver.
    pub receivers: BTreeMap<u32, u64>,
    /// Failures by sending IP.
    pub ips: BTreeMap<u32, u64>,
    /// First failure with a time.
    pub first: Option<i64>,
    /// Last failure with a time.
    pub last: Option<i64>,
    /// The failure to show as a sample: the first by content.
    pub sample: Option<Row>,
    hashes: Vec<u64>,
    last_decider: Option<u32>,
}

/// Which incident owns a failure.
#[derive(Debug, Default)]
pub struct Owners {
    /// Incident by the number in `Fail::by`.
    pub by_number: HashMap<u16, usize>,
    /// Incident by organisation and the families that it owns there, for failures that nothing of ours explains.
    pub by_decider: HashMap<u32, Vec<(Families, usize)>>,
}

impl Owners {
    /// The incident that owns a failure of a decider.
    pub fn of(&self, decider: u32, family: Family, by: u16) -> Option<usize> {
        if by != NOBODY {
            return self.by_number.get(&by).copied();
        }
        let owned = self.by_decider.get(&decider)?;
        owned.iter().find(|(families, _)| families.has(family)).map(|(_, incident)| *incident)
    }
}

/// The details of `count` incidents.
pub fn gather(night: &Night, cells: &Cells, owners: &Owners, count: usize) -> Vec<Details> {
    let parts = cells.in_parts(|nodes| {
        let mut details = vec![Details::default(); count];
        nodes.for_each(|n| add_node(&mut details, night, cells, owners, n));
        details
    });
    let mut details = vec![Details::default(); count];
    for part in parts {
        details.iter_mut().zip(part).for_each(|(all, part)| all.join(part));
    }
    details.iter_mut().for_each(Details::close);
    details
}

fn add_node(details: &mut [Details], night: &Night, cells: &Cells, owners: &Owners, n: usize) {
    let node = &cells.nodes[n];
    for cell in cells.cells_of(n) {
        let ip = night.identities.get(cells.cells[cell].identity).ip;
        for at in cells.fails_of(cell) {
            let fail = cells.fails[at];
            let Some(incident) = owners.of(node.decider, fail.family, fail.by) else { continue };
            let details = &mut details[incident];
            *details.ips.entry(ip).or_default() += u64::from(fail.count);
            *details.receivers.entry(node.receiver).or_default() += u64::from(fail.count);
            if details.last_decider != Some(node.decider) {
                details.last_decider = Some(node.decider);
                details.deciders += 1;
            }
            cells.rows_of(at).iter().for_each(|row| details.add(night, row));
        }
    }
}

impl Details {
    fn add(&mut self, night: &Night, row: &Row) {
        let voice = &night.voices[row.voice as usize];
        self.bounces += 1;
        *self.causes.entry(voice.cause).or_default() += 1;
        if voice.template != NONE {
            *self.templates.entry(voice.template).or_default() += 1;
        }
        if voice.blocklist != NONE {
            *self.blocklists.entry(voice.blocklist).or_default() += 1;
        }
        if row.time != NO_TIME {
            self.first = Some(self.first.map_or(row.time, |t| t.min(row.time)));
            self.last = Some(self.last.map_or(row.time, |t| t.max(row.time)));
        }
        self.hashes.push(row.recipient);
        self.show(row);
    }

    /// Shows this failure as the sample if it comes before the one shown.
    fn show(&mut self, row: &Row) {
        let order = |row: &Row| (row.time, row.recipient, row.voice);
        if self.sample.is_none_or(|sample| order(row) < order(&sample)) {
            self.sample = Some(*row);
        }
    }

    /// Adds another part of the night; no decider is in both.
    fn join(&mut self, other: Details) {
        self.bounces += other.bounces;
        self.deciders += other.deciders;
        add_counts(&mut self.blocklists, other.blocklists);
        add_counts(&mut self.templates, other.templates);
        add_counts(&mut self.causes, other.causes);
        add_counts(&mut self.receivers, other.receivers);
        add_counts(&mut self.ips, other.ips);
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
        self.hashes.extend(other.hashes);
        other.sample.iter().for_each(|row| self.show(row));
    }

    fn close(&mut self) {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        self.recipients = self.hashes.len() as u64;
        self.hashes = Vec::new();
        self.receivers.remove(&NONE);
        self.ips.remove(&NONE);
    }

    /// The first failure.
    pub fn first_seen(&self) -> Option<Timestamp> {
        self.first.map(Timestamp)
    }

    /// The last failure.
    pub fn last_seen(&self) -> Option<Timestamp> {
        self.last.map(Timestamp)
    }
}

fn add_counts<K: Ord>(counts: &mut BTreeMap<K, u64>, others: BTreeMap<K, u64>) {
    others.into_iter().for_each(|(key, n)| *counts.entry(key).or_default() += n);
}

/// The most frequent key; of equals the smallest.
pub fn most<K: Copy + Ord>(counts: &BTreeMap<K, u64>) -> Option<(K, u64)> {
    counts.iter().map(|(k, n)| (*k, *n)).max_by_key(|(k, n)| (*n, std::cmp::Reverse(*k)))
}
