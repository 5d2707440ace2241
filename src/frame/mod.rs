//! SHELVES: events and deliveries -> columns -> Parquet, and back as frames, one row group at a time.
//!
//! In: classified events, deliveries, rejects. Out: `DataFrame`s and the Parquet files of a night. The files hold text
//! as `String` (parquet's own dictionaries keep it small, and the bytes do not depend on threads); closed sets are
//! `Enum`. Counting is analyze's work.

mod deliveries;
mod events;
mod night;
pub mod schema;
mod unmatched;

use std::fmt::{self, Display, Write};
use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::Context;
use polars::prelude::{
    ChunkFullNull, Column, DataFrame, DataType, FrozenCategories, Int64Chunked, IntoColumn, NewChunkedArray,
    StringChunked, StringChunkedBuilder, TimeUnit, TimeZone,
};
use polars_io::SerReader;
use polars_io::parquet::metadata::FileMetadataRef;
use polars_io::parquet::read::ParquetReader;

pub use deliveries::{PlacedDelivery, delivery_frame};
pub use events::{ClassifiedEvent, event_frame, names_a_cause};
pub use night::{EventsWriter, NightFiles, NightWriter, Sink, rejects};
pub use unmatched::mark as mark_unmatched;

/// The row groups of Parquet files, to be read one by one, in any order, by any thread.
pub struct RowGroups {
    columns: Vec<String>,
    groups: Vec<RowGroup>,
}

struct RowGroup {
    path: PathBuf,
    metadata: FileMetadataRef,
    start: usize,
    rows: usize,
}

impl RowGroups {
    /// The row groups of these files, of which only `columns` will be read.
    ///
    /// # Errors
    /// A file that cannot be opened or is not Parquet.
    pub fn open(files: &[PathBuf], columns: &[&str]) -> anyhow::Result<RowGroups> {
        let mut groups = Vec::new();
        for path in files {
            let mut reader = ParquetReader::new(open(path)?);
            let metadata =
                reader.get_metadata().with_context(|| format!("{}: not a Parquet file", path.display()))?.clone();
            let mut start = 0;
            for group in &metadata.row_groups {
                let rows = group.num_rows();
                groups.push(RowGroup { path: path.clone(), metadata: metadata.clone(), start, rows });
                start += rows;
            }
        }
        Ok(RowGroups { columns: columns.iter().map(|c| (*c).to_owned()).collect(), groups })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// How many rows they hold together.
    pub fn rows(&self) -> usize {
        self.groups.iter().map(|group| group.rows).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Reads one, by its place in the order of the files.
    ///
    /// # Errors
    /// A column that the file does not have; damaged data.
    pub fn read(&self, at: usize) -> anyhow::Result<DataFrame> {
        let RowGroup { path, metadata, start, rows } = &self.groups[at];
        let mut reader =
            ParquetReader::new(open(path)?).with_columns(Some(self.columns.clone())).with_slice(Some((*start, *rows)));
        reader.set_metadata(metadata.clone());
        reader.finish().with_context(|| format!("{}: rows {start}..{}", path.display(), start + rows))
    }
}

/// Parquet files read back, one row group at a time, only the columns asked for.
///
/// Closed sets come as `Enum`, reply codes as `UInt16`, times as `Datetime(ms, UTC)`, everything else as `String` or
/// `UInt64`. Text stays text: giving codes to half a million domains costs more than all that is done with them.
///
/// # Errors
/// A file that cannot be opened or is not Parquet; a column that it does not have.
pub fn scan(
    files: &[PathBuf],
    columns: &[&str],
) -> anyhow::Result<Box<dyn Iterator<Item = anyhow::Result<DataFrame>> + Send>> {
    let groups = RowGroups::open(files, columns)?;
    Ok(Box::new((0..groups.len()).map(move |at| groups.read(at))))
}

fn open(path: &PathBuf) -> anyhow::Result<std::fs::File> {
    std::fs::File::open(path).with_context(|| format!("{}: cannot be opened", path.display()))
}

/// The `Enum` type of a closed set.
fn enum_type(words: &[&'static str]) -> DataType {
    let categories = FrozenCategories::new(words.iter().copied()).expect("the words of a closed set are distinct");
    DataType::from_frozen_categories(categories)
}

/// A text column.
fn text<'a, R>(name: &str, rows: &'a [R], field: impl Fn(&'a R) -> Option<&'a str>) -> Column {
    // Of forty columns most inputs leave half empty.
    if rows.iter().all(|row| field(row).is_none()) {
        return StringChunked::full_null(name.into(), rows.len()).into_column();
    }
    StringChunked::from_iter_options(name.into(), rows.iter().map(field)).into_column()
}

/// A text column whose cells are made, not borrowed: all in one buffer.
fn made_text<R, D: Display>(name: &str, rows: &[R], field: impl Fn(&R) -> Option<D>) -> Column {
    let mut cells = StringChunkedBuilder::new(name.into(), rows.len());
    let mut cell = String::new();
    for row in rows {
        cell.clear();
        let made = field(row).map(|value| write!(cell, "{value}").expect("a String takes whatever is written"));
        cells.append_option(made.map(|()| cell.as_str()));
    }
    cells.finish().into_column()
}

/// Our IP as its column spells it.
struct Ip(IpAddr);

impl Display for Ip {
    /// Version 4 in one piece: one number after the other takes four times as long, and each row has one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let IpAddr::V4(ip) = self.0 else { return self.0.fmt(f) };
        let (mut text, mut end) = ([b'.'; 15], 0);
        for byte in ip.octets() {
            let digits = [byte / 100, byte / 10 % 10, byte % 10];
            let from = if byte >= 100 { 0 } else { 2 - usize::from(byte >= 10) };
            for digit in &digits[from..] {
                text[end] = b'0' + digit;
                end += 1;
            }
            // The last one has no dot behind it.
            end += 1;
        }
        f.write_str(str::from_utf8(&text[..end - 1]).map_err(|_| fmt::Error)?)
    }
}

/// A column of UTC milliseconds.
fn times<R>(name: &str, rows: &[R], field: impl Fn(&R) -> Option<crate::bounce::Timestamp>) -> Column {
    Int64Chunked::from_iter_options(name.into(), rows.iter().map(|r| field(r).map(|t| t.0)))
        .into_datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC))
        .into_column()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ip_is_spelled_as_everywhere() {
        for ip in ["0.0.0.0", "192.0.2.1", "10.9.99.100", "255.255.255.255", "2001:db8::1"] {
            assert_eq!(Ip(ip.parse().unwrap()).to_string(), ip);
        }
    }
}
