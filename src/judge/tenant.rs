//! Single organisations: who refuses us beyond what our own findings explain. In: the tallies of organisations. Out: for
//! each suspected one a finding with its grade. Pools are never tenants.

use std::collections::HashMap;

use super::candidate::{Candidate, Dimension};
use super::grounds::Grounds;
use super::stats::{binomial_tail, wilson_low};
use super::suspects::is_one_decision;
use super::tally::{Common, IDENTITIES, Tally};
use crate::bounce::{Confidence, ScopeType};
use crate::facts::night::{Night, ReceiverKind};
use crate::tables::policy::Judging;

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
    /// The one identity of ours that it refuses; `None` if all.
    pub identity: Option<(Dimension, u32)>,
    /// How sure.
    pub grade: Grade,
    /// Whether its own wording says so.
    pub explicit: bool,
    /// Counts.
    pub tally: Tally,
    /// Chance of as many refusals at the background rate alone.
    pub chance: f64,
    /// Why not surer; `None` if nothing is missing.
    pub because: Option<Grounds>,
}

/// What judging organisations needs.
pub struct Tenants<'a> {
    pub night: &'a Night,
    pub judging: &'a Judging,
    pub common: &'a Common,
    /// Findings of our side.
    pub ours: &'a [Candidate],
    /// Share of organisations that each finding hits, by its number.
    pub shares: &'a HashMap<u16, f64>,
    /// Whether deliveries are known.
    pub rates: bool,
    /// Whether very many organisations have rules against us.
    pub targeted: bool,
}

impl Tenants<'_> {
    /// The suspected organisations, in the order of the tallies.
    pub fn find(&self, tallies: Vec<Tally>) -> Vec<TenantFinding> {
        let mut found: Vec<TenantFinding> = tallies.into_iter().filter_map(|t| self.judge(t)).collect();
        self.brake(&mut found);
        found
    }

    fn judge(&self, tally: Tally) -> Option<TenantFinding> {
        let explicit = tally.explicit >= 2 && tally.explicit * 2 >= tally.fails;
        let identity = self.identity(&tally, explicit);
        if !explicit && identity.is_some_and(|(d, v)| self.ours.contains(&Candidate::one(d, v))) {
            return None;
        }
        let chance = binomial_tail(tally.fails, tally.tried(), self.common.background_rate);
        let (grade, because) = self.grade(&tally, explicit, identity.is_some(), chance)?;
        let explicit = explicit || (tally.explicit > 0 && grade != Grade::Inconclusive);
        Some(TenantFinding { identity, grade, explicit, chance, because, tally })
    }

    /// The grade, and why it is no better; `None` if nothing is suspected.
    fn grade(&self, tally: &Tally, explicit: bool, identity: bool, chance: f64) -> Option<(Grade, Option<Grounds>)> {
        let j = self.judging;
        let enough = tally.fails as f64 >= j.tenant_failures;
        let nearly_all = tally.rate() >= j.tenant_rate;
        let refused = tally.rate() >= j.inconclusive_rate;
        let pattern = self.is_pattern(tally, chance);
        let block = |confidence: Confidence, because: Option<Grounds>| Some((Grade::Block(confidence), because));
        let blames_us = self.blames_us(tally);
        let testimony =
            || (enough && tally.testimony > 0 && (refused || identity)).then(|| self.grade_testimony(tally));
        if !self.rates && tally.explicit > 0 && (explicit || pattern) {
            let (confidence, because) = counts_only(tally);
            block(confidence, Some(because))
        } else if blames_us && tally.rules == 0 && !(explicit && identity) {
            testimony()
        } else if pattern && tally.explicit > 0 {
            // Where very many have rules, or the same organisation blames us too, a row of ours may be too eager.
            let doubted = self.targeted || tally.blames > 0;
            block(if doubted { Confidence::Medium } else { Confidence::High }, None)
        } else if explicit && (nearly_all || identity) {
            block(Confidence::Medium, None)
        } else if tally.explicit > 0 && tally.explicit * 2 >= tally.fails {
            block(Confidence::Low, Some(if explicit { Grounds::AcceptsMost } else { Grounds::OneReply }))
        } else if blames_us {
            testimony()
        } else if pattern || (identity && self.rates) || self.behind_findings(tally) {
            Some(self.grade_pattern(tally, chance))
        } else if enough && refused {
            Some((Grade::Inconclusive, Some(Grounds::TooFewMessages)))
        } else {
            None
        }
    }

    /// Whether refusals that do not blame us are nearly all that the organisation says, and no accident.
    fn is_pattern(&self, tally: &Tally, chance: f64) -> bool {
        let j = self.judging;
        // What findings of ours explain there is refused for another reason, and the rest most likely for the same.
        let (refusals, tried) = (tally.unblaming() as f64, (tally.past + tally.refused()) as f64);
        let unlikely = chance * self.common.large.max(1) as f64 <= j.tenant_chance;
        refusals >= j.tenant_failures
            && refusals >= j.tenant_rate * tried
            && (!self.rates || unlikely && wilson_low(refusals, tried) >= j.tenant_low)
    }

    /// Whether too much of what an organisation refuses blames us for the rest to be a decision of its own.
    fn blames_us(&self, tally: &Tally) -> bool {
        tally.blames as f64 > (1.0 - self.judging.tenant_rate) * tally.refused() as f64
    }

    /// Replies that blame us are what they say. That the organisation decided against us is at most suspected, and not even
    /// that where anybody can check what they say.
    fn grade_testimony(&self, tally: &Tally) -> (Grade, Option<Grounds>) {
        let because = Some(Grounds::BlamesUs);
        if tally.checkable * 2 > tally.testimony {
            (Grade::Inconclusive, because)
        } else {
            (Grade::Block(Confidence::Low), because)
        }
    }

    /// The grade of a block without explicit wording.
    fn grade_pattern(&self, tally: &Tally, chance: f64) -> (Grade, Option<Grounds>) {
        let j = self.judging;
        if let Some(because) = self.no_contrast(tally) {
            return (Grade::Inconclusive, Some(because));
        }
        if !self.rates {
            return (Grade::Block(Confidence::Low), Some(Grounds::PatternAlone));
        }
        if let Some(because) = self.vendor(tally.receiver) {
            return (Grade::Block(Confidence::Low), Some(because));
        }
        let sure = chance <= j.sure_chance && tally.fails as f64 >= j.sure_failures;
        (Grade::Block(if sure { Confidence::High } else { Confidence::Medium }), None)
    }

    /// Whether an organisation that findings of ours explain in part is better explained by itself: it refuses nearly
    /// all, and all those findings and the background together are much less likely than one more organisation that
    /// blocks us.
    fn behind_findings(&self, tally: &Tally) -> bool {
        let j = self.judging;
        let refused = tally.refused() as f64;
        let all = refused + tally.past as f64;
        if tally.fails == 0 || !self.rates || refused < j.tenant_failures || refused / all < j.masked_rate {
            return false;
        }
        let hit: f64 = tally.explained.keys().map(|n| self.shares.get(n).copied().unwrap_or(1.0).max(1e-6).ln()).sum();
        let background = binomial_tail(tally.fails, tally.tried(), self.common.background_rate).max(1e-300).ln();
        j.tenant_prior.ln() - (hit + background) >= j.masked_odds.ln()
    }

    /// Whether several organisations behind one receiver refuse us, so that the receiver may be at fault although it is
    /// no finding.
    fn vendor(&self, receiver: u32) -> Option<Grounds> {
        let kind = self.night.receiver_kinds.get(receiver as usize)?;
        let (refusing, all) = *self.common.refusing.get(receiver as usize)?;
        if *kind == ReceiverKind::Other || refusing < 2 {
            return None;
        }
        let name = || self.night.receivers.name(receiver).to_owned();
        let likelier = is_one_decision(refusing as f64, all as f64, self.judging);
        likelier.then(|| Grounds::MaybeReceiver { receiver: name(), refusing, tried: all })
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

    /// The identity that carries the refusals and went to hardly anybody else.
    fn no_contrast(&self, tally: &Tally) -> Option<Grounds> {
        for (at, values) in tally.values.iter().enumerate() {
            for (value, (f, _)) in values {
                let others = self.common.reached[at][*value as usize] - 1;
                let carries = *f as f64 >= self.judging.identity_share * tally.fails as f64;
                if carries && f64::from(others) < self.judging.contrast_organisations {
                    return Some(Grounds::NoContrast {
                        identity: self.named(IDENTITIES[at], *value),
                        others: others.into(),
                    });
                }
            }
        }
        None
    }

    /// An identity of ours by type and name.
    fn named(&self, dimension: Dimension, value: u32) -> (ScopeType, String) {
        let name = dimension.names(self.night).map_or("", |names| names.name(value));
        (dimension.scope_type(ReceiverKind::Other), name.to_owned())
    }

    /// Too many blocks known by pattern only are no blocks, but something that nothing here explains.
    fn brake(&self, found: &mut [TenantFinding]) {
        // Free words count like patterns; what a product's maker documents does not, however often.
        let acts = |f: &TenantFinding| {
            f.tally.rules == 0 && matches!(f.grade, Grade::Block(Confidence::High | Confidence::Medium))
        };
        let patterns = found.iter().filter(|f| acts(f)).count() as f64;
        let share = self.judging.breaker_share * self.common.large as f64;
        if patterns <= self.judging.breaker_tenants || patterns <= share {
            return;
        }
        for finding in found.iter_mut().filter(|f| acts(f)) {
            finding.grade = Grade::Block(Confidence::Low);
            finding.because = Some(Grounds::OneOfTooMany);
        }
    }
}

/// The confidence of explicit words where nobody knows what else the organisation took. Six refused of six and of twelve
/// look the same: never high.
fn counts_only(tally: &Tally) -> (Confidence, Grounds) {
    let all = tally.explicit >= 2 && tally.explicit == tally.fails;
    if (tally.explicit >= 3 || all) && tally.explicit * 2 >= tally.fails && tally.let_speak == 0 {
        (Confidence::Medium, Grounds::TakesUnknown)
    } else {
        (Confidence::Low, Grounds::TakesUnknown)
    }
}
