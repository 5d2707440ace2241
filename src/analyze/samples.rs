//! A sample reply for each incident, verbatim. In: the row chosen for each, and the files again. Out: `sample` filled,
//! and where it was read in the evidence. The texts are not kept in memory while judging, so they are read once more.

use std::collections::HashMap;
use std::path::PathBuf;

use super::columns::{hashes, texts, times};
use super::incident::Judgement;
use super::night::Row;
use crate::frame::{scan, schema};

const COLUMNS: &[&str] =
    &[schema::KIND, schema::RECIPIENT, schema::TIMESTAMP, schema::REPLY, schema::SOURCE, schema::SOURCE_INDEX];

/// Adds the samples.
///
/// # Errors
/// A file that cannot be read.
pub fn add(judgement: &mut Judgement, chosen: &[(String, Row)], events: &[PathBuf]) -> anyhow::Result<()> {
    if chosen.is_empty() {
        return Ok(());
    }
    let mut wanted: HashMap<(u64, i64), Option<(String, String)>> =
        chosen.iter().map(|(_, row)| ((row.recipient, row.time), None)).collect();
    for frame in scan(events, COLUMNS)? {
        let frame = frame?;
        let (recipients, seen) = (hashes(&frame, schema::RECIPIENT)?, times(&frame, schema::TIMESTAMP)?);
        let sources: Vec<String> = source_names(&frame)?;
        let indices = frame.column(schema::SOURCE_INDEX)?.u64()?;
        let keys = recipients.iter().zip(seen).map(|(r, time)| r.map(|r| (r, time)));
        for ((at, key), reply) in keys.enumerate().zip(texts(&frame, schema::REPLY)?) {
            let (Some(slot), Some(reply)) = (key.and_then(|k| wanted.get_mut(&k)), reply) else { continue };
            let found = (reply.to_owned(), format!("{}#{}", sources[at], indices.get(at).unwrap_or(0)));
            // Two rows may agree in recipient and time; the choice must not depend on their order.
            if slot.as_ref().is_none_or(|old| found < *old) {
                *slot = Some(found);
            }
        }
    }
    let rows: HashMap<&str, &Row> = chosen.iter().map(|(id, row)| (id.as_str(), row)).collect();
    for incident in &mut judgement.incidents {
        let found = rows.get(incident.id.as_str()).and_then(|row| wanted.get(&(row.recipient, row.time)));
        if let Some(Some((reply, origin))) = found {
            incident.sample = Some(reply.clone());
            incident.evidence.push(format!("first of its replies: {origin}"));
        }
    }
    Ok(())
}

fn source_names(frame: &polars::prelude::DataFrame) -> anyhow::Result<Vec<String>> {
    let column = frame.column(schema::SOURCE)?;
    Ok(match column.try_cat32() {
        Some(names) => names.iter_str().map(|name| name.unwrap_or_default().to_owned()).collect(),
        None => column.str()?.iter().map(|name| name.unwrap_or_default().to_owned()).collect(),
    })
}
