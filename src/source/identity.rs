//! Which file a path leads to, and how its name is shown.
//!
//! In: paths. Out: an identity that all paths to a file share (links, `./`, folders that overlap), and a name that no two
//! paths share, whatever bytes are in them.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

/// What is the same for all paths that lead to one file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum FileId {
    /// Device and inode.
    #[cfg_attr(not(unix), expect(dead_code, reason = "only Unix has inodes"))]
    Inode(u64, u64),
    /// The path, where there are no inodes, and of what cannot be looked at.
    Path(PathBuf),
}

/// The file's identity; `about` must be of the file, not of a link to it. `None` if the system does not tell.
#[cfg(unix)]
pub(super) fn id_of(_path: &Path, about: &Metadata) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    Some(FileId::Inode(about.dev(), about.ino()))
}

/// The file's identity. `None` if the system does not tell.
#[cfg(not(unix))]
pub(super) fn id_of(path: &Path, _about: &Metadata) -> Option<FileId> {
    path.canonicalize().ok().map(FileId::Path)
}

/// Whether two paths lead to one file. One that is not there is none.
pub fn same_file(a: &Path, b: &Path) -> bool {
    let id = |path: &Path| path.metadata().ok().and_then(|about| id_of(path, &about));
    id(a).is_some_and(|a| id(b) == Some(a))
}

/// The path as text; bytes that are not UTF-8 appear as `\xE9`, so that names that differ in them stay apart.
pub(super) fn shown(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02X}")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn names_that_differ_only_in_bytes_that_are_not_utf8_are_shown_apart() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let shown = |bytes| shown(Path::new(OsStr::from_bytes(bytes)));
        assert_eq!(shown(b"in/\xe9t\xe9.csv"), "in/\\xE9t\\xE9.csv");
        assert_eq!(shown(b"in/\xe8t\xe8.csv"), "in/\\xE8t\\xE8.csv");
        assert_eq!(shown("in/\u{e9}t\u{e9}.csv".as_bytes()), "in/\u{e9}t\u{e9}.csv");
    }
}
