//! `parse`: every event, classified; nothing judged. In: inputs. Out: rows on stdout, or a file that appears when all is in
//! it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::config::{Settings, Usage};
use super::exit;
use super::reading::{Global, ReadArgs, ingest_options, shows_progress};
use crate::frame::EventsWriter;
use crate::ingest::Summary;
use crate::publish::WholeFile;
use crate::report::rows::{RowFilter, RowFormat, RowSink};
use crate::{Opened, Shortfall, Unplaced};

#[derive(Debug, Args)]
pub(super) struct ParseArgs {
    #[command(flatten)]
    read: ReadArgs,
    /// Form of the rows.
    #[arg(long, value_enum, default_value = "ndjson")]
    format: ParseFormat,
    /// Only failures that no rule knows.
    #[arg(long)]
    unknown: bool,
    /// Where to write; standard output without it. Needed for Parquet.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ParseFormat {
    Ndjson,
    Csv,
    Parquet,
}

/// Opens and checks everything, then reads; the file asked for with `-o` is replaced when all is in it.
pub(super) fn parse(args: &ParseArgs, global: &Global, settings: &Settings) -> anyhow::Result<ExitCode> {
    if args.format == ParseFormat::Parquet && args.output.is_none() {
        return Err(Usage("--format parquet needs -o FILE".into()).into());
    }
    let options = ingest_options(&args.read, global, settings);
    let opened = Opened::new(&args.read.inputs, &options)?;
    let visible = shows_progress(global);
    let summary = match args.output.as_deref() {
        None => {
            let summary = rows(args, &opened, Box::new(std::io::stdout()), visible)?;
            tell_read(&summary);
            if let Some(question) = Unplaced::of(&summary) {
                return Err(question.into());
            }
            summary
        }
        Some(path) => {
            let read_too = args.read.mapping.iter().chain(&global.config);
            refuse_input(path, &opened, read_too)?;
            into_file(args, &opened, path, visible)?
        }
    };
    let shortfall = Shortfall::of_reading(&summary);
    Ok(if shortfall.is_none() { exit::done() } else { exit::because(3, shortfall) })
}

/// An output that is read as well would be lost.
fn refuse_input<'a>(
    path: &Path,
    opened: &Opened,
    read_too: impl IntoIterator<Item = &'a PathBuf>,
) -> Result<(), Usage> {
    let is_read = || opened.holds(path) || read_too.into_iter().any(|read| crate::source::same_file(read, path));
    if path.is_file() && is_read() {
        return Err(Usage(format!("-o {}: is read as well and would be lost; name another file", path.display())));
    }
    Ok(())
}

/// Reads into a file, which stays as it was if nothing could be read.
fn into_file(args: &ParseArgs, opened: &Opened, path: &Path, visible: bool) -> anyhow::Result<Summary> {
    let made = WholeFile::begin(path)?;
    let summary = match args.format {
        ParseFormat::Parquet => {
            let mut events = EventsWriter::create(made.path(), opened.key())?;
            let summary = opened.read(&mut events, visible)?;
            events.finish()?;
            summary
        }
        _ => rows(args, opened, Box::new(made.writer()?), visible)?,
    };
    tell_read(&summary);
    // Nothing read from what was there is no reason to replace what was read of it earlier.
    if let Some(error) = crate::night::unread(&args.read.inputs, &summary) {
        return Err(error.context(format!("{} is as it was", path.display())));
    }
    made.publish()?;
    Ok(summary)
}

/// Reads into rows of text.
fn rows(
    args: &ParseArgs,
    opened: &Opened,
    out: Box<dyn Write + Send + Sync>,
    visible: bool,
) -> anyhow::Result<Summary> {
    let filter = if args.unknown { RowFilter::Unknown } else { RowFilter::All };
    let format = if args.format == ParseFormat::Csv { RowFormat::Csv } else { RowFormat::Ndjson };
    let mut sink = RowSink::new(std::io::BufWriter::new(out), format, filter)?;
    let summary = opened.read(&mut sink, visible)?;
    sink.finish()?;
    Ok(summary)
}

/// Says on stderr what was read and what could not be.
fn tell_read(summary: &Summary) {
    let (rejects, deliveries) = (summary.reject_count(), summary.delivery_rows);
    match summary.items {
        0 => tracing::info!("nothing to read was found"),
        items => tracing::info!(
            "{items} items read: {} events, {deliveries} deliveries (not listed), {rejects} unread",
            summary.events
        ),
    }
    for (reason, rejects) in &summary.rejects {
        let first = rejects.first.first().map(|(origin, detail)| format!("{origin}: {detail}")).unwrap_or_default();
        tracing::warn!("{} items unread: {reason}; first: {}", rejects.count, crate::report::escape::visible(&first));
    }
    crate::night::tell_inputs(summary);
}
