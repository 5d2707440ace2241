//! Logs of mail servers, in chunks of whole lines. Entries that belong together may stand in different chunks, so each comes with
//! the last lines of the one before. What a line says, and whose log it is, is parse's work.

use std::sync::Arc;

use memchr::memchr;

use super::contract::{Format, chunks};
use super::lines::LineCutter;
use crate::bounce::Origin;
use crate::source::batch::{Batches, Work};
use crate::source::item::{Item, Visit};
use crate::source::stream::Stream;

/// The format.
#[derive(Debug)]
pub(super) struct Log;

impl Format for Log {
    fn begins(&self, text: &[u8]) -> bool {
        is_log(text)
    }

    fn batches(&self, stream: Stream, max: usize) -> Batches {
        let mut tail = Vec::new();
        let make = move |name, first, data: Vec<u8>, _| -> Box<dyn Work> {
            let before = turn(&mut tail, &data);
            Box::new(Lines { name, first, before, data })
        };
        // As much at a time as pays to look back for.
        chunks(stream, LineCutter { chunk: 4 * LOOK_BACK, make, seen: 0, at_end: false }, max)
    }
}

/// Lines of one chunk.
#[derive(Debug)]
struct Lines {
    name: Arc<str>,
    first: u64,
    before: Vec<u8>,
    data: Vec<u8>,
}

impl Work for Lines {
    fn visit(&self, _max: usize, visit: &mut Visit<'_>) {
        let origin = Origin { source: self.name.clone(), index: self.first };
        visit(Ok(Item::Log { origin, before: &self.before, text: &self.data }));
    }
}

/// Bytes of a log that each chunk gets from the one before: some thousand lines, a minute of a busy server.
const LOOK_BACK: usize = 1 << 20;

/// The last lines before `data`, which become those of `data`.
fn turn(kept: &mut Vec<u8>, data: &[u8]) -> Vec<u8> {
    let mut tail = if data.len() < LOOK_BACK { kept.clone() } else { Vec::new() };
    tail.extend_from_slice(&data[data.len().saturating_sub(LOOK_BACK)..]);
    if tail.len() > LOOK_BACK {
        let over = tail.len() - LOOK_BACK;
        tail.drain(..over);
    }
    if tail.len() == LOOK_BACK {
        // The first line may be cut.
        let whole = memchr(b'\n', &tail).map_or(tail.len(), |at| at + 1);
        tail.drain(..whole);
    }
    std::mem::replace(kept, tail)
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
