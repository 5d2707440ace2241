//! An incident with what follows from it. In: the incident, its entry, the policy. Out: actions, advice, figures in words.

use jiff::civil::Date;

use crate::analyze::incident::Incident;
use crate::bounce::{Confidence, IncidentKind, ScopeType};
use crate::report::escape::key;
use crate::report::words::{counted, percent, spaced};
use crate::suppress::{DomainEntry, Lists};
use crate::tables::policy::{Suppress, Verb};

/// One line of advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdviceLine {
    /// What to do.
    pub text: String,
    /// Where to look it up or appeal.
    pub link: Option<String>,
    /// How long it usually takes.
    pub takes: Option<String>,
    /// Where the advice comes from.
    pub source: Option<String>,
}

/// What follows from an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// What to do.
    pub verb: Verb,
    /// With what: a scope, or a domain.
    pub target: String,
    /// How much.
    pub amount: String,
    /// Until when; `None`: until it is fixed.
    pub until: Option<Date>,
}

/// The amount of what no rule settles.
pub(super) const A_PERSON: &str = "a person decides";

impl Action {
    /// The verb, and the rest of the sentence that it begins: `pause`, `all mail from the IP (sending IP 192.0.2.14) until
    /// 2026-11-23`. `scope` says in words what it is about.
    pub fn words(&self, scope: &str) -> (&'static str, String) {
        let until = self.until.map(|day| format!(" until {day}")).unwrap_or_default();
        let rest = match self.verb {
            Verb::Hold if self.amount == A_PERSON => format!("mail to {scope}{until}; {A_PERSON}"),
            _ if self.amount == A_PERSON => format!("{scope}{until}; {A_PERSON}"),
            Verb::Suppress if !self.amount.contains(" to ") => format!("{} to {}{until}", self.amount, self.target),
            _ => format!("{} ({scope}){until}", self.amount),
        };
        (self.verb.as_str(), rest)
    }
}

/// An incident with what follows from it.
#[derive(Debug)]
pub struct IncidentView<'a> {
    /// What analyze says.
    pub incident: &'a Incident,
    /// What to do.
    pub actions: Vec<Action>,
    /// How to fix it.
    pub advice: Vec<AdviceLine>,
    /// Addresses kept off the lists because of it.
    pub protected: u64,
    /// Its entry in domains.csv, the first of several.
    pub entry: Option<&'a DomainEntry>,
}

impl IncidentView<'_> {
    /// Whether it is sure enough to act.
    pub fn acts(&self) -> bool {
        self.incident.confidence != Confidence::Low && self.incident.kind != IncidentKind::Inconclusive
    }

    /// Whether the problem is ours, or a receiver's with us.
    pub fn is_systemic(&self) -> bool {
        !matches!(
            self.incident.kind,
            IncidentKind::TenantBlock
                | IncidentKind::StaleDomain
                | IncidentKind::Transient
                | IncidentKind::Inconclusive
        )
    }

    /// What it is about, in words: `sending IP 192.0.2.14`.
    pub fn scope(&self) -> String {
        format!("{} {}", spaced(&self.incident.scope.type_name()), key(&self.incident.scope.key()))
    }

    /// `39 of 40 organisations (98 %, 95 % interval 87-100 %); elsewhere 0.2 %`; empty without trials.
    pub fn rates(&self) -> String {
        let i = self.incident;
        let Some(rate) = i.rate else { return String::new() };
        let interval = match (i.rate_low, i.rate_high) {
            (Some(low), Some(high)) => format!(", 95 % interval {} to {}", percent(Some(low)), percent(Some(high))),
            _ => String::new(),
        };
        let elsewhere = i.rate_elsewhere.map(|r| format!("; elsewhere {}", percent(Some(r)))).unwrap_or_default();
        format!("{}{interval}{elsewhere}", percent(Some(rate)))
    }
}

/// What follows from an incident: what the policy says of its kind, on its scope; a person decides what is unsure.
pub(super) fn actions(
    incident: &Incident,
    entry: Option<&DomainEntry>,
    lists: &Lists,
    policy: &Suppress,
    as_of: Date,
) -> Vec<Action> {
    let unsure = incident.confidence == Confidence::Low || incident.kind == IncidentKind::Inconclusive;
    if let Some(entry) = entry {
        let target = incident.domains.first().map_or(entry.domain(), String::as_str);
        let amount = match (entry.sending_domain(), incident.domains.len()) {
            (Some(sending), _) => format!("mail from {sending}"),
            (None, 0 | 1) => "all mail".to_owned(),
            (None, n) => format!("all mail to {}", counted(n as u64, "domain", "domains")),
        };
        return vec![Action { verb: Verb::Suppress, target: target.to_owned(), amount, until: entry.expires() }];
    }
    let target = incident.scope.to_string();
    let organisation = incident.scope.part(ScopeType::Organisation).is_some();
    if unsure || incident.kind == IncidentKind::TenantBlock {
        let (verb, until) = match organisation {
            true => (Verb::Hold, lists.held_until),
            false => (Verb::Review, None),
        };
        return vec![Action { verb, target, amount: A_PERSON.to_owned(), until }];
    }
    let act = policy.act_on(incident.kind);
    act.map(|act| {
        let days = act.days.map(|days| jiff::Span::new().days(i64::from(days)));
        Action {
            verb: act.verb,
            target,
            amount: act.amount.clone(),
            until: days.map(|days| as_of.saturating_add(days)),
        }
    })
    .into_iter()
    .collect()
}
