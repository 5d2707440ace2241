//! Cover: which incident a failure belongs to. In: the judgement and an event's scope values. Out: the index of the
//! first incident, in the judgement's order, whose scope holds the event and whose kind fits the cause.

use std::collections::{BTreeSet, HashMap};

use super::doubt::family;
use crate::analyze::incident::Incident;
use crate::bounce::{Cause, ScopeType};

/// An event's values for each type of scope.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place<'a> {
    pub organisation: Option<&'a str>,
    pub receiver: Option<&'a str>,
    pub sending_ip: Option<&'a str>,
    pub sending_domain: Option<&'a str>,
    pub campaign: Option<&'a str>,
    pub list_source: Option<&'a str>,
}

/// Incidents, found by scope.
pub(super) struct Covers<'a> {
    incidents: &'a [Incident],
    /// A night may have thousands of incidents about single organisations, but few others.
    by_organisation: HashMap<&'a str, Vec<u32>>,
    others: Vec<u32>,
}

impl<'a> Covers<'a> {
    pub fn new(incidents: &'a [Incident]) -> Covers<'a> {
        let mut covers = Covers { incidents, by_organisation: HashMap::new(), others: Vec::new() };
        for (index, incident) in (0..).zip(incidents) {
            match incident.scope.part(ScopeType::Organisation) {
                Some(key) => {
                    // An organisation may have mail at several registrable domains.
                    let domains = incident.domains.iter().map(|d| psl::domain_str(d).unwrap_or(d));
                    for domain in domains.chain([key]).collect::<BTreeSet<_>>() {
                        covers.by_organisation.entry(domain).or_default().push(index);
                    }
                }
                None => covers.others.push(index),
            }
        }
        covers
    }

    /// Whether an incident, by its index, protects the bounces that it explains.
    pub fn is_ours(&self, incident: u32) -> bool {
        self.incidents.get(incident as usize).is_some_and(Incident::protects)
    }

    /// The first incident that explains a failure of that cause at that place.
    pub fn find(&self, cause: Cause, place: &Place<'_>) -> Option<u32> {
        let own = place.organisation.and_then(|o| self.by_organisation.get(o)).map_or(&[][..], Vec::as_slice);
        let fits = |index: &&u32| {
            self.incidents
                .get(**index as usize)
                .is_some_and(|i| i.kind.meaning().failures.holds(cause) && holds(i, place))
        };
        let own = own.iter().find(fits);
        let other = self.others.iter().find(fits);
        own.into_iter().chain(other).min().copied()
    }
}

/// Whether the event lies inside the incident's scope.
fn holds(incident: &Incident, place: &Place<'_>) -> bool {
    incident.scope.parts.iter().all(|(part, key)| {
        let value = match part {
            // Found by its domains already.
            ScopeType::Organisation => return true,
            ScopeType::Provider | ScopeType::Gateway => place.receiver.map(family),
            ScopeType::SendingIp => place.sending_ip,
            ScopeType::SendingDomain => place.sending_domain,
            ScopeType::Campaign => place.campaign,
            ScopeType::ListSource => place.list_source,
            ScopeType::Fleet => return true,
        };
        value == Some(key.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suppress::testing;

    #[test]
    fn a_failure_belongs_to_the_first_incident_that_holds_it() {
        let mut pair = testing::tenant_block("example.com");
        pair.scope.parts.push((ScopeType::SendingDomain, "news.example.net".to_owned()));
        let incidents = [pair, testing::provider_block("google"), testing::tenant_block("example.com")];
        let covers = Covers::new(&incidents);
        let at = |organisation, receiver, sending_domain| Place {
            organisation,
            receiver,
            sending_domain,
            ..Place::default()
        };
        for (place, cause, want) in [
            (at(Some("example.com"), None, Some("news.example.net")), Cause::OtherPolicy, Some(0)),
            (at(Some("example.com"), None, Some("other.example.net")), Cause::OtherPolicy, Some(2)),
            (at(Some("example.com"), Some("google_workspace"), None), Cause::OtherPolicy, Some(1)),
            (at(Some("example.org"), Some("yahoo"), None), Cause::OtherPolicy, None),
            (at(Some("example.com"), None, None), Cause::Network, None),
        ] {
            assert_eq!(covers.find(cause, &place), want, "{place:?} {cause}");
        }
    }
}
