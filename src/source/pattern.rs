//! Globs: the paths that a pattern matches. In: a pattern. Out: paths, sorted, each once.
//!
//! The library passes over names that are not UTF-8; those that the last part of a pattern matches are added here.

use std::fs;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

/// As in a shell, `*` does not match dot files.
const RULES: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: false, require_literal_leading_dot: true };

/// All paths that match; a folder on the way that cannot be read stands for what it holds.
///
/// # Errors
/// A text that is no pattern, or is not UTF-8.
pub(super) fn paths(pattern: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let text = pattern.to_str().ok_or_else(|| anyhow::anyhow!("a pattern must be UTF-8"))?;
    let mut paths: Vec<PathBuf> = Vec::new();
    for found in glob::glob_with(text, RULES)? {
        paths.push(found.unwrap_or_else(|error| error.path().to_owned()));
    }
    let (folders, last) = text.rsplit_once('/').unwrap_or((".", text));
    let last = Pattern::new(last)?;
    let folders = if folders.is_empty() { "/" } else { folders };
    for folder in glob::glob_with(folders, RULES)?.flatten() {
        paths.extend(odd_names(&folder).filter(|(name, _)| last.matches_with(name, RULES)).map(|(_, path)| path));
    }
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// What stands in a folder under names that are not UTF-8, with the names as near as UTF-8 comes.
fn odd_names(folder: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name().to_str().is_none()).map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        (name, entry.path())
    })
}
