//! What a published night knows of an address, a domain or an incident, in words: the answers of `explain`. In: what suppress
//! found in the night's files, and the judgement. Out: lines of text.

use std::path::Path;

use anyhow::Context;

use super::sentence;
use super::words::{count, short_number};
use crate::judge::grounds::Gate;
use crate::outcome::incident::{Incident, Judgement, Weighed};
use crate::suppress::provenance::{Provenance, ProvenanceEvent};

/// An address or a domain: its events, and the lists that it is on.
pub fn told(about: &str, trail: &Provenance) -> String {
    let mut lines = vec![about.to_owned()];
    lines.extend(events(trail));
    lines.push(if trail.rows.is_empty() { "lists: on none".to_owned() } else { "lists:".to_owned() });
    lines.extend(trail.rows.iter().cloned());
    lines.join("\n") + "\n"
}

/// An incident: the finding, what speaks for it, the candidates weighed, and the events that it explains.
pub fn incident_told(incident: &Incident, judgement: &Judgement, trail: &Provenance) -> String {
    let mut lines = vec![format!("{}  {} {}, {}", incident.id, incident.kind, incident.scope, incident.confidence)];
    lines.push(format!("{}.", sentence::finding(incident, judgement.mode)));
    lines.extend(sentence::evidence(incident).iter().map(|line| format!("  {line}")));
    lines.extend(incident.confounded_with.iter().map(|other| format!("  not ruled out: {other}")));
    lines.extend(sentence::missing(incident).iter().map(|line| format!("  missing: {line}")));
    lines.push("candidates weighed:".to_owned());
    lines.extend(judgement.weighed.iter().map(|candidate| weighed(candidate, &incident.id)));
    lines.extend(events(trail));
    lines.join("\n") + "\n"
}

/// The incident of that id.
///
/// # Errors
/// An id that the judgement does not have; the message names those that it has.
pub fn incident_of<'j>(judgement: &'j Judgement, id: &str, night: &Path) -> anyhow::Result<&'j Incident> {
    judgement.incidents.iter().find(|incident| incident.id == id).with_context(|| {
        let ids: Vec<&str> = judgement.incidents.iter().map(|i| i.id.as_str()).collect();
        let known =
            if ids.is_empty() { "the night has none".to_owned() } else { format!("the night has {}", ids.join(", ")) };
        format!("{}: no incident {id}; {known}", night.display())
    })
}

/// A candidate with its gates: `round 1: sending_ip 192.0.2.7: evidence 165, score 160; odds>=3: yes (175) <- this incident`.
fn weighed(candidate: &Weighed, id: &str) -> String {
    let became = match &candidate.incident {
        Some(became) if became == id => " <- this incident",
        Some(_) => " <- another incident",
        None => "",
    };
    format!(
        "  round {}: {}: evidence {}, score {}; {}{became}",
        candidate.round,
        candidate.scope,
        short_number(candidate.evidence),
        short_number(candidate.score),
        candidate.gates.iter().map(gate).collect::<Vec<_>>().join(", ")
    )
}

fn gate(gate: &Gate) -> String {
    let (sign, passed) = (if gate.at_least { ">=" } else { "<=" }, if gate.passed() { "yes" } else { "no" });
    format!("{}{sign}{}: {passed} ({})", gate.name.as_str(), short_number(gate.threshold), short_number(gate.found))
}

/// How many events there are, and the first of them.
fn events(trail: &Provenance) -> impl Iterator<Item = String> {
    let beyond = trail.events_total - trail.events.len() as u64;
    let more = (beyond > 0).then(|| format!("  and {} more; `events.parquet` holds them all", count(beyond)));
    std::iter::once(format!("events: {}", count(trail.events_total))).chain(trail.events.iter().map(event)).chain(more)
}

fn event(event: &ProvenanceEvent) -> String {
    let text = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "–".to_owned());
    format!(
        "  {} {} {}: {} by {}: {} ({}#{})",
        event.time.map_or("–".to_owned(), |time| time.to_string()),
        text(&event.kind),
        text(&event.recipient),
        text(&event.cause),
        text(&event.rule),
        text(&event.reply),
        text(&event.source),
        event.index
    )
}
