//! What there is to read, as plain data: inputs in order, and what was passed over. Nothing is listed or opened here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::identity::{FileId, id_of};
use super::opener::Opener;
use super::stray::Stray;

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
    pub(super) ids: BTreeSet<FileId>,
}

impl Listing {
    /// Whether a file is one of the inputs, whatever path leads to it. One that is not there is none.
    pub fn holds(&self, path: &Path) -> bool {
        let about = path.metadata().ok();
        about.and_then(|about| id_of(path, &about)).is_some_and(|id| self.ids.contains(&id))
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
    /// Where its bytes come from.
    pub from: Arc<dyn Opener>,
    /// Size in bytes; `None` for pipes and devices.
    pub bytes: Option<u64>,
    /// Whether it stands in the `cur` or `new` of a Maildir, and so is a mail whatever it looks like.
    pub in_maildir: bool,
    /// Whether it is passed over if it is no text: it was found, not named, and its name does not say that it is data.
    pub may_be_stray: bool,
}
