//! Fates: what became of each bounce. In: the decisions on addresses, and the bounces that they rest on. Out: counts by
//! incident and fate. Each bounce has exactly one fate, so their sum is the bounces, of each incident and of the night.

use std::collections::BTreeMap;

use super::decision::{Decision, Verdict};
use super::record::{NONE, Record};
use crate::bounce::closed_set;
use crate::outcome::incident::Incident;

closed_set! {
    /// What became of a bounce, in the order of reports.
    Fate, "fate" {
        /// Its address is on addresses.csv.
        Listed = "listed",
        /// Its domain is on domains.csv.
        Covered = "covered",
        /// Its address waits in held.csv.
        Held = "held",
        /// Its address is in protected.csv.
        Protected = "protected",
        /// It was a transient answer: nothing to do but to try again.
        Retried = "retried",
        /// It matches nothing that was sent.
        Unmatched = "unmatched",
    }
}

impl Fate {
    /// The fate of the bounces of an address.
    pub(super) const fn of(verdict: Verdict) -> Fate {
        match verdict {
            Verdict::Suppress => Fate::Listed,
            Verdict::Hold(_) => Fate::Held,
            Verdict::Protect => Fate::Protected,
            Verdict::Covered => Fate::Covered,
            Verdict::Retry => Fate::Retried,
            Verdict::Unmatched => Fate::Unmatched,
        }
    }
}

/// Bounces by fate, in the order of `Fate::ALL`.
pub type ByFate = [u64; Fate::ALL.len()];

/// Bounces by incident and fate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fates {
    /// All bounces of the night.
    pub all: ByFate,
    /// Bounces and delays that an incident owns, by its id.
    pub of_incidents: BTreeMap<String, ByFate>,
}

/// Fates as they are counted: incidents by their places in the judgement.
#[derive(Debug, Default)]
pub(super) struct Counting {
    all: ByFate,
    of_incidents: BTreeMap<u32, ByFate>,
}

impl Counting {
    /// No bounces yet; the delays of incidents, by their places, are tried again.
    pub fn with_delays(delays: BTreeMap<u32, u64>) -> Counting {
        let mut counting = Counting::default();
        for (incident, n) in delays {
            counting.of_incidents.entry(incident).or_default()[Fate::Retried as usize] = n;
        }
        counting
    }

    /// Counts the bounces of an address.
    pub fn add(&mut self, decision: &Decision, records: &[Record]) {
        let fate = Fate::of(decision.verdict) as usize;
        for record in records.iter().filter(|record| record.bounce) {
            self.all[fate] += 1;
            if record.incident != NONE {
                self.of_incidents.entry(record.incident).or_default()[fate] += 1;
            }
        }
    }

    /// All of them, by the ids of the incidents.
    pub fn finish(self, incidents: &[Incident]) -> Fates {
        let named = |(place, fates): (u32, ByFate)| Some((incidents.get(place as usize)?.id.clone(), fates));
        Fates { all: self.all, of_incidents: self.of_incidents.into_iter().filter_map(named).collect() }
    }
}
