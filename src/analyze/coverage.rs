//! Which incident a row belongs to. In: a judgement, and the names of one row. Out: the incident that explains it.
//! For lists of addresses that must not be suppressed, and for trails.

use std::collections::HashMap;

use super::incident::{Incident, Judgement, Scope};
use crate::bounce::{Cause, ScopeType};

/// The names of one bounce; `None` where unknown.
#[derive(Debug, Clone, Copy)]
pub struct RowKey<'a> {
    /// The recipient's domain.
    pub domain: &'a str,
    /// The receiver's family that serves the domain, as in `DomainRow::receiver`.
    pub receiver: Option<&'a str>,
    /// Our IP.
    pub sending_ip: Option<&'a str>,
    /// Our domain.
    pub sending_domain: Option<&'a str>,
    /// Campaign.
    pub campaign: Option<&'a str>,
    /// List source.
    pub list_source: Option<&'a str>,
    /// Why it failed.
    pub cause: Cause,
    /// Whether the tenant's own wording says so: such rows are never explained by a cause of ours.
    pub explicit: bool,
}

impl RowKey<'_> {
    fn in_scope(&self, scope: &Scope) -> bool {
        scope.parts.iter().all(|(kind, key)| {
            let ours = match kind {
                // The organisation is matched by its domains.
                ScopeType::Organisation | ScopeType::Fleet => return true,
                ScopeType::Provider | ScopeType::Gateway => self.receiver,
                ScopeType::SendingIp => self.sending_ip,
                ScopeType::SendingDomain => self.sending_domain,
                ScopeType::Campaign => self.campaign,
                ScopeType::ListSource => self.list_source,
            };
            ours == Some(key.as_str())
        })
    }
}

/// A judgement's incidents, ready to be looked up.
#[derive(Debug)]
pub struct Coverage<'a> {
    /// Incidents that are about no organisation, those that act first.
    ours: Vec<&'a Incident>,
    /// Incidents of an organisation, by each of its domains.
    organisations: HashMap<&'a str, Vec<&'a Incident>>,
}

impl<'a> Coverage<'a> {
    /// Indexes the incidents.
    pub fn new(judgement: &'a Judgement) -> Coverage<'a> {
        let mut coverage = Coverage { ours: vec![], organisations: HashMap::new() };
        for incident in &judgement.incidents {
            if incident.scope.part(ScopeType::Organisation).is_none() {
                coverage.ours.push(incident);
            }
            for domain in &incident.domains {
                coverage.organisations.entry(domain).or_default().push(incident);
            }
        }
        coverage
    }

    /// The incident that explains a row: a cause on our side or a receiver's before the organisation's own, unless the
    /// organisation's wording says that it is its own.
    pub fn find(&self, row: &RowKey) -> Option<&'a Incident> {
        let fits = |i: &&&'a Incident| i.explains.contains(&row.cause) && row.in_scope(&i.scope);
        let ours = self.ours.iter().filter(|_| !row.explicit).find(fits);
        ours.or_else(|| self.organisations.get(row.domain)?.iter().find(fits)).copied()
    }
}

impl Judgement {
    /// The incidents, ready to be looked up row by row.
    pub fn coverage(&self) -> Coverage<'_> {
        Coverage::new(self)
    }
}
