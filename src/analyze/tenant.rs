//! Single organisations: who refuses us beyond what our own findings explain. In: cells with explained failures marked.
//! Out: for each suspected organisation a finding with its grade. Pools are never tenants.

use std::collections::BTreeMap;

use super::candidate::{Candidate, Dimension};
use super::cells::{Cells, NOBODY};
use super::family::{Families, Family};
use super::names::NONE;
use super::night::Night;
use super::organisation::Places;
use super::stats::binomial_tail;
use crate::bounce::Confidence;
use crate::tables::policy::Judging;

/// Our side of a message, in the order in which it is blamed when several fit alike.
const IDENTITIES: [Dimension; 3] = [Dimension::SendingDomain, Dimension::Campaign, Dimension::SendingIp];

/// What an organisation did with our mail.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// Refusals that no finding explains, explicit ones included.
    pub fails: u64,
    /// Refusals with explicit wording.
    pub explicit: u64,
    /// Refusals that a finding explains.
    pub explained: u64,
    /// Messages that got past the policies.
    pub past: u64,
    /// Refused and tried by each value of each of `IDENTITIES`.
    values: [BTreeMap<u32, (u64, u64)>; 3],
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

/// How sure a tenant finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// Acts, or is shown, as a tenant block.
    Block(Confidence),
    /// Failures seen; contrast or volume is missing.
    Inconclusive,
}

/// One organisation that refuses us.
#[derive(Debug, Clone)]
pub struct TenantFinding {
    /// The organisation.
    pub decider: u32,
    /// The one identity of ours that it refuses; `None` if all.
    pub identity: Option<(Dimension, u32)>,
    /// How sure.
    pub grade: Grade,
    /// Whether its own wording says so.
    pub explicit: bool,
    /// Counts.
    pub tally: Tally,
    /// Chance of as many refusals by strays alone at this organisation.
    pub chance: f64,
    /// Why not surer, for people; empty if nothing is missing.
    pub because: String,
}

/// What is the same for all organisations.
pub struct Tenants<'a> {
    /// Names.
    pub night: &'a Night,
    /// Organisations and pools.
    pub places: &'a Places,
    /// Thresholds.
    pub judging: &'a Judging,
    /// Replies that show that the policies let us speak.
    pub passes: Families,
    /// Findings of our side.
    pub ours: &'a [Candidate],
}

/// How many deciders each value of each of `IDENTITIES` reached.
struct Reach {
    deciders: [Vec<u32>; 3],
}

impl Tenants<'_> {
    /// The suspected organisations, in the order of their keys.
    pub fn find(&self, cells: &Cells) -> Vec<TenantFinding> {
        let (tallies, large, stray) = self.tallies(cells);
        let reach = self.reach(cells);
        let mut found: Vec<TenantFinding> = tallies
            .into_iter()
            .filter_map(|(decider, tally)| self.judge(decider, tally, large, stray, cells.rates, &reach))
            .collect();
        self.brake(&mut found, large);
        found
    }

    /// Organisations with refusals; how many organisations got three messages or more; the stray rate of quiet ones.
    fn tallies(&self, cells: &Cells) -> (Vec<(u32, Tally)>, u64, f64) {
        let (mut tallies, mut large, mut quiet) = (Vec::new(), 0, (0u64, 0u64));
        let mut at = 0;
        while at < cells.nodes.len() {
            let decider = cells.nodes[at].decider;
            let end = at + cells.nodes[at..].iter().take_while(|n| n.decider == decider).count();
            if !self.places.is_pool(decider) {
                let tally = self.tally(cells, at..end);
                large += u64::from(tally.tried() as f64 >= self.judging.tenant_failures);
                if (tally.fails as f64) < self.judging.tenant_failures || tally.rate() < self.judging.inconclusive_rate
                {
                    quiet = (quiet.0 + tally.fails - tally.explicit, quiet.1 + tally.tried());
                }
                if tally.fails > 0 {
                    tallies.push((decider, tally));
                }
            }
            at = end;
        }
        let stray = if quiet.1 == 0 { 0.0 } else { quiet.0 as f64 / quiet.1 as f64 };
        (tallies, large, stray.max(self.judging.stray_floor))
    }

    fn tally(&self, cells: &Cells, nodes: std::ops::Range<usize>) -> Tally {
        let mut tally = Tally::default();
        for cell in nodes.flat_map(|n| cells.cells_of(n)) {
            let (mut fails, mut past) = (0, u64::from(cells.cells[cell].delivered));
            for fail in &cells.fails[cells.fails_of(cell)] {
                let count = u64::from(fail.count);
                if self.passes.has(fail.family) {
                    past += count;
                } else if Families::POLICY.has(fail.family) {
                    if fail.by == NOBODY {
                        fails += count;
                    } else {
                        tally.explained += count;
                    }
                    if fail.family == Family::Explicit {
                        tally.explicit += count;
                    }
                }
            }
            tally.fails += fails;
            tally.past += past;
            let identity = &self.night.identities[cells.cells[cell].identity as usize];
            for (values, dimension) in tally.values.iter_mut().zip(IDENTITIES) {
                let value = dimension.value(identity);
                if value != NONE && fails + past > 0 {
                    let entry = values.entry(value).or_default();
                    *entry = (entry.0 + fails, entry.1 + fails + past);
                }
            }
        }
        tally
    }

    fn reach(&self, cells: &Cells) -> Reach {
        let sizes = [self.night.sending_domains.len(), self.night.campaigns.len(), self.night.ips.len()];
        let (mut deciders, mut last) = (sizes.map(|n| vec![0; n]), sizes.map(|n| vec![NONE; n]));
        for (n, node) in cells.nodes.iter().enumerate() {
            for cell in cells.cells_of(n) {
                let identity = &self.night.identities[cells.cells[cell].identity as usize];
                for at in 0..IDENTITIES.len() {
                    let value = IDENTITIES[at].value(identity) as usize;
                    if value < sizes[at] && last[at][value] != node.decider {
                        last[at][value] = node.decider;
                        deciders[at][value] += 1;
                    }
                }
            }
        }
        Reach { deciders }
    }

    fn judge(
        &self,
        decider: u32,
        tally: Tally,
        large: u64,
        stray: f64,
        rates: bool,
        reach: &Reach,
    ) -> Option<TenantFinding> {
        let j = self.judging;
        let f = tally.fails as f64;
        let chance = binomial_tail(tally.fails, tally.tried(), stray);
        let unlikely = chance * large.max(1) as f64 <= j.tenant_chance;
        let pattern = f >= j.tenant_failures && tally.rate() >= j.tenant_rate && (unlikely || !rates);
        let explicit = tally.explicit >= 2 && tally.explicit * 2 >= tally.fails;
        let identity = self.identity(&tally, explicit);
        if !explicit && identity.is_some_and(|(d, v)| self.ours.contains(&Candidate::one(d, v))) {
            return None;
        }
        let mut finding = TenantFinding {
            decider,
            identity,
            grade: Grade::Inconclusive,
            explicit,
            chance,
            because: String::new(),
            tally,
        };
        let tally = &finding.tally;
        let says = tally.explicit > 0;
        let (confidence, because) = if pattern && says {
            (Confidence::High, "")
        } else if explicit && (tally.rate() >= j.inconclusive_rate || identity.is_some()) {
            (Confidence::Medium, "")
        } else if says && tally.explicit * 2 >= tally.fails {
            (Confidence::Low, if explicit { "most of our mail is accepted there" } else { "only one reply says so" })
        } else if pattern || (identity.is_some() && rates) {
            self.grade_pattern(tally, chance, rates, reach)?
        } else if f >= j.tenant_failures && tally.rate() >= j.inconclusive_rate {
            finding.because = "too few messages for a judgement".into();
            return Some(finding);
        } else {
            return None;
        };
        if because.starts_with("no contrast") {
            finding.because = self.no_contrast(&finding.tally, reach).unwrap_or_default();
        } else {
            finding.because = because.to_owned();
            finding.grade = Grade::Block(confidence);
        }
        Some(finding)
    }

    /// The confidence of a block without explicit wording.
    fn grade_pattern(
        &self,
        tally: &Tally,
        chance: f64,
        rates: bool,
        reach: &Reach,
    ) -> Option<(Confidence, &'static str)> {
        let j = self.judging;
        if self.no_contrast(tally, reach).is_some() {
            return Some((Confidence::Low, "no contrast"));
        }
        if !rates {
            return Some((Confidence::Low, "without deliveries a pattern alone does not show a block"));
        }
        let sure = chance <= j.sure_chance && tally.fails as f64 >= j.sure_failures;
        Some((if sure { Confidence::High } else { Confidence::Medium }, ""))
    }

    /// The one identity that is refused while the organisation takes others.
    fn identity(&self, tally: &Tally, explicit: bool) -> Option<(Dimension, u32)> {
        let j = self.judging;
        let least = if explicit { j.tenant_failures } else { j.identity_failures };
        IDENTITIES
            .iter()
            .zip(&tally.values)
            .filter_map(|(dimension, values)| {
                let (value, (f, n)) = values.iter().max_by_key(|(v, (f, _))| (*f, std::cmp::Reverse(**v)))?;
                let (f, n, rest) = (*f as f64, *n as f64, (tally.tried() - n) as f64);
                let rest_refused = tally.fails as f64 - f;
                let fits = f >= least
                    && f / n >= j.identity_rate
                    && f >= j.identity_share * tally.fails as f64
                    && rest >= 2.0
                    && rest_refused / rest <= 0.2;
                fits.then_some(((f / n), (*dimension, *value)))
            })
            .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(&a.1)))
            .map(|(_, identity)| identity)
    }

    /// The identity that carries the refusals and went to hardly anybody else, in words.
    fn no_contrast(&self, tally: &Tally, reach: &Reach) -> Option<String> {
        for (at, values) in tally.values.iter().enumerate() {
            for (value, (f, _)) in values {
                let others = reach.deciders[at][*value as usize] - 1;
                if *f as f64 >= self.judging.identity_share * tally.fails as f64
                    && f64::from(others) < self.judging.contrast_organisations
                {
                    let name = match IDENTITIES[at] {
                        Dimension::SendingDomain => {
                            format!("sending domain {}", self.night.sending_domains.name(*value))
                        }
                        Dimension::Campaign => format!("campaign {}", self.night.campaigns.name(*value)),
                        _ => format!("sending IP {}", self.night.ips.name(*value)),
                    };
                    let to =
                        if others == 0 { "no other organisation".to_owned() } else { format!("only {others} others") };
                    return Some(format!("{name} went to {to}"));
                }
            }
        }
        None
    }

    /// Too many blocks known by pattern only are no blocks, but something that nothing here explains.
    fn brake(&self, found: &mut [TenantFinding], large: u64) {
        let acts = |f: &TenantFinding| {
            f.tally.explicit == 0 && matches!(f.grade, Grade::Block(Confidence::High | Confidence::Medium))
        };
        let patterns = found.iter().filter(|f| acts(f)).count() as f64;
        if patterns <= self.judging.breaker_tenants || patterns <= self.judging.breaker_share * large as f64 {
            return;
        }
        for finding in found.iter_mut().filter(|f| acts(f)) {
            finding.grade = Grade::Block(Confidence::Low);
            finding.because = "one of too many refusals that nothing explains".into();
        }
    }
}
