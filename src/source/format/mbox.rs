//! mbox: many messages in one file, each after a line `From sender date`.
//!
//! In: bytes. Out: where the messages lie, and the messages, unquoted. A boundary is a line that starts with `From `,
//! stands at the file's start, after a blank line or after the end of a multipart, and ends in a plausible asctime date
//! (RFC 4155); prose that starts with "From" is not one. Line ends may be LF, CRLF or CR. Writers quote such lines in bodies as `>From `, some
//! (mboxrd) also those that are quoted already; one `>` is taken off each, which is exact for mboxrd and for mboxo
//! wherever the writer quoted.

use std::borrow::Cow;
use std::sync::Arc;

use memchr::memmem;

use super::contract::{Cutter, Format, chunks};
use super::mail::looks_like_mail;
use crate::bounce::{Origin, Reject, RejectReason};
use crate::source::batch::{Batches, Work};
use crate::source::item::{Visit, excerpt, mail};
use crate::source::stream::Stream;

/// The format.
#[derive(Debug)]
pub(super) struct Mbox;

impl Format for Mbox {
    fn begins(&self, text: &[u8]) -> bool {
        text.starts_with(FROM)
    }

    fn resembles(&self, text: &[u8]) -> bool {
        has_boundary(text)
    }

    fn batches(&self, stream: Stream, max: usize) -> Batches {
        chunks(stream, MessageCutter::default(), max)
    }
}

const FROM: &[u8] = b"From ";

/// A `From ` line longer than this is text. Addresses are at most 254 bytes, dates 40.
const LONGEST_FROM_LINE: usize = 998;

/// Messages of one chunk of an mbox.
#[derive(Debug)]
struct Messages {
    name: Arc<str>,
    first: u64,
    data: Vec<u8>,
    spans: Vec<Span>,
}

/// A message, from after its `From ` line to before the blank line that separates it from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where its `From ` line starts; equal to `start` if it has none.
    pub line: usize,
    /// Its first byte.
    pub start: usize,
    /// After its last byte.
    pub end: usize,
    /// Whether it has a line that starts with `>From `.
    pub quoted: bool,
    /// Whether it stands before the first boundary, and so is no message of the mbox.
    pub stray: bool,
}

/// Finds the boundaries in an mbox that arrives in pieces.
#[derive(Debug, Default)]
pub struct Scanner {
    spans: Vec<Span>,
    open: Option<Span>,
    /// Up to where the data was looked at.
    seen: usize,
    /// Whether the data starts somewhere in the middle, so that its start is no boundary unless it looks like one.
    begun: bool,
}

impl Scanner {
    /// Looks at `data`, which must be what it was at the last call, or that and more; says where the last, unfinished
    /// message starts. With `end` there is none, and all of `data` is accounted for.
    pub fn scan(&mut self, data: &[u8], end: bool) -> usize {
        if !self.begun {
            self.begun = true;
            self.open = Some(Span { line: 0, start: 0, end: 0, quoted: false, stray: true });
        }
        let finder = memmem::Finder::new(FROM);
        while let Some(at) = data.get(self.seen..).and_then(|rest| finder.find(rest)).map(|at| self.seen + at) {
            self.seen = at;
            if is_quoted(data, at) {
                self.open.iter_mut().for_each(|open| open.quoted = true);
            } else if let Some(close) = end_before(data, at) {
                let line = from_line(&data[at..]);
                if line.is_none() && !end && data.len() - at <= LONGEST_FROM_LINE {
                    // The line may go on in the next piece.
                    return self.settled(data.len());
                }
                if let Some(length) = line.filter(|&length| has_date(&data[at..at + length])) {
                    let start = at + length;
                    self.close(close);
                    self.open = Some(Span { line: at, start, end: start, quoted: false, stray: false });
                }
            }
            self.seen = at + FROM.len();
        }
        if end {
            let close = data.len() - separator_at_end(data, self.open.map_or(0, |open| open.start));
            self.close(close);
            self.seen = data.len();
            return data.len();
        }
        // A match may have begun in the last bytes.
        self.seen = self.seen.max(data.len().saturating_sub(FROM.len() - 1)).min(data.len());
        self.settled(data.len())
    }

    /// How many leading bytes are done with.
    fn settled(&self, length: usize) -> usize {
        self.open.map_or(length, |open| open.line)
    }

    fn close(&mut self, end: usize) {
        if let Some(mut open) = self.open.take() {
            open.end = end.max(open.start);
            // What stands before the first boundary counts only if it is something.
            if !open.stray || open.end > open.start {
                self.spans.push(open);
            }
        }
    }

    /// The messages found so far and not yet taken. The data may then be cut at what `scan` said.
    pub fn take(&mut self, upto: usize) -> Vec<Span> {
        self.seen -= upto.min(self.seen);
        if let Some(open) = &mut self.open {
            open.line -= upto;
            open.start -= upto;
        }
        std::mem::take(&mut self.spans)
    }
}

/// The format's cutter.
#[derive(Default)]
struct MessageCutter {
    scanner: Scanner,
}

impl Cutter for MessageCutter {
    fn cut(&mut self, data: &[u8], end: bool) -> usize {
        self.scanner.scan(data, end)
    }

    fn take(&mut self, name: Arc<str>, first: u64, data: Vec<u8>) -> (Box<dyn Work>, u64) {
        let spans = self.scanner.take(data.len());
        let count = spans.len() as u64;
        (Box::new(Messages { name, first, data, spans }), count)
    }

    fn give_up(&mut self) {
        self.scanner = Scanner::default();
    }

    fn resume(&mut self, data: &[u8]) -> Option<usize> {
        memmem::find_iter(data, FROM).find(|&at| {
            at > 0
                && !is_quoted(data, at)
                && end_before(data, at).is_some()
                && from_line(&data[at..]).is_some_and(|length| has_date(&data[at..at + length]))
        })
    }
}

impl Work for Messages {
    fn visit(&self, max: usize, visit: &mut Visit<'_>) {
        for (index, span) in (self.first..).zip(&self.spans) {
            let origin = Origin { source: self.name.clone(), index };
            let bytes = &self.data[span.start..span.end];
            if span.stray {
                self.stray(origin, bytes, max, visit);
            } else if span.quoted {
                visit(mail(origin, &unquoted(bytes), max));
            } else {
                visit(mail(origin, bytes, max));
            }
        }
    }
}

impl Messages {
    /// What stands before the first boundary: a reject; and if its first line is a broken `From ` line, the message too.
    fn stray(&self, origin: Origin, bytes: &[u8], max: usize, visit: &mut Visit<'_>) {
        let detail = format!("text before the first mbox `From ` line: {}", excerpt(bytes));
        visit(Err(Reject { origin: origin.clone(), reason: RejectReason::NotMail, detail }.into()));
        let rest = after_line(bytes).map_or(&[][..], |start| &bytes[start..]);
        if looks_like_mail(rest) {
            visit(mail(origin, &unquoted(rest), max));
        }
    }
}

/// Whether `at` stands in a line that so far has only `>`.
fn is_quoted(data: &[u8], at: usize) -> bool {
    let marks = data[..at].iter().rev().take_while(|&&b| b == b'>').count();
    marks > 0 && (at == marks || is_line_end(data[at - marks - 1]))
}

/// If a line starts at `at` and a message may end before it, where that message ends: before a blank line, or behind
/// the line that closes its last multipart, since some writers forget the blank line.
fn end_before(data: &[u8], at: usize) -> Option<usize> {
    if at == 0 {
        return Some(0);
    }
    let end = line_end_before(data, at)?;
    if end == 0 || is_line_end(data[end - 1]) {
        return Some(end);
    }
    closes_multipart(&data[..end]).then_some(at)
}

/// Whether the last line is `--boundary--` (RFC 2046 5.1.1: a boundary has at most 70 characters).
fn closes_multipart(data: &[u8]) -> bool {
    let near = &data[data.len().saturating_sub(80)..];
    let line = near.iter().rposition(|&b| is_line_end(b)).map_or(&[][..], |end| &near[end + 1..]);
    line.len() > 4 && line.starts_with(b"--") && line.ends_with(b"--")
}

/// Where the line end that stands just before `at` starts.
fn line_end_before(data: &[u8], at: usize) -> Option<usize> {
    match &data[..at] {
        [.., b'\r', b'\n'] => Some(at - 2),
        [.., b'\n' | b'\r'] => Some(at - 1),
        _ => None,
    }
}

/// How many bytes at the end are the blank line that ends a message.
fn separator_at_end(data: &[u8], start: usize) -> usize {
    match line_end_before(data, data.len()) {
        Some(blank) if blank > start && is_line_end(data[blank - 1]) => data.len() - blank,
        _ => 0,
    }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// The length of the first line with its end, if it is short enough for a `From ` line and ends here.
fn from_line(data: &[u8]) -> Option<usize> {
    let near = &data[..data.len().min(LONGEST_FROM_LINE)];
    after_line(near)
}

/// Where the second line starts; `None` if the first has no end, or one of which more may follow.
fn after_line(data: &[u8]) -> Option<usize> {
    let end = memchr::memchr2(b'\n', b'\r', data)?;
    match (data[end], data.get(end + 1)) {
        (b'\r', Some(b'\n')) => Some(end + 2),
        (b'\r', None) => None,
        _ => Some(end + 1),
    }
}

/// Whether a `From ` line ends in what asctime writes: `Mon Sep 21 12:00:00 2026`, with or without seconds, a zone
/// before or after the year, or day and month the other way round.
fn has_date(line: &[u8]) -> bool {
    let tokens: Vec<&[u8]> =
        line.split(|b| b.is_ascii_whitespace()).filter(|token| !token.is_empty()).skip(1).collect();
    (0..tokens.len()).any(|at| match tokens[at..] {
        [weekday, a, b, ref rest @ ..] => {
            is_weekday(weekday)
                && (is_month(a) && is_number(b, 31) || is_number(a, 31) && is_month(b))
                && rest.iter().take(4).any(|token| is_clock(token))
                && rest.iter().take(4).any(|token| is_year(token))
        }
        _ => false,
    })
}

fn is_weekday(token: &[u8]) -> bool {
    let name = token.strip_suffix(b",").unwrap_or(token);
    [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"].iter().any(|day| name.eq_ignore_ascii_case(*day))
}

fn is_month(token: &[u8]) -> bool {
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"]
        .iter()
        .any(|month| token.eq_ignore_ascii_case(*month))
}

fn is_number(token: &[u8], most: u32) -> bool {
    matches!(token.len(), 1..=2) && number(token).is_some_and(|n| n >= 1 && n <= most)
}

fn is_year(token: &[u8]) -> bool {
    token.len() == 4 && number(token).is_some_and(|n| (1970..2200).contains(&n))
}

fn is_clock(token: &[u8]) -> bool {
    let parts: Vec<_> = token.split(|&b| b == b':').collect();
    matches!(parts.len(), 2..=3) && parts.iter().all(|part| part.len() <= 2 && number(part).is_some_and(|n| n <= 60))
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok().filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}

/// Whether an mbox boundary stands somewhere in the head; the first one may be broken.
fn has_boundary(head: &[u8]) -> bool {
    memchr::memmem::find_iter(head, b"\n\nFrom ").any(|at| starts_with_boundary(&head[at + 2..]))
        || memchr::memmem::find_iter(head, b"\r\n\r\nFrom ").any(|at| starts_with_boundary(&head[at + 4..]))
}

/// Whether the first line is a boundary; for telling formats apart.
pub(super) fn starts_with_boundary(data: &[u8]) -> bool {
    data.starts_with(FROM) && has_date(&data[..from_line(data).unwrap_or(data.len().min(LONGEST_FROM_LINE))])
}

/// The message with one `>` taken off each line that starts with `>From `, `>>From `, ...
pub(super) fn unquoted(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut plain = Vec::new();
    let mut copied = 0;
    for at in memmem::find_iter(bytes, FROM) {
        if is_quoted(bytes, at) {
            plain.reserve(bytes.len() - plain.len());
            plain.extend_from_slice(&bytes[copied..at - 1]);
            copied = at;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(bytes);
    }
    plain.extend_from_slice(&bytes[copied..]);
    Cow::Owned(plain)
}
