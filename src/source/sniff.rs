//! What a stream is, told from its first bytes and never from its name.
//!
//! In: up to [`HEAD`] bytes. Out: a packing to take off first, or the format, or why it is none. A human's `--input-format`
//! stands above all this.

use super::document::Values;
use super::door::Forced;
use super::mbox;
use crate::bounce::RejectReason;

/// Bytes that are enough to tell a format.
pub(super) const HEAD: usize = 64 << 10;
/// Bytes that are enough to tell a packing.
pub(super) const MAGIC: usize = 264;

/// How a stream's items lie in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// One message.
    Mail,
    /// Messages after `From ` lines.
    Mbox,
    /// Records with a header; the first `skip` bytes are no part of them.
    Delimited { delimiter: u8, skip: usize },
    /// A JSON value on each line.
    Lines,
    /// JSON values over any number of lines.
    Document,
    /// A mail server's log.
    Log,
    /// None that is known.
    Not(RejectReason, &'static str),
}

/// What a stream is wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
    Zip,
    Tar,
}

/// The packing, by magic bytes.
pub(super) fn packing(head: &[u8]) -> Option<Packing> {
    match head {
        [0x1f, 0x8b, ..] => Some(Packing::Gzip),
        // A frame, or one of the skippable frames that some writers put first.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Packing::Zstd),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Packing::Zip),
        _ if head.get(257..262) == Some(b"ustar") => Some(Packing::Tar),
        _ => None,
    }
}

/// Formats that are known but not read, and what to do.
const FOREIGN: &[(&[u8], &str)] = &[
    (b"BZh", "bzip2 is not read; unpack it first"),
    (b"\xfd7zXZ\0", "xz is not read; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip is not read; unpack it first"),
    (b"Rar!", "RAR is not read; unpack it first"),
    (b"\xd0\xcf\x11\xe0", "an Outlook or Office file; save it as .eml or CSV"),
    (b"!BDN", "an Outlook data file; export it as .eml or mbox"),
    (b"PAR1", "Parquet is not read as input; export it as CSV"),
    (b"%PDF", "a PDF"),
];

/// Control bytes in a row count once, and so many of such runs are no proof that bytes are not text.
const STRAY_CONTROLS: usize = 8;
/// Text has at most one run of control bytes in so many bytes.
const TEXT_PER_CONTROL: usize = 32;

/// The format, by the first bytes. A few NULs, as a crash or a broken writer leaves them in text, are looked past: they cost
/// the items that they stand in, not the file.
pub(super) fn format(head: &[u8]) -> Format {
    if let Some((_, what)) = FOREIGN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Format::Not(RejectReason::UnknownFormat, what);
    }
    if memchr::memchr(0, head).is_none() {
        return format_of_text(head);
    }
    let text: Vec<u8> = head.iter().copied().filter(|&b| b != 0).collect();
    match format_of_text(&text) {
        // What these are is said by their first lines, whatever follows.
        known @ (Format::Mail | Format::Log) => known,
        Format::Mbox if text.starts_with(b"From ") => Format::Mbox,
        Format::Not(..) => Format::Not(RejectReason::Binary, "binary data"),
        _ if is_binary(head) => Format::Not(RejectReason::Binary, "binary data"),
        Format::Delimited { delimiter, skip } => Format::Delimited { delimiter, skip: with_nuls(head, skip) },
        known => known,
    }
}

/// Whether the first bytes of what is no format are no text either: those of a known foreign format, or binary.
pub(super) fn is_no_text(head: &[u8]) -> bool {
    FOREIGN.iter().any(|(magic, _)| head.starts_with(magic)) || head.contains(&0) || is_binary(head)
}

/// Whether bytes among which there are NULs are no text.
fn is_binary(head: &[u8]) -> bool {
    let control = |&b: &u8| b < b' ' && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    let runs = head.chunk_by(|a, b| control(a) == control(b)).filter(|run| run.iter().all(control)).count();
    runs > STRAY_CONTROLS && runs > head.len() / TEXT_PER_CONTROL
}

/// How many bytes hold the first `count` bytes that are no NULs, and the NULs before the next one.
fn with_nuls(head: &[u8], count: usize) -> usize {
    head.iter().enumerate().filter(|(_, b)| **b != 0).nth(count).map_or(head.len(), |(at, _)| at)
}

/// The format of text, which has no NULs.
fn format_of_text(head: &[u8]) -> Format {
    let Some(start) = head.iter().position(|b| !b.is_ascii_whitespace()) else {
        return Format::Not(RejectReason::Empty, if head.is_empty() { "no bytes" } else { "blank" });
    };
    let text = &head[start..];
    if text.starts_with(b"From ") {
        return Format::Mbox;
    }
    if is_log(text) {
        return Format::Log;
    }
    if looks_like_mail(text) {
        return Format::Mail;
    }
    if let Some(format) = json(text) {
        return format;
    }
    if has_boundary(head) {
        return Format::Mbox;
    }
    match dialect(text) {
        Some((delimiter, skip)) => Format::Delimited { delimiter, skip: start + skip },
        None => Format::Not(RejectReason::UnknownFormat, "no known format; --input-format overrides detection"),
    }
}

/// Whether all of a small file is one message as it stands.
pub(super) fn is_plain_mail(data: &[u8], forced: Option<Forced>) -> bool {
    match forced {
        None => !data.starts_with(b"\xef\xbb\xbf") && format(&data[..data.len().min(HEAD)]) == Format::Mail,
        Some(forced) => forced == Forced::As(Format::Mail) && packing(data).is_none(),
    }
}

/// The format of what is said to be delimited.
pub(super) fn delimited(head: &[u8]) -> Format {
    let text: Vec<u8> = head.iter().copied().filter(|&b| b != 0).collect();
    let start = text.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(0);
    let (delimiter, skip) = dialect(&text[start..]).unwrap_or((b',', 0));
    Format::Delimited { delimiter, skip: with_nuls(head, start + skip) }
}

/// Whether text starts with header fields: the first line is one, and it is a known one or followed by another.
pub(super) fn looks_like_mail(text: &[u8]) -> bool {
    const KNOWN: &[&[u8]] = &[
        b"arc-",
        b"authentication-results",
        b"bcc",
        b"cc",
        b"content-",
        b"date",
        b"delivered-to",
        b"dkim-",
        b"envelope-",
        b"errors-to",
        b"from",
        b"in-reply-to",
        b"list-",
        b"message-id",
        b"mime-version",
        b"precedence",
        b"received",
        b"references",
        b"reply-to",
        b"return-path",
        b"sender",
        b"subject",
        b"thread-",
        b"to",
        b"user-agent",
        b"x-",
    ];
    let mut lines = text.split(|&b| matches!(b, b'\n' | b'\r')).filter(|line| !line.is_empty());
    let Some(name) = lines.next().and_then(field_name) else { return false };
    let known = |name: &[u8]| {
        KNOWN.iter().any(|known| match known.strip_suffix(b"-") {
            Some(_) => name.get(..known.len()).is_some_and(|start| start.eq_ignore_ascii_case(known)),
            None => name.eq_ignore_ascii_case(known),
        })
    };
    if known(name) {
        return true;
    }
    let mut after = lines.skip_while(|line| matches!(line.first(), Some(b' ' | b'\t')));
    after.next().is_some_and(|line| field_name(line).is_some())
}

/// The name of a header field, if the line is one.
fn field_name(line: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memchr(b':', line).filter(|&at| at > 0 && at <= 76)?;
    let name = line[..colon].trim_ascii_end();
    let plain = |&b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (name.first()?.is_ascii_alphabetic() && name.iter().all(plain)).then_some(name)
}

/// JSON, one value a line or over lines.
fn json(text: &[u8]) -> Option<Format> {
    let second = text.iter().skip(1).find(|b| !b.is_ascii_whitespace());
    match (text.first()?, second) {
        (b'{', Some(b'"' | b'}') | None) | (b'[', Some(b'{' | b'[' | b'"' | b']') | None) => {}
        _ => return None,
    }
    let by_line = Values::first_line_is_a_value(text).unwrap_or(false);
    let goes_on = text.split(|&b| b == b'\n').nth(1).is_some_and(|line| !line.trim_ascii().is_empty());
    Some(if by_line && goes_on { Format::Lines } else { Format::Document })
}

/// Whether a mail server's log: a time at the line's start, and what such logs say in one of the first lines.
fn is_log(text: &[u8]) -> bool {
    const MARKS: &[&str] =
        &["postfix", "exim", "sendmail", "sm-mta", "status=", "dsn=", "relay=", " <= ", " => ", " ** ", " == "];
    let lines = text.split(|&b| b == b'\n').take(20).filter(|line| starts_with_time(line));
    lines.map(String::from_utf8_lossy).any(|line| MARKS.iter().any(|mark| line.contains(mark)))
}

/// `Sep 21 12:00:00 ` of syslog, `2026-09-21T12:00:00` and `2026-09-21 12:00:00`, with or without `<34>` before it.
fn starts_with_time(line: &[u8]) -> bool {
    let line =
        match line.strip_prefix(b"<").and_then(|rest| rest.iter().position(|&b| b == b'>').map(|at| &rest[at + 1..])) {
            Some(rest) => rest,
            None => line,
        };
    let shape: Vec<u8> = line.iter().take(16).map(|b| if b.is_ascii_digit() { b'0' } else { *b }).collect();
    let syslog = shape.len() == 16
        && shape[..3].iter().all(u8::is_ascii_alphabetic)
        && matches!(&shape[3..6], b" 00" | b"  0")
        && &shape[6..] == b" 00:00:00 ";
    syslog || shape.starts_with(b"0000-00-00T00:00") || shape.starts_with(b"0000-00-00 00:00")
}

/// Whether an mbox boundary stands somewhere in the head; the first one may be broken.
fn has_boundary(head: &[u8]) -> bool {
    memchr::memmem::find_iter(head, b"\n\nFrom ").any(|at| mbox::starts_with_boundary(&head[at + 2..]))
        || memchr::memmem::find_iter(head, b"\r\n\r\nFrom ").any(|at| mbox::starts_with_boundary(&head[at + 4..]))
}

/// The delimiter, and how many bytes stand before the header.
fn dialect(text: &[u8]) -> Option<(u8, usize)> {
    let line_end = |text: &[u8]| memchr::memchr2(b'\n', b'\r', text).unwrap_or(text.len());
    let first = &text[..line_end(text)];
    // Excel's own way to say it.
    if let Some(&[delimiter]) = first.strip_prefix(b"sep=").map(|rest| rest.trim_ascii_end()) {
        let skip = first.len() + text[first.len()..].iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        return Some((delimiter, skip));
    }
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for &byte in first {
        quoted ^= byte == b'"';
        counts.iter_mut().filter(|(delimiter, _)| !quoted && *delimiter == byte).for_each(|(_, count)| *count += 1);
    }
    // The first of those that occur most.
    let (delimiter, count) = counts.into_iter().rev().max_by_key(|&(_, count)| count)?;
    if count > 0 {
        return Some((delimiter, 0)).filter(|_| is_header(first, delimiter));
    }
    let name = first.trim_ascii().trim_ascii_start().to_ascii_lowercase();
    let names = ["mail", "recipient", "rcpt", "address", "domain"];
    let one_column =
        name.len() <= 64 && names.iter().any(|known| memchr::memmem::find(&name, known.as_bytes()).is_some());
    (one_column && !name.contains(&b'@') && !name.contains(&b' ')).then_some((b',', 0))
}

/// Whether a line may be a header: its fields are short, and most are words.
fn is_header(line: &[u8], delimiter: u8) -> bool {
    let fields: Vec<&[u8]> = line.split(|&b| b == delimiter).map(|field| field.trim_ascii()).collect();
    let is_word = |field: &&&[u8]| {
        let field = field.strip_prefix(b"\"").unwrap_or(field);
        field.len() <= 80 && field.iter().take(3).any(|b| b.is_ascii_alphabetic() || *b >= 0x80)
    };
    let words = fields.iter().filter(is_word).count();
    words * 2 > fields.len() && fields.iter().all(|field| field.len() <= 120)
}
