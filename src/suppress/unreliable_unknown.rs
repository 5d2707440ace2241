//! Wordings of "unknown" that are not believed, in answers that no incident owns. In: the policy's wordings, and the receivers
//! under an incident. Out: for one answer, the signal of the reason to hold it, or none.

use std::collections::HashMap;

use super::signal::Signal;
use crate::bounce::{IncidentKind, ScopeType};
use crate::outcome::incident::Incident;
use crate::tables::policy::{Doubtful, Suppress, When};
use crate::tables::receivers::Receivers;

/// The receivers that are under an incident tonight.
pub(super) struct Troubled<'a> {
    receivers: &'a Receivers,
    /// Places of the incidents in the judgement, by the family of the receiver.
    by_family: HashMap<&'a str, usize>,
}

impl<'a> Troubled<'a> {
    pub fn new(incidents: &'a [Incident], receivers: &'a Receivers) -> Troubled<'a> {
        let mut by_family = HashMap::new();
        // A pair says something of one identity there, and a suspicion nothing yet.
        let whole = |i: &Incident| i.acts() && i.kind != IncidentKind::Inconclusive && i.scope.parts.len() == 1;
        for (place, incident) in incidents.iter().enumerate().filter(|(_, i)| whole(i)) {
            for part in [ScopeType::Provider, ScopeType::Gateway] {
                incident.scope.part(part).iter().for_each(|family| {
                    by_family.entry(*family).or_insert(place);
                });
            }
        }
        Troubled { receivers, by_family }
    }

    /// The first incident under which one of these receivers is; the system that spoke, and the one that serves the domain.
    pub fn incident(&self, receivers: [Option<&str>; 2]) -> Option<usize> {
        let families = receivers.into_iter().flatten().map(|receiver| self.receivers.family(receiver));
        families.filter_map(|family| self.by_family.get(family).copied()).min()
    }
}

/// What is known tonight of wordings and receivers, for doubting. Who calls living mailboxes unknown is judged before: those
/// answers have an incident, and do not come here.
pub(super) struct UnreliableUnknown<'a> {
    wordings: &'a [Doubtful],
    troubled: &'a Troubled<'a>,
}

impl<'a> UnreliableUnknown<'a> {
    pub fn new(policy: &'a Suppress, troubled: &'a Troubled<'a>) -> UnreliableUnknown<'a> {
        UnreliableUnknown { wordings: &policy.doubtful, troubled }
    }

    /// The reason not to believe an "unknown" answer; `None`: believe it. `speaker` is the system that spoke,
    /// `receiver` the one that serves the domain.
    pub fn reason(&self, reply: &str, speaker: Option<&str>, receiver: Option<&str>) -> Option<Signal> {
        let mut rows = self.wordings.iter().filter(|row| row.speaks(speaker.or(receiver)));
        let row = rows.find(|row| row.says(reply))?;
        let incident = self.troubled.incident([speaker, receiver]).is_some();
        row.when.iter().find_map(|when| match when {
            When::Always => Some(Signal::DoubtWording),
            When::DomainFlips => None,
            When::ReceiverIncident => incident.then_some(Signal::DoubtIncident),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::incident::Judgement;
    use crate::suppress::testing;
    use crate::tables::policy;

    const DBEB: &str = "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)";

    fn reason(judgement: &Judgement, reply: &str) -> Option<Signal> {
        let policy = policy::load(None).unwrap().suppress;
        let receivers = Receivers::load(None).unwrap();
        let troubled = Troubled::new(&judgement.incidents, &receivers);
        let exchange = Some("exchange_online");
        UnreliableUnknown::new(&policy, &troubled).reason(reply, exchange, exchange)
    }

    #[test]
    fn access_denied_is_believed_on_a_quiet_night() {
        assert_eq!(reason(&testing::judgement(), DBEB), None);
    }

    #[test]
    fn clear_words_are_believed_even_when_the_receiver_refuses_us() {
        let judgement =
            Judgement { incidents: vec![testing::provider_block("exchange_online")], ..testing::judgement() };
        assert_eq!(reason(&judgement, "550 5.1.10 RESOLVER.ADR.RecipientNotFound"), None);
    }

    #[test]
    fn access_denied_is_not_believed_while_the_receiver_refuses_us() {
        let judgement =
            Judgement { incidents: vec![testing::provider_block("exchange_online")], ..testing::judgement() };
        assert_eq!(reason(&judgement, DBEB), Some(Signal::DoubtIncident));
    }
}
