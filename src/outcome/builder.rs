//! What building incidents needs. In: facts, a verdict, thresholds. Out: scopes by name, views of the cells.

use crate::bounce::ScopeType;
use crate::facts::cells::{Cells, NOBODY};
use crate::facts::names::NONE;
use crate::facts::night::{Night, ReceiverKind};
use crate::facts::organisation::Places;
use crate::judge::Verdict;
use crate::judge::candidate::{Candidate, Dimension, Stream};
use crate::judge::measure::View;
use crate::judge::scope::Scope;
use crate::tables::policy::Judging;

/// What building incidents needs.
#[derive(Clone, Copy)]
pub struct IncidentBuilder<'a> {
    pub night: &'a Night,
    pub places: &'a Places,
    pub cells: &'a Cells,
    pub verdict: &'a Verdict,
    pub judging: &'a Judging,
    /// Messages accepted by each receiver.
    pub accepted: &'a [u64],
}

impl IncidentBuilder<'_> {
    /// A view of the cells for one stream.
    pub fn view<'b>(&'b self, stream: &'b Stream) -> View<'b> {
        let IncidentBuilder { night, places, cells, .. } = *self;
        let mut covered = [true; Dimension::COUNT];
        self.verdict.uncovered.iter().for_each(|d| covered[*d as usize] = false);
        View { night, places, cells, stream, covered, refit: NOBODY, all: false, within: None }
    }

    /// The scope of a candidate.
    pub fn scope(&self, candidate: &Candidate) -> Scope {
        let kind =
            |receiver: u32| self.night.receiver_kinds.get(receiver as usize).copied().unwrap_or(ReceiverKind::Other);
        let (receiver, key) = match candidate.dimension {
            Dimension::Receiver => (candidate.value, self.night.receivers.name(candidate.value)),
            Dimension::Pool => (NONE, self.places.deciders[candidate.value as usize].key.as_str()),
            Dimension::SendingIp => (NONE, self.night.ips.name(candidate.value)),
            Dimension::SendingDomain => (NONE, self.night.sending_domains.name(candidate.value)),
            Dimension::Campaign => (NONE, self.night.campaigns.name(candidate.value)),
            Dimension::ListSource => (NONE, self.night.list_sources.name(candidate.value)),
            Dimension::Fleet => (NONE, "*"),
        };
        let mut parts = vec![(candidate.dimension.scope_type(kind(receiver)), key.to_owned())];
        if candidate.is_pair() {
            let receiver_type = Dimension::Receiver.scope_type(kind(candidate.at));
            parts.push((receiver_type, self.night.receivers.name(candidate.at).to_owned()));
        }
        parts.sort();
        Scope { parts }
    }

    /// The scope of an organisation, or of one identity of ours there.
    pub fn organisation_scope(&self, decider: u32, identity: Option<(Dimension, u32)>) -> Scope {
        let mut parts = vec![(ScopeType::Organisation, self.places.deciders[decider as usize].key.clone())];
        if let Some((dimension, value)) = identity {
            parts.extend(self.scope(&Candidate::one(dimension, value)).parts);
        }
        parts.sort();
        Scope { parts }
    }
}
