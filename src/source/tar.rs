//! tar: members one after the other, read as a stream, so that a tar.gz larger than memory or from standard input works.
//!
//! In: a stream. Out: the batches of its members. Long names (GNU and pax) are understood; links, devices and folders
//! hold nothing; nothing is ever written to disk, so names cannot lead anywhere.

use std::io::{self, Cursor, Read};
use std::sync::{Arc, Mutex};

use ::tar::{EntryType, Header, PaxExtensions};
use anyhow::Context;

use super::Batches;
use super::batch::{Batch, Work};
use super::door::Door;
use super::files::SMALL;
use super::members::{Members, member_name};
use super::stream::{Broken, Meter, Stream, fault_of};
use crate::bounce::{Origin, Reject, RejectReason};

const BLOCK: usize = 512;
/// A long name or a pax header beyond this is damage.
const LONGEST_NAME: u64 = 64 << 10;

/// The batches of a tar's members.
pub(super) fn members(stream: Stream, door: Door) -> Batches {
    let (name, reader, meter) = stream.into_reader();
    let tape = Arc::new(Mutex::new(Tape { reader, left: 0, padding: 0, broken: false }));
    Box::new(Tar { name, tape, meter, small: Members::new(door.clone()), door, large: None, count: 0, done: false })
}

struct Tar {
    name: Arc<str>,
    tape: Arc<Mutex<Tape>>,
    meter: Meter,
    door: Door,
    small: Members,
    large: Option<Batches>,
    count: u64,
    done: bool,
}

/// The archive's stream, and what is left of the member it stands in.
struct Tape {
    reader: Box<dyn Read + Send>,
    left: u64,
    padding: u64,
    /// Whether a member's reader met the stream's fault, and so reports it.
    broken: bool,
}

/// A member's bytes, read from the archive's stream.
struct MemberReader(Arc<Mutex<Tape>>);

impl Read for MemberReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut tape = self.0.lock().map_err(|_| io::Error::other("another reader of the archive failed"))?;
        tape.read_member(out).inspect_err(|_| tape.broken = true)
    }
}

impl Tape {
    fn read_member(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let want = out.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if want == 0 {
            return Ok(0);
        }
        let count = self.reader.read(&mut out[..want])?;
        if count == 0 {
            return Err(Broken::error(RejectReason::DamagedArchive, "the archive ends within this member"));
        }
        self.left -= count as u64;
        Ok(count)
    }

    /// The next header; `None` at the archive's end. What is left of the last member is passed over.
    fn next_header(&mut self) -> io::Result<Option<Header>> {
        let rest = self.left + self.padding;
        let passed = io::copy(&mut self.reader.by_ref().take(rest), &mut io::sink())?;
        (self.left, self.padding) = (0, 0);
        if passed < rest {
            return Err(Broken::error(RejectReason::DamagedArchive, "the archive ends within its last member"));
        }
        let mut block = Vec::with_capacity(BLOCK);
        self.reader.by_ref().take(BLOCK as u64).read_to_end(&mut block)?;
        if block.iter().all(|&b| b == 0) {
            return Ok(None);
        }
        block.resize(BLOCK, 0);
        let header = Header::from_byte_slice(&block).clone();
        let sum =
            |sum: u32, (at, byte): (usize, &u8)| sum + u32::from(if (148..156).contains(&at) { b' ' } else { *byte });
        if header.cksum().ok() != Some(block.iter().enumerate().fold(0, sum)) {
            return Err(Broken::error(
                RejectReason::DamagedArchive,
                "a member's header is damaged; the rest is not read",
            ));
        }
        self.enter(header.entry_size()?);
        Ok(Some(header))
    }

    fn enter(&mut self, size: u64) {
        self.left = size;
        self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
    }

    /// All of a member that is a note about the next one.
    fn note(&mut self) -> io::Result<Vec<u8>> {
        if self.left > LONGEST_NAME {
            return Err(Broken::error(
                RejectReason::DamagedArchive,
                "a member's name is too long; the rest is not read",
            ));
        }
        let mut note = vec![0; self.left as usize];
        self.reader.read_exact(&mut note)?;
        self.left = 0;
        Ok(note)
    }

    /// Goes to the next file and says its path and size.
    fn next_file(&mut self) -> io::Result<Option<(Vec<u8>, u64)>> {
        let mut path = None;
        let mut size = None;
        while let Some(header) = self.next_header()? {
            match header.entry_type() {
                EntryType::GNULongName => {
                    let mut name = self.note()?;
                    name.retain(|&b| b != 0);
                    path = Some(name);
                }
                EntryType::XHeader => {
                    let note = self.note()?;
                    for extension in PaxExtensions::new(&note).flatten() {
                        match extension.key_bytes() {
                            b"path" => path = Some(extension.value_bytes().to_vec()),
                            b"size" => size = extension.value().ok().and_then(|value| value.parse().ok()),
                            _ => {}
                        }
                    }
                }
                EntryType::Regular | EntryType::Continuous => {
                    if let Some(size) = size {
                        self.enter(size);
                    }
                    return Ok(Some((path.unwrap_or_else(|| header.path_bytes().into_owned()), self.left)));
                }
                _ => (path, size) = (None, None),
            }
        }
        Ok(None)
    }
}

impl Tar {
    /// Goes on by one member; a batch if one is full.
    fn step(&mut self) -> anyhow::Result<Option<Batch>> {
        let next = match self.tape.lock() {
            Ok(mut tape) => tape.next_file().map_err(|error| (tape.broken, error)),
            Err(_) => Ok(None),
        };
        match next {
            Ok(Some((path, size))) => self.member(&path, size),
            Ok(None) => {
                self.done = true;
                Ok(None)
            }
            Err((broken, error)) => {
                self.done = true;
                let origin = Origin { source: self.name.clone(), index: self.count };
                let told = if broken { fault_of(&error).map(|_| ()).ok_or(error) } else { self.trouble(origin, error) };
                told.with_context(|| format!("{}: reading", self.name))?;
                Ok(self.small.batch(self.meter.spent()))
            }
        }
    }

    fn member(&mut self, path: &[u8], size: u64) -> anyhow::Result<Option<Batch>> {
        self.count += 1;
        let Some(name) = member_name(&self.name, path) else { return Ok(None) };
        let mut reader = MemberReader(self.tape.clone());
        if size > SMALL {
            self.open(Stream::new(name, Box::new(reader), self.meter.clone()));
        } else {
            match self.small.add(name.clone(), &mut reader) {
                Ok(None) => {}
                Ok(Some(packed)) => self.open(Stream::new(name, Box::new(Cursor::new(packed)), self.meter.clone())),
                Err(error) => {
                    self.done = true;
                    let context = format!("{name}: reading");
                    self.trouble(Origin { source: name, index: 0 }, error).context(context)?;
                }
            }
        }
        Ok(if self.small.is_full() || self.large.is_some() { self.small.batch(self.meter.spent()) } else { None })
    }

    /// Makes a reject of what broke the stream the next to be read; an error of the disk is handed back.
    fn trouble(&mut self, origin: Origin, error: io::Error) -> io::Result<()> {
        let Some(fault) = fault_of(&error) else { return Err(error) };
        let work = Work::Reject(Reject { origin, reason: fault.reason, detail: fault.detail });
        let max_item = self.door.options.max_item_bytes;
        self.large = Some(Box::new(std::iter::once(Ok(Batch { work, bytes: self.meter.spent(), max_item }))));
        Ok(())
    }

    /// Makes a member the next to be read, by itself.
    fn open(&mut self, stream: Stream) {
        self.large = Some(self.door.read(stream).unwrap_or_else(|error| Box::new(std::iter::once(Err(error)))));
    }
}

impl Iterator for Tar {
    type Item = anyhow::Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(large) = &mut self.large {
                match large.next() {
                    Some(batch) => return Some(batch),
                    None => self.large = None,
                }
            }
            if self.done {
                return self.small.batch(self.meter.spent()).map(Ok);
            }
            match self.step() {
                Ok(None) => {}
                Ok(Some(batch)) => return Some(Ok(batch)),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
