//! Provenance: from an address, a domain or an incident of a published night to the events and the list rows.
//! In: a night's folder. Out: events and rows as they stand there. Nothing is decided here; `report` puts them into words.

use std::path::Path;

mod places;

use crate::bounce::{Address, Timestamp};
use crate::frame::cells::{Numbers, Times, Words, columns};
use crate::frame::{self, NightFiles, schema};

/// Events kept; all are counted.
const SHOWN: usize = 20;

/// What a night knows of an address, a domain or an incident.
#[derive(Debug, Default)]
pub struct Provenance {
    /// The first events, in the night's order.
    pub events: Vec<ProvenanceEvent>,
    /// All of them.
    pub events_total: u64,
    /// Rows of lists that name it, each with its file in front; always empty for an incident.
    pub rows: Vec<String>,
}

/// One event, as the night holds it; what it does not say is `None`.
#[derive(Debug)]
pub struct ProvenanceEvent {
    /// When it happened.
    pub time: Option<Timestamp>,
    /// What it is.
    pub kind: Option<String>,
    /// Whom it is about.
    pub recipient: Option<String>,
    /// Why it failed.
    pub cause: Option<String>,
    /// The rule that says so.
    pub rule: Option<String>,
    /// What was answered.
    pub reply: Option<String>,
    /// Where it was read.
    pub source: Option<String>,
    /// Its place there.
    pub index: u64,
}

/// Why an address is, or is not, on a list: its events and the rows that name it.
///
/// # Errors
/// A folder that holds no night, or whose files cannot be read.
pub fn address(night: &Path, address: &Address) -> anyhow::Result<Provenance> {
    let key = address.key();
    let is_it = |cell: &str| cell.to_lowercase() == key;
    let provenance = events(night, |columns, row| columns.recipient.get(row).is_some_and(is_it))?;
    Ok(Provenance { rows: places::of(night, &is_it)?, ..provenance })
}

/// Why a domain is, or is not, on a list.
///
/// # Errors
/// A folder that holds no night, or whose files cannot be read.
pub fn domain(night: &Path, domain: &str) -> anyhow::Result<Provenance> {
    let provenance = events(night, |columns, row| columns.domain.get(row) == Some(domain))?;
    Ok(Provenance { rows: places::of(night, &|cell| cell == domain)?, ..provenance })
}

/// The events that an incident of the judgement explains.
///
/// # Errors
/// Files that cannot be read.
pub fn incident(night: &Path, id: &str) -> anyhow::Result<Provenance> {
    events(night, |columns, row| columns.incident.get(row) == Some(id))
}

fn events(night: &Path, wanted: impl Fn(&Columns<'_>, usize) -> bool) -> anyhow::Result<Provenance> {
    let mut found = Provenance::default();
    for frame in frame::scan(&[NightFiles::in_folder(night).events], Columns::NAMES)? {
        let frame = frame?;
        let columns = Columns::of(&frame)?;
        for row in (0..frame.height()).filter(|row| wanted(&columns, *row)) {
            found.events_total += 1;
            if found.events.len() < SHOWN {
                found.events.push(columns.event(row));
            }
        }
    }
    Ok(found)
}

columns! {
    /// What is shown of an event, and what it is found by.
    struct Columns<'f> {
        time: Times<'f> = schema::TIMESTAMP,
        kind: Words<'f> = schema::KIND,
        recipient: Words<'f> = schema::RECIPIENT,
        domain: Words<'f> = schema::RECIPIENT_DOMAIN,
        incident: Words<'f> = schema::INCIDENT,
        cause: Words<'f> = schema::CAUSE,
        rule: Words<'f> = schema::RULE,
        reply: Words<'f> = schema::REPLY,
        source: Words<'f> = schema::SOURCE,
        index: Numbers<'f> = schema::SOURCE_INDEX,
    }
}

impl Columns<'_> {
    fn event(&self, row: usize) -> ProvenanceEvent {
        let text = |cell: &Words<'_>| cell.get(row).map(str::to_owned);
        ProvenanceEvent {
            time: self.time.get(row),
            kind: text(&self.kind),
            recipient: text(&self.recipient),
            cause: text(&self.cause),
            rule: text(&self.rule),
            reply: text(&self.reply),
            source: text(&self.source),
            index: self.index.place(row).unwrap_or_default() as u64,
        }
    }
}
