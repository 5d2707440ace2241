//! What an incident rests on. In: an incident with its figures, and the finding behind it. Out: what was counted, the
//! evidence, the grounds of its confidence, and what is missing for a better answer. Nothing is put into words here.

use super::details::Details;
use super::incident::Incident;
use super::teller::Teller;
use crate::bounce::Confidence;
use crate::facts::night::ReceiverKind;
use crate::judge::candidate::{Candidate, Dimension};
use crate::judge::explain::Finding;
use crate::judge::grounds::{Counted, Evidence, Grounds, Missing};
use crate::judge::quiet::QuietFinding;
use crate::judge::stats::wilson;
use crate::judge::tenant::TenantFinding;

/// Of a finding on our side or a receiver's.
pub fn systemic(teller: &Teller, incident: &mut Incident, finding: &Finding, details: &Details) {
    let (m, w) = (&finding.measure, &finding.weight);
    incident.failures = finding.stream;
    incident.counted = match finding.candidate.dimension {
        Dimension::Pool => Counted::ConsumerMailboxes,
        _ => Counted::Organisations {
            hit_elsewhere: m.hit_out.into(),
            exposed_elsewhere: m.exposed_out.into(),
            bounds_elsewhere: wilson(m.hit_out.into(), m.exposed_out.into()),
        },
    };
    incident.grounds = Some(grounds(teller, finding));
    incident.evidence = vec![
        Evidence::Weighed { evidence: w.evidence, needed: w.needed, odds: w.odds },
        Evidence::MeanShare { inside: m.rate(), elsewhere: (m.exposed_out > 0).then(|| m.rate_out()) },
    ];
    incident.evidence.extend(receivers(details));
    incident.missing = missing(teller, incident);
    let without = &incident.scope;
    let contrast = incident
        .confounded_with
        .iter()
        .map(|other| Missing::Contrast { carries: other.clone(), without: without.clone() });
    incident.missing.extend(contrast);
}

/// Why the confidence is what it is.
fn grounds(teller: &Teller, finding: &Finding) -> Grounds {
    let (j, w) = (teller.judging, &finding.weight);
    let alternative = finding.rivals.iter().any(|r| r.dimension != finding.candidate.dimension);
    if finding.undecided {
        Grounds::RemedyOpen
    } else if !teller.cells.rates {
        Grounds::CountsOnly
    } else if finding.candidate == Candidate::FLEET {
        Grounds::NothingStandsOut
    } else if alternative {
        Grounds::AlternativeOpen
    } else if f64::from(finding.measure.hit) < j.sure_organisations {
        Grounds::FewOrganisations
    } else {
        Grounds::Evidence { evidence: w.evidence, needed: w.needed }
    }
}

fn receivers(details: &Details) -> Option<Evidence> {
    (!details.receivers.is_empty()).then_some(Evidence::Receivers(details.receivers.len() as u64))
}

/// What would make every answer of the night better.
fn missing(teller: &Teller, incident: &Incident) -> Vec<Missing> {
    if !teller.cells.rates {
        return vec![Missing::Deliveries];
    }
    let named = teller.uncovered.iter().map(|dimension| dimension.scope_type(ReceiverKind::Other));
    let own = named.filter(|named| incident.scope.part(*named).is_some()).map(Missing::DeliveriesNaming);
    let hosts = (!teller.night.receivers_covered).then_some(Missing::ReceivingHosts);
    own.chain(hosts).collect()
}

/// Of an organisation that refuses us.
pub fn tenant(teller: &Teller, incident: &mut Incident, finding: &TenantFinding, details: &Details) {
    let tally = &finding.tally;
    incident.counted = Counted::Messages {
        failed: tally.fails,
        tried: tally.tried(),
        explained: tally.explained.values().sum(),
        explicit: tally.explicit,
    };
    let small = (incident.confidence != Confidence::High).then_some(Grounds::SmallVolume);
    incident.grounds = finding.because.clone().or(small);
    incident.evidence = vec![Evidence::Chance(finding.chance)];
    incident.evidence.extend(receivers(details));
    if teller.places.deciders[tally.decider as usize].assumed {
        incident.evidence.push(Evidence::AssumedOrganisation);
    }
    incident.missing = missing(teller, incident);
    incident.missing.extend(finding.because.clone().map(Missing::MoreMail));
}

/// Of an organisation that fails without refusing.
pub fn quiet(teller: &Teller, incident: &mut Incident, finding: &QuietFinding, details: &Details) {
    let (failed, tried) = (finding.fails, finding.tried);
    incident.counted = Counted::Messages { failed, tried, explained: 0, explicit: 0 };
    incident.evidence.extend(receivers(details));
    incident.missing = missing(teller, incident);
}
