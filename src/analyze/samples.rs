//! A sample reply for each incident, verbatim. In: the row chosen for each, and the files again. Out: `sample` filled,
//! and where it was read in the evidence. The texts are not kept in memory while judging, so they are read once more.

use std::path::PathBuf;

use polars::prelude::DataFrame;

use super::columns::{hashes, texts, times};
use super::grounds::Evidence;
use super::incident::Judgement;
use super::load::share_out;
use super::names::QuickMap;
use super::night::Row;
use crate::frame::{RowGroups, schema};

const COLUMNS: &[&str] = &[schema::RECIPIENT, schema::TIMESTAMP, schema::REPLY, schema::SOURCE, schema::SOURCE_INDEX];

/// Replies by the recipient's hash and the time of their row: the text, and where it was read.
type Wanted = QuickMap<(u64, i64), Option<(String, (String, u64))>>;

/// Adds the samples.
///
/// # Errors
/// A file that cannot be read.
pub fn add(judgement: &mut Judgement, chosen: &[(String, Row)], events: &[PathBuf]) -> anyhow::Result<()> {
    if chosen.is_empty() {
        return Ok(());
    }
    let wanted: Wanted = chosen.iter().map(|(_, row)| ((row.recipient, row.time), None)).collect();
    let mut parts = vec![wanted; std::thread::available_parallelism().map_or(1, usize::from)];
    share_out(&mut parts, &RowGroups::open(events, COLUMNS)?, find)?;
    let found = |row: &Row| parts.iter().filter_map(|part| part.get(&(row.recipient, row.time))?.as_ref()).min();
    let rows: QuickMap<&str, &Row> = chosen.iter().map(|(id, row)| (id.as_str(), row)).collect();
    for incident in &mut judgement.incidents {
        if let Some((reply, (source, index))) = rows.get(incident.id.as_str()).and_then(|row| found(row)) {
            incident.sample = Some(reply.clone());
            incident.evidence.push(Evidence::FirstReply { source: source.clone(), index: *index });
        }
    }
    Ok(())
}

/// Looks for the replies in one frame. Two rows may agree in recipient and time; the choice does not depend on order.
fn find(wanted: &mut Wanted, frame: &DataFrame) -> anyhow::Result<()> {
    let (recipients, seen) = (hashes(frame, schema::RECIPIENT)?, times(frame, schema::TIMESTAMP)?);
    let origins = texts(frame, schema::SOURCE)?.zip(frame.column(schema::SOURCE_INDEX)?.u64()?.iter());
    let rows = recipients.into_iter().zip(seen).zip(texts(frame, schema::REPLY)?).zip(origins);
    for (((recipient, time), reply), (source, index)) in rows {
        let (Some(recipient), Some(reply)) = (recipient, reply) else { continue };
        let Some(slot) = wanted.get_mut(&(recipient, time)) else { continue };
        let found = (reply.to_owned(), (source.unwrap_or_default().to_owned(), index.unwrap_or(0)));
        if slot.as_ref().is_none_or(|old| found < *old) {
            *slot = Some(found);
        }
    }
    Ok(())
}
