//! The text formats, and which of them some bytes are: told from the first bytes and never from a name. A human's
//! `--input-format` stands above all this.
//!
//! To add one: a file here and a line in `FORMATS`.

mod contract;
mod csv;
#[cfg(test)]
mod csv_tests;
mod json;
mod lines;
mod log;
mod mail;
pub(super) mod mbox;
#[cfg(test)]
mod mbox_tests;

pub(super) use contract::{Format, HEAD};

use super::pack;
use crate::bounce::RejectReason;

/// All formats: what `--input-format` calls each, and what names of such files have between dots. Of several that begin so the
/// first is it, else of several that the text resembles.
const FORMATS: &[(&dyn Format, &[&str], &[&str])] = &[
    (&lines::Ndjson, &["ndjson"], &["ndjson", "jsonl"]),
    (&json::Json, &["json"], &["json"]),
    (&mbox::Mbox, &["mbox"], &["mbox"]),
    (&log::Log, &["maillog"], &["log"]),
    (&mail::Mail, &["eml", "maildir"], &["eml"]),
    (&csv::Csv, &["csv"], &["csv", "tsv", "txt"]),
];

/// What mails are that lie in a Maildir, whatever they look like.
pub(super) const MAIL: &dyn Format = &mail::Mail;

/// What `--input-format` can name, beside the export formats.
pub fn names() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().flat_map(|(_, names, _)| *names).copied()
}

/// The format that `--input-format` names; `None` for detection, which is also for an export's name.
pub(super) fn by_name(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().find(|(_, names, _)| names.contains(&name)).map(|(format, ..)| *format)
}

/// What names of files of any format have between dots.
pub(super) fn suffixes() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().flat_map(|(.., suffixes)| *suffixes).copied()
}

/// Why bytes are of no format.
pub(super) type Unknown = (RejectReason, &'static str);

/// The format, by the first bytes. A few NULs, as a crash or a broken writer leaves them in text, are looked past: they cost
/// the items that they stand in, not the file.
pub(super) fn sniff(head: &[u8]) -> Result<&'static dyn Format, Unknown> {
    if let Some(advice) = pack::unread(head) {
        return Err((RejectReason::UnknownFormat, advice));
    }
    if memchr::memchr(0, head).is_none() {
        let blank = (RejectReason::Empty, if head.is_empty() { "no bytes" } else { "blank" });
        let unknown = (RejectReason::UnknownFormat, "no known format; --input-format overrides detection");
        let text = head.trim_ascii_start();
        return if text.is_empty() { Err(blank) } else { begins(text).or_else(|| resembles(text)).ok_or(unknown) };
    }
    let text: Vec<u8> = head.iter().copied().filter(|&b| b != 0).collect();
    let text = text.trim_ascii_start();
    let binary = (RejectReason::Binary, "binary data");
    begins(text).or_else(|| resembles(text).filter(|_| !is_binary(head))).ok_or(binary)
}

/// The format that text begins like.
fn begins(text: &[u8]) -> Option<&'static dyn Format> {
    FORMATS.iter().map(|(format, ..)| *format).find(|format| format.begins(text))
}

/// The format that text looks like that begins like none.
fn resembles(text: &[u8]) -> Option<&'static dyn Format> {
    FORMATS.iter().map(|(format, ..)| *format).find(|format| format.resembles(text))
}

/// Control bytes in a row count once, and so many of such runs are no proof that bytes are not text.
const STRAY_CONTROLS: usize = 8;
/// Text has at most one run of control bytes in so many bytes.
const TEXT_PER_CONTROL: usize = 32;

/// Whether the first bytes of what is no format are no text either: those of a known foreign format, or binary.
pub(super) fn is_no_text(head: &[u8]) -> bool {
    pack::unread(head).is_some() || head.contains(&0) || is_binary(head)
}

/// Whether bytes among which there are NULs are no text.
fn is_binary(head: &[u8]) -> bool {
    let control = |&b: &u8| b < b' ' && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    let runs = head.chunk_by(|a, b| control(a) == control(b)).filter(|run| run.iter().all(control)).count();
    runs > STRAY_CONTROLS && runs > head.len() / TEXT_PER_CONTROL
}
