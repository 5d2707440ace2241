//! Members of archives: their names, and the one way through zip and tar.
//!
//! In: members as zip and tar hand them out. Out: batches, in the archive's order: small members gathered, to be looked
//! at when visited; large ones, packed ones and rejects by themselves. What folders pass over by name, archives do too.

use std::io::{self, Cursor, Read};
use std::iter;
use std::mem;
use std::ops::Range;
use std::sync::Arc;

use super::batch::{Batch, Work, mail};
use super::door::{Door, start_of, unreadable};
use super::files::{BYTES_IN_BATCH, FILES_IN_BATCH, SMALL};
use super::stray::is_no_input;
use super::stream::{Broken, Meter, Stream};
use super::{Batches, Item, Refused, sniff};

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
    door: Door,
    meter: Meter,
    small: Members,
    /// A member, or a reject, by itself; what was gathered before it comes first.
    alone: Option<Batches>,
}

impl<A: Archive> Walk<A> {
    /// The way through an archive; `meter` counts what comes from disk.
    pub(super) fn new(archive: A, door: Door, meter: Meter) -> Walk<A> {
        let hand = Hand { small: Members::new(door.clone()), door, meter, alone: None };
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
        let (work, max_item) = (Work::Refused(refused), self.door.options.max_item_bytes);
        self.alone = Some(Box::new(iter::once(Ok(Batch { work, bytes: self.meter.spent(), max_item }))));
    }

    fn stream(&mut self, stream: Stream) {
        self.alone = Some(self.door.read(stream).unwrap_or_else(|error| Box::new(iter::once(Err(error)))));
    }
}

/// Small members of an archive, unpacked but not yet looked at.
#[derive(Debug)]
pub(super) struct Members {
    data: Vec<u8>,
    members: Vec<(Arc<str>, Range<usize>)>,
    door: Door,
}

impl Members {
    fn new(door: Door) -> Members {
        Members { data: Vec::new(), members: Vec::new(), door }
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
        if sniff::packing(&self.data[start..]).is_some() {
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
        let full = mem::replace(self, Members::new(self.door.clone()));
        let max_item = self.door.options.max_item_bytes;
        Some(Batch { work: Work::Members(full), bytes: meter.spent(), max_item })
    }

    pub(super) fn each(&self, visit: &mut dyn FnMut(Result<Item<'_>, Refused>)) {
        for (name, range) in &self.members {
            let data = &self.data[range.clone()];
            if sniff::is_plain_mail(data, self.door.forced) {
                visit(mail(start_of(name), data, self.door.options.max_item_bytes));
                continue;
            }
            let stream = Stream::new(name.clone(), Box::new(Cursor::new(data.to_vec())), Meter::default());
            let read = self.door.read(stream).and_then(|batches| {
                for batch in batches {
                    batch?.each(visit);
                }
                Ok(())
            });
            if let Err(error) = read {
                visit(Err(unreadable(name, &error)));
            }
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
