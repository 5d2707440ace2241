//! What each organisation did with our mail. In: cells with explained failures marked. Out: a `Tally` for each
//! organisation with refusals, and what is common to all. Judging them is `tenant`'s work.

use std::collections::BTreeMap;
use std::ops::Range;

use super::candidate::Dimension;
use super::stock::Stock;
use super::walk::{Place, organisations, walk};
use crate::bounce::{Families, Family};
use crate::facts::cells::{Cells, NOBODY};
use crate::facts::names::NONE;
use crate::facts::night::Night;
use crate::facts::organisation::Places;
use crate::tables::policy::Judging;

/// Our side of a message, in the order in which it is blamed when several fit alike.
pub const IDENTITIES: [Dimension; 3] = [Dimension::SendingDomain, Dimension::Campaign, Dimension::SendingIp];

/// An answer about a mailbox shows that the policies let us speak.
const LET_SPEAK: Families = Family::Missing.set().with(Family::Neutral.set());

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
    /// Those of them in a product's words that its maker documents.
    pub rules: u64,
    /// Refusals among `fails` that blame us: no evidence that the organisation chose to block us.
    pub testimony: u64,
    /// Refusals that blame us, also those that findings explain.
    pub blames: u64,
    /// Those of `testimony` that say what anybody can check.
    pub checkable: u64,
    /// Refusals that a finding explains, by its number.
    pub explained: BTreeMap<u16, u64>,
    /// Messages that got past the policies.
    pub past: u64,
    /// Replies among them that show it: the mailbox was looked up.
    pub let_speak: u64,
    /// Refused and tried by each value of each of `IDENTITIES`.
    pub values: [BTreeMap<u32, (u64, u64)>; 3],
}

impl Tally {
    /// Messages judged: refused without another explanation, or got past.
    pub fn tried(&self) -> u64 {
        self.fails + self.past
    }

    /// Refusals that say neither who nor why, or that the organisation has a rule.
    pub fn unblaming(&self) -> u64 {
        self.fails - self.testimony
    }

    /// Refusals, also those that findings explain.
    pub fn refused(&self) -> u64 {
        self.fails + self.explained.values().sum::<u64>()
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
    /// Organisations mailed.
    pub organisations: u64,
    /// Those of them that refuse in words that a product's maker documents as a rule of its customer.
    pub with_rules: u64,
    /// Share of refusals at organisations that take our mail.
    pub background_rate: f64,
    /// For each receiver, organisations that refuse most of our mail for no known reason, and all.
    pub refusing: Vec<(u64, u64)>,
    /// For each of `IDENTITIES`, how many organisations and pools each value reached.
    pub reached: [Vec<u32>; 3],
    /// Refusals without explicit wording, and messages, at organisations that take our mail.
    background: (u64, u64),
}

/// Counts all organisations.
pub fn count(
    night: &Night,
    places: &Places,
    cells: &Cells,
    judging: &Judging,
    (passes, stock): (Families, &Stock),
) -> (Vec<Tally>, Common) {
    // One server that asks an odd list has chosen it; several that do have met something about us.
    let testimony = match askers(cells) {
        0 | 1 => Families::TESTIMONY.without(Family::OddList.set()),
        _ => Families::TESTIMONY,
    };
    let read = Reading { passes, testimony };
    let empty = || Common { refusing: vec![(0, 0); night.receivers.len()], ..Common::default() };
    let parts = cells.in_parts(|nodes| {
        let (mut tallies, mut common) = (Vec::new(), empty());
        for nodes in organisations(places, cells, nodes) {
            let mut tally = Tally::of_nodes(night, cells, nodes.clone(), read);
            tally.take_off(stock.get(&tally.decider).copied().unwrap_or(0));
            common.add(&tally, judging);
            let enough = tally.fails as f64 >= judging.tenant_failures;
            if tally.fails > 0 {
                if enough || tally.explicit > 0 || !tally.explained.is_empty() {
                    tally.split(night, cells, nodes, read);
                }
                tallies.push(tally);
            }
        }
        (tallies, common)
    });
    let (mut tallies, mut common) = (Vec::new(), empty());
    for (part, of_part) in parts {
        tallies.extend(part);
        common.join(of_part);
    }
    let (refused, tried) = common.background;
    common.background_rate = if tried == 0 { 0.0 } else { refused as f64 / tried as f64 }.max(judging.stray_floor);
    common.reached = reached(night, cells);
    (tallies, common)
}

impl Common {
    fn add(&mut self, tally: &Tally, judging: &Judging) {
        let (few, rarely) = ((tally.fails as f64) < judging.tenant_failures, tally.rate() < judging.inconclusive_rate);
        self.organisations += u64::from(tally.past + tally.refused() > 0);
        self.with_rules += u64::from(tally.rules > 0);
        self.large += u64::from(tally.tried() as f64 >= judging.tenant_failures);
        if few || rarely {
            let unstated = tally.fails - tally.explicit.min(tally.fails);
            self.background = (self.background.0 + unstated, self.background.1 + tally.tried());
        }
        if let Some((refusing, all)) = self.refusing.get_mut(tally.receiver as usize) {
            *all += u64::from(tally.tried() > 0);
            *refusing += u64::from(tally.fails > 0 && !rarely);
        }
    }

    fn join(&mut self, other: Common) {
        self.organisations += other.organisations;
        self.with_rules += other.with_rules;
        self.large += other.large;
        let sums = self.refusing.iter_mut().chain([&mut self.background]);
        for (sum, part) in sums.zip(other.refusing.into_iter().chain([other.background])) {
            *sum = (sum.0 + part.0, sum.1 + part.1);
        }
    }
}

impl Tally {
    fn of(decider: u32) -> Tally {
        let (explained, values) = (BTreeMap::new(), Default::default());
        Tally {
            decider,
            receiver: NONE,
            fails: 0,
            explicit: 0,
            rules: 0,
            testimony: 0,
            blames: 0,
            checkable: 0,
            explained,
            past: 0,
            let_speak: 0,
            values,
        }
    }

    /// Of an organisation by its nodes.
    fn of_nodes(night: &Night, cells: &Cells, nodes: Range<usize>, read: Reading) -> Tally {
        let mut tally = Tally::of(cells.nodes[nodes.start].decider);
        let mut most = 0;
        for node in nodes {
            let before = tally.tried();
            walk(night, cells, node..node + 1).for_each(|place| _ = tally.add(&place, read));
            if tally.tried() - before > most || tally.receiver == NONE {
                (most, tally.receiver) = (tally.tried() - before, cells.nodes[node].receiver);
            }
        }
        tally
    }

    /// Stock texts are no words of its own.
    fn take_off(&mut self, stock: u64) {
        self.explicit = self.explicit.saturating_sub(stock).max(self.rules);
    }

    /// Splits refusals and trials by our side of the message.
    fn split(&mut self, night: &Night, cells: &Cells, nodes: Range<usize>, read: Reading) {
        for place in walk(night, cells, nodes) {
            let (fails, past) = Tally::of(self.decider).add(&place, read);
            let identity = place.identity();
            for (values, dimension) in self.values.iter_mut().zip(IDENTITIES) {
                let value = dimension.value(&identity);
                if value != NONE && fails + past > 0 {
                    let entry = values.entry(value).or_default();
                    *entry = (entry.0 + fails, entry.1 + fails + past);
                }
            }
        }
    }

    /// Adds a cell; returns its unexplained refusals and what got past.
    fn add(&mut self, place: &Place<'_>, read: Reading) -> (u64, u64) {
        let (mut fails, mut past) = (0, place.delivered());
        for fail in place.fails {
            let count = u64::from(fail.count);
            if read.passes.has(fail.family) {
                past += count;
                self.let_speak += if LET_SPEAK.has(fail.family) { count } else { 0 };
            } else if Families::POLICY.has(fail.family) {
                self.blames += if read.testimony.has(fail.family) { count } else { 0 };
                match fail.by {
                    NOBODY => {
                        fails += count;
                        self.testimony += if read.testimony.has(fail.family) { count } else { 0 };
                        self.checkable += if Families::CHECKABLE.has(fail.family) { count } else { 0 };
                    }
                    by => *self.explained.entry(by).or_default() += count,
                }
                self.rules += if fail.family == Family::CustomerRule { count } else { 0 };
                self.explicit += if Families::EXPLICIT.has(fail.family) { count } else { 0 };
            }
        }
        self.fails += fails;
        self.past += past;
        (fails, past)
    }
}

/// How failures are read.
#[derive(Clone, Copy)]
struct Reading {
    /// What shows that a message got past.
    passes: Families,
    /// What blames us.
    testimony: Families,
}

/// Organisations and pools that refuse by an odd list; counted to two.
fn askers(cells: &Cells) -> usize {
    let asks = |n: &usize| {
        cells.cells_of(*n).flat_map(|c| cells.fails_of(c)).any(|f| cells.fails[f].family == Family::OddList)
    };
    let mut deciders: Vec<u32> = (0..cells.nodes.len()).filter(asks).map(|n| cells.nodes[n].decider).collect();
    deciders.dedup();
    deciders.len()
}

fn reached(night: &Night, cells: &Cells) -> [Vec<u32>; 3] {
    let sizes = [night.sending_domains.len(), night.campaigns.len(), night.ips.len()];
    let parts = cells.in_parts(|nodes| {
        let (mut reached, mut last) = (sizes.map(|n| vec![0; n]), sizes.map(|n| vec![NONE; n]));
        for place in walk(night, cells, nodes) {
            let identity = place.identity();
            for (at, dimension) in IDENTITIES.iter().enumerate() {
                let value = dimension.value(&identity) as usize;
                if value < sizes[at] && last[at][value] != place.node.decider {
                    last[at][value] = place.node.decider;
                    reached[at][value] += 1;
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
