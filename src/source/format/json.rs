//! JSON documents: values that span lines; the elements of a top-level array are values of their own.
//!
//! In: bytes. Out: where the values lie. Only strings and brackets are looked at, nothing recurses, so nesting costs a
//! counter; whether a value is JSON is found out by whoever parses it.

use std::ops::Range;
use std::sync::Arc;

use memchr::memchr2;

use super::contract::{Cutter, Format, chunks};
use crate::bounce::Origin;
use crate::source::batch::{Batches, Work};
use crate::source::item::{Item, Visit, capped};
use crate::source::stream::Stream;

/// The format.
#[derive(Debug)]
pub(super) struct Json;

impl Format for Json {
    fn resembles(&self, text: &[u8]) -> bool {
        starts_a_value(text)
    }

    fn batches(&self, stream: Stream, max: usize) -> Batches {
        chunks(stream, ValueCutter::default(), max)
    }
}

/// Whether text starts as an object or an array does.
pub(super) fn starts_a_value(text: &[u8]) -> bool {
    let second = text.iter().skip(1).find(|b| !b.is_ascii_whitespace());
    matches!(
        (text.first(), second),
        (Some(b'{'), Some(b'"' | b'}') | None) | (Some(b'['), Some(b'{' | b'[' | b'"' | b']') | None)
    )
}

/// Finds the values in JSON text that arrives in pieces.
#[derive(Debug, Default)]
pub(super) struct Values {
    spans: Vec<Range<usize>>,
    /// Where the unfinished value starts.
    open: Option<usize>,
    seen: usize,
    /// Open brackets within the value.
    depth: usize,
    in_string: bool,
    /// Whether values are elements of a top-level array.
    in_array: bool,
    /// Whether the data ended within an array, a value or a string.
    cut_off: bool,
}

impl Values {
    /// Looks at `data`, which must be what it was at the last call, or that and more; says where the last, unfinished
    /// value starts. With `end` what is left is a value too, if it is not blank
    /// and lacks no bracket and no quote.
    pub(super) fn scan(&mut self, data: &[u8], end: bool) -> usize {
        while self.seen < data.len() {
            let Some(at) = self.next_mark(data) else { break };
            self.seen = at + 1;
            self.mark(data[at], at);
        }
        if end {
            self.cut_off = self.in_array || self.in_string || self.depth > 0;
            self.seen = data.len();
            if self.in_string || self.depth > 0 {
                // No value: its end is missing, which is told for the whole document.
                self.open = None;
            }
            self.close(data.len());
            self.depth = 0;
            self.in_string = false;
            return data.len();
        }
        self.open.unwrap_or(self.seen)
    }

    /// The next byte that matters; `None` if the piece has none, or ends in the middle of an escape.
    fn next_mark(&mut self, data: &[u8]) -> Option<usize> {
        while self.in_string {
            let at = self.seen + memchr2(b'"', b'\\', &data[self.seen..]).unwrap_or(data.len() - self.seen);
            match data.get(at) {
                Some(b'"') => {
                    self.in_string = false;
                    self.seen = at + 1;
                }
                Some(_) if at + 1 < data.len() => self.seen = at + 2,
                _ => {
                    self.seen = at;
                    return None;
                }
            }
        }
        (self.seen < data.len()).then_some(self.seen)
    }

    fn mark(&mut self, byte: u8, at: usize) {
        let top = self.depth == 0;
        match byte {
            b'[' if top && self.open.is_none() && !self.in_array => self.in_array = true,
            b']' if top && self.in_array => {
                self.close(at);
                self.in_array = false;
            }
            b',' if top => self.close(at),
            // A NUL that a crash left between values is no value.
            b' ' | b'\t' | b'\r' | b'\n' | 0 if top && !self.in_array => self.close(at),
            b' ' | b'\t' | b'\r' | b'\n' | 0 => {}
            _ => {
                self.open.get_or_insert(at);
                match byte {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => {
                        self.depth = self.depth.saturating_sub(1);
                        if self.depth == 0 && !self.in_array {
                            self.close(at + 1);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn close(&mut self, end: usize) {
        if let Some(start) = self.open.take() {
            self.spans.push(start..end);
        }
    }

    /// The values found so far and not yet taken. The data may then be cut at what `scan` said.
    pub(super) fn take(&mut self, upto: usize) -> Vec<Range<usize>> {
        self.seen -= upto.min(self.seen);
        self.open.iter_mut().for_each(|open| *open -= upto);
        std::mem::take(&mut self.spans)
    }

    /// Whether text ends within an array, a value or a string.
    pub(super) fn is_cut_off(text: &[u8]) -> bool {
        let mut values = Values::default();
        values.scan(text, true);
        values.cut_off
    }

    /// Whether a first value ends exactly with the first line of `data`; `None` if `data` does not show it.
    pub(super) fn first_line_is_a_value(data: &[u8]) -> Option<bool> {
        let line = memchr::memchr(b'\n', data)?;
        let mut values = Values::default();
        values.scan(&data[..line], false);
        Some(values.depth == 0 && !values.in_string && !values.in_array && !values.spans.is_empty())
    }
}

/// Values of one chunk.
#[derive(Debug)]
struct Chunk {
    name: Arc<str>,
    first: u64,
    data: Vec<u8>,
    spans: Vec<Range<usize>>,
}

impl Work for Chunk {
    fn visit(&self, max: usize, visit: &mut Visit<'_>) {
        for (index, span) in (self.first..).zip(&self.spans) {
            let origin = Origin { source: self.name.clone(), index };
            visit(capped(origin, &self.data[span.clone()], max).map(|(origin, text)| Item::Json { origin, text }));
        }
    }
}

/// The format's cutter.
#[derive(Default)]
struct ValueCutter {
    values: Values,
}

impl Cutter for ValueCutter {
    fn cut(&mut self, data: &[u8], end: bool) -> usize {
        self.values.scan(data, end)
    }

    fn take(&mut self, name: Arc<str>, first: u64, data: Vec<u8>) -> (Box<dyn Work>, u64) {
        let spans = self.values.take(data.len());
        let count = spans.len() as u64;
        (Box::new(Chunk { name, first, data, spans }), count)
    }

    fn lacks_its_end(&self) -> bool {
        self.values.cut_off
    }

    /// The scan goes on where it was, so that brackets stay counted; only its value is dropped.
    fn resume(&mut self, data: &[u8]) -> Option<usize> {
        // Brackets cannot be counted from the middle of a value that may be damaged: what can be relied on is a line
        // that starts with an object.
        let at = memchr::memmem::find(data, b"\n{")? + 1;
        self.values = Values::default();
        Some(at)
    }
}
