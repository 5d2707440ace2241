//! The view: every number that a report shows, computed once. In: judgement, lists, facts. Out: plain values; outputs
//! place them and compute nothing.

use std::collections::BTreeMap;

use super::facts::NightFacts;
use crate::judge::grounds::Concentration;
use crate::outcome::incident::{DomainRow, Incident, Judgement, Mode};
use crate::outcome::level;
use crate::suppress::{DomainEntry, Hold, Lists};
use crate::tables::policy::Policy;

mod incident;
mod rates;
mod reasons;
mod totals;
mod verdict;

pub use incident::{Action, AdviceLine, IncidentView};
pub use rates::{RatePart, ReasonPart};
pub use totals::{CausePart, ReceiverPart, Tile, Totals};
pub use verdict::Verdict;

/// Rows of the domain and code tables on a page; the CSV files hold all.
pub const TOP: usize = 25;

/// Reasons for the level on a page.
const REASONS: usize = 6;

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
    /// Why the level is what it is, the most urgent first.
    pub reasons: Vec<ReasonPart>,
    /// Shares that are a reason by themselves: of the night, then of the parts that stand out.
    pub rates: Vec<RatePart>,
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
        policy: &Policy,
        advise: &dyn Fn(&Incident) -> Vec<AdviceLine>,
    ) -> View<'a> {
        let mut entries: BTreeMap<&str, &DomainEntry> = BTreeMap::new();
        for entry in lists.domains.iter().rev() {
            if let Some(incident) = &entry.incident {
                entries.insert(incident, entry);
            }
        }
        let incidents: Vec<_> = judgement
            .incidents
            .iter()
            .map(|incident| {
                let entry = entries.get(incident.id.as_str()).copied();
                let actions = incident::actions(incident, entry, lists, &policy.suppress, facts.as_of);
                IncidentView::new(incident, judgement.mode, actions, advise(incident), lists, entry)
            })
            .collect();
        let totals = Totals::new(facts, judgement);
        let night = level::weigh(judgement, &verdict::circumstances(facts, lists), policy);
        View {
            tiles: totals.tiles(judgement.mode, &night.rates),
            rates: rates::parts(&night.rates, policy),
            reasons: rates::reasons(&night, judgement, policy),
            verdict: Verdict::new(night, &incidents, &totals, (judgement, lists, facts, policy)),
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

    /// The most urgent reasons, as many as a reader takes in; report.json holds all.
    pub fn top_reasons(&self) -> &[ReasonPart] {
        &self.reasons[..self.reasons.len().min(REASONS)]
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

#[cfg(test)]
mod tests;
