//! bouncescope: last night's bounces in; who is at fault, what to do, and the lists to do it with, out.
//!
//! The floor plan, in the order of the flow; a room imports only rooms above it. Reading (`source` to `ingest`) and
//! thinking (`history` to `report`) meet only in `frame`, `tables` and `bounce`; this file leads from one to the other.

#![warn(missing_docs)]

pub mod bounce;

pub mod guard;
pub mod tables;

pub mod progress;

pub mod source;

pub mod parse;

pub mod classify;

pub mod frame;

pub mod ingest;

pub mod history;

pub mod analyze;

pub mod suppress;

pub mod report;

pub mod publish;

mod night;

pub mod cli;

use std::path::Path;

use anyhow::Context;

pub use night::{Job, Outcome, Quantity, run, too_many};

use crate::frame::{NightFiles, NightWriter, Sink};
use crate::ingest::{Desk, IngestOptions, Role, Seen, Summary};
use crate::progress::Progress;

/// Reads and names all inputs into a sink: the first half alone, nothing judged, repetitions included.
///
/// # Errors
/// An input that cannot be read, a broken table, a sink that cannot write.
pub fn read_all<S: Sink + Send>(
    inputs: &[String],
    options: &IngestOptions,
    sink: &mut S,
    visible: bool,
) -> anyhow::Result<Summary> {
    let listing = source::open(inputs, &options.source)?;
    let desk = Desk::new(options)?;
    let progress = Progress::new(listing.bytes(), visible);
    let summary = desk.ingest(&listing, Role::Bounces, &mut Seen::nothing(), sink, &progress)?;
    progress.finish();
    Ok(summary)
}

/// `read_all` into one Parquet file of events.
///
/// # Errors
/// As `read_all`; a file that cannot be written.
pub fn parse_to_parquet(
    inputs: &[String],
    options: &IngestOptions,
    path: &Path,
    visible: bool,
) -> anyhow::Result<Summary> {
    // A link stays, and what it names gets the rows. A pipe or a device is written to: a rename would put a file in its
    // place, and that of `/dev/null` breaks the machine.
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let device = path.metadata().is_ok_and(|found| !found.is_file());
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let work = if device { tempfile::tempdir() } else { tempfile::tempdir_in(folder) }
        .with_context(|| format!("{}: its folder cannot be written to", path.display()))?;
    let files = NightFiles::in_folder(work.path());
    let mut writer = NightWriter::create(&files)?;
    let summary = read_all(inputs, options, &mut writer, visible)?;
    writer.finish()?;
    let written =
        if device { std::fs::copy(&files.events, path).map(drop) } else { std::fs::rename(&files.events, path) };
    written.with_context(|| format!("{}: cannot be written", path.display()))?;
    Ok(summary)
}

/// What is wrong with the tables, a line each with file and line; empty when all is well.
///
/// # Errors
/// A table that does not load at all.
pub fn check(user_tables: Option<&Path>) -> Result<Vec<classify::Finding>, tables::TableError> {
    tables::policy::load(user_tables)?;
    tables::advice::Advice::load(user_tables)?;
    tables::native_classes::NativeClasses::load(user_tables)?;
    tables::load::<tables::targets::Target>(user_tables)?;
    let reading = parse::ParseOptions { tables: user_tables.map(Path::to_owned), ..Default::default() };
    parse::Reader::new(&reading)?;
    parse::Reader::for_lists(&reading)?;
    classify::check(user_tables)
}
