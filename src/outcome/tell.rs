//! From findings on ids to incidents for people. In: the verdict with its night and cells. Out: the `Judgement`'s
//! incidents, sorted: those that act first, then by failures, then by id. What each rests on is `support`'s work.

use std::cmp::Reverse;
use std::collections::HashSet;

use super::details::{Details, most};
use super::incident::{Incident, Judgement, Mode, Weighed};
use super::support;
use super::teller::Teller;
use crate::bounce::Family;
use crate::bounce::{Confidence, FailureStream, IncidentKind, IncidentStatus};
use crate::facts::Facts;
use crate::facts::cells::Cells;
use crate::facts::night::{Night, ReceiverKind};
use crate::judge::Verdict;
use crate::judge::candidate::{Candidate, Dimension};
use crate::judge::explain::Finding;
use crate::judge::grounds::Counted;
use crate::judge::quiet::QuietFinding;
use crate::judge::scope::Scope;
use crate::judge::stats::wilson;
use crate::judge::tally::Tally;
use crate::judge::tenant::{Grade, TenantFinding};
use crate::tables::policy::Judging;

/// Turns a verdict into a judgement, its tables still empty, and the ids of its incidents in the order of the verdict.
pub fn tell(facts: &Facts, verdict: &Verdict, details: &[Details], judging: &Judging) -> (Judgement, Vec<String>) {
    let Facts { night, places, cells, .. } = facts;
    let accepted = accepted(night, cells);
    let (uncovered, stray) = (&verdict.uncovered[..], verdict.stray);
    let teller = Teller { night, places, cells, judging, uncovered, stray, accepted: &accepted };
    let (ours, rest) = details.split_at(verdict.findings.len());
    let (tenants, others) = rest.split_at(verdict.tenants.len());
    let mut incidents: Vec<Incident> = Vec::with_capacity(details.len());
    incidents.extend(verdict.findings.iter().zip(ours).map(|(f, d)| teller.systemic(f, d)));
    incidents.extend(verdict.tenants.iter().zip(tenants).map(|(f, d)| teller.tenant(f, d)));
    incidents.extend(verdict.others.iter().zip(others).map(|(f, d)| teller.quiet(f, d)));
    tell_apart(&mut incidents);
    let weighed = teller.weighed(verdict, &incidents);
    let ids: Vec<String> = incidents.iter().map(|i| i.id.clone()).collect();
    incidents.sort_by(|a, b| order(a).cmp(&order(b)));
    let list_sources = super::sources::hold(&teller, &incidents);
    let judgement = Judgement {
        mode: if cells.rates { Mode::Rates } else { Mode::CountsOnly },
        incidents,
        domains: vec![],
        codes: vec![],
        domain_codes: vec![],
        list_sources,
        weighed,
        tried: None,
        delivered: None,
        recipients_mailed: night.recipients_mailed,
        concentration: None,
    };
    (judgement, ids)
}

/// Messages accepted by each receiver.
fn accepted(night: &Night, cells: &Cells) -> Vec<u64> {
    let mut accepted = vec![0; night.receivers.len()];
    for (n, node) in cells.nodes.iter().enumerate() {
        if let Some(sum) = accepted.get_mut(node.receiver as usize) {
            *sum += cells.cells_of(n).map(|c| u64::from(cells.cells[c].delivered)).sum::<u64>();
        }
    }
    accepted
}

/// Those that act first, then by failures, then by id.
fn order(incident: &Incident) -> (bool, Reverse<u64>, &str) {
    (!incident.acts(), Reverse(incident.bounces), &incident.id)
}

/// `KIND-` and twelve hex digits of the hash of kind and scope. `again` is how many incidents of the night have both alike.
pub fn incident_id(kind: IncidentKind, scope: &Scope, again: u64) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [kind.as_str(), &scope.type_name(), &scope.key()] {
        hasher.update(part.as_bytes());
        hasher.update(b"\0");
    }
    if again > 0 {
        hasher.update(&again.to_be_bytes());
    }
    format!("{}-{}", kind.as_str(), &hasher.finalize().to_hex()[..12])
}

/// Two streams may find the same kind and scope, such as a list that is refused and whose addresses nobody knows: the later
/// one gets another id, so that each row names one of them.
fn tell_apart(incidents: &mut [Incident]) {
    let mut taken = HashSet::new();
    for incident in incidents {
        let mut again = 0;
        while !taken.insert(incident.id.clone()) {
            again += 1;
            incident.id = incident_id(incident.kind, &incident.scope, again);
        }
    }
}

impl Teller<'_> {
    fn systemic(&self, finding: &Finding, details: &Details) -> Incident {
        let (kind, m) = (self.kind_of(finding), &finding.measure);
        let confidence = self.confidence_of(finding);
        let mut incident = self.blank(kind, self.scope(&finding.candidate), confidence, details);
        incident.organisations_hit = details.deciders;
        incident.organisations_exposed = u64::from(m.exposed).max(details.deciders);
        self.set_rate(&mut incident, finding);
        incident.confounded_with =
            finding.rivals.iter().map(|r| self.scope(r)).filter(|s| *s != incident.scope).collect();
        support::systemic(self, &mut incident, finding, details);
        incident
    }

    fn kind_of(&self, finding: &Finding) -> IncidentKind {
        let gateway = |receiver: u32| self.night.receiver_kinds.get(receiver as usize) == Some(&ReceiverKind::Gateway);
        match (finding.stream, finding.candidate.dimension) {
            (FailureStream::SetUp, _) => IncidentKind::RelaySetup,
            (FailureStream::List, _) => IncidentKind::ListQuality,
            (FailureStream::Transient, _) => IncidentKind::Transient,
            (_, Dimension::Receiver) if gateway(finding.candidate.value) => IncidentKind::GatewayBlock,
            (_, Dimension::Receiver | Dimension::Pool) => IncidentKind::ProviderBlock,
            (_, Dimension::SendingIp) => IncidentKind::IpReputation,
            (_, Dimension::SendingDomain) => {
                let named = finding.measure.share_named(&[Family::Authentication]);
                if named >= self.judging.authentication_share {
                    IncidentKind::AuthenticationFailure
                } else {
                    IncidentKind::DomainReputation
                }
            }
            (_, Dimension::Campaign) => IncidentKind::ContentRejection,
            (_, Dimension::ListSource) => IncidentKind::ListQuality,
            (_, Dimension::Fleet) => IncidentKind::FleetReputation,
        }
    }

    fn confidence_of(&self, finding: &Finding) -> Confidence {
        let (j, m, w) = (self.judging, &finding.measure, &finding.weight);
        let rival_type = finding.rivals.iter().any(|r| r.dimension != finding.candidate.dimension);
        let clear = w.evidence >= j.sure_evidence * w.needed || finding.candidate == Candidate::FLEET;
        if finding.undecided {
            Confidence::Low
        } else if self.cells.rates && clear && f64::from(m.hit) >= j.sure_organisations && !rival_type {
            Confidence::High
        } else {
            Confidence::Medium
        }
    }

    fn tenant(&self, finding: &TenantFinding, details: &Details) -> Incident {
        let (kind, confidence) = match finding.grade {
            Grade::Block(confidence) => (IncidentKind::TenantBlock, confidence),
            Grade::Inconclusive => (IncidentKind::Inconclusive, Confidence::Low),
        };
        let mut incident =
            self.blank(kind, self.organisation_scope(finding.tally.decider, finding.identity), confidence, details);
        incident.explicit = finding.explicit;
        incident.delivered_elsewhere = self.delivered_elsewhere(&finding.tally);
        incident.rate_elsewhere = self.cells.rates.then_some(self.stray);
        self.set_organisation(&mut incident, finding.tally.decider, finding.tally.fails, finding.tally.tried());
        support::tenant(self, &mut incident, finding, details);
        incident
    }

    /// What the organisation's receiver accepted for others.
    fn delivered_elsewhere(&self, tally: &Tally) -> Option<u64> {
        let domains = &self.places.deciders[tally.decider as usize].domains;
        let own = domains.iter().filter(|d| self.places.receiver_of[**d as usize] == tally.receiver);
        let own: u64 = own.map(|d| self.night.delivered[*d as usize]).sum();
        let all = self.accepted.get(tally.receiver as usize).filter(|_| self.cells.rates)?;
        Some(all.saturating_sub(own))
    }

    fn quiet(&self, finding: &QuietFinding, details: &Details) -> Incident {
        let scope = self.organisation_scope(finding.decider, None);
        let mut incident = self.blank(finding.kind, scope, finding.confidence, details);
        self.set_organisation(&mut incident, finding.decider, finding.fails, finding.tried);
        support::quiet(self, &mut incident, finding, details);
        incident
    }

    fn set_organisation(&self, incident: &mut Incident, decider: u32, fails: u64, tried: u64) {
        let decider = &self.places.deciders[decider as usize];
        incident.domains = decider.domains.iter().map(|d| self.night.domains.name(*d).to_owned()).collect();
        (incident.organisations_hit, incident.organisations_exposed) = (1, 1);
        if tried > 0 {
            incident.rate = Some(fails as f64 / tried as f64);
            let bounds = wilson(fails as f64, tried as f64);
            (incident.rate_low, incident.rate_high) = (bounds.map(|b| b.0), bounds.map(|b| b.1));
        }
    }

    /// The share inside and elsewhere: of organisations; for consumer mailboxes, which are no organisation, of mail.
    fn set_rate(&self, incident: &mut Incident, finding: &Finding) {
        let m = &finding.measure;
        let (hit, exposed) = match finding.candidate.dimension {
            Dimension::Pool => (m.hits, m.trials),
            _ => (incident.organisations_hit as f64, incident.organisations_exposed as f64),
        };
        incident.rate = (exposed > 0.0).then(|| hit / exposed);
        let bounds = wilson(hit, exposed);
        (incident.rate_low, incident.rate_high) = (bounds.map(|b| b.0), bounds.map(|b| b.1));
        let elsewhere = match finding.candidate.dimension {
            Dimension::Pool => m.rate_out(),
            _ => f64::from(m.hit_out) / f64::from(m.exposed_out),
        };
        incident.rate_elsewhere = (m.exposed_out > 0).then_some(elsewhere);
    }

    fn blank(&self, kind: IncidentKind, scope: Scope, confidence: Confidence, details: &Details) -> Incident {
        let mut blocklists: Vec<(String, u64)> =
            details.blocklists.iter().map(|(name, n)| (name.clone(), *n)).collect();
        blocklists.sort_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
        Incident {
            id: incident_id(kind, &scope, 0),
            kind,
            scope,
            confidence,
            bounces: details.bounces,
            recipients: details.recipients,
            organisations_hit: 0,
            organisations_exposed: 0,
            rate: None,
            rate_low: None,
            rate_high: None,
            rate_elsewhere: None,
            failures: kind.meaning().failures,
            counted: Counted::ConsumerMailboxes,
            grounds: None,
            evidence: vec![],
            blocklists,
            template: most(&details.templates).map(|(template, _)| template.clone()),
            sample: details.sample.as_ref().map(|(reply, _)| reply.clone()),
            cause: most(&details.causes).map(|(cause, _)| *cause),
            causes: details.causes.iter().map(|(cause, n)| (*cause, *n)).collect(),
            receiver: most(&details.receivers).and_then(|(id, _)| self.night.receivers.get(*id)).map(str::to_owned),
            explicit: false,
            confounded_with: vec![],
            domains: vec![],
            delivered_elsewhere: None,
            first_seen: details.first,
            last_seen: details.last,
            status: IncidentStatus::New,
            missing: vec![],
        }
    }

    fn weighed(&self, verdict: &Verdict, incidents: &[Incident]) -> Vec<Weighed> {
        let chosen = |stream: FailureStream, candidate: &Candidate| {
            let at = verdict.findings.iter().position(|f| f.stream == stream && f.candidate == *candidate);
            at.map(|at| incidents[at].id.clone())
        };
        verdict
            .weighed
            .iter()
            .map(|(stream, w)| Weighed {
                round: w.round,
                scope: self.scope(&w.candidate),
                evidence: w.weight.evidence,
                score: w.weight.score,
                gates: w.gates.clone(),
                incident: chosen(*stream, &w.candidate),
            })
            .collect()
    }
}
