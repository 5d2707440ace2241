//! Globs: the paths that a pattern matches. In: a pattern. Out: paths, sorted, each once.
//!
//! The library's own walk stops at names that are not UTF-8, so the folders are walked here, and it only matches. Names are
//! matched with U+FFFD for what is not UTF-8. As in a shell, `*` does not match dot files; `**` is any number of folders.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

const RULES: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// One component of a pattern.
enum Part {
    /// Nothing to match: this name.
    Name(OsString),
    /// A name that matches.
    Like(Pattern),
    /// Any number of folders.
    Folders,
}

/// All paths that match; a folder on the way that cannot be read stands for what it holds.
///
/// # Errors
/// A text that is no pattern.
pub(super) fn paths(pattern: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let parts = pattern.components().map(|component| part(component.as_os_str().to_owned()));
    let parts = parts.collect::<anyhow::Result<Vec<_>>>()?;
    let mut found = Vec::new();
    expand(PathBuf::new(), &parts, &mut found);
    found.sort();
    found.dedup();
    Ok(found)
}

fn part(text: OsString) -> anyhow::Result<Part> {
    let shown = text.to_string_lossy();
    Ok(match &*shown {
        "**" => Part::Folders,
        like if like.contains(['*', '?', '[']) => Part::Like(Pattern::new(like)?),
        _ => Part::Name(text),
    })
}

/// Adds what the parts match below a path.
fn expand(path: PathBuf, parts: &[Part], found: &mut Vec<PathBuf>) {
    let Some((part, rest)) = parts.split_first() else {
        if path.symlink_metadata().is_ok() {
            found.push(path);
        }
        return;
    };
    match part {
        Part::Name(name) => expand(path.join(name), rest, found),
        Part::Like(pattern) => match names(&path) {
            Ok(names) => {
                let like = |name: &OsString| pattern.matches_with(&name.to_string_lossy(), RULES);
                names.into_iter().filter(like).for_each(|name| expand(path.join(name), rest, found));
            }
            Err(_) => found.push(path),
        },
        Part::Folders => {
            expand(path.clone(), rest, found);
            let hidden = |name: &OsString| name.as_encoded_bytes().starts_with(b".");
            let below = names(&path).unwrap_or_default().into_iter().filter(|name| !hidden(name));
            let folders = below.map(|name| path.join(name)).filter(|path| path.is_dir() && !path.is_symlink());
            folders.for_each(|folder| expand(folder, parts, found));
        }
    }
}

/// What stands in a folder; nothing in what is none.
fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match fs::read_dir(here) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.file_name())).collect(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_as_in_a_shell() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.csv", "b.csv", ".c.csv", "in/a.csv", "in/deep/x.csv", "in/deep/x.json"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        for (pattern, want) in [
            ("*.csv", &["a.csv", "b.csv"][..]),
            ("[b-z].csv", &["b.csv"]),
            ("?n", &["in"]),
            ("*/a.csv", &["in/a.csv"]),
            ("in/*/x.*", &["in/deep/x.csv", "in/deep/x.json"]),
            ("**/*.csv", &["a.csv", "b.csv", "in/a.csv", "in/deep/x.csv"]),
            ("a.csv/*", &[]),
            ("none/*", &[]),
        ] {
            let want: Vec<_> = want.iter().map(|name| folder.path().join(name)).collect();
            assert_eq!(paths(&folder.path().join(pattern)).unwrap(), want, "{pattern}");
        }
    }
}
