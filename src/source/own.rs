//! This program's own output, which is never its input: nights' folders, wherever they stand, the folder of all nights,
//! and the memory.
//!
//! In: the places of this run, and folders that are met. Out: whether a folder or file is ours. A night is known by what its
//! manifest says, so that it is known under any name, and a manifest of somebody else's is none.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What `publish` calls the list of a night's files.
const MANIFEST: &str = "manifest.json";
/// What `history` calls its file.
const MEMORY: &str = "nights.ndjson";
/// A manifest beyond this is none of ours, nor is a longer first line of the memory.
const LONGEST: u64 = 16 << 20;

/// Where this program's output stands.
#[derive(Debug, Clone, Default)]
pub struct Own {
    /// Whether anything is told apart; if not, every file is an input.
    told: bool,
    /// Folders by their real paths. One that is not there yet holds nothing.
    places: BTreeSet<PathBuf>,
    /// Folders looked at already, by real path: whether they are nights.
    nights: RefCell<BTreeMap<PathBuf, bool>>,
}

impl Own {
    /// Nights, wherever they stand, and these folders.
    pub fn at<'a>(places: impl IntoIterator<Item = &'a Path>) -> Own {
        let places = places.into_iter().filter_map(|path| path.canonicalize().ok()).collect();
        Own { told: true, places, nights: RefCell::default() }
    }

    /// Whether a folder, by its real path, is ours when it is come across. One that the user names is an input, since it
    /// may hold both.
    pub(super) fn is_place(&self, real: &Path) -> bool {
        self.told && (self.places.contains(real) || is_memory(&real.join(MEMORY)))
    }

    /// Whether a folder, by its real path, is a night.
    pub(super) fn is_night(&self, real: &Path) -> bool {
        if !self.told {
            return false;
        }
        if let Some(known) = self.nights.borrow().get(real) {
            return *known;
        }
        let found = is_manifest(&real.join(MANIFEST));
        self.nights.borrow_mut().insert(real.to_owned(), found);
        found
    }

    /// Whether something the user named lies within a night.
    pub(super) fn is_within_night(&self, path: &Path) -> bool {
        self.told && path.canonicalize().is_ok_and(|real| real.ancestors().any(|folder| self.is_night(folder)))
    }

    /// Whether a file in a folder that the user named is the memory.
    pub(super) fn is_memory(&self, path: &Path) -> bool {
        let named = |name: &str| path.file_name().is_some_and(|found| found == name);
        self.told && (named(MEMORY) && is_memory(path) || named("lock") && is_memory(&path.with_file_name(MEMORY)))
    }
}

/// A night's list of its files.
#[derive(Deserialize)]
struct Manifest {
    #[expect(dead_code, reason = "must be there")]
    name: String,
    files: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    #[expect(dead_code, reason = "must be there")]
    path: String,
    #[expect(dead_code, reason = "must be there")]
    bytes: u64,
    blake3: String,
}

fn is_manifest(path: &Path) -> bool {
    let read = |file: File| serde_json::from_reader::<_, Manifest>(BufReader::new(file.take(LONGEST))).ok();
    let hash = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    plain_file(path)
        .and_then(read)
        .is_some_and(|manifest| !manifest.files.is_empty() && manifest.files.iter().all(|file| hash(&file.blake3)))
}

/// A line of the memory.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Remembered {
    #[expect(dead_code, reason = "must be there")]
    night: String,
    #[expect(dead_code, reason = "must be there")]
    verdicts: Vec<serde::de::IgnoredAny>,
}

fn is_memory(path: &Path) -> bool {
    let mut line = Vec::new();
    plain_file(path).is_some_and(|file| {
        let read = BufReader::new(file.take(LONGEST)).read_until(b'\n', &mut line);
        read.is_ok() && serde_json::from_slice::<Remembered>(&line).is_ok()
    })
}

/// Opens a file; a pipe of that name is left alone.
fn plain_file(path: &Path) -> Option<File> {
    path.metadata().ok().filter(|about| about.is_file()).and_then(|_| File::open(path).ok())
}
