//! DOORS: paths in, raw items out. Containers are opened and split here; what an item says is parse's work.

use std::path::PathBuf;
use std::sync::Arc;

use crate::bounce::{Origin, Reject};

/// How to read inputs.
#[derive(Debug, Clone)]
pub struct SourceOptions {
    /// Overrides detection from content; a name as in `--input-format`.
    pub input_format: Option<String>,
    /// Cap for one item, in bytes; a larger one is a reject.
    pub max_item_bytes: usize,
    /// Cap for what one compressed source may expand to, in bytes.
    pub max_decompressed_bytes: u64,
}

impl Default for SourceOptions {
    fn default() -> Self {
        SourceOptions { input_format: None, max_item_bytes: 50 << 20, max_decompressed_bytes: 64 << 30 }
    }
}

/// All inputs, listed and sorted before any is read.
#[derive(Debug)]
pub struct Listing {
    /// In the order in which they are read.
    pub sources: Vec<Source>,
    /// Files in directories that are no input by name: README*, SOURCES*, LICENSE*, dot files.
    pub skipped: Vec<PathBuf>,
}

/// One file, or standard input.
#[derive(Debug, Clone)]
pub struct Source {
    /// As given or found.
    pub name: Arc<str>,
    /// `None` for standard input.
    pub path: Option<PathBuf>,
    /// Size in bytes, if known.
    pub bytes: Option<u64>,
}

/// One raw item.
#[derive(Debug)]
pub enum Item<'a> {
    /// A whole message, any line ending.
    Mail {
        /// Where it stands.
        origin: Origin,
        /// The message, without an mbox `From ` line.
        bytes: &'a [u8],
    },
    /// One record of a delimited file.
    Row {
        /// Where it stands; the index counts records after the header from 0.
        origin: Origin,
        /// The file's header.
        header: &'a Header,
        /// The record.
        record: Record<'a>,
    },
    /// One JSON value: a line of NDJSON, or a whole JSON document.
    Json {
        /// Where it stands.
        origin: Origin,
        /// The text of the value.
        text: &'a [u8],
    },
}

/// The column names of a delimited file, trimmed, in order, as spelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The names.
    pub names: Vec<String>,
    /// A number that tells one header from another within a run, so that a room may remember what it worked out.
    pub id: u64,
}

/// One record of a delimited file, with as many fields as its header.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a>(pub(crate) &'a csv::StringRecord);

impl<'a> Record<'a> {
    /// The field at `column`, or `None` beyond the last.
    pub fn get(&self, column: usize) -> Option<&'a str> {
        self.0.get(column)
    }
}

/// Some consecutive items of one source: the unit of parallel work.
#[derive(Debug)]
pub struct Batch {
    // Filled in by the doors; see `each`.
}

impl Batch {
    /// Bytes of input that this batch stands for.
    pub fn bytes(&self) -> u64 {
        0
    }

    /// Hands every item or reject of this batch to `visit`, in order.
    pub fn each(&self, visit: &mut dyn FnMut(Result<Item<'_>, Reject>)) {
        let _ = visit;
    }
}

/// Lists all inputs: files, directories (recursive), globs, `-`.
///
/// # Errors
/// A path that does not exist or cannot be read, named; a glob that matches nothing.
pub fn open(inputs: &[String], options: &SourceOptions) -> anyhow::Result<Listing> {
    let _ = (inputs, options);
    todo!("source")
}

impl Source {
    /// The source's batches, in order; reading is sequential, the batches can be worked on in parallel.
    ///
    /// # Errors
    /// Reading that fails in the middle (an I/O error; damage is a reject).
    pub fn batches(
        &self,
        options: &SourceOptions,
    ) -> anyhow::Result<Box<dyn Iterator<Item = anyhow::Result<Batch>> + Send>> {
        let _ = options;
        todo!("source")
    }
}
