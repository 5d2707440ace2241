//! What every format is. A format *sniffs* the first bytes ([`Format`]); a [`Cutter`] *cuts* its stream into chunks of whole
//! items, in order, on one thread; each chunk *visits* its items on any thread (`Work`). Knows no single format.
//!
//! Memory is bounded by cap and chunk: an item that grows beyond the cap becomes a reject, and reading goes on where the cutter
//! finds the next one. Bytes are copied only from the end of one chunk to the start of the next.

use std::fmt::Debug;
use std::mem;
use std::sync::Arc;

use anyhow::Context;

use crate::bounce::{Loss, Origin, RejectReason};
use crate::source::batch::{Batch, Batches, Work};
use crate::source::item::{Item, Refused, too_large};
use crate::source::stream::{Fault, Stream};

/// Bytes that are enough to tell a format.
pub(in crate::source) const HEAD: usize = 64 << 10;
/// Bytes read at a time: large enough to make a batch worth a thread's while, small enough for many in flight.
const CHUNK: usize = 4 << 20;
/// Bytes of rows read at a time: what is made of them stays in a core's cache from one step to the next.
pub(super) const ROWS_CHUNK: usize = 1 << 20;

/// How items lie in a stream.
pub(in crate::source) trait Format: Debug + Send + Sync {
    /// Whether text is of this format by its first lines, whatever follows them, be it binary. The text has no NULs and does not
    /// begin with white space.
    fn begins(&self, _text: &[u8]) -> bool {
        false
    }

    /// Whether text that begins like nothing known looks like this format. It may be costly: `begins` of all formats comes first.
    fn resembles(&self, _text: &[u8]) -> bool {
        false
    }

    /// The batches of a stream of this format. `max` is the cap for one item, in bytes.
    fn batches(&self, stream: Stream, max: usize) -> Batches;

    /// All of a small input as its one item, without a stream; `None` for formats with many items.
    fn as_it_stands<'d>(&self, _name: &Arc<str>, _data: &'d [u8], _max: usize) -> Option<Result<Item<'d>, Refused>> {
        None
    }
}

/// Finds where items end; one for each format that comes as a stream.
pub(in crate::source) trait Cutter: Send {
    /// Looks at `data`, which begins at an item's start and has only grown since the last call, and says how many
    /// leading bytes hold whole items; 0 if none is whole yet. With `end` nothing follows: the end of `data` ends its item.
    /// It may cut less than it could; what is left comes again.
    fn cut(&mut self, data: &[u8], end: bool) -> usize;

    /// Bytes of a batch, about.
    fn chunk(&self) -> usize {
        CHUNK
    }

    /// Makes a chunk of the leading bytes that were cut, of which the first item has the index `first`; says how many indices
    /// it takes.
    fn take(&mut self, name: Arc<str>, first: u64, data: Vec<u8>) -> (Box<dyn Work>, u64);

    /// Gives up on the item at the start of the data as too large.
    fn give_up(&mut self) {}

    /// Whether the format says how it ends, and the data, seen to its end, did not end so.
    fn lacks_its_end(&self) -> bool {
        false
    }

    /// Within the rest of an item given up, finds the start of the next: where the next line begins.
    fn resume(&mut self, data: &[u8]) -> Option<usize> {
        memchr::memchr(b'\n', data).map(|at| at + 1)
    }
}

/// NULs at a text's end that stand for nothing.
const STRAY_ZEROS: usize = 16;

/// Kept of the bytes of an oversized item, so that the cutter sees what stands before the next item's start.
const CONTEXT: usize = 4 << 10;

/// A stream's batches.
struct Chunks<C> {
    stream: Stream,
    cutter: C,
    /// The index of the next item.
    next: u64,
    data: Vec<u8>,
    max_item: usize,
    phase: Phase,
    /// Whether the stream has given all it has.
    ended: bool,
    /// NULs at the end of what it gave so far.
    zeros: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Reading,
    /// Inside an item that was given up.
    Skipping,
    /// All was read; what the stream has to say of damage is still to come.
    Read,
    Done,
}

/// The batches of a stream, as its format's cutter cuts it.
pub(super) fn chunks(stream: Stream, cutter: impl Cutter + 'static, max_item: usize) -> Batches {
    let (data, phase) = (Vec::new(), Phase::Reading);
    Box::new(Chunks { stream, cutter, next: 0, data, max_item, phase, ended: false, zeros: 0 })
}

impl<C: Cutter> Chunks<C> {
    /// Gives up on the item at the start of the data; where it stands.
    fn give_up(&mut self) -> Origin {
        self.cutter.give_up();
        self.next += 1;
        Origin { source: self.stream.name.clone(), index: self.next - 1 }
    }

    fn refused(&self, refused: Refused) -> Batch {
        Batch::refused(refused, self.stream.spent())
    }

    /// What ends the stream, if it is not simply its end.
    fn last_words(&mut self) -> Option<Batch> {
        self.phase = Phase::Done;
        let fault = self.stream.take_fault().or_else(|| self.missing_end())?;
        let unfinished = mem::take(&mut self.data).len();
        let origin = self.give_up();
        let dropped = match unfinished {
            0 => String::new(),
            bytes => format!("; {bytes} bytes of an unfinished item were dropped"),
        };
        let detail = format!("{}{dropped}", fault.detail);
        Some(self.refused(Fault { detail, ..fault }.at(origin)))
    }

    /// What shows that a stream that came to its end lacks the end of what it holds.
    fn missing_end(&self) -> Option<Fault> {
        let fault = |reason, detail: String| Some(Fault { reason, why: Loss::CutOff, detail });
        if self.cutter.lacks_its_end() {
            return fault(RejectReason::BadJson, "a bracket or a quote is never closed".into());
        }
        if self.zeros > STRAY_ZEROS {
            return fault(
                RejectReason::Binary,
                "ends in zero bytes, as a crash leaves them in the place of text".into(),
            );
        }
        None
    }

    /// One more chunk, or what is left of the last one; a batch if it completes an item.
    fn step(&mut self) -> anyhow::Result<Option<Batch>> {
        if !self.ended {
            let more = self.stream.fill(&mut self.data, self.cutter.chunk());
            self.ended = !more.with_context(|| format!("{}: reading", self.stream.name))?;
            if !self.data.is_empty() {
                self.zeros = self.data.iter().rev().take_while(|&&b| b == 0).count();
            }
        }
        // After damage the data's end is not the last item's end.
        let end = self.ended && !self.stream.has_fault();
        if self.phase == Phase::Skipping {
            match self.cutter.resume(&self.data) {
                Some(at) => drop(self.data.drain(..at)),
                None => {
                    let beyond = self.data.len().saturating_sub(CONTEXT);
                    self.data.drain(..beyond);
                    self.phase = if self.ended { Phase::Read } else { Phase::Skipping };
                    return Ok(None);
                }
            }
            self.phase = Phase::Reading;
        }
        let upto = if self.data.is_empty() { 0 } else { self.cutter.cut(&self.data, end) };
        if upto > 0 {
            let mut rest =
                Vec::with_capacity(self.data.len() - upto + if self.ended { 0 } else { self.cutter.chunk() });
            rest.extend_from_slice(&self.data[upto..]);
            self.data.truncate(upto);
            let data = mem::replace(&mut self.data, rest);
            // A name of its own: threads that count references to one and the same get in each other's way.
            let (work, count) = self.cutter.take(Arc::from(&*self.stream.name), self.next, data);
            self.next += count;
            return Ok(Some(Batch::new(work, self.stream.spent(), self.max_item)));
        }
        if self.ended {
            self.phase = Phase::Read;
        } else if self.data.len() > self.max_item {
            self.phase = Phase::Skipping;
            let reject = too_large(self.give_up(), self.max_item);
            return Ok(Some(self.refused(reject.into())));
        }
        Ok(None)
    }
}

impl<C: Cutter> Iterator for Chunks<C> {
    type Item = anyhow::Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        while matches!(self.phase, Phase::Reading | Phase::Skipping) {
            match self.step() {
                Ok(None) => {}
                Ok(Some(batch)) => return Some(Ok(batch)),
                Err(error) => {
                    self.phase = Phase::Done;
                    return Some(Err(error));
                }
            }
        }
        if self.phase == Phase::Done {
            return None;
        }
        self.last_words().map(Ok)
    }
}
