//! What lies beside inputs in a folder and is none. In: names, kinds of files. Out: whether a file is passed over, and as
//! what. A file that the user names is never passed over.

use std::fs::FileType;

/// Files in folders whose names start so are about the inputs, not inputs. A dot file is hidden on purpose, `~$` is what
/// Excel and Word leave beside a file that is open.
const NO_INPUT: &[&str] = &["README", "SOURCES", "LICENSE", "CHANGELOG", ".", "~$"];
/// What systems leave in every folder that somebody looks at, in any letter case.
const LITTER: &[&str] = &["desktop.ini", "thumbs.db", "ehthumbs.db"];
/// Why a file in a folder is no input, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stray {
    /// No text, and no name of data.
    Binary,
    /// A named pipe, which waits for somebody else.
    Pipe,
    /// A socket.
    Socket,
    /// A device.
    Device,
}

impl Stray {
    /// The words that reports use, after the file's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Stray::Binary => "binary",
            Stray::Pipe => "a named pipe",
            Stray::Socket => "a socket",
            Stray::Device => "a device",
        }
    }

    /// What something is that is neither a file nor a folder.
    #[cfg(unix)]
    pub(super) fn of(kind: FileType) -> Stray {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            Stray::Pipe
        } else if kind.is_socket() {
            Stray::Socket
        } else {
            Stray::Device
        }
    }

    /// What something is that is neither a file nor a folder.
    #[cfg(not(unix))]
    pub(super) fn of(_kind: FileType) -> Stray {
        Stray::Device
    }
}

/// Whether something found under this name is passed over.
pub(super) fn is_no_input(name: &str) -> bool {
    NO_INPUT.iter().any(|start| name.starts_with(start))
        || LITTER.iter().any(|litter| name.eq_ignore_ascii_case(litter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn litter_is_passed_over_by_its_name() {
        for name in ["Thumbs.db", "desktop.ini", "Desktop.ini", ".DS_Store", "~$bounces.xlsx", "README.md"] {
            assert!(is_no_input(name), "{name}");
        }
        for name in ["bounces.csv", "thumbs.csv", "~bounces.csv", "my desktop.ini.csv"] {
            assert!(!is_no_input(name), "{name}");
        }
    }
}
