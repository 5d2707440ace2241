//! The trail back: from an address, a domain or an incident of a published night to the events and the list rows.
//! In: a night's folder. Out: lines of text for a person. Nothing is decided here.

use std::path::Path;

mod places;

use anyhow::Context;
use polars::prelude::DataFrame;

use crate::frame::cells::{Numbers, Times, Words};
use crate::outcome::incident::Judgement;
use crate::bounce::Address;
use crate::frame::{self, NightFiles, schema};

/// Events told; all are counted.
const SHOWN: usize = 20;

const COLUMNS: &[&str] = &[
    schema::TIMESTAMP,
    schema::KIND,
    schema::RECIPIENT,
    schema::RECIPIENT_DOMAIN,
    schema::CAUSE,
    schema::RULE,
    schema::REPLY,
    schema::SOURCE,
    schema::SOURCE_INDEX,
    schema::INCIDENT,
];

/// Why an address is, or is not, on a list: its events and the rows that name it.
///
/// # Errors
/// A folder that holds no night, or whose files cannot be read.
pub fn address(night: &Path, address: &Address) -> anyhow::Result<String> {
    let key = address.key();
    let events = events(night, |cells, row| {
        Ok(cells.recipient.get(row).is_some_and(|recipient| recipient.to_lowercase() == key))
    })?;
    let rows = places::of(night, &|cell| cell.to_lowercase() == key)?;
    Ok(told(address.as_str(), events, rows))
}

/// Why a domain is, or is not, on a list.
///
/// # Errors
/// A folder that holds no night, or whose files cannot be read.
pub fn domain(night: &Path, domain: &str) -> anyhow::Result<String> {
    let events = events(night, |cells, row| Ok(cells.domain.get(row) == Some(domain)))?;
    let rows = places::of(night, &|cell| cell == domain)?;
    Ok(told(domain, events, rows))
}

/// What an incident was judged from: the candidates weighed, and the events that it explains.
///
/// # Errors
/// An id that the judgement does not have; files that cannot be read.
pub fn incident(night: &Path, id: &str, judgement: &Judgement) -> anyhow::Result<String> {
    let incident =
        judgement.incidents.iter().find(|incident| incident.id == id).with_context(|| {
            let ids: Vec<&str> = judgement.incidents.iter().map(|i| i.id.as_str()).collect();
            let known = if ids.is_empty() {
                "the night has none".to_owned()
            } else {
                format!("the night has {}", ids.join(", "))
            };
            format!("{}: no incident {id}; {known}", night.display())
        })?;
    let mut lines = vec![format!("{}  {} {}, {}", incident.id, incident.kind, incident.scope, incident.confidence)];
    lines.push(incident.sentence.clone());
    lines.extend(incident.evidence.iter().map(|line| format!("  for it: {line}")));
    lines.extend(incident.confounded_with.iter().map(|rival| format!("  not ruled out: {rival}")));
    lines.extend(incident.missing.iter().map(|line| format!("  missing: {line}")));
    lines.push("candidates weighed:".to_owned());
    for candidate in &judgement.weighed {
        let became = match &candidate.incident {
            Some(became) if became == id => " <- this incident",
            Some(_) => " <- another incident",
            None => "",
        };
        lines.push(format!(
            "  round {}: {}: evidence {:.1}, score {:.1}; {}{became}",
            candidate.round,
            candidate.scope,
            candidate.evidence,
            candidate.score,
            candidate.gates.join(", ")
        ));
    }
    let events = events(night, |cells, row| Ok(cells.incident.get(row) == Some(id)))?;
    lines.extend(events.lines());
    Ok(lines.join("\n") + "\n")
}

/// Events found: the first few in words, and how many there are.
struct Found {
    first: Vec<String>,
    count: u64,
}

impl Found {
    fn lines(self) -> impl Iterator<Item = String> {
        let beyond = self.count - self.first.len() as u64;
        let more = (beyond > 0).then(|| format!("  and {beyond} more; `events.parquet` holds them all"));
        std::iter::once(format!("events: {}", self.count)).chain(self.first).chain(more)
    }
}

fn told(about: &str, events: Found, rows: Vec<String>) -> String {
    let mut lines = vec![about.to_owned()];
    lines.extend(events.lines());
    lines.push(if rows.is_empty() { "lists: on none".to_owned() } else { "lists:".to_owned() });
    lines.extend(rows);
    lines.join("\n") + "\n"
}

fn events(night: &Path, wanted: impl Fn(&Cells<'_>, usize) -> anyhow::Result<bool>) -> anyhow::Result<Found> {
    let mut found = Found { first: Vec::new(), count: 0 };
    for frame in frame::scan(&[NightFiles::in_folder(night).events], COLUMNS)? {
        let frame = frame?;
        let cells = Cells::of(&frame)?;
        for row in 0..frame.height() {
            if wanted(&cells, row)? {
                found.count += 1;
                if found.first.len() < SHOWN {
                    found.first.push(cells.line(row));
                }
            }
        }
    }
    Ok(found)
}

/// The columns of one frame.
struct Cells<'f> {
    time: Times<'f>,
    kind: Words<'f>,
    recipient: Words<'f>,
    domain: Words<'f>,
    incident: Words<'f>,
    cause: Words<'f>,
    rule: Words<'f>,
    reply: Words<'f>,
    source: Words<'f>,
    index: Numbers<'f>,
}

impl<'f> Cells<'f> {
    fn of(frame: &'f DataFrame) -> anyhow::Result<Cells<'f>> {
        let text = |name| Words::of(frame, name);
        Ok(Cells {
            time: Times::of(frame, schema::TIMESTAMP)?,
            kind: text(schema::KIND)?,
            recipient: text(schema::RECIPIENT)?,
            domain: text(schema::RECIPIENT_DOMAIN)?,
            incident: text(schema::INCIDENT)?,
            cause: text(schema::CAUSE)?,
            rule: text(schema::RULE)?,
            reply: text(schema::REPLY)?,
            source: text(schema::SOURCE)?,
            index: Numbers::of(frame, schema::SOURCE_INDEX)?,
        })
    }

    fn line(&self, row: usize) -> String {
        let text = |cell: &Words<'_>| cell.get(row).unwrap_or("–").to_owned();
        let time = self.time.get(row).map_or("–".to_owned(), |t| t.to_string());
        let index = self.index.get(row).unwrap_or_default();
        format!(
            "  {time} {} {}: {} by {}: {} ({}#{index})",
            text(&self.kind),
            text(&self.recipient),
            text(&self.cause),
            text(&self.rule),
            text(&self.reply),
            text(&self.source),
        )
    }
}
