//! bouncescope: last night's bounces in; who is at fault, what to do, and the lists to do it with, out.
//!
//! The floor plan, in the order of the flow; a room imports only rooms above it. Reading (`source` to `ingest`) and
//! thinking (`history` to `report`) meet only in `frame`, `tables` and `bounce`; this file leads from one to the other.

pub mod bounce;

pub mod guard;
pub mod tables;

pub mod lists;

pub mod progress;

pub mod source;

pub mod parse;

pub mod classify;

pub mod frame;

pub mod ingest;

pub mod history;

pub mod facts;

pub(crate) mod judge;

pub mod outcome;

pub(crate) mod suppress;

pub(crate) mod targets;

pub mod report;

pub mod publish;

mod night;

pub mod cli;

use std::path::{Path, PathBuf};

pub use night::{Job, Outcome, Quantity, Shortfall, TooManyRejects, Unfound, Unplaced, UnreadFiles, run};

use crate::frame::Sink;
use crate::ingest::{Desk, IngestOptions, Role, Seen, Summary};
use crate::progress::Progress;

/// Inputs, listed, and all that reads them: the first half alone, nothing judged, repetitions included.
#[derive(Debug)]
pub struct Opened {
    listing: source::Listing,
    desk: Desk,
}

impl Opened {
    /// What rows and recipients are hashed with.
    pub fn key(&self) -> &bounce::Key {
        self.desk.key()
    }

    /// Lists inputs and compiles the tables; nothing is read yet.
    ///
    /// # Errors
    /// An input that is not there, inputs that are all passed over, a broken table.
    pub fn new(inputs: &[PathBuf], options: &IngestOptions) -> anyhow::Result<Opened> {
        let listing = source::open_inputs(inputs, &source::Own::at([]), &options.source)?;
        if let Some(refusal) = Unfound::all_passed_over(inputs, &listing) {
            return Err(refusal.into());
        }
        Ok(Opened { listing, desk: Desk::new(options)? })
    }

    /// Whether a file is one of the inputs, whatever path leads to it.
    pub fn holds(&self, path: &Path) -> bool {
        self.listing.holds(path)
    }

    /// Reads and names all of it into a sink.
    ///
    /// # Errors
    /// A sink that cannot write.
    pub fn read<S: Sink + Send>(&self, sink: &mut S, visible: bool) -> anyhow::Result<Summary> {
        let progress = Progress::new(self.listing.bytes(), visible);
        let summary = self.desk.ingest(&self.listing, Role::Bounces, &mut Seen::nothing(), sink, &progress)?;
        progress.finish();
        Ok(summary)
    }
}

/// What is wrong with the tables, a line each with file and line; empty when all is well.
///
/// # Errors
/// A table that does not load at all.
pub fn check(user_tables: Option<&Path>) -> Result<Vec<classify::Finding>, tables::TableError> {
    tables::policy::load(user_tables)?;
    tables::advice::Advice::load(user_tables)?;
    tables::native_classes::NativeClasses::load(user_tables)?;
    tables::load::<tables::targets::Target>(user_tables)?.iter().try_for_each(targets::check)?;
    let reading = parse::ParseOptions { tables: user_tables.map(Path::to_owned), ..Default::default() };
    parse::Reader::new(&reading)?;
    parse::Reader::for_lists(&reading)?;
    classify::check(user_tables)
}
