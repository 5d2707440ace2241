//! tar: members one after the other, read as a stream, so that a tar.gz larger than memory or from standard input works.
//!
//! In: a stream. Out: the batches of its members. Long names (GNU and pax) are understood; links, devices and folders
//! hold nothing; nothing is ever written to disk, so names cannot lead anywhere.

use std::io::{self, Read};
use std::sync::{Arc, Mutex};

use ::tar::{EntryType, Header, PaxExtensions};

use super::contract::{Inside, Pack};
use super::members::{Archive, Hand, Walk, member_name};
use crate::bounce::Origin;
use crate::source::batch::{Batches, SMALL};
use crate::source::item::start_of;
use crate::source::stream::{Broken, Stream, fault_of};

const BLOCK: usize = 512;
/// A long name or a pax header beyond this is damage.
const LONGEST_NAME: u64 = 64 << 10;

/// The container.
#[derive(Debug)]
pub(super) struct Tar;

impl Pack for Tar {
    fn sniff(&self, head: &[u8]) -> bool {
        head.get(257..262) == Some(b"ustar")
    }

    fn open(&self, stream: Stream, inside: Arc<dyn Inside>) -> anyhow::Result<Batches> {
        let (name, reader, meter) = stream.into_reader();
        let tape = Arc::new(Mutex::new(Tape { reader, left: 0, padding: 0, broken: false }));
        Ok(Box::new(Walk::new(Files { name, tape, count: 0 }, inside, meter)))
    }
}

/// The files of a tar.
struct Files {
    name: Arc<str>,
    tape: Arc<Mutex<Tape>>,
    count: u64,
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
            return Err(Broken::cut_off("the archive ends within this member"));
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
            return Err(Broken::cut_off("the archive ends within its last member"));
        }
        let mut block = Vec::with_capacity(BLOCK);
        self.reader.by_ref().take(BLOCK as u64).read_to_end(&mut block)?;
        // Half of an archive often ends between two members: its blocks are even in number.
        if block.len() < BLOCK {
            return Err(Broken::cut_off("the archive ends without its end mark; members may be missing"));
        }
        if block.iter().all(|&b| b == 0) {
            return Ok(None);
        }
        let header = Header::from_byte_slice(&block).clone();
        let sum =
            |sum: u32, (at, byte): (usize, &u8)| sum + u32::from(if (148..156).contains(&at) { b' ' } else { *byte });
        if header.cksum().ok() != Some(block.iter().enumerate().fold(0, sum)) {
            return Err(Broken::damaged("a member's header is damaged; the rest is not read"));
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
            return Err(Broken::damaged("a member's name is too long; the rest is not read"));
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

impl Archive for Files {
    fn step(&mut self, hand: &mut Hand) -> anyhow::Result<bool> {
        let next = match self.tape.lock() {
            Ok(mut tape) => tape.next_file().map_err(|error| (tape.broken, error)),
            Err(_) => Ok(None),
        };
        match next {
            Ok(Some((path, size))) => self.member(&path, size, hand),
            Ok(None) => Ok(false),
            // The member that met the fault has reported it.
            Err((true, _)) => Ok(false),
            Err((false, error)) => {
                let origin = Origin { source: self.name.clone(), index: self.count };
                hand.refuse(fault_of(&error).at(origin));
                Ok(false)
            }
        }
    }
}

impl Files {
    /// Hands out the member that the tape stands at.
    fn member(&mut self, path: &[u8], size: u64, hand: &mut Hand) -> anyhow::Result<bool> {
        self.count += 1;
        let Some(name) = member_name(&self.name, path) else { return Ok(true) };
        let mut reader = MemberReader(self.tape.clone());
        if size > SMALL {
            hand.large(name, Box::new(reader));
            return Ok(true);
        }
        match hand.small(name.clone(), &mut reader) {
            Ok(()) => Ok(true),
            Err(error) => {
                hand.refuse(fault_of(&error).at(start_of(&name)));
                Ok(false)
            }
        }
    }
}
