//! zip: members found through the directory at its end, so it needs a file; one that arrives as a stream is laid down
//! in a temporary file first.
//!
//! In: a stream, or the file that it is. Out: the batches of its members, in the order of the directory. Sizes that the
//! archive states are never believed; checksums are checked.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use ::zip::result::ZipError;
use ::zip::{CompressionMethod, ZipArchive};
use anyhow::Context;
use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::budget::{Budget, Counted};
use super::contract::{Inside, Pack};
use super::members::{Archive, Hand, Walk, member_name};
use crate::bounce::{Loss, RejectReason};
use crate::source::batch::{Batches, SMALL};
use crate::source::item::{Refused, start_of};
use crate::source::stream::{Broken, Fault, Meter, Metered, Stream, fault_of};

/// A zip inside another archive, or from standard input, may take so much of the disk.
const LARGEST_LAID_DOWN: u64 = 8 << 30;

/// The container.
#[derive(Debug)]
pub(super) struct Zip;

impl Pack for Zip {
    fn sniff(&self, head: &[u8]) -> bool {
        matches!(head, [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..])
    }

    fn open(&self, mut stream: Stream, inside: Arc<dyn Inside>) -> anyhow::Result<Batches> {
        let name = stream.name.clone();
        let (file, reading) = match stream.file() {
            Some(file) => (file, stream.meter()),
            // What is read from the temporary file was counted when it was laid down.
            None => match lay_down(&mut stream) {
                Ok(file) => (file, Meter::default()),
                Err(error) => return Ok(stream.lost(fault_of(&error))),
            },
        };
        let context = || format!("{name}: reading");
        let length = file.metadata().with_context(context)?.len();
        let again = file.try_clone().with_context(context)?;
        let archive = match ZipArchive::new(Metered::new(file, reading.clone())) {
            Ok(archive) => archive,
            Err(error) => return Ok(stream.lost(zip_fault(error))),
        };
        if archive.index_for_name("[Content_Types].xml").is_some() {
            let detail = "an Office file; save it as CSV".to_owned();
            let (reason, why) = (RejectReason::UnknownFormat, Loss::UnknownFormat);
            return Ok(stream.lost(Fault { reason, why, detail }));
        }
        let budget = inside.budget().clone();
        let files = Files { name, archive, file: again, length, reading, budget, next: 0, packed: 0 };
        Ok(Box::new(Walk::new(files, inside, stream.meter())))
    }
}

/// Copies a stream to a temporary file.
fn lay_down(stream: &mut Stream) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    let mut piece = Vec::new();
    let mut length = 0;
    loop {
        piece.clear();
        let more = stream.fill(&mut piece, 1 << 20)?;
        io::Write::write_all(&mut file, &piece)?;
        length += piece.len() as u64;
        if let Some(fault) = stream.take_fault() {
            return Err(fault.into());
        }
        if length > LARGEST_LAID_DOWN {
            return Err(Broken::oversized(
                RejectReason::TooLarge,
                "a zip this large is read only as a file of its own",
            ));
        }
        if !more {
            return Ok(file);
        }
    }
}

/// What the zip reader's error says of the archive. Its directory stands at its end: without one, the end is missing.
fn zip_fault(error: ZipError) -> Fault {
    let why = match &error {
        ZipError::Io(error) => return fault_of(error),
        ZipError::InvalidArchive(what) if what.contains("EOCD") => Loss::CutOff,
        _ => Loss::Damaged,
    };
    Fault { reason: RejectReason::DamagedArchive, why, detail: error.to_string() }
}

/// The files of a zip.
struct Files {
    name: Arc<str>,
    archive: ZipArchive<Metered<File>>,
    /// The same file again, for members that are read as streams.
    file: File,
    length: u64,
    /// Counts what is read of the file.
    reading: Meter,
    budget: Budget,
    next: usize,
    /// Packed bytes of the members so far.
    packed: u64,
}

/// Where a member lies.
struct Entry {
    name: Arc<str>,
    start: u64,
    packed: u64,
    size: u64,
    crc: u32,
    method: CompressionMethod,
}

impl Archive for Files {
    fn step(&mut self, hand: &mut Hand) -> anyhow::Result<bool> {
        if self.next >= self.archive.len() {
            return Ok(false);
        }
        self.next += 1;
        match self.entry(self.next - 1) {
            Ok(None) => {}
            Ok(Some(entry)) => self.member(entry, hand)?,
            Err(refused) => hand.refuse(refused),
        }
        Ok(true)
    }
}

impl Files {
    /// A member by its number; `None` if it is no input.
    fn entry(&mut self, index: usize) -> Result<Option<Entry>, Refused> {
        let whole = start_of(&self.name);
        let lost = |origin, reason, why, detail: &str| Fault { reason, why, detail: detail.into() }.at(origin);
        let damaged = |origin, detail: &str| lost(origin, RejectReason::DamagedArchive, Loss::Damaged, detail);
        let unknown = |origin, detail: &str| lost(origin, RejectReason::UnknownFormat, Loss::UnknownFormat, detail);
        let file = match self.archive.by_index_raw(index) {
            Ok(file) => file,
            Err(error) => {
                let detail = format!("member {index} is damaged: {error}");
                return Err(damaged(whole, &detail));
            }
        };
        let path = file.name().map_or_else(|_| file.name_raw().to_vec(), |name| name.as_bytes().to_vec());
        let Some(name) = member_name(&self.name, &path).filter(|_| file.is_file()) else { return Ok(None) };
        if file.encrypted() {
            return Err(unknown(start_of(&name), "encrypted; unpack it first"));
        }
        let method = file.compression();
        if !matches!(method, CompressionMethod::Stored | CompressionMethod::Deflated) {
            return Err(unknown(start_of(&name), "packed in a way that is not read"));
        }
        let Some(start) = file.data_start() else {
            return Err(damaged(start_of(&name), "a member without a place"));
        };
        let (packed, size, crc) = (file.compressed_size(), file.size(), file.crc32());
        self.packed = self.packed.saturating_add(packed);
        if self.packed > self.length {
            self.next = usize::MAX;
            let detail = "members overlap; the rest is not unpacked";
            return Err(lost(whole, RejectReason::CompressionBomb, Loss::Oversized, detail));
        }
        Ok(Some(Entry { name, start, packed, size, crc, method }))
    }

    /// Hands out a member.
    fn member(&self, entry: Entry, hand: &mut Hand) -> anyhow::Result<()> {
        let name = entry.name;
        let context = || format!("{name}: reading");
        let mut file = self.file.try_clone().with_context(context)?;
        file.seek(SeekFrom::Start(entry.start)).with_context(context)?;
        let packed = Metered::new(file, self.reading.clone()).take(entry.packed);
        let plain: Box<dyn Read + Send> = match entry.method {
            CompressionMethod::Stored => Box::new(packed),
            _ => Box::new(DeflateDecoder::new(packed)),
        };
        let checked = Checked { inner: plain, crc: Crc::new(), wanted: entry.crc };
        let mut reader = Counted::new(checked, self.budget.clone());
        if entry.size > SMALL || entry.packed > SMALL {
            hand.large(name, Box::new(reader));
        } else if let Err(error) = hand.small(name.clone(), &mut reader) {
            hand.refuse(fault_of(&error).at(start_of(&name)));
        }
        Ok(())
    }
}

/// A member's bytes, checked against its checksum at their end.
struct Checked<R> {
    inner: R,
    crc: Crc,
    wanted: u32,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.crc.update(&out[..count]);
        if count == 0 && !out.is_empty() && self.crc.sum() != self.wanted {
            return Err(Broken::damaged("the checksum is wrong"));
        }
        Ok(count)
    }
}
