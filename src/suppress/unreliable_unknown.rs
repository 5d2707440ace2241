//! "Unknown" answers that are not reliable tonight. In: the policy's wordings and the judgement. Out: for one answer, the
//! signal of the reason to hold it, or none.

use std::collections::{HashMap, HashSet};

use super::signal::Signal;
use crate::bounce::{Cause, IncidentKind, ScopeType};
use crate::outcome::incident::{DomainRow, Incident, Judgement};
use crate::tables::policy::{Doubtful, Flip, Suppress, When};
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
        for (place, incident) in incidents.iter().enumerate().filter(|(_, i)| i.kind != IncidentKind::Inconclusive) {
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

/// What is known tonight of domains and receivers, for doubting.
pub(super) struct UnreliableUnknown<'a> {
    wordings: &'a [Doubtful],
    flipping: HashSet<&'a str>,
    troubled: &'a Troubled<'a>,
}

impl<'a> UnreliableUnknown<'a> {
    pub fn new(judgement: &'a Judgement, policy: &'a Suppress, troubled: &'a Troubled<'a>) -> UnreliableUnknown<'a> {
        let flipping = judgement.domains.iter().filter(|d| flips(d, &policy.flip)).map(|d| d.domain.as_str());
        UnreliableUnknown { wordings: &policy.doubtful, flipping: flipping.collect(), troubled }
    }

    /// The reason not to believe an "unknown" answer; `None`: believe it. `speaker` is the system that spoke,
    /// `receiver` the one that serves the domain.
    pub fn reason(&self, reply: &str, speaker: Option<&str>, receiver: Option<&str>, domain: &str) -> Option<Signal> {
        let rows = || self.wordings.iter().filter(|w| speaks(w, speaker.or(receiver)));
        rows().next()?;
        let reply = reply.to_ascii_lowercase();
        let row = rows().find(|w| w.text.iter().any(|t| reply.contains(t.as_str())))?;
        let incident = self.troubled.incident([speaker, receiver]).is_some();
        row.when.iter().find_map(|when| match when {
            When::Always => Some(Signal::DoubtWording),
            When::DomainFlips => self.flipping.contains(domain).then_some(Signal::DoubtFlip),
            When::ReceiverIncident => incident.then_some(Signal::DoubtIncident),
        })
    }
}

fn speaks(wording: &Doubtful, speaker: Option<&str>) -> bool {
    wording.receiver.is_empty() || speaker.is_some_and(|s| wording.receiver.iter().any(|r| r == s))
}

/// Whether a domain's directory seems to have failed: many of its recipients unknown at once.
fn flips(domain: &DomainRow, flip: &Flip) -> bool {
    let unknown: u64 = domain.causes.iter().filter(|(c, _)| *c == Cause::MailboxUnknown).map(|(_, n)| n).sum();
    match domain.delivered {
        Some(delivered) => {
            let tried = delivered.saturating_add(domain.bounces);
            unknown >= flip.recipients && unknown as f64 > flip.share * tried as f64
        }
        None => unknown >= flip.recipients_without_deliveries,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suppress::testing;
    use crate::tables::policy;

    const DBEB: &str = "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)";

    fn domain(unknown: u64, delivered: Option<u64>) -> DomainRow {
        DomainRow {
            bounces: unknown,
            delivered,
            causes: vec![(Cause::MailboxUnknown, unknown)],
            ..testing::domain_row("example.com")
        }
    }

    fn reason(judgement: &Judgement, reply: &str) -> Option<Signal> {
        let policy = policy::load(None).unwrap().suppress;
        let receivers = Receivers::load(None).unwrap();
        let troubled = Troubled::new(&judgement.incidents, &receivers);
        UnreliableUnknown::new(judgement, &policy, &troubled).reason(
            reply,
            Some("exchange_online"),
            Some("exchange_online"),
            "example.com",
        )
    }

    #[test]
    fn access_denied_is_believed_on_a_quiet_night() {
        assert_eq!(reason(&testing::judgement(), DBEB), None);
    }

    #[test]
    fn access_denied_is_not_believed_when_the_domain_flips() {
        for (unknown, delivered, want) in [
            (10, Some(20), Some(Signal::DoubtFlip)),
            (10, Some(90), None),
            (4, Some(0), None),
            (19, None, None),
            (20, None, Some(Signal::DoubtFlip)),
        ] {
            let judgement = Judgement { domains: vec![domain(unknown, delivered)], ..testing::judgement() };
            assert_eq!(reason(&judgement, DBEB), want, "{unknown} {delivered:?}");
        }
    }

    #[test]
    fn clear_words_are_believed_even_when_the_domain_flips() {
        let judgement = Judgement { domains: vec![domain(10, Some(0))], ..testing::judgement() };
        assert_eq!(reason(&judgement, "550 5.1.10 RESOLVER.ADR.RecipientNotFound"), None);
    }

    #[test]
    fn access_denied_is_not_believed_while_the_receiver_refuses_us() {
        let judgement =
            Judgement { incidents: vec![testing::provider_block("exchange_online")], ..testing::judgement() };
        assert_eq!(reason(&judgement, DBEB), Some(Signal::DoubtIncident));
    }
}
