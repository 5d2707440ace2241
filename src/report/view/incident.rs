//! An incident for people: its sentences, what to do, how to fix it. In: the incident, the lists, the policy. Out: plain values.

use jiff::civil::Date;

use crate::bounce::ScopeType;
use crate::outcome::incident::{Incident, Mode};
use crate::report::escape::key;
use crate::report::sentence;
use crate::report::words::{counted, percent, spaced};
use crate::suppress::{ByFate, DomainEntry, Lists};
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
    /// What outcome says.
    pub incident: &'a Incident,
    /// The finding in a sentence, and what follows from it in another.
    pub sentence: String,
    /// What speaks for it, a line each.
    pub evidence: Vec<String>,
    /// What would make the answer better, a line each.
    pub missing: Vec<String>,
    /// What to do.
    pub actions: Vec<Action>,
    /// How to fix it.
    pub advice: Vec<AdviceLine>,
    /// Addresses kept off the lists because of it.
    pub protected: u64,
    /// What became of its bounces and delays; they sum up to its bounces.
    pub fates: ByFate,
    /// Its entry in domains.csv, the first of several.
    pub entry: Option<&'a DomainEntry>,
}

impl<'a> IncidentView<'a> {
    /// Puts an incident into words; `entry` is the first of its domains on the list.
    pub(super) fn new(
        incident: &'a Incident,
        mode: Mode,
        actions: Vec<Action>,
        advice: Vec<AdviceLine>,
        lists: &Lists,
        entry: Option<&'a DomainEntry>,
    ) -> IncidentView<'a> {
        IncidentView {
            fates: lists.fates.of_incidents.get(&incident.id).copied().unwrap_or_default(),
            sentence: told(incident, mode, actions.first()),
            evidence: sentence::evidence(incident),
            missing: sentence::missing(incident),
            protected: lists.protected.get(&Some(incident.id.clone())).copied().unwrap_or_default(),
            incident,
            actions,
            advice,
            entry,
        }
    }

    /// What it is about, in words: `sending IP 192.0.2.14`.
    pub fn scope(&self) -> String {
        scope(self.incident)
    }

    /// `39 of 40 organisations (98 %, 95 % interval 87-100 %); elsewhere 0.2 %`; empty without trials.
    pub fn rates(&self) -> String {
        let i = self.incident;
        if i.rate.is_none() {
            return String::new();
        }
        let elsewhere = i.rate_elsewhere.map(|r| format!("; elsewhere {}", percent(Some(r)))).unwrap_or_default();
        format!("{}{elsewhere}", sentence::rate(i))
    }
}

/// What an incident is about, in words: `sending IP 192.0.2.14`.
fn scope(incident: &Incident) -> String {
    format!("{} {}", spaced(&incident.scope.type_name()), key(&incident.scope.key()))
}

/// The finding, and what follows from it: nothing but the action that the tables show.
fn told(incident: &Incident, mode: Mode, action: Option<&Action>) -> String {
    let next = action.map(|action| action.words(&scope(incident)));
    let next = next.map_or_else(String::new, |(verb, rest)| format!(" Next: {verb} {rest}."));
    format!("{}.{next}", sentence::finding(incident, mode))
}

/// What follows from an incident: what the policy says of its kind, on its scope; a person decides what is unsure.
pub(super) fn actions(
    incident: &Incident,
    entry: Option<&DomainEntry>,
    lists: &Lists,
    policy: &Suppress,
    as_of: Date,
) -> Vec<Action> {
    if let Some(entry) = entry {
        let target = incident.domains.first().map_or(entry.domain.as_str(), String::as_str);
        let amount = match (&entry.sending_domain, incident.domains.len()) {
            (Some(sending), _) => format!("mail from {sending}"),
            (None, 0 | 1) => "all mail".to_owned(),
            (None, n) => format!("all mail to {}", counted(n as u64, "domain", "domains")),
        };
        return vec![Action { verb: Verb::Suppress, target: target.to_owned(), amount, until: entry.expires }];
    }
    let target = incident.scope.to_string();
    let organisation = incident.scope.part(ScopeType::Organisation).is_some();
    if !incident.acts() || incident.kind.lists_domain() {
        let (verb, until) = match organisation && !incident.is_personal() {
            true => (Verb::Hold, lists.held_until),
            false => (Verb::Review, None),
        };
        return vec![Action { verb, target, amount: A_PERSON.to_owned(), until }];
    }
    let act = policy.act_on(incident.kind);
    act.map(|act| {
        let days = act.days.map(|days| jiff::Span::new().days(i64::from(days)));
        let whole = [ScopeType::Provider, ScopeType::Gateway].iter().any(|part| incident.scope.part(*part).is_some());
        let (verb, amount) = act.at(incident.impact, whole, policy.impact);
        Action { verb, target, amount: amount.to_owned(), until: days.map(|days| as_of.saturating_add(days)) }
    })
    .into_iter()
    .collect()
}
