//! Columns that are known only later. In: a file of events, and for each of its row groups the columns that are new. Out:
//! the same file with these columns in the place of the old ones, all at once or not at all.
//!
//! The other columns are taken over as they lie in the file, page by page: to read them and write them again costs as much
//! as writing the night did.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, ensure};
use polars::prelude::{Column, DataFrame, IntoColumn, NewChunkedArray, StringChunked};
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;
use polars_io::parquet::write::{ParquetCompression, ParquetWriter};
use polars_parquet::read::{ColumnChunkMetadata, PageReader};
use polars_parquet::write::CompressedPage;

use super::night::TableWriter;
use super::{RowGroups, event_frame, schema};
use crate::bounce::Key;

/// Writes the events again, made with `key`. `columns` gives for a row group, by its place and the columns `read` of it,
/// those that replace the columns of the same names, always the same ones.
///
/// # Errors
/// Files that cannot be read, or written again.
pub fn rewrite(
    events: &Path,
    key: &Key,
    read: &[&str],
    mut columns: impl FnMut(usize, &DataFrame) -> anyhow::Result<Vec<Column>>,
) -> anyhow::Result<()> {
    let fresh = events.with_extension("fresh");
    let context = || format!("{}: cannot be written", events.display());
    let mut writer = TableWriter::create(&fresh, &event_frame(&[])?, key)?;
    let groups = RowGroups::open(&[events.to_owned()], read)?;
    let mut file = File::open(events).with_context(context)?;
    let metadata = ParquetReader::new(File::open(events).with_context(context)?).get_metadata()?.clone();
    for (at, group) in metadata.row_groups.iter().enumerate() {
        let new = columns(at, &groups.read(at)?)?;
        ensure!(new.iter().all(|column| column.len() == group.num_rows()), "a column of another length");
        let mut pages = Vec::with_capacity(group.n_columns());
        for chunk in group.parquet_columns() {
            let name = chunk.descriptor().path_in_schema.first().map_or("", |name| name.as_str());
            pages.push(match new.iter().find(|column| column.name() == name) {
                Some(column) => pages_of_column(column)?,
                None => pages_in_file(&mut file, chunk)?,
            });
        }
        writer.push_pages(group.num_rows() as u64, &pages)?;
    }
    writer.finish()?;
    std::fs::rename(&fresh, events).with_context(context)
}

/// Names the incident of each event. `of_group` gives them for a row group, row by row.
///
/// # Errors
/// As `rewrite`.
pub fn name_incidents<'a, I>(events: &Path, key: &Key, of_group: impl Fn(usize) -> I) -> anyhow::Result<()>
where
    I: ExactSizeIterator<Item = Option<&'a str>>,
{
    rewrite(events, key, &[], |at, _| {
        Ok(vec![StringChunked::from_iter_options(schema::INCIDENT.into(), of_group(at)).into_column()])
    })
}

/// The pages of a column chunk as they lie in a file.
fn pages_in_file(file: &mut (impl Read + Seek), chunk: &ColumnChunkMetadata) -> anyhow::Result<Vec<CompressedPage>> {
    let range = chunk.byte_range();
    let mut bytes = vec![0; usize::try_from(range.end - range.start)?];
    file.seek(SeekFrom::Start(range.start))?;
    file.read_exact(&mut bytes)?;
    let largest = bytes.len().max(usize::try_from(chunk.uncompressed_size())?);
    let pages = PageReader::new(Cursor::new(bytes.into()), chunk, Vec::new(), largest);
    let with_rows = |page| match page {
        // No column of ours is nested: as many rows as values. Reading leaves that out, and writing asks for it.
        CompressedPage::Data(mut data) => {
            data.num_rows = Some(data.num_values());
            CompressedPage::Data(data)
        }
        dictionary => dictionary,
    };
    Ok(pages.map(|page| page.map(with_rows)).collect::<Result<_, _>>()?)
}

/// The pages that a column becomes: by way of a file of its own, in memory.
fn pages_of_column(column: &Column) -> anyhow::Result<Vec<CompressedPage>> {
    let mut frame = DataFrame::new(column.len(), vec![column.clone()])?;
    let mut bytes = Cursor::new(Vec::new());
    ParquetWriter::new(&mut bytes)
        .with_compression(ParquetCompression::Zstd(None))
        .with_row_group_size(Some(column.len().max(1)))
        .finish(&mut frame)?;
    let metadata = ParquetReader::new(Cursor::new(bytes.get_ref().clone())).get_metadata()?.clone();
    let chunk = metadata.row_groups.first().and_then(|group| group.parquet_columns().first());
    chunk.map_or(Ok(Vec::new()), |chunk| pages_in_file(&mut bytes, chunk))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounce::{Event, Kind, Origin};
    use crate::frame::{ClassifiedEvent, EventsWriter, RowFacts, Sink, scan};

    fn event(index: u64) -> ClassifiedEvent {
        let mut event = Event::new(Origin { source: "a.csv".into(), index }, Kind::Bounce, "generic");
        event.reply = Some(format!("550 no such user {index}"));
        let cause = crate::bounce::Cause::MailboxUnknown;
        let meaning = cause.meaning();
        let classification = crate::bounce::Classification::new(
            cause,
            crate::bounce::Permanence::Permanent,
            meaning.blames,
            meaning.basis,
        );
        let classification = classification.into();
        let (organisation, receiver, facts) = (None, None, RowFacts::default());
        ClassifiedEvent { id: u128::from(index), event, classification, organisation, receiver, facts }
    }

    #[test]
    fn only_the_named_column_changes_in_every_row_group() {
        let folder = tempfile::tempdir().unwrap();
        let (path, key) = (folder.path().join("events.parquet"), Key::default());
        let mut writer = EventsWriter::create(&path, &key).unwrap();
        let events: Vec<ClassifiedEvent> = (0..70_000).map(event).collect();
        let page = writer.page(&events, &[], &[]).unwrap();
        writer.write(page).unwrap();
        writer.finish().unwrap();
        let all = |path: &Path| -> Vec<DataFrame> {
            scan(&[path.to_owned()], schema::EVENT_COLUMNS).unwrap().map(Result::unwrap).collect()
        };
        let before = all(&path);
        assert_eq!(before.len(), 2, "two row groups");
        let heights: Vec<usize> = before.iter().map(DataFrame::height).collect();
        let owner = |row: usize| row.is_multiple_of(3).then_some("fleet_reputation-1");
        name_incidents(&path, &key, |at| (0..heights[at]).map(owner)).unwrap();
        for (before, after) in before.iter().zip(all(&path)) {
            let named = after.column(schema::INCIDENT).unwrap().str().unwrap();
            assert!((0..after.height()).all(|row| named.get(row) == owner(row)));
            let rest = |frame: &DataFrame| frame.drop(schema::INCIDENT).unwrap();
            assert!(rest(before).equals_missing(&rest(&after)));
        }
    }
}
