//! The judgement in words. In: an incident without words and what it rests on. Out: its sentence, evidence, and what is
//! missing for a better answer. No figure is made here that the finding or the incident does not hold.

use super::candidate::{Candidate, Dimension};
use super::details::{Details, most};
use super::explain::Finding;
use super::incident::{Incident, Scope};
use super::quiet::QuietFinding;
use super::stats::wilson;
use super::tell::Teller;
use super::tenant::TenantFinding;
use super::weigh::short;
use super::wording::{display, interval, named, next_step, number, percent, time};
use crate::bounce::{Confidence, FailureStream, IncidentKind, ScopeType};

/// Words for a finding of our side or a receiver's.
pub fn systemic(teller: &Teller, incident: &mut Incident, finding: &Finding, details: &Details) {
    let (m, w) = (&finding.measure, &finding.weight);
    let mut parts = vec![format!("{}{}", what(teller, incident, finding), elsewhere(teller, finding))];
    parts.extend(text(incident, details));
    parts.extend(since(incident));
    if let Some(rival) = incident.confounded_with.first() {
        parts.push(format!("could also be {}", scope(rival)));
    }
    parts.push(format!("{}, {}", incident.confidence, why(teller, finding)));
    incident.sentence = format!("{}. Next: {}.", parts.join("; "), next_step(incident.kind));
    incident.evidence.push(format!(
        "evidence {}, needed {}; odds {}",
        short(w.evidence),
        short(w.needed),
        short(w.odds)
    ));
    incident.evidence.push(format!(
        "mean share over organisations {} inside, {} elsewhere",
        percent(m.rate()),
        if m.exposed_out > 0 { percent(m.rate_out()) } else { "nobody".to_owned() }
    ));
    common_evidence(incident, details);
    missing(teller, incident);
    for rival in &incident.confounded_with {
        incident.missing.push(format!(
            "mail that {} carries without {}, to tell them apart",
            scope(rival),
            scope(&incident.scope)
        ));
    }
}

/// Who refused what: `550 of 700 organisations behind Exchange Online refused us (79 %, 95 % interval ...)`.
fn what(teller: &Teller, incident: &Incident, finding: &Finding) -> String {
    let (hit, exposed) = (incident.organisations_hit, incident.organisations_exposed);
    let bounds = incident.rate_low.zip(incident.rate_high);
    let share = incident.rate.map_or_else(String::new, |r| format!(" ({}, {})", percent(r), interval(bounds)));
    let among = if teller.cells.rates { "" } else { " with bounces" };
    let place = incident.scope.parts.iter().find(|(t, _)| matches!(t, ScopeType::Provider | ScopeType::Gateway));
    let behind = place.map_or_else(String::new, |(_, name)| format!(" behind {}", display(name)));
    let ours = ours(&incident.scope);
    if finding.candidate.dimension == Dimension::Pool {
        let (n, name) = (number(incident.recipients), place.map_or_else(String::new, |(_, n)| display(n)));
        return format!(
            "{name} refused us at {n} of its consumer mailboxes, {} of the mail there",
            percent(finding.measure.rate())
        );
    }
    let did = match incident.kind {
        IncidentKind::RelaySetup => format!("did not relay mail of {ours}"),
        IncidentKind::ListQuality if finding.stream == FailureStream::List => {
            format!("do not know addresses of {ours}")
        }
        IncidentKind::Transient => format!("deferred {ours}"),
        IncidentKind::AuthenticationFailure => format!("refused {ours} as not authenticated"),
        _ => format!("refused {ours}"),
    };
    format!("{} of {} organisations{among}{behind} {did}{share}", number(hit), number(exposed))
}

/// Our side of a scope: `192.0.2.7`, `campaign spring`; `us` where it is about a receiver or the fleet.
fn ours(of: &Scope) -> String {
    let own = of.parts.iter().find_map(|(kind, key)| match kind {
        ScopeType::SendingIp | ScopeType::SendingDomain => Some(key.clone()),
        ScopeType::Campaign => Some(format!("campaign {key}")),
        ScopeType::ListSource => Some(format!("list source {key}")),
        _ => None,
    });
    own.unwrap_or_else(|| "us".to_owned())
}

/// A scope for people: `192.0.2.7 at Exchange Online`.
fn scope(of: &Scope) -> String {
    let receiver = of.parts.iter().find(|(t, _)| matches!(t, ScopeType::Provider | ScopeType::Gateway));
    match (ours(of).as_str(), receiver) {
        ("us", Some((_, name))) => display(name),
        ("us", None) => "all that we send".to_owned(),
        (own, Some((_, name))) => format!("{own} at {}", display(name)),
        (own, None) => own.to_owned(),
    }
}

fn elsewhere(teller: &Teller, finding: &Finding) -> String {
    let m = &finding.measure;
    if finding.candidate == Candidate::FLEET {
        return String::new();
    }
    if m.exposed_out == 0 {
        return ", with nobody elsewhere to compare".to_owned();
    }
    let (hit, exposed) = (f64::from(m.hit_out), f64::from(m.exposed_out));
    let bounds = interval(wilson(hit, exposed));
    let note = if teller.cells.rates { "" } else { "; shares among bounces, deliveries are unknown" };
    let (h, e) = (number(m.hit_out.into()), number(m.exposed_out.into()));
    format!(", elsewhere {h} of {e} ({}, {bounds}){note}", percent(hit / exposed))
}

/// What the replies say: the cause named most, and the list named most.
fn text(incident: &Incident, details: &Details) -> Option<String> {
    let share = |n: u64| percent(n as f64 / incident.bounces.max(1) as f64);
    let (cause, n) = most(&details.causes)?;
    let list =
        incident.blocklists.first().map(|(list, n)| format!("{} of the replies name {}", share(*n), display(list)));
    Some(match list {
        Some(list) if incident.blocklists[0].1 * 2 >= n => list,
        Some(list) => format!("{} of the replies name {}, {list}", share(n), named(cause)),
        None => format!("{} of the replies name {}", share(n), named(cause)),
    })
}

fn since(incident: &Incident) -> Option<String> {
    Some(format!("since {}", time(incident.first_seen?)?))
}

/// Why the confidence is what it is.
fn why(teller: &Teller, finding: &Finding) -> String {
    let (j, w) = (teller.judging, &finding.weight);
    let rival = finding.rivals.iter().any(|r| r.dimension != finding.candidate.dimension);
    if finding.undecided {
        "as a rival asks for another remedy and the replies do not say which".to_owned()
    } else if !teller.cells.rates {
        "as deliveries are unknown".to_owned()
    } else if finding.candidate == Candidate::FLEET {
        "as no receiver and no identity of ours stands out".to_owned()
    } else if rival {
        "as a rival is not ruled out".to_owned()
    } else if f64::from(finding.measure.hit) < j.sure_organisations {
        "as few organisations are hit".to_owned()
    } else {
        format!("evidence {}, needed {}", short(w.evidence), short(w.needed))
    }
}

fn common_evidence(incident: &mut Incident, details: &Details) {
    let causes: Vec<String> = details.causes.iter().map(|(c, n)| format!("{c} {}", number(*n))).collect();
    incident.evidence.push(format!("causes: {}", causes.join(", ")));
    if !details.receivers.is_empty() {
        incident.evidence.push(format!("receivers: {}", number(details.receivers.len() as u64)));
    }
}

/// What would make every answer of the night better.
fn missing(teller: &Teller, incident: &mut Incident) {
    if !teller.cells.rates {
        let line = "deliveries (--delivered or --sent): shares are among bounces only";
        incident.missing.push(line.to_owned());
        return;
    }
    for dimension in teller.uncovered {
        let name = dimension.scope_type(super::night::ReceiverKind::Other).as_str();
        if incident.scope.parts.iter().any(|(t, _)| t.as_str() == name) {
            incident.missing.push(format!("deliveries that name the {name}: only bounces are compared in it"));
        }
    }
    if !teller.night.receivers_covered {
        let line = "deliveries that name the host (remote_mta): receivers are known of domains with bounces only";
        incident.missing.push(line.to_owned());
    }
}

/// Words for an organisation that refuses us.
pub fn tenant(teller: &Teller, incident: &mut Incident, finding: &TenantFinding, details: &Details) {
    let tally = &finding.tally;
    let bounds = interval(incident.rate_low.zip(incident.rate_high));
    let only = finding.identity.map_or_else(String::new, |_| format!(" only {}", ours(&incident.scope)));
    let among = if teller.cells.rates { "messages" } else { "bounces" };
    let name = incident.scope.part(ScopeType::Organisation).unwrap_or_default();
    let behind: u64 = tally.explained.values().sum();
    let share = format!("{}, {bounds}", percent(tally.rate()));
    let (fails, tried) = (number(tally.fails), number(tally.tried()));
    let mut parts = vec![format!("{name} refused{only} {fails} of {tried} {among} ({share})")];
    if behind > 0 {
        parts.push(format!("{} more refusals there have a cause of ours", number(behind)));
    }
    if tally.explicit > 0 {
        parts.push(format!("{} of its replies say that it blocks us", number(tally.explicit)));
    } else {
        parts.extend(text(incident, details));
    }
    if let Some((n, receiver)) = incident.delivered_elsewhere.zip(incident.receiver.as_deref()).filter(|(n, _)| *n > 0)
    {
        parts.push(format!("{} accepted {} for others", display(receiver), number(n)));
    }
    if teller.cells.rates {
        parts.push(format!("strays elsewhere {}", percent(teller.stray)));
    }
    parts.extend(since(incident));
    let reason = match (finding.because.as_str(), incident.confidence) {
        ("", Confidence::High) => "high".to_owned(),
        ("", confidence) => format!("{confidence}, as the volume is small"),
        (because, _) if incident.kind == IncidentKind::Inconclusive => format!("inconclusive: {because}"),
        (because, confidence) => format!("{confidence}, as {because}"),
    };
    parts.push(reason);
    incident.sentence = format!("{}. Next: {}.", parts.join("; "), next_step(incident.kind));
    incident.evidence.push(format!("chance by strays alone {:.1e}", finding.chance));
    common_evidence(incident, details);
    if teller.places.deciders[tally.decider as usize].assumed {
        incident
            .evidence
            .push("domains of the same name at the same receiver are assumed to be one organisation".to_owned());
    }
    missing(teller, incident);
    if incident.kind == IncidentKind::Inconclusive || !finding.because.is_empty() {
        incident.missing.push(format!("{}: more mail to compare with", finding.because));
    }
}

/// Words for an organisation that fails without refusing.
pub fn quiet(teller: &Teller, incident: &mut Incident, finding: &QuietFinding, details: &Details) {
    let name = incident.scope.part(ScopeType::Organisation).unwrap_or_default();
    let did = match finding.kind {
        IncidentKind::Transient => "deferred",
        IncidentKind::RelaySetup => "does not take as its own",
        _ => "does not know the recipients of",
    };
    let among = if teller.cells.rates { "messages" } else { "bounces" };
    let bounds = interval(incident.rate_low.zip(incident.rate_high));
    let (fails, tried) = (number(finding.fails), number(finding.tried));
    let share = incident.rate.map_or_else(String::new, |r| format!(" ({}, {bounds})", percent(r)));
    let mut parts = vec![format!("{name} {did} {fails} of {tried} {among}{share}")];
    parts.extend(since(incident));
    parts.push(incident.confidence.to_string());
    let next = if finding.kind == IncidentKind::RelaySetup { "refresh its MX" } else { next_step(finding.kind) };
    incident.sentence = format!("{}. Next: {next}.", parts.join("; "));
    common_evidence(incident, details);
    missing(teller, incident);
}
