//! What there is to read: paths, folders, globs and `-`, listed and sorted before work starts.
//!
//! In: what the user gave, with the role of each. Out: sources in order of their names, with small neighbours joined; each
//! file once, however many paths lead to it, in the strongest of its roles. Contents are not looked at, but for our own
//! output, which is no input. What cannot be listed stays as a file that cannot be read: the reading tells it. In a Maildir
//! (a folder with `cur` and `new`) only these two hold mails, and folders in it
//! whose names start with a dot are mailboxes too (Maildir++).

use std::collections::hash_map::{Entry, HashMap};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};

use super::files::SMALL;
use super::identity::{FileId, id_of, shown};
use super::{InputFile, Listing, Own, ReadOnce, Role, Source, SourceOptions, pattern};

/// Files in folders whose names start so are about the inputs, not inputs.
const NO_INPUT: &[&str] = &["README", "SOURCES", "LICENSE", "CHANGELOG", "."];

/// Lists all inputs: files, directories (recursive), globs, `-`; this program's own output too.
///
/// # Errors
/// A path that does not exist, named; a glob that matches nothing.
pub fn open<P: AsRef<OsStr>>(inputs: &[P], options: &SourceOptions) -> anyhow::Result<Listing> {
    open_inputs(inputs, &Own::default(), options)
}

/// Lists inputs, without this program's own output.
///
/// # Errors
/// As [`open`].
pub fn open_inputs<P: AsRef<OsStr>>(inputs: &[P], own: &Own, options: &SourceOptions) -> anyhow::Result<Listing> {
    list(inputs, Role::Bounces, own, options, &mut HashMap::new())
}

/// Lists the inputs of each role, in the order of the roles given. A file with several roles is read in the strongest.
///
/// # Errors
/// As [`open`].
pub fn open_all<P: AsRef<OsStr>>(
    asked: &[(Role, &[P])],
    own: &Own,
    options: &SourceOptions,
) -> anyhow::Result<Vec<Listing>> {
    let mut by_strength: Vec<_> = asked.iter().enumerate().collect();
    by_strength.sort_by_key(|(_, (role, _))| std::cmp::Reverse(*role));
    let mut known = HashMap::new();
    let mut listings = Vec::new();
    for (place, (role, inputs)) in by_strength {
        listings.push((place, list(inputs, *role, own, options, &mut known)?));
    }
    listings.sort_by_key(|(place, _)| *place);
    Ok(listings.into_iter().map(|(_, listing)| listing).collect())
}

/// The files listed so far: under which name, in which role.
type Known = HashMap<FileId, (Arc<str>, Role)>;

fn list<P: AsRef<OsStr>>(
    inputs: &[P],
    role: Role,
    own: &Own,
    options: &SourceOptions,
    known: &mut Known,
) -> anyhow::Result<Listing> {
    let (found, skipped, again) = (Vec::new(), Vec::new(), Vec::new());
    let mut walk = Walk { role, own, found, skipped, ours: Vec::new(), again, folders: HashMap::new() };
    for input in inputs {
        walk.input(Path::new(input), options)?;
    }
    let Walk { mut found, mut skipped, mut ours, mut again, .. } = walk;
    found.sort_by(|a, b| (&a.file.name, &a.file.path).cmp(&(&b.file.name, &b.file.path)));
    // What has no identity, such as a file in a folder that cannot be entered, is the same by its path.
    found.dedup_by(|a, b| a.id.is_none() && b.id.is_none() && a.file.path == b.file.path);
    found.retain(|found| {
        let Some(id) = &found.id else { return true };
        match known.entry(id.clone()) {
            Entry::Vacant(new) => {
                new.insert((found.file.name.clone(), role));
                true
            }
            Entry::Occupied(first) => {
                let (kept, role) = first.get().clone();
                again.push(ReadOnce { name: found.file.name.clone(), kept, role });
                false
            }
        }
    });
    for paths in [&mut skipped, &mut ours] {
        paths.sort();
        paths.dedup();
    }
    again.sort();
    again.dedup();
    let ids = found.iter().filter_map(|found| found.id.clone()).collect();
    Ok(Listing { role, sources: join(found), skipped, ours, again, ids })
}

struct Found {
    file: InputFile,
    /// `None` where the system does not tell.
    id: Option<FileId>,
    /// Whether it may share a source with its neighbours.
    small: bool,
}

struct Walk<'a> {
    role: Role,
    own: &'a Own,
    found: Vec<Found>,
    skipped: Vec<PathBuf>,
    ours: Vec<PathBuf>,
    again: Vec<ReadOnce>,
    /// Folders walked, by their real paths: links may lead in circles, or to the same place twice.
    folders: HashMap<PathBuf, Arc<str>>,
}

impl Walk<'_> {
    fn input(&mut self, path: &Path, options: &SourceOptions) -> anyhow::Result<()> {
        if path.as_os_str() == "-" {
            self.stdin();
            return Ok(());
        }
        let input = shown(path);
        let about = match path.metadata() {
            Ok(about) => about,
            Err(_) if path.symlink_metadata().is_err() && input.contains(['*', '?', '[']) => return self.glob(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("{input}: cannot be read"));
            }
            Err(_) => {
                self.unlisted(path);
                return Ok(());
            }
        };
        if self.own.is_within_night(path) {
            self.ours.push(path.to_owned());
        } else if about.is_dir() {
            if options.input_format.as_deref() == Some("maildir") && !is_maildir(path) {
                bail!(
                    "{input}: no Maildir, which has folders `cur` and `new`; give that folder, or leave the format out"
                );
            }
            self.folder(path, true);
        } else {
            self.add(path, &about, false);
        }
        Ok(())
    }

    /// Standard input, which may be a file that is named too.
    fn stdin(&mut self) {
        let path = Path::new("/dev/stdin");
        let about = path.metadata().ok().filter(fs::Metadata::is_file);
        let id = about.and_then(|about| id_of(path, &about));
        let file = InputFile { name: "-".into(), path: None, bytes: None, in_maildir: false };
        self.found.push(Found { file, id, small: false });
    }

    fn glob(&mut self, pattern: &Path) -> anyhow::Result<()> {
        let name = shown(pattern);
        let found = pattern::paths(pattern).with_context(|| format!("{name}: not a pattern"))?;
        if found.is_empty() {
            let nothing = io::Error::new(io::ErrorKind::NotFound, "nothing matches this pattern");
            return Err(nothing).with_context(|| name);
        }
        for path in found {
            if self.own.is_within_night(&path) {
                self.ours.push(path);
            } else {
                self.entry(&path);
            }
        }
        Ok(())
    }

    /// Something that was found rather than named.
    fn entry(&mut self, path: &Path) {
        let name = path.file_name().unwrap_or(OsStr::new("")).to_string_lossy();
        if is_no_input(&name) {
            return self.skipped.push(path.to_owned());
        }
        match path.metadata() {
            Ok(about) if about.is_dir() => self.folder(path, false),
            Ok(about) if about.is_file() && self.own.is_memory(path) => self.ours.push(path.to_owned()),
            Ok(about) if about.is_file() => self.add(path, &about, false),
            // A link to nowhere holds nothing that could be read; pipes and the like wait for somebody else.
            Ok(_) => self.skipped.push(path.to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => {
                self.skipped.push(path.to_owned());
            }
            Err(_) => self.unlisted(path),
        }
    }

    fn folder(&mut self, path: &Path, named: bool) {
        let Ok(real) = path.canonicalize() else { return self.unlisted(path) };
        if self.own.is_night(&real) || !named && self.own.is_place(&real) {
            return self.ours.push(path.to_owned());
        }
        match self.folders.entry(real) {
            Entry::Vacant(new) => drop(new.insert(shown(path).into())),
            Entry::Occupied(first) => {
                let (name, kept) = (shown(path).into(), first.get().clone());
                return self.again.push(ReadOnce { name, kept, role: self.role });
            }
        }
        let Ok(entries) = entries_of(path) else { return self.unlisted(path) };
        let is_maildir = is_maildir(path);
        for entry in entries {
            match entry.file_name().and_then(OsStr::to_str) {
                Some("cur" | "new") if is_maildir => self.mails(&entry),
                Some(name) if is_maildir && name.starts_with('.') && self::is_maildir(&entry) => {
                    self.folder(&entry, false);
                }
                _ if is_maildir && !(entry.is_dir() && self::is_maildir(&entry)) => self.skipped.push(entry),
                _ => self.entry(&entry),
            }
        }
    }

    /// The `cur` or `new` of a Maildir. Another program may move any of its mails before their turn comes.
    fn mails(&mut self, folder: &Path) {
        let Ok(entries) = entries_of(folder) else { return self.unlisted(folder) };
        for path in entries {
            let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            match path.metadata() {
                Ok(about) if about.is_file() && !hidden => self.add(&path, &about, true),
                _ => self.skipped.push(path),
            }
        }
    }

    /// Something that is there and cannot be looked at.
    fn unlisted(&mut self, path: &Path) {
        let file = InputFile { name: shown(path).into(), path: Some(path.to_owned()), bytes: None, in_maildir: false };
        self.found.push(Found { file, id: None, small: false });
    }

    fn add(&mut self, path: &Path, about: &fs::Metadata, in_maildir: bool) {
        let bytes = about.is_file().then_some(about.len());
        let file = InputFile { name: shown(path).into(), path: Some(path.to_owned()), bytes, in_maildir };
        self.found.push(Found { file, id: id_of(path, about), small: bytes.is_some_and(|bytes| bytes <= SMALL) });
    }
}

/// What stands in a folder, in order.
fn entries_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

/// Whether something found under this name is passed over.
pub(super) fn is_no_input(name: &str) -> bool {
    NO_INPUT.iter().any(|start| name.starts_with(start))
}

fn is_maildir(path: &Path) -> bool {
    path.join("cur").is_dir() && path.join("new").is_dir()
}

/// Joins neighbouring small files into sources.
fn join(found: Vec<Found>) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    let mut last_is_small = false;
    for Found { file, small, .. } in found {
        match sources.last_mut() {
            Some(source) if small && last_is_small => {
                source.bytes = source.bytes.zip(file.bytes).map(|(a, b)| a + b);
                source.files.push(file);
            }
            _ => sources.push(Source { name: file.name.clone(), bytes: file.bytes, files: vec![file] }),
        }
        last_is_small = small;
    }
    for source in &mut sources {
        if let [first, _, ..] = source.files.as_slice() {
            source.name = first.name.rsplit_once('/').map_or(".", |(folder, _)| folder).into();
        }
    }
    sources
}
