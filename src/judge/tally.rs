//! What each organisation did with our mail. In: cells with explained failures marked. Out: a `Tally` for each
//! organisation with refusals, and what is common to all. Judging them is `tenant`'s work.

use std::collections::BTreeMap;

use super::candidate::Dimension;
use crate::bounce::{Families, Family};
use crate::facts::cells::{Cells, NOBODY};
use crate::facts::names::NONE;
use crate::facts::night::Night;
use crate::facts::organisation::Places;
use crate::tables::policy::Judging;

/// Our side of a message, in the order in which it is blamed when several fit alike.
pub const IDENTITIES: [Dimension; 3] = [Dimension::SendingDomain, Dimension::Campaign, Dimension::SendingIp];

/// What an organisation did with our mail.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// The organisation.
    pub decider: u32,
    /// The receiver that got most of its mail, or `NONE`.
    pub receiver: u32,
    /// Refusals that no finding explains, explicit ones included.
    pub fails: u64,
    /// Refusals with explicit wording.
    pub explicit: u64,
    /// Refusals that a finding explains, by its number.
    pub explained: BTreeMap<u16, u64>,
    /// Messages that got past the policies.
    pub past: u64,
    /// Refused and tried by each value of each of `IDENTITIES`.
    pub values: [BTreeMap<u32, (u64, u64)>; 3],
}

impl Tally {
    /// Messages judged: refused without another explanation, or got past.
    pub fn tried(&self) -> u64 {
        self.fails + self.past
    }

    /// Share refused; 0 without messages.
    pub fn rate(&self) -> f64 {
        if self.tried() == 0 { 0.0 } else { self.fails as f64 / self.tried() as f64 }
    }
}

/// What is common to all organisations of a night.
#[derive(Debug, Default)]
pub struct Common {
    /// Organisations with three messages or more.
    pub large: u64,
    /// Share of stray refusals at organisations that take our mail.
    pub stray: f64,
    /// For each receiver, organisations that refuse most of our mail for no known reason, and all.
    pub refusing: Vec<(u64, u64)>,
    /// For each of `IDENTITIES`, how many organisations and pools each value reached.
    pub reached: [Vec<u32>; 3],
}

/// Counts all organisations.
pub fn count(
    night: &Night,
    places: &Places,
    cells: &Cells,
    judging: &Judging,
    passes: Families,
) -> (Vec<Tally>, Common) {
    let parts = cells.in_parts(|nodes| Part::over(night, places, cells, judging, passes, nodes));
    let mut common = Common { refusing: vec![(0, 0); night.receivers.len()], ..Common::default() };
    let (mut tallies, mut quiet) = (Vec::new(), (0u64, 0u64));
    for part in parts {
        common.large += part.large;
        quiet = (quiet.0 + part.quiet.0, quiet.1 + part.quiet.1);
        for (sum, part) in common.refusing.iter_mut().zip(part.refusing) {
            *sum = (sum.0 + part.0, sum.1 + part.1);
        }
        tallies.extend(part.tallies);
    }
    common.stray = if quiet.1 == 0 { 0.0 } else { quiet.0 as f64 / quiet.1 as f64 }.max(judging.stray_floor);
    common.reached = reached(night, cells);
    (tallies, common)
}

/// What some of the nodes give.
struct Part {
    tallies: Vec<Tally>,
    large: u64,
    /// Refusals without explicit wording, and messages, at organisations that take our mail.
    quiet: (u64, u64),
    refusing: Vec<(u64, u64)>,
}

impl Part {
    fn over(
        night: &Night,
        places: &Places,
        cells: &Cells,
        judging: &Judging,
        passes: Families,
        nodes: std::ops::Range<usize>,
    ) -> Part {
        let refusing = vec![(0, 0); night.receivers.len()];
        let mut part = Part { tallies: vec![], large: 0, quiet: (0, 0), refusing };
        let mut at = nodes.start;
        while at < nodes.end {
            let decider = cells.nodes[at].decider;
            let end = at + cells.nodes[at..nodes.end].iter().take_while(|n| n.decider == decider).count();
            if !places.is_pool(decider) {
                let mut tally = tally(cells, at..end, passes);
                part.add(&tally, judging);
                let enough = tally.fails as f64 >= judging.tenant_failures;
                if tally.fails > 0 {
                    if enough || tally.explicit > 0 || !tally.explained.is_empty() {
                        tally.split(night, cells, at..end, passes);
                    }
                    part.tallies.push(tally);
                }
            }
            at = end;
        }
        part
    }

    fn add(&mut self, tally: &Tally, judging: &Judging) {
        let (few, rarely) = ((tally.fails as f64) < judging.tenant_failures, tally.rate() < judging.inconclusive_rate);
        self.large += u64::from(tally.tried() as f64 >= judging.tenant_failures);
        if few || rarely {
            let unstated = tally.fails - tally.explicit.min(tally.fails);
            self.quiet = (self.quiet.0 + unstated, self.quiet.1 + tally.tried());
        }
        if let Some((refusing, all)) = self.refusing.get_mut(tally.receiver as usize) {
            *all += u64::from(tally.tried() > 0);
            *refusing += u64::from(tally.fails > 0 && !rarely);
        }
    }
}

fn tally(cells: &Cells, nodes: std::ops::Range<usize>, passes: Families) -> Tally {
    let mut tally = Tally::of(cells.nodes[nodes.start].decider);
    let mut most = 0;
    for node in nodes {
        let before = tally.tried();
        for cell in cells.cells_of(node) {
            tally.add(cells, cell, passes);
        }
        if tally.tried() - before > most || tally.receiver == NONE {
            (most, tally.receiver) = (tally.tried() - before, cells.nodes[node].receiver);
        }
    }
    tally
}

impl Tally {
    /// An empty tally.
    fn of(decider: u32) -> Tally {
        let (explained, values) = (BTreeMap::new(), Default::default());
        Tally { decider, receiver: NONE, fails: 0, explicit: 0, explained, past: 0, values }
    }

    /// Splits refusals and trials by our side of the message.
    fn split(&mut self, night: &Night, cells: &Cells, nodes: std::ops::Range<usize>, passes: Families) {
        for cell in nodes.flat_map(|n| cells.cells_of(n)) {
            let (fails, past) = Tally::of(self.decider).add(cells, cell, passes);
            let identity = &night.identities.get(cells.cells[cell].identity);
            for (values, dimension) in self.values.iter_mut().zip(IDENTITIES) {
                let value = dimension.value(identity);
                if value != NONE && fails + past > 0 {
                    let entry = values.entry(value).or_default();
                    *entry = (entry.0 + fails, entry.1 + fails + past);
                }
            }
        }
    }

    /// Adds a cell; returns its unexplained refusals and what got past.
    fn add(&mut self, cells: &Cells, cell: usize, passes: Families) -> (u64, u64) {
        let (mut fails, mut past) = (0, u64::from(cells.cells[cell].delivered));
        for fail in &cells.fails[cells.fails_of(cell)] {
            let count = u64::from(fail.count);
            if passes.has(fail.family) {
                past += count;
            } else if Families::POLICY.has(fail.family) {
                if fail.by == NOBODY {
                    fails += count;
                } else {
                    *self.explained.entry(fail.by).or_default() += count;
                }
                if fail.family == Family::Explicit {
                    self.explicit += count;
                }
            }
        }
        self.fails += fails;
        self.past += past;
        (fails, past)
    }
}

fn reached(night: &Night, cells: &Cells) -> [Vec<u32>; 3] {
    let sizes = [night.sending_domains.len(), night.campaigns.len(), night.ips.len()];
    let parts = cells.in_parts(|nodes| {
        let (mut reached, mut last) = (sizes.map(|n| vec![0; n]), sizes.map(|n| vec![NONE; n]));
        for n in nodes {
            let decider = cells.nodes[n].decider;
            for cell in cells.cells_of(n) {
                let identity = &night.identities.get(cells.cells[cell].identity);
                for at in 0..IDENTITIES.len() {
                    let value = IDENTITIES[at].value(identity) as usize;
                    if value < sizes[at] && last[at][value] != decider {
                        last[at][value] = decider;
                        reached[at][value] += 1;
                    }
                }
            }
        }
        reached
    });
    let mut reached = sizes.map(|n| vec![0; n]);
    for part in parts {
        reached.iter_mut().flatten().zip(part.iter().flatten()).for_each(|(sum, n)| *sum += n);
    }
    reached
}
