//! Formats of one entry a line: NDJSON, and mail logs.
//!
//! In: bytes. Out: for NDJSON one item for each line that is not blank, for logs chunks of whole lines. What a line
//! says is parse's work.

use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memchr_iter, memrchr};

use super::batch::{Work, capped};
use super::chunks::{Cutter, ROWS_CHUNK};
use super::document::Values;
use super::{Item, Refused};
use crate::bounce::Origin;

/// Lines of one chunk.
#[derive(Debug)]
pub(super) struct Lines {
    name: Arc<str>,
    first: u64,
    data: Vec<u8>,
}

/// Which of the line formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Json,
    Log,
}

/// The line formats' cutter.
pub(super) struct LineCutter {
    name: Arc<str>,
    kind: Kind,
    next: u64,
    /// Up to here there is no line end.
    seen: usize,
    /// Of a log, the last lines taken.
    tail: Vec<u8>,
}

/// Bytes of a log that each chunk gets from the one before: some thousand lines, a minute of a busy server.
const LOOK_BACK: usize = 1 << 20;

impl LineCutter {
    pub(super) fn new(name: Arc<str>, kind: Kind) -> Self {
        LineCutter { name, kind, next: 0, seen: 0, tail: Vec::new() }
    }
}

impl Cutter for LineCutter {
    fn cut(&mut self, data: &[u8], end: bool) -> usize {
        let upto = match memrchr(b'\n', &data[self.seen..]) {
            _ if end => data.len(),
            Some(at) => self.seen + at + 1,
            None => 0,
        };
        self.seen = if upto == 0 { data.len() } else { 0 };
        upto
    }

    /// Of a log as much as pays to look back for.
    fn chunk(&self) -> usize {
        match self.kind {
            Kind::Json => ROWS_CHUNK,
            Kind::Log => 4 * LOOK_BACK,
        }
    }

    fn take(&mut self, data: Vec<u8>) -> Work {
        let (name, first) = (Arc::from(&*self.name), self.next);
        self.next += memchr_iter(b'\n', &data).count() as u64;
        match self.kind {
            Kind::Json => Work::Lines(Lines { name, first, data }),
            Kind::Log => {
                let before = self.turn_tail(&data);
                Work::Log { name, first, before, data }
            }
        }
    }

    fn give_up(&mut self) -> u64 {
        self.seen = 0;
        self.next += 1;
        self.next - 1
    }

    fn resume(&mut self, data: &[u8], _end: bool) -> Option<usize> {
        memchr(b'\n', data).map(|at| at + 1)
    }
}

impl LineCutter {
    /// The last lines before `data`, which become those of `data`.
    fn turn_tail(&mut self, data: &[u8]) -> Vec<u8> {
        let mut tail = if data.len() < LOOK_BACK { self.tail.clone() } else { Vec::new() };
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
        std::mem::replace(&mut self.tail, tail)
    }
}

impl Lines {
    pub(super) fn each(&self, max: usize, visit: &mut dyn FnMut(Result<Item<'_>, Refused>)) {
        for (index, line) in (self.first..).zip(lines_of(&self.data)) {
            let text = line.trim_ascii();
            if text.is_empty() {
                continue;
            }
            let origin = Origin { source: self.name.clone(), index };
            match capped(origin, text, max) {
                Ok((origin, text)) => values(text, |value| {
                    visit(Ok(Item::Json { origin: origin.clone(), text: &text[value] }));
                }),
                Err(refused) => visit(Err(refused)),
            }
        }
    }
}

/// Lines without their `\n`; what follows the last one is a line if it is not empty.
pub(super) fn lines_of(mut data: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        if data.is_empty() {
            return None;
        }
        let end = memchr(b'\n', data).unwrap_or(data.len());
        let line = &data[..end];
        data = &data[(end + 1).min(data.len())..];
        Some(line)
    })
}

/// The values of a line: itself, or, of an array, its elements (webhook bodies are arrays).
fn values(text: &[u8], mut visit: impl FnMut(Range<usize>)) {
    if !text.starts_with(b"[") {
        return visit(0..text.len());
    }
    let mut found = Values::default();
    found.scan(text, true);
    found.take(text.len()).into_iter().for_each(visit);
}
