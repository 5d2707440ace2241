//! DOORS: paths in, raw items out. Containers are opened and split here; what an item says is parse's work.
//!
//! In: paths, globs, folders, standard input. Out: a sorted [`Listing`]; from each [`Source`] a sequential iterator of
//! [`Batch`]es, each of which any thread can visit on its own. Formats are told from content, never from a file's name.
//! Damage is [`Refused`] with its place: one item, after which the source goes on, or the source from there on. Neither
//! ends a run.

mod batch;
mod chunks;
mod delimited;
#[cfg(test)]
mod delimited_tests;
mod document;
mod door;
mod files;
mod identity;
mod lines;
mod listing;
mod mbox;
#[cfg(test)]
mod mbox_tests;
mod members;
mod own;
#[cfg(test)]
mod packed_tests;
mod pattern;
pub mod probe;
mod sniff;
mod stray;
mod stream;
mod tar;
#[cfg(test)]
mod tests;
mod unicode;
mod unpack;
mod zip;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::bounce::{Loss, Origin, Reject};

pub use batch::Batch;
pub use door::FORMATS;
pub use identity::same_file;
pub use listing::{open, open_all, open_inputs};
pub use own::Own;
pub use stray::Stray;

use identity::FileId;

/// How to read inputs.
#[derive(Debug, Clone)]
pub struct SourceOptions {
    /// Overrides detection from content; a name as in `--input-format`: `eml mbox maildir csv ndjson json maillog`.
    /// The name of an export is taken as "detect the container", since it says what the columns mean, not how they lie.
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

/// What the rows of an input are. The order is that of strength, the strongest last, and the only one: a file that is named
/// in two roles is read in the stronger. Of a row that may be a message attempted or a message accepted, "attempted" claims
/// less, so `Sent` is the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Bounces, and deliveries where the format says so.
    Bounces,
    /// Accepted messages only.
    Delivered,
    /// Everything attempted; bounces are subtracted later.
    Sent,
}

impl Role {
    /// The word that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Bounces => "input",
            Role::Delivered => "delivered",
            Role::Sent => "sent",
        }
    }
}

/// A further path to a file or folder that is read already.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadOnce {
    /// The path that is not read.
    pub name: Arc<str>,
    /// The path under which it is read.
    pub kept: Arc<str>,
    /// The role in which it is read.
    pub role: Role,
}

/// A file in a folder that is no input, whatever its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Passed {
    /// Its path.
    pub name: Arc<str>,
    /// What it is.
    pub what: Stray,
}

/// All inputs of a role, listed and sorted before any is read.
#[derive(Debug)]
pub struct Listing {
    /// What their rows are.
    pub role: Role,
    /// In the order in which they are read.
    pub sources: Vec<Source>,
    /// What was found in folders and is no input by its name (README*, dot files, Thumbs.db and the like), in order.
    pub skipped: Vec<PathBuf>,
    /// Folders and files that this program wrote, passed over, in order.
    pub ours: Vec<PathBuf>,
    /// Pipes, sockets and devices found in folders, in order.
    pub strays: Vec<Passed>,
    /// Paths to what is read under another path, in order.
    pub again: Vec<ReadOnce>,
    /// The files' identities.
    ids: BTreeSet<FileId>,
}

impl Listing {
    /// Whether a file is one of the inputs, whatever path leads to it. One that is not there is none.
    pub fn holds(&self, path: &Path) -> bool {
        let about = path.metadata().ok();
        about.and_then(|about| identity::id_of(path, &about)).is_some_and(|id| self.ids.contains(&id))
    }

    /// Bytes of all sources, or `None` if one of them is of unknown length.
    pub fn bytes(&self) -> Option<u64> {
        self.sources.iter().map(|source| source.bytes).sum()
    }
}

/// One file, standard input, or a run of neighbouring small files, which would be slow to read one by one.
#[derive(Debug, Clone)]
pub struct Source {
    /// As given or found; of a run of files, the folder of the first.
    pub name: Arc<str>,
    /// Size in bytes, if known.
    pub bytes: Option<u64>,
    /// What it is made of, in order; never empty.
    pub files: Vec<InputFile>,
}

/// A file of a source.
#[derive(Debug, Clone)]
pub struct InputFile {
    /// As given or found; `-` for standard input. What origins say.
    pub name: Arc<str>,
    /// `None` for standard input.
    pub path: Option<PathBuf>,
    /// Size in bytes; `None` for pipes and devices.
    pub bytes: Option<u64>,
    /// Whether it stands in the `cur` or `new` of a Maildir, and so is a mail whatever it looks like.
    pub in_maildir: bool,
    /// Whether it is passed over if it is no text: it was found, not named, and its name does not say that it is data.
    pub may_be_stray: bool,
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
    /// One JSON value: of a line of NDJSON, an element of a top-level array, or a whole document.
    Json {
        /// Where it stands; the index counts lines, or values of a document.
        origin: Origin,
        /// The text of the value; not yet checked to be JSON.
        text: &'a [u8],
    },
    /// Consecutive whole lines of a log, some megabytes at a time, in order. Entries that belong together may stand in
    /// different chunks, so each comes with the last lines of the one before.
    Log {
        /// Where it stands; the index is the number of the first line, from 0.
        origin: Origin,
        /// Whole lines that stand right before: what entries of this chunk may belong to. Read already, as items.
        before: &'a [u8],
        /// The lines, with their ends.
        text: &'a [u8],
    },
}

impl Item<'_> {
    /// Where it stands.
    pub fn origin(&self) -> &Origin {
        match self {
            Item::Mail { origin, .. }
            | Item::Row { origin, .. }
            | Item::Json { origin, .. }
            | Item::Log { origin, .. } => origin,
        }
    }
}

/// What is no item, and how much is gone with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// This item; the source goes on.
    Item(Reject),
    /// All of the source from here on, or all of it: how many items that were, nobody knows. The reject says where and
    /// what exactly.
    Source(Loss, Reject),
    /// A file that is no input at all, and was not named as one; the reject says where.
    Stray(Reject),
}

impl Refused {
    /// Where, and what exactly.
    pub fn reject(&self) -> &Reject {
        match self {
            Refused::Item(reject) | Refused::Source(_, reject) | Refused::Stray(reject) => reject,
        }
    }

    /// The same as a row of rejects.
    pub fn into_reject(self) -> Reject {
        match self {
            Refused::Item(reject) | Refused::Source(_, reject) | Refused::Stray(reject) => reject,
        }
    }
}

impl From<Reject> for Refused {
    fn from(reject: Reject) -> Refused {
        Refused::Item(reject)
    }
}

/// The column names of a delimited file, trimmed, in order, as spelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The names.
    pub names: Vec<String>,
    /// A number that tells one header from another, so that a room may remember what it worked out; equal names, equal
    /// numbers.
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

/// What a source's batches come as.
pub type Batches = Box<dyn Iterator<Item = anyhow::Result<Batch>> + Send>;

impl Source {
    /// The source's batches, in order; reading is sequential, the batches can be worked on in parallel.
    ///
    /// # Errors
    /// A file that cannot be opened. What fails later is [`Refused`].
    pub fn batches(&self, options: &SourceOptions) -> anyhow::Result<Batches> {
        match self.files.as_slice() {
            [file] => files::single(file, options),
            files => Ok(Box::new(files::grouped(files.to_vec(), options))),
        }
    }
}
