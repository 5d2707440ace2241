//! The view: every number that a report shows, computed once. In: judgement, lists, facts. Out: plain values; outputs
//! place them and compute nothing.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::escape::key;
use super::facts::NightFacts;
use super::sentence;
use super::words::{counted, percent, share, spaced};
use crate::analyze::grounds::Concentration;
use crate::analyze::incident::{DomainRow, Incident, Judgement, Mode};
use crate::bounce::{Cause, Kind, ScopeType};
use crate::suppress::{DomainEntry, Hold, Lists};
use crate::tables::policy::{Suppress, Verb};

mod totals;
mod verdict;

pub use totals::{CausePart, ReceiverPart, Tile, Totals};
pub use verdict::{Level, Verdict};

/// Rows of the domain and code tables on a page; the CSV files hold all.
pub const TOP: usize = 25;

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
const A_PERSON: &str = "a person decides";

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
    /// Its entry in domains.csv, the first of several.
    pub entry: Option<&'a DomainEntry>,
}

/// All that a report shows.
#[derive(Debug)]
pub struct View<'a> {
    /// What was read.
    pub facts: &'a NightFacts,
    /// What was judged.
    pub judgement: &'a Judgement,
    /// What was listed.
    pub lists: &'a Lists,
    /// The first thing a reader sees.
    pub verdict: Verdict,
    /// Five figures at a glance.
    pub tiles: Vec<Tile>,
    /// Sums.
    pub totals: Totals,
    /// In the judgement's order.
    pub incidents: Vec<IncidentView<'a>>,
    /// Failures by cause, most first.
    pub causes: Vec<CausePart>,
    /// Failures by receiver, most first, the ten largest.
    pub receivers: Vec<ReceiverPart>,
    /// How concentrated the refusals are; `None` with fewer than two who refuse: there is nothing to compare.
    pub concentration: Option<&'a Concentration>,
}

impl<'a> View<'a> {
    /// Computes everything. `advise` looks up advice.toml.
    pub fn new(
        facts: &'a NightFacts,
        judgement: &'a Judgement,
        lists: &'a Lists,
        policy: &Suppress,
        advise: &dyn Fn(&Incident) -> Vec<AdviceLine>,
    ) -> View<'a> {
        let mut entries: BTreeMap<&str, &DomainEntry> = BTreeMap::new();
        for entry in lists.domains.iter().rev() {
            if let Some(incident) = entry.incident() {
                entries.insert(incident, entry);
            }
        }
        let incidents: Vec<_> = judgement
            .incidents
            .iter()
            .map(|incident| {
                let entry = entries.get(incident.id.as_str()).copied();
                let actions = actions(incident, entry, lists, policy, facts.as_of);
                IncidentView {
                    sentence: sentence(incident, judgement.mode, actions.first()),
                    evidence: sentence::evidence(incident),
                    missing: sentence::missing(incident),
                    advice: advise(incident),
                    protected: lists.protected.get(&Some(incident.id.clone())).copied().unwrap_or_default(),
                    incident,
                    actions,
                    entry,
                }
            })
            .collect();
        let totals = Totals::new(facts, judgement);
        View {
            verdict: Verdict::new(&incidents, lists, &totals, facts),
            tiles: totals.tiles(judgement.mode),
            causes: totals::causes(judgement),
            receivers: totals::receivers(judgement),
            concentration: judgement.concentration.as_ref().filter(|c| c.sizes.len() > 1),
            facts,
            judgement,
            lists,
            totals,
            incidents,
        }
    }

    /// `RATES` or `COUNTS-ONLY`.
    pub fn mode(&self) -> &'static str {
        match self.judgement.mode {
            Mode::Rates => "RATES",
            Mode::CountsOnly => "COUNTS-ONLY",
        }
    }

    /// Incidents of ours that act.
    pub fn systemic(&self) -> impl Iterator<Item = &IncidentView<'a>> {
        self.incidents.iter().filter(|i| i.incident.is_systemic())
    }

    /// Organisations that refuse us.
    pub fn tenants(&self) -> impl Iterator<Item = &IncidentView<'a>> {
        self.incidents.iter().filter(|i| i.incident.lists_domain())
    }

    /// Everything that does not act: suspected, inconclusive, information.
    pub fn others(&self) -> impl Iterator<Item = &IncidentView<'a>> {
        self.incidents.iter().filter(|i| !i.incident.is_systemic() && !i.incident.lists_domain())
    }

    /// The domains with most failures, and how many others with how many failures there are.
    pub fn top_domains(&self) -> (&'a [DomainRow], u64, u64) {
        let (top, rest) = self.judgement.domains.split_at(self.judgement.domains.len().min(TOP));
        (top, rest.len() as u64, rest.iter().map(|d| d.bounces).sum())
    }

    /// Held entries in words, by reason.
    pub fn held(&self) -> impl Iterator<Item = (Hold, u64)> {
        let mut held: BTreeMap<Hold, u64> = self.lists.held.clone();
        for domain in &self.lists.held_domains {
            *held.entry(domain.reason).or_default() += 1;
        }
        held.into_iter()
    }
}

impl IncidentView<'_> {
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
fn sentence(incident: &Incident, mode: Mode, action: Option<&Action>) -> String {
    let next = action.map(|action| action.words(&scope(incident)));
    let next = next.map_or_else(String::new, |(verb, rest)| format!(" Next: {verb} {rest}."));
    format!("{}.{next}", sentence::finding(incident, mode))
}

/// What follows from an incident: what the policy says of its kind, on its scope; a person decides what is unsure.
fn actions(
    incident: &Incident,
    entry: Option<&DomainEntry>,
    lists: &Lists,
    policy: &Suppress,
    as_of: Date,
) -> Vec<Action> {
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
    if !incident.acts() || incident.lists_domain() {
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

/// Failures of a cause over all codes.
fn failures(judgement: &Judgement, cause: impl Fn(Cause) -> bool) -> u64 {
    judgement.codes.iter().filter(|row| cause(row.cause)).map(|row| row.bounces).sum()
}

/// The share of events whose reply no rule knows.
fn unknown_share(facts: &NightFacts) -> Option<f64> {
    share(facts.unknown_replies, Some(facts.of_kind(Kind::Bounce)))
}

#[cfg(test)]
mod tests;
