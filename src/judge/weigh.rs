//! Weighing a candidate: evidence, score and gates. In: its measure and the thresholds. Out: what it scores and which
//! gates it passes. Choosing among candidates is `explain`'s work.

use super::candidate::{Candidate, Dimension, Stream};
use super::grounds::{Gate, GateName};
use super::measure::Measure;
use super::stats;
use crate::bounce::{FailureStream, Family};
use crate::tables::policy::Judging;

/// What weighing one candidate gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    /// Log-likelihood ratio, nats.
    pub evidence: f64,
    /// Evidence needed, nats.
    pub needed: f64,
    /// Evidence less the price of the search, plus wording; nats.
    pub score: f64,
    /// Odds inside against outside.
    pub odds: f64,
    /// Whether it passes all gates.
    pub passes: bool,
}

/// What is the same for all candidates of a round.
#[derive(Debug, Clone, Copy)]
pub struct Round<'a> {
    pub judging: &'a Judging,
    /// Candidates tried in this round.
    pub tried: usize,
    /// Candidates of each dimension.
    pub of_dimension: [usize; Dimension::COUNT],
    /// Whether deliveries are known.
    pub rates: bool,
    pub stream: &'a Stream,
}

/// The wording that names a dimension's kind.
pub fn naming(stream: &Stream, dimension: Dimension) -> &'static [Family] {
    match (stream.name, dimension) {
        (FailureStream::Policy, Dimension::SendingIp) => &[Family::IpListed, Family::IpReputation],
        (FailureStream::Policy, Dimension::SendingDomain) => {
            &[Family::DomainListed, Family::DomainReputation, Family::Authentication]
        }
        (FailureStream::Policy, Dimension::Campaign) => &[Family::Content],
        _ => &[],
    }
}

impl Round<'_> {
    /// Evidence and score of a candidate, and whether it passes all gates.
    pub fn weigh(&self, candidate: &Candidate, m: &Measure) -> Weight {
        let named = m.share_named(naming(self.stream, candidate.dimension));
        let of_type = self.of_dimension[candidate.dimension as usize].max(1) as f64;
        let pair = if candidate.is_pair() { self.judging.pair_penalty } else { 0.0 };
        Weight {
            evidence: m.evidence(),
            needed: self.needed(),
            score: m.evidence() - of_type.ln() - pair + self.judging.text_weight * named,
            odds: m.odds(),
            passes: self.gates(candidate, m).iter().all(Gate::passed),
        }
    }

    fn needed(&self) -> f64 {
        (self.tried.max(1) as f64 / self.judging.error_budget).ln()
    }

    /// The gates of a candidate, in order.
    pub fn gates(&self, candidate: &Candidate, m: &Measure) -> Vec<Gate> {
        let j = self.judging;
        let mut gates = vec![
            Gate::at_least(GateName::Evidence, m.evidence(), self.needed()),
            Gate::at_least(GateName::Odds, m.odds(), j.odds),
            Gate::at_least(GateName::OutsideOrganisations, f64::from(m.exposed_out), j.outside_organisations),
        ];
        let organisations = Gate::at_least(GateName::Organisations, f64::from(m.hit), j.organisations);
        match candidate.dimension {
            Dimension::Pool => {
                let most = if self.rates { j.pool_outside } else { j.pool_outside_counts };
                gates.push(Gate::at_most(GateName::PoolOutside, m.rate_out(), most));
                if !self.rates {
                    gates.push(Gate::at_least(GateName::PoolOddsCounts, m.odds(), j.pool_odds_counts));
                }
                if self.stream.name == FailureStream::Policy {
                    let least = if m.names_one_cause() { j.pool_refusals_named } else { j.pool_refusals };
                    gates.push(Gate::at_least(GateName::PoolRefusals, m.fails as f64, least));
                }
            }
            Dimension::Receiver => {
                let low = stats::wilson_low(m.hits, m.trials);
                gates.extend([organisations, Gate::at_least(GateName::ReceiverLow, low, j.receiver_low)]);
            }
            _ => gates.extend([organisations, Gate::at_least(GateName::SenderShare, m.rate(), j.sender_share)]),
        }
        gates
    }
}
