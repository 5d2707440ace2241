//! NDJSON: one value a line. In: bytes. Out: one item for each line that is not blank. What a line says is parse's work.
//!
//! Also where lines end, for the formats that have such.

use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memchr_iter, memrchr};

use super::contract::{Cutter, Format, ROWS_CHUNK, chunks};
use super::json::{Values, starts_a_value};
use crate::bounce::{Loss, Origin, Reject, RejectReason};
use crate::source::batch::{Batches, Work};
use crate::source::item::{Item, Refused, Visit, capped};
use crate::source::stream::Stream;

/// The format.
#[derive(Debug)]
pub(super) struct Ndjson;

impl Format for Ndjson {
    /// A value ends with the first line, and another line follows.
    fn resembles(&self, text: &[u8]) -> bool {
        starts_a_value(text)
            && Values::first_line_is_a_value(text).unwrap_or(false)
            && text.split(|&b| b == b'\n').nth(1).is_some_and(|line| !line.trim_ascii().is_empty())
    }

    fn batches(&self, stream: Stream, max: usize) -> Batches {
        let make = |name, first, data: Vec<u8>, at_end: bool| -> Box<dyn Work> {
            let torn = at_end && data.last() != Some(&b'\n');
            Box::new(Lines { name, first, data, torn })
        };
        chunks(stream, LineCutter { chunk: ROWS_CHUNK, make, seen: 0, at_end: false }, max)
    }
}

/// Lines of one chunk.
#[derive(Debug)]
struct Lines {
    name: Arc<str>,
    first: u64,
    data: Vec<u8>,
    /// Whether the file ends here, without a line end.
    torn: bool,
}

/// The cutter of formats whose items are lines. `make` turns whole lines into a chunk: the name, the number of the first line, the
/// lines, and whether nothing follows them.
pub(super) struct LineCutter<M> {
    pub(super) chunk: usize,
    pub(super) make: M,
    /// Up to here there is no line end.
    pub(super) seen: usize,
    /// Whether nothing follows what was cut last.
    pub(super) at_end: bool,
}

impl<M: FnMut(Arc<str>, u64, Vec<u8>, bool) -> Box<dyn Work> + Send> Cutter for LineCutter<M> {
    fn cut(&mut self, data: &[u8], end: bool) -> usize {
        let upto = match memrchr(b'\n', &data[self.seen..]) {
            _ if end => data.len(),
            Some(at) => self.seen + at + 1,
            None => 0,
        };
        self.seen = if upto == 0 { data.len() } else { 0 };
        self.at_end = end;
        upto
    }

    fn chunk(&self) -> usize {
        self.chunk
    }

    fn take(&mut self, name: Arc<str>, first: u64, data: Vec<u8>) -> (Box<dyn Work>, u64) {
        let count = memchr_iter(b'\n', &data).count() as u64;
        ((self.make)(name, first, data, self.at_end), count)
    }

    fn give_up(&mut self) {
        self.seen = 0;
    }
}

impl Work for Lines {
    fn visit(&self, max: usize, visit: &mut Visit<'_>) {
        let mut lines = (self.first..).zip(lines_of(&self.data)).peekable();
        while let Some((index, line)) = lines.next() {
            let text = line.trim_ascii();
            if text.is_empty() {
                continue;
            }
            let origin = Origin { source: self.name.clone(), index };
            if self.torn && lines.peek().is_none() && Values::is_cut_off(text) {
                let detail = "the last line has no end, nor has its value".to_owned();
                visit(Err(Refused::Source(Loss::CutOff, Reject { origin, reason: RejectReason::BadJson, detail })));
                continue;
            }
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
