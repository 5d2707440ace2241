//! Reading in chunks: a stream in, batches of whole items out, whatever the format.
//!
//! In: a stream and a cutter, which knows where the format's items end. Out: batches of about [`Cutter::chunk`] bytes. An item
//! that grows beyond the cap becomes a reject, and reading goes on where the cutter finds the next one; so memory is
//! bounded by cap and chunk. Bytes are copied only from the end of one chunk to the start of the next.

use std::mem;

use anyhow::Context;

use super::batch::{Batch, Work, too_large};
use super::stream::{Fault, Stream};
use crate::bounce::{Loss, Origin, RejectReason};

/// Bytes read at a time: large enough to make a batch worth a thread's while, small enough for many in flight.
const CHUNK: usize = 4 << 20;
/// Bytes of rows read at a time: what is made of them stays in a core's cache from one step to the next.
pub(super) const ROWS_CHUNK: usize = 1 << 20;

/// Kept of the bytes of an oversized item, so that the cutter sees what stands before the next item's start.
const CONTEXT: usize = 4 << 10;

/// Finds where items end; one for each format that comes as a stream.
pub(super) trait Cutter: Send {
    /// Looks at `data`, which begins at an item's start and has only grown since the last call, and says how many
    /// leading bytes hold whole items; 0 if none is whole yet. With `end` nothing follows: the end of `data` ends its item.
    /// It may cut less than it could; what is left comes again.
    fn cut(&mut self, data: &[u8], end: bool) -> usize;

    /// Bytes of a batch, about.
    fn chunk(&self) -> usize {
        CHUNK
    }

    /// Makes work of the leading bytes that were cut.
    fn take(&mut self, data: Vec<u8>) -> Work;

    /// Gives up on the item at the start of the data as too large; says its index.
    fn give_up(&mut self) -> u64;

    /// Whether the format says how it ends, and the data, seen to its end, did not end so.
    fn lacks_its_end(&self) -> bool {
        false
    }

    /// Within the rest of an item given up, finds the start of the next.
    fn resume(&mut self, data: &[u8], end: bool) -> Option<usize>;
}

/// A stream's batches.
pub(super) struct Chunks<C> {
    stream: Stream,
    cutter: C,
    data: Vec<u8>,
    max_item: usize,
    phase: Phase,
    /// Whether the stream has given all it has.
    ended: bool,
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

impl<C: Cutter> Chunks<C> {
    pub(super) fn new(stream: Stream, cutter: C, max_item: usize) -> Self {
        Chunks { stream, cutter, data: Vec::new(), max_item, phase: Phase::Reading, ended: false }
    }

    fn batch(&mut self, work: Work) -> Batch {
        Batch { work, bytes: self.stream.spent(), max_item: self.max_item }
    }

    /// What ends the stream, if it is not simply its end.
    fn last_words(&mut self) -> Option<Batch> {
        self.phase = Phase::Done;
        let cut_off = || Fault {
            reason: RejectReason::BadJson,
            why: Loss::CutOff,
            detail: "a bracket or a quote is never closed".into(),
        };
        let fault = self.stream.take_fault().or_else(|| self.cutter.lacks_its_end().then(cut_off))?;
        let unfinished = mem::take(&mut self.data).len();
        let origin = Origin { source: self.stream.name.clone(), index: self.cutter.give_up() };
        let dropped = match unfinished {
            0 => String::new(),
            bytes => format!("; {bytes} bytes of an unfinished item were dropped"),
        };
        let detail = format!("{}{dropped}", fault.detail);
        Some(self.batch(Work::Refused(Fault { detail, ..fault }.at(origin))))
    }

    /// One more chunk, or what is left of the last one; a batch if it completes an item.
    fn step(&mut self) -> anyhow::Result<Option<Batch>> {
        if !self.ended {
            let more = self.stream.fill(&mut self.data, self.cutter.chunk());
            self.ended = !more.with_context(|| format!("{}: reading", self.stream.name))?;
        }
        // After damage the data's end is not the last item's end.
        let end = self.ended && !self.stream.has_fault();
        if self.phase == Phase::Skipping {
            match self.cutter.resume(&self.data, end) {
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
            let work = self.cutter.take(data);
            return Ok(Some(self.batch(work)));
        }
        if self.ended {
            self.phase = Phase::Read;
        } else if self.data.len() > self.max_item {
            self.phase = Phase::Skipping;
            let origin = Origin { source: self.stream.name.clone(), index: self.cutter.give_up() };
            let reject = too_large(origin, self.max_item);
            return Ok(Some(self.batch(Work::Refused(reject.into()))));
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
