//! From findings on ids to incidents for people: what was counted, what speaks for each, why its confidence is what it is and
//! what is missing for a better answer. In: the verdict with its night and cells. Out: the `Judgement`'s incidents, sorted:
//! those that act first, then by failures, then by id. Nothing is put into words here.

use std::cmp::Reverse;
use std::collections::HashSet;

use super::builder::IncidentBuilder;
use super::details::{Details, most};
use super::incident::{Incident, Judgement, Mode, Named, Weighed};
use crate::bounce::{Confidence, FailureStream, Family, IncidentKind, IncidentStatus};
use crate::facts::Facts;
use crate::facts::cells::Cells;
use crate::facts::night::{Night, ReceiverKind};
use crate::judge::attribution::Finding;
use crate::judge::candidate::{Candidate, Dimension};
use crate::judge::grounds::{Counted, Evidence, Grounds, Missing};
use crate::judge::other_findings::OtherFinding;
use crate::judge::scope::Scope;
use crate::judge::stats::wilson;
use crate::judge::tally::Tally;
use crate::judge::tenant::{Grade, TenantFinding};
use crate::judge::testimony::Testimony;
use crate::judge::{Verdict, walk};
use crate::tables::policy::Judging;

/// Turns a verdict into a judgement, its tables still empty, and the ids of its incidents in the order of the verdict.
pub fn build(facts: &Facts, verdict: &Verdict, details: &[Details], judging: &Judging) -> (Judgement, Vec<String>) {
    let Facts { night, places, cells, .. } = facts;
    let accepted = accepted(night, cells);
    let builder = IncidentBuilder { night, places, cells, verdict, judging, accepted: &accepted };
    let (ours, rest) = details.split_at(verdict.findings.len());
    let (tenants, others) = rest.split_at(verdict.tenants.len());
    let mut incidents: Vec<Incident> = Vec::with_capacity(details.len());
    incidents.extend(verdict.findings.iter().zip(ours).map(|(f, d)| builder.systemic(f, d)));
    incidents.extend(verdict.tenants.iter().zip(tenants).map(|(f, d)| builder.tenant(f, d)));
    incidents.extend(verdict.others.iter().zip(others).map(|(f, d)| builder.other(f, d)));
    incidents.extend(verdict.targeting.map(|counts| builder.targeting(counts)));
    for (incident, impact) in incidents.iter_mut().zip(super::impact::of_verdict(facts, verdict)) {
        incident.impact = impact.map(|(refused, tried)| refused as f64 / tried as f64);
        let bounds = impact.and_then(|(refused, tried)| wilson(refused as f64, tried as f64));
        (incident.impact_low, incident.impact_high) = (bounds.map(|b| b.0), bounds.map(|b| b.1));
    }
    make_ids_distinct(&mut incidents);
    let weighed = builder.weighed(&incidents);
    let ids: Vec<String> = incidents.iter().map(|i| i.id.clone()).collect();
    incidents.sort_by(|a, b| order(a).cmp(&order(b)));
    let list_sources = super::sources::hold(&builder, &incidents);
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
        named: Named::default(),
        rates: vec![],
    };
    (judgement, ids)
}

/// Messages accepted by each receiver.
fn accepted(night: &Night, cells: &Cells) -> Vec<u64> {
    let mut accepted = vec![0; night.receivers.len()];
    for place in walk(night, cells, 0..cells.nodes.len()) {
        if let Some(sum) = accepted.get_mut(place.node.receiver as usize) {
            *sum += place.delivered();
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
fn make_ids_distinct(incidents: &mut [Incident]) {
    let mut taken = HashSet::new();
    for incident in incidents {
        let mut again = 0;
        while !taken.insert(incident.id.clone()) {
            again += 1;
            incident.id = incident_id(incident.kind, &incident.scope, again);
        }
    }
}

/// What witnesses of all that we send say.
fn claimed(finding: &Finding) -> IncidentKind {
    match finding.witnesses.map(|witnesses| witnesses.testimony) {
        Some(Testimony::Authentication) => IncidentKind::AuthenticationFailure,
        Some(Testimony::Content) => IncidentKind::ContentRejection,
        Some(Testimony::Ip | Testimony::Domain) | None => IncidentKind::FleetReputation,
    }
}

/// What is claimed of an incident, besides what its failures look like.
struct Claim {
    kind: IncidentKind,
    scope: Scope,
    confidence: Confidence,
    /// Failed and tried: of organisations, or of messages.
    share: (f64, f64),
    counted: Counted,
    grounds: Option<Grounds>,
    evidence: Vec<Evidence>,
}

impl IncidentBuilder<'_> {
    fn incident(&self, claim: Claim, details: &Details) -> Incident {
        let Claim { kind, scope, confidence, share: (failed, tried), counted, grounds, mut evidence } = claim;
        if !details.receivers.is_empty() {
            evidence.push(Evidence::Receivers(details.receivers.len() as u64));
        }
        let mut blocklists: Vec<_> = details.blocklists.iter().map(|(name, n)| (name.clone(), *n)).collect();
        blocklists.sort_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
        let bounds = wilson(failed, tried);
        Incident {
            id: incident_id(kind, &scope, 0),
            kind,
            missing: self.missing(&scope),
            scope,
            confidence,
            bounces: details.bounces,
            recipients: details.recipients,
            organisations_hit: 1,
            organisations_exposed: 1,
            rate: (tried > 0.0).then(|| failed / tried),
            rate_low: bounds.map(|(low, _)| low),
            rate_high: bounds.map(|(_, high)| high),
            rate_elsewhere: None,
            failures: kind.meaning().failures,
            counted,
            grounds,
            evidence,
            blocklists,
            template: most(&details.templates).map(|(template, _)| template.clone()),
            sample: details.sample.as_ref().map(|(reply, _)| reply.clone()),
            cause: most(&details.causes).map(|(cause, _)| *cause),
            causes: details.causes.iter().map(|(cause, n)| (*cause, *n)).collect(),
            receiver: most(&details.receivers).and_then(|(id, _)| self.night.receivers.get(*id)).map(str::to_owned),
            explicit: false,
            confounded_with: vec![],
            domains: vec![],
            impact: None,
            impact_low: None,
            impact_high: None,
            delivered_elsewhere: None,
            first_seen: details.first,
            last_seen: details.last,
            status: IncidentStatus::New,
        }
    }

    fn systemic(&self, finding: &Finding, details: &Details) -> Incident {
        let (m, w, scope) = (&finding.measure, &finding.weight, self.scope(&finding.candidate));
        let (hit, exposed) = (details.deciders, u64::from(m.exposed).max(details.deciders));
        // Shares of organisations; for consumer mailboxes, which are no organisation, of mail.
        let (share, elsewhere, counted) = match finding.candidate.dimension {
            Dimension::Pool => ((m.hits, m.trials), m.rate_out(), Counted::ConsumerMailboxes),
            _ => {
                let counted = Counted::Organisations {
                    hit_elsewhere: m.hit_out.into(),
                    exposed_elsewhere: m.exposed_out.into(),
                    bounds_elsewhere: wilson(m.hit_out.into(), m.exposed_out.into()),
                };
                ((hit as f64, exposed as f64), f64::from(m.hit_out) / f64::from(m.exposed_out), counted)
            }
        };
        let compared = m.exposed_out > 0;
        let mut evidence = vec![
            Evidence::Weighed { evidence: w.evidence, needed: w.needed, odds: w.odds },
            Evidence::MeanShare { inside: m.rate(), elsewhere: compared.then(|| m.rate_out()) },
        ];
        evidence.extend(self.sign(finding.number));
        let (kind, confidence) = (self.kind_of(finding, details), self.confidence_of(finding));
        let grounds = Some(self.grounds_of(finding));
        let rivals = finding.rivals.iter().map(|rival| self.scope(rival)).filter(|rival| *rival != scope);
        let confounded_with: Vec<Scope> = rivals.collect();
        let claim = Claim { kind, scope, confidence, share, counted, grounds, evidence };
        let mut incident = self.incident(claim, details);
        for carries in confounded_with.iter().cloned() {
            incident.missing.push(Missing::Contrast { carries, without: incident.scope.clone() });
        }
        Incident {
            organisations_hit: hit,
            organisations_exposed: exposed,
            rate_elsewhere: compared.then_some(elsewhere),
            failures: finding.stream,
            confounded_with,
            ..incident
        }
    }

    /// Many organisations with rules of their own. Their refusals are their own incidents'.
    fn targeting(&self, (organisations, mailed): (u64, u64)) -> Incident {
        let claim = Claim {
            kind: IncidentKind::Targeting,
            scope: self.scope(&Candidate::FLEET),
            confidence: Confidence::Medium,
            share: (organisations as f64, mailed as f64),
            counted: Counted::Organisations { hit_elsewhere: 0, exposed_elsewhere: 0, bounds_elsewhere: None },
            grounds: None,
            evidence: vec![],
        };
        let incident = self.incident(claim, &Details::default());
        Incident { organisations_hit: organisations, organisations_exposed: mailed, ..incident }
    }

    fn kind_of(&self, finding: &Finding, details: &Details) -> IncidentKind {
        let gateway = |receiver: u32| self.night.receiver_kinds.get(receiver as usize) == Some(&ReceiverKind::Gateway);
        let (j, named) = (self.judging, finding.measure.share_named(&[Family::Authentication]));
        // Where most of its failures are explicit words, the others do not name it.
        let speaks = finding.measure.fails * 2 >= details.bounces;
        let place = !matches!(finding.candidate.dimension, Dimension::SendingDomain | Dimension::Campaign);
        match (finding.stream, finding.candidate.dimension) {
            (FailureStream::Policy, Dimension::Fleet) if finding.witnesses.is_some() => claimed(finding),
            (FailureStream::Policy, Dimension::Fleet) if !finding.by_contrast => IncidentKind::Inconclusive,
            // Whose mail fails authentication is at fault, wherever that is noticed.
            (FailureStream::Policy, _) if place && speaks && named >= j.authentication_majority => {
                IncidentKind::AuthenticationFailure
            }
            (FailureStream::SetUp, _) => IncidentKind::RelaySetup,
            (FailureStream::List, Dimension::Campaign | Dimension::ListSource) => IncidentKind::ListQuality,
            (FailureStream::List, _) => IncidentKind::UnreliableUnknown,
            (FailureStream::Transient, _) => IncidentKind::Transient,
            (_, Dimension::Receiver) if gateway(finding.candidate.value) => IncidentKind::GatewayBlock,
            (_, Dimension::Receiver | Dimension::Pool) => IncidentKind::ProviderBlock,
            (_, Dimension::SendingIp) => IncidentKind::IpReputation,
            (_, Dimension::SendingDomain) => {
                let told = finding.witnesses.is_some_and(|w| w.testimony == Testimony::Authentication);
                if told || named >= j.authentication_share {
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
        let told = finding.witnesses.map(|witnesses| witnesses.confidence);
        let contrast = finding.by_contrast.then(|| self.confidence_by_contrast(finding));
        // The surer of the two: more evidence never makes an answer worse.
        told.into_iter().chain(contrast).min().unwrap_or(Confidence::Low)
    }

    fn confidence_by_contrast(&self, finding: &Finding) -> Confidence {
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

    /// Why the confidence is what it is.
    fn grounds_of(&self, finding: &Finding) -> Grounds {
        let w = &finding.weight;
        if let Some(told) = finding
            .witnesses
            .filter(|told| !finding.by_contrast || told.confidence < self.confidence_by_contrast(finding))
        {
            Grounds::Witnesses { voices: told.voices, mailed: told.mailed }
        } else if !finding.by_contrast {
            Grounds::NothingSetsApart
        } else if finding.undecided {
            Grounds::RemedyOpen
        } else if !self.cells.rates {
            Grounds::CountsOnly
        } else if finding.candidate == Candidate::FLEET {
            Grounds::NothingStandsOut
        } else if finding.rivals.iter().any(|r| r.dimension != finding.candidate.dimension) {
            Grounds::AlternativeOpen
        } else if f64::from(finding.measure.hit) < self.judging.sure_organisations {
            Grounds::FewOrganisations
        } else {
            Grounds::Evidence { evidence: w.evidence, needed: w.needed }
        }
    }

    /// What would make every answer of the night better.
    fn missing(&self, scope: &Scope) -> Vec<Missing> {
        if !self.cells.rates {
            return vec![Missing::Deliveries];
        }
        let named = self.verdict.uncovered.iter().map(|dimension| dimension.scope_type(ReceiverKind::Other));
        let own = named.filter(|named| scope.part(*named).is_some()).map(Missing::DeliveriesNaming);
        own.chain((!self.night.receivers_covered || self.night.receivers_told).then_some(Missing::ReceivingHosts))
            .collect()
    }

    /// Of an organisation's messages, of which some failed.
    fn organisation(&self, decider: u32, claim: Claim, details: &Details) -> Incident {
        let domains = self.places.deciders[decider as usize].domains.iter();
        let domains = domains.map(|domain| self.night.domains.name(*domain).to_owned()).collect();
        Incident { domains, ..self.incident(claim, details) }
    }

    fn tenant(&self, finding: &TenantFinding, details: &Details) -> Incident {
        let tally = &finding.tally;
        let (kind, confidence) = match finding.grade {
            Grade::Block(confidence) => (IncidentKind::TenantBlock, confidence),
            Grade::Inconclusive => (IncidentKind::Inconclusive, Confidence::Low),
        };
        let (failed, tried) = (tally.fails, tally.tried());
        let explained = tally.explained.values().sum();
        let small = (confidence != Confidence::High).then_some(Grounds::SmallVolume);
        let claim = Claim {
            kind,
            scope: self.organisation_scope(tally.decider, finding.identity),
            confidence,
            share: (failed as f64, tried as f64),
            counted: Counted::Messages { failed, tried, explained, explicit: tally.explicit },
            grounds: finding.because.clone().or(small),
            evidence: vec![Evidence::Chance(finding.chance)],
        };
        let mut incident = self.organisation(tally.decider, claim, details);
        if self.places.deciders[tally.decider as usize].assumed {
            incident.evidence.push(Evidence::AssumedOrganisation);
        }
        incident.missing.extend(finding.because.clone().map(Missing::MoreMail));
        Incident {
            explicit: finding.explicit,
            delivered_elsewhere: self.delivered_elsewhere(tally),
            rate_elsewhere: self.cells.rates.then_some(self.verdict.background_rate),
            ..incident
        }
    }

    /// What the organisation's receiver accepted for others.
    fn delivered_elsewhere(&self, tally: &Tally) -> Option<u64> {
        let domains = &self.places.deciders[tally.decider as usize].domains;
        let own = domains.iter().filter(|d| self.places.receiver_of[**d as usize] == tally.receiver);
        let own: u64 = own.map(|d| self.night.delivered[*d as usize]).sum();
        let all = self.accepted.get(tally.receiver as usize).filter(|_| self.cells.rates)?;
        Some(all.saturating_sub(own))
    }

    /// Why the "unknown" of a finding is not believed.
    fn sign(&self, number: u16) -> Option<Evidence> {
        let mut signs = self.verdict.signs.iter();
        signs.find(|(of, _)| *of == number).map(|(_, sign)| Evidence::MailboxesLive(*sign))
    }

    fn other(&self, finding: &OtherFinding, details: &Details) -> Incident {
        let (failed, tried) = (finding.fails, finding.tried);
        let personal = finding.kind == IncidentKind::Inconclusive;
        let doubted = finding.confidence == Confidence::Low;
        let pool = self.places.is_pool(finding.decider);
        let claim = Claim {
            kind: finding.kind,
            scope: match pool {
                true => self.scope(&Candidate::one(Dimension::Pool, finding.decider)),
                false => self.organisation_scope(finding.decider, None),
            },
            confidence: finding.confidence,
            share: (failed as f64, tried as f64),
            counted: Counted::Messages { failed, tried, explained: 0, explicit: 0 },
            grounds: match (personal, doubted) {
                (true, _) => Some(Grounds::PersonalLists),
                (false, doubted) => doubted.then_some(Grounds::OneDirectory),
            },
            evidence: self.sign(finding.number).into_iter().collect(),
        };
        if pool { self.incident(claim, details) } else { self.organisation(finding.decider, claim, details) }
    }

    fn weighed(&self, incidents: &[Incident]) -> Vec<Weighed> {
        let weighed = self.verdict.weighed.iter().map(|(stream, w)| {
            let chosen = |f: &Finding| f.stream == *stream && f.candidate == w.candidate;
            let chosen = self.verdict.findings.iter().position(chosen);
            Weighed {
                round: w.round,
                scope: self.scope(&w.candidate),
                evidence: w.weight.evidence,
                score: w.weight.score,
                gates: w.gates.clone(),
                incident: chosen.map(|at| incidents[at].id.clone()),
            }
        });
        weighed.collect()
    }
}
