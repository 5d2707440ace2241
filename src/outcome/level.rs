//! The night's level, and the reasons for it. In: a judgement, what the reading and the lists came to, the policy. Out: one level,
//! its reasons, and all rates. This is the only answer to "how urgent is the night"; report words it.

use std::cmp::Reverse;

use super::incident::{Incident, Judgement, Mode, Rate};
use super::rates;
use crate::bounce::{Confidence, IncidentKind, IncidentStatus, Level, ScopeType};
use crate::tables::policy::{Levels, Policy};

/// What the reading and the lists came to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances {
    /// Files lost, as a whole or from some place on.
    pub lost: u64,
    /// Items that could not be read; inputs of 0 bytes are none, since nothing was in them.
    pub unread: u64,
    /// Items of all inputs.
    pub items: u64,
    /// Failures.
    pub bounces: u64,
    /// Failures whose reply no rule knows.
    pub unknown_replies: u64,
    /// Messages that deliveries stand for; `None`: none were given.
    pub deliveries: Option<u64>,
    /// The brake holds the lists.
    pub braked: bool,
}

/// How urgent a night is, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct NightLevel {
    /// The highest level of the reasons; `Quiet` without any.
    pub level: Level,
    /// All reasons, the most urgent first.
    pub reasons: Vec<Reason>,
    /// The judgement's rates, and that of unknown replies.
    pub rates: Vec<Rate>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// What it raises the night to; never `Quiet`.
    pub level: Level,
    /// What it is.
    pub why: Why,
}

/// What a reason is.
#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// The brake holds the lists.
    Brake,
    /// Neither deliveries nor failures were in the inputs.
    NothingRead,
    /// So many files are lost.
    Lost(u64),
    /// Too many items could not be read.
    Unread {
        /// So many.
        unread: u64,
        /// Of so many.
        items: u64,
    },
    /// Too many failures have no cause.
    Unnamed {
        /// So many.
        unnamed: u64,
        /// Of so many.
        failures: u64,
    },
    /// An incident, by its id.
    Incident(String),
    /// A rate beyond its threshold.
    Rate(Rate),
    /// So many organisations name a public list.
    Listed(u64),
    /// So many organisations name failed authentication.
    Authentication(u64),
}

/// Weighs the night.
pub fn weigh(judgement: &Judgement, circumstances: &Circumstances, policy: &Policy) -> NightLevel {
    let c = circumstances;
    let mut rates = judgement.rates.clone();
    rates.extend(rates::of_replies(c.unknown_replies, c.bounces, policy));
    let mut reasons = Vec::new();
    let mut add = |level: Level, why: Why| reasons.push(Reason { level, why });
    if c.braked {
        add(Level::Act, Why::Brake);
    }
    unknowable(judgement, c, &policy.level).into_iter().for_each(|why| add(Level::CannotTell, why));
    for incident in &judgement.incidents {
        if let Some(level) = of_incident(incident, judgement.mode, c.bounces, &policy.level) {
            add(level, Why::Incident(incident.id.clone()));
        }
    }
    for rate in rates.iter().filter(|rate| rate.level > Level::Quiet) {
        add(rate.level, Why::Rate(rate.clone()));
    }
    let (named, enough) = (&judgement.named, policy.level.organisations);
    for (organisations, why) in [
        (named.by_list, Why::Listed(named.by_list)),
        (named.by_authentication, Why::Authentication(named.by_authentication)),
    ] {
        if organisations >= enough {
            add(Level::Watch, why);
        }
    }
    reasons.sort_by_key(|reason| Reverse(reason.level));
    NightLevel { level: reasons.first().map_or(Level::Quiet, |reason| reason.level), reasons, rates }
}

/// Why nobody can say that the night was quiet.
fn unknowable(judgement: &Judgement, c: &Circumstances, levels: &Levels) -> Vec<Why> {
    let mut why = Vec::new();
    if c.bounces == 0 && c.deliveries.unwrap_or_default() == 0 {
        why.push(Why::NothingRead);
    }
    if c.lost > 0 {
        why.push(Why::Lost(c.lost));
    }
    if c.unread as f64 > levels.unread * c.items as f64 {
        why.push(Why::Unread { unread: c.unread, items: c.items });
    }
    let (unnamed, failures) = rates::unnamed(judgement);
    if unnamed >= levels.unnamed_failures && unnamed as f64 > levels.unnamed * failures as f64 {
        why.push(Why::Unnamed { unnamed, failures });
    }
    why
}

/// What one incident raises the night to; `None`: nothing.
fn of_incident(incident: &Incident, mode: Mode, failures: u64, levels: &Levels) -> Option<Level> {
    let counts_only = mode == Mode::CountsOnly;
    if !incident.acts() {
        // Without deliveries nothing is sure; what is large must be looked at all the same.
        let about_us = incident.scope.part(ScopeType::Organisation).is_none();
        let large = incident.bounces >= levels.suspicion_failures
            && incident.bounces as f64 >= levels.suspicion_share * failures as f64;
        return (counts_only && about_us && large).then_some(Level::Watch);
    }
    if incident.lists_domain() {
        // A block that is known lists nothing new.
        return (incident.status == IncidentStatus::New).then_some(Level::Watch);
    }
    let costly = incident.impact.is_some_and(|impact| impact >= levels.impact);
    let acts = incident.is_systemic() && (costly || is_whole_receiver(incident)) && !counts_only;
    // That living addresses are called dead acts also where the impact is not known.
    Some(if acts || incident.kind == IncidentKind::UnreliableUnknown { Level::Act } else { Level::Watch })
}

/// Whether a receiver refuses all that we send, and not only since long ago.
fn is_whole_receiver(incident: &Incident) -> bool {
    matches!(incident.kind, IncidentKind::ProviderBlock | IncidentKind::GatewayBlock)
        && incident.scope.parts.len() == 1
        && incident.confidence != Confidence::Low
        && incident.status != IncidentStatus::Chronic
}
