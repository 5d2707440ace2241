//! What there is to read: paths, folders, globs and `-`, listed, sorted and tried before work starts.
//!
//! In: what the user gave. Out: sources in order of their names, with small neighbours joined. Contents are not looked
//! at. In a Maildir (a folder with `cur` and `new`) only these two hold mails, and folders in it
//! whose names start with a dot are mailboxes too (Maildir++).

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::files::SMALL;
use super::{InputFile, Listing, Source, SourceOptions};

/// Files in folders whose names start so are about the inputs, not inputs.
const NO_INPUT: &[&str] = &["README", "SOURCES", "LICENSE", "CHANGELOG", "."];

/// Lists all inputs: files, directories (recursive), globs, `-`.
///
/// # Errors
/// A path that does not exist or cannot be read, named; a glob that matches nothing.
pub fn open(inputs: &[String], options: &SourceOptions) -> anyhow::Result<Listing> {
    let mut walk = Walk { found: Vec::new(), skipped: Vec::new(), folders: BTreeSet::new() };
    for input in inputs {
        walk.input(input, options)?;
    }
    let Walk { mut found, mut skipped, .. } = walk;
    found.sort_by(|a, b| a.file.name.cmp(&b.file.name));
    found.dedup_by(|a, b| a.file.name == b.file.name);
    skipped.sort();
    skipped.dedup();
    Ok(Listing { sources: join(found), skipped })
}

struct Found {
    file: InputFile,
    /// Whether it may share a source with its neighbours.
    small: bool,
}

struct Walk {
    found: Vec<Found>,
    skipped: Vec<PathBuf>,
    /// Folders walked, by their real paths: links may lead in circles, or to the same place twice.
    folders: BTreeSet<PathBuf>,
}

impl Walk {
    fn input(&mut self, input: &str, options: &SourceOptions) -> anyhow::Result<()> {
        if input == "-" {
            let file = InputFile { name: "-".into(), path: None, bytes: None, in_maildir: false };
            self.found.push(Found { file, small: false });
            return Ok(());
        }
        let path = Path::new(input);
        let exists = path.symlink_metadata().is_ok();
        if !exists && input.contains(['*', '?', '[']) {
            return self.glob(input);
        }
        let about = path.metadata().with_context(|| format!("{input}: cannot be read"))?;
        if about.is_dir() {
            if options.input_format.as_deref() == Some("maildir") && !is_maildir(path) {
                bail!(
                    "{input}: no Maildir, which has folders `cur` and `new`; give that folder, or leave the format out"
                );
            }
            self.folder(path)
        } else {
            self.file(path, &about)
        }
    }

    fn glob(&mut self, pattern: &str) -> anyhow::Result<()> {
        // As in a shell, `*` does not match dot files.
        let rules = glob::MatchOptions { require_literal_leading_dot: true, ..Default::default() };
        let paths = glob::glob_with(pattern, rules).with_context(|| format!("{pattern}: not a pattern"))?;
        let mut any = false;
        for path in paths {
            let path = path.with_context(|| format!("{pattern}: a folder cannot be read"))?;
            any = true;
            self.entry(&path)?;
        }
        if !any {
            bail!("{pattern}: nothing matches this pattern");
        }
        Ok(())
    }

    /// Something that was found rather than named.
    fn entry(&mut self, path: &Path) -> anyhow::Result<()> {
        let name = path.file_name().unwrap_or(OsStr::new("")).to_string_lossy();
        if is_no_input(&name) {
            self.skipped.push(path.to_owned());
            return Ok(());
        }
        let about = match path.metadata() {
            Ok(about) => about,
            // A link to nowhere holds nothing that could be read.
            Err(_) if path.is_symlink() => {
                self.skipped.push(path.to_owned());
                return Ok(());
            }
            Err(error) => return Err(error).with_context(|| format!("{}: cannot be read", path.display())),
        };
        if about.is_dir() {
            self.folder(path)
        } else if about.is_file() {
            self.file(path, &about)
        } else {
            self.skipped.push(path.to_owned());
            Ok(())
        }
    }

    fn folder(&mut self, path: &Path) -> anyhow::Result<()> {
        let context = || format!("{}: cannot be read", path.display());
        if !self.folders.insert(path.canonicalize().with_context(context)?) {
            return Ok(());
        }
        let mut entries =
            fs::read_dir(path).with_context(context)?.collect::<Result<Vec<_>, _>>().with_context(context)?;
        entries.sort_by_key(|entry| entry.file_name());
        let is_maildir = is_maildir(path);
        for entry in entries {
            let entry = entry.path();
            match entry.file_name().and_then(OsStr::to_str) {
                Some("cur" | "new") if is_maildir => self.mails(&entry)?,
                Some(name) if is_maildir && name.starts_with('.') && self::is_maildir(&entry) => {
                    self.folder(&entry)?;
                }
                _ if is_maildir && !(entry.is_dir() && self::is_maildir(&entry)) => self.skipped.push(entry),
                _ => self.entry(&entry)?,
            }
        }
        Ok(())
    }

    /// The `cur` or `new` of a Maildir.
    fn mails(&mut self, folder: &Path) -> anyhow::Result<()> {
        let context = || format!("{}: cannot be read", folder.display());
        for entry in fs::read_dir(folder).with_context(context)? {
            let entry = entry.with_context(context)?;
            let (path, hidden) = (entry.path(), entry.file_name().to_string_lossy().starts_with('.'));
            // Mails are not tried: another program may move any of them before its turn comes, which is a reject then.
            match entry.metadata() {
                Ok(about) if about.is_file() && !hidden => self.add(&path, &about, true),
                Ok(about) if about.is_symlink() && !hidden => match path.metadata() {
                    Ok(about) if about.is_file() => self.add(&path, &about, true),
                    _ => self.skipped.push(path),
                },
                _ => self.skipped.push(path),
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, about: &fs::Metadata) -> anyhow::Result<()> {
        // Opening a pipe to try it would disturb whoever writes to it.
        if about.is_file() {
            File::open(path).with_context(|| format!("{}: cannot be read", path.display()))?;
        }
        self.add(path, about, false);
        Ok(())
    }

    fn add(&mut self, path: &Path, about: &fs::Metadata, in_maildir: bool) {
        let bytes = about.is_file().then_some(about.len());
        let file = InputFile { name: path.to_string_lossy().into(), path: Some(path.to_owned()), bytes, in_maildir };
        self.found.push(Found { file, small: bytes.is_some_and(|bytes| bytes <= SMALL) });
    }
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
    for Found { file, small } in found {
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
