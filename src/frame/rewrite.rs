//! Columns that are known only later. In: a file of events, and for each of its row groups the columns that are new. Out:
//! the same file with these columns in the place of the old ones, all at once or not at all.

use std::path::Path;

use anyhow::Context;
use polars::prelude::{Column, DataFrame, IntoColumn, NewChunkedArray, StringChunked};

use super::night::TableWriter;
use super::{RowGroups, event_frame, schema};
use crate::bounce::Key;

/// Writes the events again, made with `key`. `columns` gives for a row group, by its place and the columns `read` of it, those that
/// replace the columns of the same names.
///
/// # Errors
/// Files that cannot be read, or written again.
pub fn rewrite(
    events: &Path,
    key: &Key,
    mut columns: impl FnMut(usize, &DataFrame) -> anyhow::Result<Vec<Column>>,
) -> anyhow::Result<()> {
    let fresh = events.with_extension("fresh");
    let mut writer = TableWriter::create(&fresh, &event_frame(&[])?, key)?;
    let groups = RowGroups::open(&[events.to_owned()], schema::EVENT_COLUMNS)?;
    for at in 0..groups.len() {
        let mut frame = groups.read(at)?;
        for column in columns(at, &frame)? {
            frame.with_column(column)?;
        }
        writer.push(frame)?;
    }
    writer.finish()?;
    std::fs::rename(&fresh, events).with_context(|| format!("{}: cannot be written", events.display()))
}

/// Names the incident of each event. `of_group` gives them for a row group, row by row.
///
/// # Errors
/// As `rewrite`.
pub fn name_incidents<'a, I>(events: &Path, key: &Key, of_group: impl Fn(usize) -> I) -> anyhow::Result<()>
where
    I: ExactSizeIterator<Item = Option<&'a str>>,
{
    rewrite(events, key, |at, _| {
        Ok(vec![StringChunked::from_iter_options(schema::INCIDENT.into(), of_group(at)).into_column()])
    })
}
