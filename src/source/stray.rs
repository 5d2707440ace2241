//! What lies beside inputs in a folder and is none. In: names, kinds of files. Out: whether a file is passed over, and as
//! what. A file that the user names is never passed over.

use std::fs::FileType;

/// Files in folders whose names start so are about the inputs, not inputs. A dot file is hidden on purpose, `~$` is what
/// Excel and Word leave beside a file that is open.
const NO_INPUT: &[&str] = &["README", "SOURCES", "LICENSE", "CHANGELOG", ".", "~$"];
/// What systems leave in every folder that somebody looks at, in any letter case.
const LITTER: &[&str] = &["desktop.ini", "thumbs.db", "ehthumbs.db"];
/// What an input's name says that it is, in any part between its dots: `mail.log.1`, `rows.csv.gz`. Bytes under such a name that
/// are no text are a damaged input or a packing that is not read, so the file is lost; under any other name a picture, a
/// program, a document.
const DATA: &[&str] = &[
    "7z", "bz2", "csv", "eml", "gz", "json", "jsonl", "log", "mbox", "msg", "ndjson", "ods", "parquet", "pst", "rar",
    "tar", "tgz", "tsv", "txt", "xls", "xlsx", "xz", "zip", "zst",
];

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

/// Whether the name says that the file holds data.
pub(super) fn is_named_as_data(name: &str) -> bool {
    // `log-20261120` is a log, and an `mbox` is one without a suffix.
    let words = name.split('.').filter_map(|part| part.split(|c: char| !c.is_ascii_alphanumeric()).next());
    words.into_iter().any(|word| DATA.iter().any(|data| word.eq_ignore_ascii_case(data)))
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
