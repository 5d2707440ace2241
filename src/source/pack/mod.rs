//! Containers: what inputs are wrapped in, told from the first bytes and never from a name. What they hold is read as if it
//! were a file of its own; nothing is ever written where a name leads.
//!
//! To add one: a file here and a line in `PACKS`; a compression of one stream needs no more than a decoder (`stream`).

mod budget;
mod contract;
mod members;
mod stream;
mod tar;
mod zip;

pub(super) use budget::{Budget, HARMLESS};
pub(super) use contract::{Inside, MAGIC, Pack};

/// All containers, and what names of such files have between dots. The first that knows a stream as its own opens it.
const PACKS: &[(&dyn Pack, &[&str])] =
    &[(&stream::Gzip, &["gz", "tgz"]), (&stream::Zstd, &["zst"]), (&zip::Zip, &["zip"]), (&tar::Tar, &["tar"])];

/// What is known but not read, by its first bytes: what to do, and what names of such files have between dots.
const UNREAD: &[(&[u8], &str, &[&str])] = &[
    (b"BZh", "bzip2 is not read; unpack it first", &["bz2"]),
    (b"\xfd7zXZ\0", "xz is not read; unpack it first", &["xz"]),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip is not read; unpack it first", &["7z"]),
    (b"Rar!", "RAR is not read; unpack it first", &["rar"]),
    // The newer Office files are zips, and told there.
    (b"\xd0\xcf\x11\xe0", "an Outlook or Office file; save it as .eml or CSV", &["msg", "xls", "xlsx", "ods"]),
    (b"!BDN", "an Outlook data file; export it as .eml or mbox", &["pst"]),
    (b"PAR1", "Parquet is not read as input; export it as CSV", &["parquet"]),
    (b"%PDF", "a PDF", &[]),
];

/// The container, by magic bytes.
pub(super) fn sniff(head: &[u8]) -> Option<&'static dyn Pack> {
    PACKS.iter().map(|(pack, _)| *pack).find(|pack| pack.sniff(head))
}

/// What to do with what begins like something that is known and not read.
pub(super) fn unread(head: &[u8]) -> Option<&'static str> {
    UNREAD.iter().find(|(magic, ..)| head.starts_with(magic)).map(|(_, advice, _)| *advice)
}

/// What names of files have between dots that are containers, or known and not read.
pub(super) fn suffixes() -> impl Iterator<Item = &'static str> {
    let unread = UNREAD.iter().flat_map(|(.., suffixes)| *suffixes);
    PACKS.iter().flat_map(|(_, suffixes)| *suffixes).chain(unread).copied()
}
