//! Domain entries: what may stand on domains.csv. In: a domain and the incident or the answers about it. Out: an
//! entry, or a refusal. There are two ways to build one: a tenant block that acts, and a domain that takes no mail.

use std::ops::Deref;

use jiff::civil::Date;

use super::entry::{Refused, Seen};
use crate::bounce::{Blames, Cause, Permanence, ScopeType};
use crate::outcome::incident::Incident;
use crate::tables::policy::Suppress;

/// One row of domains.csv.
#[derive(Debug, Clone)]
pub struct ListedDomain {
    /// The domain.
    pub domain: String,
    /// Its organisation.
    pub organisation: String,
    /// The tenant block; `None` for a domain that takes no mail.
    pub incident: Option<String>,
    /// The most frequent cause.
    pub cause: Cause,
    /// The incident's scope types, or `domain`.
    pub scope: String,
    /// Our domain, when only that one is refused.
    pub sending_domain: Option<String>,
    /// Distinct recipients among the bounces.
    pub recipients: u64,
    /// What the same receiver accepted from us for others; `None` counts-only.
    pub delivered_elsewhere: Option<u64>,
    /// When and where it was seen.
    pub seen: Seen,
    /// The first day on which it no longer holds; `None`: never lapses.
    pub expires: Option<Date>,
}

/// A domain that may be listed. Its row can be read, but made and changed only here.
#[derive(Debug, Clone)]
pub struct DomainEntry(ListedDomain);

impl Deref for DomainEntry {
    type Target = ListedDomain;

    fn deref(&self) -> &ListedDomain {
        &self.0
    }
}

impl DomainEntry {
    /// An entry for one domain of an organisation that refuses us. `permanent` is how many of the incident's refusals are
    /// permanent ones, at whichever of its domains.
    ///
    /// # Errors
    /// Every other kind of incident, low confidence, an incident without a permanent refusal, a domain that is not the
    /// organisation's, and a block of one IP or campaign that is known by its pattern only: a domain list cannot express it.
    /// (Where the organisation says in its own words that it refuses us, reaching it from another IP would be evasion; the
    /// entry then holds for all.)
    pub fn from_tenant_block(
        domain: &str,
        incident: &Incident,
        permanent: u64,
        (recipients, seen): (u64, Seen),
        policy: &Suppress,
        as_of: Date,
    ) -> Result<DomainEntry, Refused> {
        let organisation = incident.scope.part(ScopeType::Organisation).filter(|_| incident.lists_domain());
        let Some(organisation) = organisation else {
            return Err(Refused::NotATenantBlock);
        };
        if permanent == 0 {
            return Err(Refused::Transient { cause: incident.cause.unwrap_or(Cause::TenantPolicy) });
        }
        if domain != organisation && !incident.domains.iter().any(|d| d == domain) {
            return Err(Refused::AnotherDomain);
        }
        let limited = [ScopeType::SendingIp, ScopeType::Campaign, ScopeType::ListSource]
            .iter()
            .any(|part| incident.scope.part(*part).is_some());
        if limited && !incident.explicit {
            return Err(Refused::IdentityNotExpressible);
        }
        let expiry = match incident.explicit {
            true => policy.expires.tenant_block_explicit,
            false => policy.expires.tenant_block_pattern,
        };
        Ok(DomainEntry(ListedDomain {
            domain: domain.to_owned(),
            organisation: organisation.to_owned(),
            incident: Some(incident.id.clone()),
            cause: incident.cause.unwrap_or(Cause::TenantPolicy),
            scope: incident.scope.type_name(),
            sending_domain: incident.scope.part(ScopeType::SendingDomain).map(str::to_owned),
            recipients,
            delivered_elsewhere: incident.delivered_elsewhere,
            seen,
            expires: expiry.from_night(as_of),
        }))
    }

    /// An entry for a domain that does not exist or takes no mail. `organisation` is `None` for consumer domains.
    ///
    /// # Errors
    /// Every other cause, a cause that blames our side, a transient answer, and consumer domains.
    pub fn from_domain_invalid(
        domain: &str,
        organisation: Option<&str>,
        (cause, blames, permanence): (Cause, Blames, Permanence),
        recipients: u64,
        seen: Seen,
        policy: &Suppress,
        as_of: Date,
    ) -> Result<DomainEntry, Refused> {
        if cause != Cause::DomainInvalid || blames != Blames::Recipient {
            return Err(Refused::NotTheRecipient { cause, blames });
        }
        if permanence != Permanence::Permanent {
            return Err(Refused::Transient { cause });
        }
        Ok(DomainEntry(ListedDomain {
            domain: domain.to_owned(),
            organisation: organisation.ok_or(Refused::ConsumerDomain)?.to_owned(),
            incident: None,
            cause,
            scope: "domain".to_owned(),
            sending_domain: None,
            recipients,
            delivered_elsewhere: None,
            seen,
            expires: policy.expires.domain_invalid.from_night(as_of),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounce::{Confidence, IncidentKind};
    use crate::suppress::testing;
    use crate::tables::policy;

    const NIGHT: Date = jiff::civil::date(2026, 11, 20);

    fn seen() -> Seen {
        Seen { first: None, last: None, bounces: 1, days: 1, origin: "a.eml#0".to_owned() }
    }

    fn entry(incident: &Incident, domain: &str) -> Result<DomainEntry, Refused> {
        let policy = policy::load(None).unwrap().suppress;
        DomainEntry::from_tenant_block(domain, incident, 1, (1, seen()), &policy, NIGHT)
    }

    #[test]
    fn a_block_without_a_permanent_refusal_makes_no_entry() {
        let (policy, incident) = (policy::load(None).unwrap().suppress, testing::tenant_block("example.com"));
        let entry = DomainEntry::from_tenant_block("example.com", &incident, 0, (9, seen()), &policy, NIGHT);
        assert!(matches!(entry, Err(Refused::Transient { .. })));
    }

    #[test]
    fn only_a_tenant_block_that_acts_makes_an_entry() {
        for kind in IncidentKind::ALL {
            for confidence in Confidence::ALL {
                for explicit in [true, false] {
                    let incident = Incident {
                        kind: *kind,
                        confidence: *confidence,
                        explicit,
                        ..testing::tenant_block("example.com")
                    };
                    let may = *kind == IncidentKind::TenantBlock && *confidence != Confidence::Low;
                    assert_eq!(entry(&incident, "example.com").is_ok(), may, "{kind} {confidence} {explicit}");
                }
            }
        }
    }

    #[test]
    fn a_domain_that_is_not_the_organisations_is_refused() {
        let incident = testing::tenant_block("example.com");
        assert_eq!(entry(&incident, "example.org").unwrap_err(), Refused::AnotherDomain);
    }

    #[test]
    fn explicit_wording_lasts_longer_than_a_pattern() {
        let pattern = testing::tenant_block("example.com");
        let explicit = Incident { explicit: true, ..pattern.clone() };
        assert_eq!(entry(&pattern, "example.com").unwrap().expires, Some(jiff::civil::date(2027, 2, 18)));
        assert_eq!(entry(&explicit, "example.com").unwrap().expires, Some(jiff::civil::date(2027, 11, 20)));
    }

    #[test]
    fn a_block_of_one_sending_domain_says_so() {
        let mut incident = testing::tenant_block("example.com");
        incident.scope.parts.push((ScopeType::SendingDomain, "news.example.net".to_owned()));
        let entry = entry(&incident, "example.com").unwrap();
        assert_eq!(
            (entry.scope.as_str(), entry.sending_domain.as_deref()),
            ("organisation+sending_domain", Some("news.example.net"))
        );
    }

    #[test]
    fn a_pattern_that_covers_one_ip_makes_no_entry() {
        let mut incident = testing::tenant_block("example.com");
        incident.scope.parts.push((ScopeType::SendingIp, "192.0.2.1".to_owned()));
        assert_eq!(entry(&incident, "example.com").unwrap_err(), Refused::IdentityNotExpressible);
    }

    #[test]
    fn only_domain_invalid_of_an_organisation_makes_an_entry() {
        let policy = policy::load(None).unwrap().suppress;
        for cause in Cause::ALL {
            for blames in Blames::ALL {
                for organisation in [Some("example.com"), None] {
                    for permanence in Permanence::ALL {
                        let said = (*cause, *blames, *permanence);
                        let may = said == (Cause::DomainInvalid, Blames::Recipient, Permanence::Permanent)
                            && organisation.is_some();
                        let entry = DomainEntry::from_domain_invalid(
                            "example.com",
                            organisation,
                            said,
                            1,
                            seen(),
                            &policy,
                            NIGHT,
                        );
                        assert_eq!(entry.is_ok(), may, "{cause} {blames} {permanence} {organisation:?}");
                    }
                }
            }
        }
    }
}
