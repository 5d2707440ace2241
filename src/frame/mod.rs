//! SHELVES: events and deliveries -> columns -> Parquet, and back as frames, one row group at a time.
//!
//! In: classified events, deliveries, rejects. Out: `DataFrame`s and the Parquet files of a night. The files hold text
//! as `String` (parquet's own dictionaries keep it small, and the bytes do not depend on threads); closed sets are
//! `Enum`. Counting is analyze's work.

mod deliveries;
mod events;
mod night;
pub mod schema;

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use anyhow::Context;
use polars::prelude::{
    Categories, Column, DataFrame, DataType, FrozenCategories, Int64Chunked, IntoColumn, NewChunkedArray, PolarsResult,
    StringChunked, TimeUnit, TimeZone,
};
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;

pub use deliveries::{PlacedDelivery, delivery_frame};
pub use events::{ClassifiedEvent, event_frame, names_a_cause};
pub use night::{NightFiles, NightWriter, Sink, rejects};

/// Columns that read back as `Categorical`: text with few distinct values in a night.
const LOW_CARDINALITY: &[&str] = &[
    schema::GRAMMAR,
    schema::SOURCE,
    schema::RECIPIENT_DOMAIN,
    schema::ORGANISATION,
    schema::RECEIVER,
    schema::STATUS,
    schema::STATUS_FIELD,
    schema::TEMPLATE,
    schema::REJECTING_SYSTEM,
    schema::BLOCKLIST,
    schema::RULE,
    schema::VENDOR_TAG,
    schema::TENANT_ID,
    schema::FEEDBACK_TYPE,
    schema::REMOTE_MTA,
    schema::REPORTING_MTA,
    schema::SENDING_IP,
    schema::SENDING_DOMAIN,
    schema::CAMPAIGN_ID,
    schema::LIST_SOURCE,
    schema::NATIVE_CLASS,
];

/// The one mapping of text to codes; held for the whole process, so that codes agree between frames.
static CATEGORIES: LazyLock<(Arc<Categories>, DataType)> = LazyLock::new(|| {
    let categories = Categories::global();
    let dtype = DataType::from_categories(categories.clone());
    (categories, dtype)
});

/// Parquet files read back, one row group at a time, only the columns asked for.
///
/// Closed sets come as `Enum`, low-cardinality text as `Categorical` (the same text has the same physical code in all
/// frames of a process; the codes themselves mean nothing and differ between runs), reply codes as `UInt16`, times as
/// `Datetime(ms, UTC)`, everything else as `String` or `UInt64`.
///
/// # Errors
/// A file that cannot be opened or is not Parquet; a column that it does not have.
pub fn scan(
    files: &[PathBuf],
    columns: &[&str],
) -> anyhow::Result<Box<dyn Iterator<Item = anyhow::Result<DataFrame>> + Send>> {
    let columns: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
    let mut groups = Vec::new();
    for path in files {
        let mut reader = ParquetReader::new(open(path)?);
        let metadata =
            reader.get_metadata().with_context(|| format!("{}: not a Parquet file", path.display()))?.clone();
        let mut start = 0;
        for group in &metadata.row_groups {
            groups.push((path.clone(), metadata.clone(), start, group.num_rows()));
            start += group.num_rows();
        }
    }
    Ok(Box::new(groups.into_iter().map(move |(path, metadata, start, rows)| {
        let mut reader =
            ParquetReader::new(open(&path)?).with_columns(Some(columns.clone())).with_slice(Some((start, rows)));
        reader.set_metadata(metadata);
        let frame = reader.finish().with_context(|| format!("{}: rows {start}..{}", path.display(), start + rows))?;
        categorise(frame).with_context(|| path.display().to_string())
    })))
}

fn open(path: &PathBuf) -> anyhow::Result<std::fs::File> {
    std::fs::File::open(path).with_context(|| format!("{}: cannot be opened", path.display()))
}

fn categorise(mut frame: DataFrame) -> PolarsResult<DataFrame> {
    for name in LOW_CARDINALITY {
        if let Some(index) = frame.get_column_index(name) {
            let column = frame.columns()[index].cast(&CATEGORIES.1)?;
            frame.replace_column(index, column)?;
        }
    }
    Ok(frame)
}

/// The `Enum` type of a closed set.
fn enum_type(words: &[&'static str]) -> DataType {
    let categories = FrozenCategories::new(words.iter().copied()).expect("the words of a closed set are distinct");
    DataType::from_frozen_categories(categories)
}

/// A text column.
fn text<'a, R>(name: &str, rows: &'a [R], field: impl Fn(&'a R) -> Option<&'a str>) -> Column {
    StringChunked::from_iter_options(name.into(), rows.iter().map(field)).into_column()
}

/// A text column whose cells are made, not borrowed.
fn made_text<R>(name: &str, rows: &[R], field: impl Fn(&R) -> Option<String>) -> Column {
    StringChunked::from_iter_options(name.into(), rows.iter().map(field)).into_column()
}

/// A column of UTC milliseconds.
fn times<R>(name: &str, rows: &[R], field: impl Fn(&R) -> Option<crate::bounce::Timestamp>) -> Column {
    Int64Chunked::from_iter_options(name.into(), rows.iter().map(|r| field(r).map(|t| t.0)))
        .into_datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC))
        .into_column()
}
