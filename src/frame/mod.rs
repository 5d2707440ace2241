//! SHELVES: events and deliveries -> columns -> Parquet, and back as frames, one row group at a time.

pub mod schema;

use std::path::PathBuf;

use polars::prelude::DataFrame;

/// Parquet files read back, one row group at a time, only the columns asked for.
///
/// Closed sets come as `Enum`, low-cardinality text as `Categorical` (the same text has the same physical code in all
/// frames of a process), codes as `UInt16`, times as `Datetime(ms, UTC)`, everything else as `String` or `UInt64`.
pub fn scan(
    files: &[PathBuf],
    columns: &[&str],
) -> anyhow::Result<Box<dyn Iterator<Item = anyhow::Result<DataFrame>> + Send>> {
    let _ = (files, columns);
    todo!("frame")
}
