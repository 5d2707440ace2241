//! Rates and reasons as rows: each with its words. In: the night's level. Out: plain values for tables and for programs.

use super::reasons;
use crate::bounce::{Level, RateName, ScopeType};
use crate::outcome::incident::{Judgement, Rate};
use crate::outcome::level::{NightLevel, Why};
use crate::report::words::{MISSING, percent};
use crate::tables::policy::Policy;

/// A rate with its thresholds.
#[derive(Debug, Clone, PartialEq)]
pub struct RatePart {
    /// The rate.
    pub rate: Rate,
    /// What it counts.
    pub title: &'static str,
    /// What it is a rate of, in words.
    pub scope: String,
    /// The share in words; why there is none.
    pub share: String,
    /// Beyond it the night is one to watch, 0..=1; `None` where the policy says nothing.
    pub watch: Option<f64>,
    /// Beyond it the night is one to act on, 0..=1; `None`: never.
    pub act: Option<f64>,
}

/// A reason with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonPart {
    /// What it raises the night to.
    pub level: Level,
    /// What it is: a word of a closed set.
    pub kind: &'static str,
    /// The incident, if it is one.
    pub incident: Option<String>,
    /// In words, without a full stop.
    pub text: String,
}

/// The rows of rates; those that say nothing at all are left out.
pub(super) fn parts(rates: &[Rate], policy: &Policy) -> Vec<RatePart> {
    let says_something = |rate: &&Rate| rate.of.is_some() || rate.events > 0;
    let part = |rate: &Rate| RatePart {
        title: reasons::rate_title(rate.name),
        scope: reasons::of_scope(&rate.scope),
        share: match rate.share {
            Some(share) => percent(Some(share)),
            None if rate.name == RateName::Complaints => "rate unknown".to_owned(),
            None => MISSING.to_owned(),
        },
        watch: policy.rate_of(rate.name).map(|row| row.watch),
        act: policy.rate_of(rate.name).and_then(|row| row.act),
        rate: rate.clone(),
    };
    rates.iter().filter(says_something).map(part).collect()
}

/// The level of the night's own rate of that name.
pub(super) fn level_of(rates: &[Rate], name: RateName) -> Level {
    let night = |rate: &&Rate| rate.name == name && rate.scope.part(ScopeType::Fleet).is_some();
    rates.iter().find(night).map_or(Level::Quiet, |rate| rate.level)
}

/// The rows of reasons.
pub(super) fn reasons(night: &NightLevel, judgement: &Judgement, policy: &Policy) -> Vec<ReasonPart> {
    let part = |why: &Why| match why {
        Why::Brake => ("brake", None),
        Why::NothingRead => ("nothing_read", None),
        Why::Lost(_) => ("lost", None),
        Why::Unread { .. } => ("unread", None),
        Why::Unnamed { .. } => ("unnamed", None),
        Why::Incident(id) => ("incident", Some(id.clone())),
        Why::Rate(rate) => (rate.name.as_str(), None),
        Why::Listed(_) => ("public_list", None),
        Why::Authentication(_) => ("authentication", None),
    };
    let reason = |reason: &crate::outcome::level::Reason| {
        let (kind, incident) = part(&reason.why);
        ReasonPart { level: reason.level, kind, incident, text: reasons::text(&reason.why, judgement, policy) }
    };
    night.reasons.iter().map(reason).collect()
}
