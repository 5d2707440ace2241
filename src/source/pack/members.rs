//! Members of archives: their names, and the one way through zip and tar.
//!
//! In: members as zip and tar hand them out. Out: batches, in the archive's order: small members gathered, to be looked
//! at when visited; large ones, packed ones and rejects by themselves. What folders pass over by name, archives do too.

use std::io::{self, Cursor, Read};
use std::mem;
use std::ops::Range;
use std::sync::Arc;

use super::contract::Inside;
use crate::source::batch::{BYTES_IN_BATCH, Batch, Batches, FILES_IN_BATCH, SMALL, Work};
use crate::source::item::{Refused, Visit};
use crate::source::stray::is_no_input;
use crate::source::stream::{Broken, Meter, Stream};

/// An archive, member by member.
pub(super) trait Archive: Send {
    /// Hands out the next member, or passes it over; whether there may be more.
    fn step(&mut self, hand: &mut Hand) -> anyhow::Result<bool>;
}

/// The batches of an archive.
pub(super) struct Walk<A> {
    archive: A,
    hand: Hand,
    done: bool,
}

/// Takes what an archive hands out.
pub(super) struct Hand {
    inside: Arc<dyn Inside>,
    meter: Meter,
    small: Members,
    /// A member, or a reject, by itself; what was gathered before it comes first.
    alone: Option<Batches>,
}

impl<A: Archive> Walk<A> {
    /// The way through an archive; `meter` counts what comes from disk.
    pub(super) fn new(archive: A, inside: Arc<dyn Inside>, meter: Meter) -> Walk<A> {
        let hand = Hand { small: Members::new(inside.clone()), inside, meter, alone: None };
        Walk { archive, hand, done: false }
    }
}

impl<A: Archive> Iterator for Walk<A> {
    type Item = anyhow::Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let hand = &mut self.hand;
            if self.done || hand.alone.is_some() || hand.small.is_full() {
                let gathered = hand.small.batch(&hand.meter);
                if gathered.is_some() {
                    return gathered.map(Ok);
                }
            }
            match &mut hand.alone {
                Some(alone) => match alone.next() {
                    Some(batch) => return Some(batch),
                    None => hand.alone = None,
                },
                None if self.done => return None,
                None => match self.archive.step(hand) {
                    Ok(more) => self.done = !more,
                    Err(error) => {
                        self.done = true;
                        return Some(Err(error));
                    }
                },
            }
        }
    }
}

impl Hand {
    /// Takes a member of at most [`SMALL`] bytes; the error is what broke it off.
    pub(super) fn small(&mut self, name: Arc<str>, reader: &mut dyn Read) -> io::Result<()> {
        if let Some(packed) = self.small.add(name.clone(), reader)? {
            self.stream(Stream::new(name, Box::new(Cursor::new(packed)), self.meter.clone()));
        }
        Ok(())
    }

    /// Takes a member of any size.
    pub(super) fn large(&mut self, name: Arc<str>, reader: Box<dyn Read + Send>) {
        self.stream(Stream::new(name, reader, self.meter.clone()));
    }

    /// Takes what could not be read.
    pub(super) fn refuse(&mut self, refused: Refused) {
        self.alone = Some(Batch::refused(refused, self.meter.spent()).alone());
    }

    fn stream(&mut self, stream: Stream) {
        self.alone = Some(self.inside.read(stream).unwrap_or_else(|error| Box::new(std::iter::once(Err(error)))));
    }
}

/// Small members of an archive, unpacked but not yet looked at.
#[derive(Debug)]
struct Members {
    data: Vec<u8>,
    members: Vec<(Arc<str>, Range<usize>)>,
    inside: Arc<dyn Inside>,
}

impl Members {
    fn new(inside: Arc<dyn Inside>) -> Members {
        Members { data: Vec::new(), members: Vec::new(), inside }
    }

    /// Adds a member of at most [`SMALL`] bytes. One that is itself packed is not taken, but handed back: unpacking
    /// counts against the archive's budget, in order.
    fn add(&mut self, name: Arc<str>, reader: &mut dyn Read) -> io::Result<Option<Vec<u8>>> {
        let start = self.data.len();
        reader.take(SMALL + 1).read_to_end(&mut self.data).inspect_err(|_| self.data.truncate(start))?;
        if (self.data.len() - start) as u64 > SMALL {
            self.data.truncate(start);
            return Err(Broken::damaged("the member is longer than the archive says"));
        }
        if self.inside.is_packed(&self.data[start..]) {
            return Ok(Some(self.data.split_off(start)));
        }
        self.members.push((name, start..self.data.len()));
        Ok(None)
    }

    fn is_full(&self) -> bool {
        self.members.len() >= FILES_IN_BATCH || self.data.len() as u64 >= BYTES_IN_BATCH
    }

    /// What was gathered, as a batch; `None` if nothing was.
    fn batch(&mut self, meter: &Meter) -> Option<Batch> {
        if self.members.is_empty() {
            return None;
        }
        let full = mem::replace(self, Members::new(self.inside.clone()));
        Some(Batch::new(Box::new(full), meter.spent(), 0))
    }
}

impl Work for Members {
    /// The cap for one item is the reading's own.
    fn visit(&self, _max: usize, visit: &mut Visit<'_>) {
        for (name, range) in &self.members {
            self.inside.visit(name, &self.data[range.clone()], visit);
        }
    }
}

/// The name of a member within its archive; `None` if it is no input. Control characters are kept out.
pub(super) fn member_name(archive: &str, path: &[u8]) -> Option<Arc<str>> {
    let path = String::from_utf8_lossy(path).replace(|c: char| c.is_control(), "?");
    let path = path.trim_start_matches("./");
    let passed_over = path.split(['/', '\\']).any(|part| is_no_input(part) || part == "__MACOSX");
    (!path.is_empty() && !passed_over).then(|| format!("{archive}!{path}").into())
}
