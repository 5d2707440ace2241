//! What there is to read: paths, folders, globs and `-`, listed and sorted before work starts.
//!
//! In: what the user gave, with the role of each. Out: sources in the order of their names, small neighbours joined; each
//! file once, however many paths lead to it. No file is opened here, except to tell our own output, which is no input.
//! What cannot be listed stays as a file that cannot be read, and the reading tells it. In a Maildir (a folder with `cur`
//! and `new`) only these two hold mails; folders in it whose names start with a dot are mailboxes too (Maildir++).

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::collections::hash_map::{Entry, HashMap};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};

use super::batch::SMALL;
use super::identity::{FileId, id_of, shown};
use super::inputs::{InputFile, Listing, Passed, ReadOnce, Role, Source, SourceOptions};
use super::opener::{OnDisk, Opener, Stdin};
use super::own::Own;
use super::stray::{Stray, is_no_input};
use super::{format, pack, pattern};

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
    let mut walk = Walk::new(Role::Bounces, own);
    walk.inputs(inputs, options)?;
    let owners = Owners::of(&[&walk]);
    Ok(walk.settle(&owners))
}

/// Lists the inputs of each role, in the order of the roles given; a file with several roles is read in one of them.
///
/// # Errors
/// As [`open`].
pub fn open_all<P: AsRef<OsStr>>(
    asked: &[(Role, &[P])],
    own: &Own,
    options: &SourceOptions,
) -> anyhow::Result<Vec<Listing>> {
    let mut walks = Vec::new();
    for (role, inputs) in asked {
        let mut walk = Walk::new(*role, own);
        walk.inputs(inputs, options)?;
        walks.push(walk);
    }
    let owners = Owners::of(&walks.iter().collect::<Vec<_>>());
    Ok(walks.into_iter().map(|walk| walk.settle(&owners)).collect())
}

/// A file, on one of the ways to it.
struct Found {
    file: InputFile,
    /// `None` for standard input.
    path: Option<PathBuf>,
    /// `None` where the system does not tell.
    id: Option<FileId>,
    /// Folders between what the user named and the file, one more than there are; 0: the file itself is named.
    depth: usize,
    /// Whether it may share a source with its neighbours.
    small: bool,
}

/// How a file came to be listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The user named it.
    Named,
    /// It lies in a folder, or fits a pattern.
    Found,
    /// It lies in a Maildir.
    Mail,
}

/// Under which name and in which role each file is read.
struct Owners(HashMap<FileId, Claim>);

/// What one way to a file says of it; the least is followed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    depth: usize,
    /// Of one depth, which role comes first.
    rank: (bool, Reverse<Role>),
    name: Arc<str>,
    role: Role,
}

impl Claim {
    /// The way on which the user named the file more exactly says its role. Of two that name it, the stronger role; of one
    /// folder in two roles each file's own rows say what they are, because bounces are no deliveries.
    fn of(found: &Found, role: Role) -> Claim {
        let rank = (found.depth > 0 && role != Role::Bounces, Reverse(role));
        Claim { depth: found.depth, rank, name: found.file.name.clone(), role }
    }
}

impl Owners {
    fn of(walks: &[&Walk<'_>]) -> Owners {
        let mut owners: HashMap<FileId, Claim> = HashMap::new();
        for walk in walks {
            for found in &walk.found {
                let Some(id) = &found.id else { continue };
                let claim = Claim::of(found, walk.role);
                match owners.entry(id.clone()) {
                    Entry::Vacant(new) => drop(new.insert(claim)),
                    Entry::Occupied(mut known) if claim < *known.get() => drop(known.insert(claim)),
                    Entry::Occupied(_) => {}
                }
            }
        }
        Owners(owners)
    }
}

/// The inputs of one role, as they are found.
struct Walk<'a> {
    role: Role,
    own: &'a Own,
    found: Vec<Found>,
    skipped: Vec<PathBuf>,
    ours: Vec<PathBuf>,
    strays: Vec<Passed>,
    again: Vec<ReadOnce>,
    /// Folders walked, by their real paths: links may lead in circles, or to the same place twice.
    folders: HashMap<PathBuf, Arc<str>>,
}

impl<'a> Walk<'a> {
    fn new(role: Role, own: &'a Own) -> Walk<'a> {
        let (skipped, ours, strays, again) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Walk { role, own, found: Vec::new(), skipped, ours, strays, again, folders: HashMap::new() }
    }

    /// The files that are read here, in order, and what is to be told of the others.
    fn settle(self, owners: &Owners) -> Listing {
        let Walk { role, mut found, mut skipped, mut ours, mut strays, mut again, .. } = self;
        // Of two ways to one path, that on which it is named more exactly.
        let exact = |found: &Found| (found.file.may_be_stray, found.depth);
        found.sort_by(|a, b| (&a.file.name, &a.path, exact(a)).cmp(&(&b.file.name, &b.path, exact(b))));
        let mut taken = BTreeSet::new();
        found.retain(|found| {
            let Some((id, owner)) = found.id.as_ref().and_then(|id| owners.0.get_key_value(id)) else { return true };
            let owns = (role, &found.file.name) == (owner.role, &owner.name);
            if owns && taken.insert(id.clone()) {
                return true;
            }
            again.push(ReadOnce { name: found.file.name.clone(), kept: owner.name.clone(), role: owner.role });
            false
        });
        for paths in [&mut skipped, &mut ours] {
            paths.sort();
            paths.dedup();
        }
        strays.sort();
        again.sort();
        again.dedup();
        Listing { role, sources: join(found), skipped, ours, strays, again, ids: taken }
    }
}

impl Walk<'_> {
    fn inputs<P: AsRef<OsStr>>(&mut self, inputs: &[P], options: &SourceOptions) -> anyhow::Result<()> {
        inputs.iter().try_for_each(|input| self.input(Path::new(input), options))
    }

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
                self.unlisted(path, 0);
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
            self.folder(path, 0);
        } else {
            self.add(path, &about, 0, Way::Named);
        }
        Ok(())
    }

    /// Standard input, which may be a file that is named too.
    fn stdin(&mut self) {
        let path = Path::new("/dev/stdin");
        let about = path.metadata().ok().filter(fs::Metadata::is_file);
        let id = about.and_then(|about| id_of(path, &about)).or_else(|| Some(FileId::Path("-".into())));
        let file = file_of("-".into(), Arc::new(Stdin), None);
        self.found.push(Found { file, path: None, id, depth: 0, small: false });
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
                self.entry(&path, 0);
            }
        }
        Ok(())
    }

    /// Something that was found rather than named, or that a pattern names.
    fn entry(&mut self, path: &Path, depth: usize) {
        let name = path.file_name().unwrap_or(OsStr::new("")).to_string_lossy();
        if is_no_input(&name) {
            return self.skipped.push(path.to_owned());
        }
        match path.metadata() {
            Ok(about) if about.is_dir() => self.folder(path, depth.max(1)),
            Ok(about) if about.is_file() && self.own.is_memory(path) => self.ours.push(path.to_owned()),
            Ok(about) if about.is_file() => self.add(path, &about, depth, Way::Found),
            Ok(about) => self.strays.push(Passed { name: shown(path).into(), what: Stray::of(about.file_type()) }),
            // A link to nowhere too: what was meant is missing.
            Err(_) => self.unlisted(path, depth),
        }
    }

    /// A folder; `depth` is 0 if it is named.
    fn folder(&mut self, path: &Path, depth: usize) {
        let Ok(real) = path.canonicalize() else { return self.unlisted(path, depth) };
        if self.own.is_night(&real) || depth > 0 && self.own.is_place(&real) {
            return self.ours.push(path.to_owned());
        }
        match self.folders.entry(real) {
            Entry::Vacant(new) => drop(new.insert(shown(path).into())),
            Entry::Occupied(first) => {
                let (name, kept) = (shown(path).into(), first.get().clone());
                return self.again.push(ReadOnce { name, kept, role: self.role });
            }
        }
        let Ok(entries) = entries_of(path) else { return self.unlisted(path, depth) };
        let is_maildir = is_maildir(path);
        for entry in entries {
            match entry.file_name().and_then(OsStr::to_str) {
                Some("cur" | "new") if is_maildir => self.mails(&entry, depth + 1),
                Some(name) if is_maildir && name.starts_with('.') && self::is_maildir(&entry) => {
                    self.folder(&entry, depth + 1);
                }
                _ if is_maildir && !(entry.is_dir() && self::is_maildir(&entry)) => self.skipped.push(entry),
                _ => self.entry(&entry, depth + 1),
            }
        }
    }

    /// The `cur` or `new` of a Maildir. Another program may move any of its mails before their turn comes.
    fn mails(&mut self, folder: &Path, depth: usize) {
        let Ok(entries) = entries_of(folder) else { return self.unlisted(folder, depth) };
        for path in entries {
            let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            match path.metadata() {
                _ if hidden => self.skipped.push(path),
                Ok(about) if about.is_file() => self.add(&path, &about, depth + 1, Way::Mail),
                Ok(about) if about.is_dir() => self.skipped.push(path),
                Ok(about) => self.strays.push(Passed { name: shown(&path).into(), what: Stray::of(about.file_type()) }),
                Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => self.skipped.push(path),
                Err(_) => self.unlisted(&path, depth + 1),
            }
        }
    }

    /// Something that is there and cannot be looked at. What it is, nobody knows, so it is itself by its path.
    fn unlisted(&mut self, path: &Path, depth: usize) {
        let file = file_of(shown(path).into(), Arc::new(OnDisk(path.to_owned())), None);
        let id = std::path::absolute(path).ok().map(FileId::Path);
        self.found.push(Found { file, path: Some(path.to_owned()), id, depth, small: false });
    }

    fn add(&mut self, path: &Path, about: &fs::Metadata, depth: usize, way: Way) {
        let bytes = about.is_file().then_some(about.len());
        let name = path.file_name().unwrap_or(OsStr::new("")).to_string_lossy();
        let file = InputFile {
            in_maildir: way == Way::Mail,
            may_be_stray: way == Way::Found && !is_named_as_data(&name),
            ..file_of(shown(path).into(), Arc::new(OnDisk(path.to_owned())), bytes)
        };
        let (id, small) = (id_of(path, about), bytes.is_some_and(|bytes| bytes <= SMALL));
        self.found.push(Found { file, path: Some(path.to_owned()), id, depth, small });
    }
}

/// A file of which nothing else is known.
fn file_of(name: Arc<str>, from: Arc<dyn Opener>, bytes: Option<u64>) -> InputFile {
    InputFile { name, from, bytes, in_maildir: false, may_be_stray: false }
}

/// What stands in a folder, in order.
fn entries_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
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

/// Whether the name says that the file holds data, in any part between its dots: `mail.log.1`, `rows.csv.gz`. Bytes under such a
/// name that are no text are a damaged input or a packing that is not read, so the file is lost; under any other name a picture, a
/// program, a document.
fn is_named_as_data(name: &str) -> bool {
    // `log-20261120` is a log, and an `mbox` is one without a suffix.
    let words = name.split('.').filter_map(|part| part.split(|c: char| !c.is_ascii_alphanumeric()).next());
    let data = |word: &str| format::suffixes().chain(pack::suffixes()).any(|data| word.eq_ignore_ascii_case(data));
    words.into_iter().any(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_data_by_any_of_its_suffixes() {
        for name in
            ["a.csv", "a.CSV.gz", "mail.log.1", "mail.log-20261120.zst", "x.y.ndjson", "export.2026.json.bak", "mbox"]
        {
            assert!(is_named_as_data(name), "{name}");
        }
        for name in ["photo.png", "scan.pdf", "program", "tool.exe", "a.csvx", "Thumbs.db"] {
            assert!(!is_named_as_data(name), "{name}");
        }
    }
}
