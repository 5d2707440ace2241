//! One input as a stream of bytes: opened, its first bytes known before they are handed out.
//!
//! In: a reader. Out: bytes, as many as asked for, without their own buffer in between. What ends a stream before its end,
//! damage or a failing disk, is kept as a fault for the reader of the format to report, with what it had not finished.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::batch::{Batch, Batches};
use super::item::{Refused, start_of};
use super::opener::Opener;
use crate::bounce::{Loss, Origin, Reject, RejectReason};

/// What broke a stream off.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) reason: RejectReason,
    pub(super) why: Loss,
    pub(super) detail: String,
}

impl From<Fault> for io::Error {
    /// For a reader that hands on what broke the one inside.
    fn from(fault: Fault) -> io::Error {
        io::Error::other(Broken(fault))
    }
}

impl Fault {
    /// The loss of what follows this place.
    pub(super) fn at(self, origin: Origin) -> Refused {
        Refused::Source(self.why, Reject { origin, reason: self.reason, detail: self.detail })
    }
}

/// A stream of bytes.
pub(super) struct Stream {
    /// What origins say.
    pub(super) name: Arc<str>,
    reader: Box<dyn Read + Send>,
    /// Read already, not yet handed out.
    head: Vec<u8>,
    fault: Option<Fault>,
    meter: Meter,
    /// Whether what is read here is to be counted by the meter.
    counts: bool,
    /// Where all of it comes from, if nothing was taken off.
    from: Option<Arc<dyn Opener>>,
}

/// Counts the bytes of an input as they come from disk, before anything unpacks them.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter {
    read: Arc<AtomicU64>,
    /// How much of it was told to whoever asked last.
    told: Arc<AtomicU64>,
}

impl Meter {
    /// Bytes so far.
    pub(super) fn total(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Bytes since the last call.
    pub(super) fn spent(&self) -> u64 {
        let total = self.total();
        total - self.told.swap(total, Ordering::Relaxed)
    }
}

/// A reader with a meter.
pub(super) struct Metered<R> {
    inner: R,
    meter: Meter,
}

impl<R: Read> Metered<R> {
    pub(super) fn new(inner: R, meter: Meter) -> Self {
        Metered { inner, meter }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.meter.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

impl Stream {
    pub(super) fn new(name: Arc<str>, reader: Box<dyn Read + Send>, meter: Meter) -> Stream {
        Stream { name, reader, head: Vec::new(), fault: None, meter, counts: false, from: None }
    }

    /// A stream right from where bytes come from: it counts its own, because a metered reader between it and a file would have
    /// every buffer filled with zeros first.
    ///
    /// # Errors
    /// Whatever the system says.
    pub(super) fn open(name: Arc<str>, from: Arc<dyn Opener>, meter: Meter) -> io::Result<Stream> {
        let reader = from.open()?;
        Ok(Stream { counts: true, from: Some(from), ..Stream::new(name, reader, meter) })
    }

    /// The file that this stream is all of, for formats that must read it at any place.
    pub(super) fn file(&self) -> Option<File> {
        self.from.as_ref().and_then(|from| from.file())
    }

    /// The first `length` bytes, or all if there are fewer; they will still be handed out.
    pub(super) fn head(&mut self, length: usize) -> io::Result<&[u8]> {
        let mut head = std::mem::take(&mut self.head);
        let missing = length.saturating_sub(head.len());
        let result = self.read_into(&mut head, missing);
        self.head = head;
        result.map(|_| self.head.as_slice())
    }

    /// Drops bytes of the head.
    pub(super) fn skip(&mut self, count: usize) {
        self.head.drain(..count.min(self.head.len()));
    }

    /// Appends up to `want` bytes; whether there may be more.
    pub(super) fn fill(&mut self, data: &mut Vec<u8>, want: usize) -> io::Result<bool> {
        let head = std::mem::take(&mut self.head);
        data.extend_from_slice(&head);
        self.read_into(data, want.saturating_sub(head.len()).max(1))
    }

    fn read_into(&mut self, data: &mut Vec<u8>, want: usize) -> io::Result<bool> {
        if want == 0 || self.fault.is_some() {
            return Ok(self.fault.is_none());
        }
        data.reserve(want);
        let before = data.len();
        let result = self.reader.by_ref().take(want as u64).read_to_end(data);
        if self.counts {
            self.meter.read.fetch_add((data.len() - before) as u64, Ordering::Relaxed);
        }
        match result {
            Ok(count) => Ok(count == want),
            Err(error) => {
                self.fault = Some(fault_of(&error));
                Ok(false)
            }
        }
    }

    pub(super) fn has_fault(&self) -> bool {
        self.fault.is_some()
    }

    pub(super) fn take_fault(&mut self) -> Option<Fault> {
        self.fault.take()
    }

    /// What counts this stream's bytes.
    pub(super) fn meter(&self) -> Meter {
        self.meter.clone()
    }

    /// The rest as a reader, so that something can be put around it.
    pub(super) fn into_reader(self) -> (Arc<str>, Box<dyn Read + Send>, Meter) {
        let rest: Box<dyn Read + Send> =
            if self.counts { Box::new(Metered::new(self.reader, self.meter.clone())) } else { self.reader };
        (self.name, Box::new(io::Cursor::new(self.head).chain(rest)), self.meter)
    }

    /// The loss of all of it, in place of its items.
    pub(super) fn lost(&self, fault: Fault) -> Batches {
        self.only(fault.at(start_of(&self.name)))
    }

    /// What is refused, in place of all its items.
    pub(super) fn only(&self, refused: Refused) -> Batches {
        Batch::refused(refused, self.spent()).alone()
    }

    /// Bytes that came from disk since the last call.
    pub(super) fn spent(&self) -> u64 {
        self.meter.spent()
    }
}

/// What this program itself says of a stream that it ends; travels inside an `io::Error`.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.detail)]
pub(super) struct Broken(Fault);

impl Broken {
    /// The end of a stream that is damaged.
    pub(super) fn damaged(detail: impl Into<String>) -> io::Error {
        Broken::error(RejectReason::DamagedArchive, Loss::Damaged, detail)
    }

    /// The end of a stream that lacks its end.
    pub(super) fn cut_off(detail: impl Into<String>) -> io::Error {
        Broken::error(RejectReason::DamagedArchive, Loss::CutOff, detail)
    }

    /// The end of a stream that unpacks to too much.
    pub(super) fn oversized(reason: RejectReason, detail: impl Into<String>) -> io::Error {
        Broken::error(reason, Loss::Oversized, detail)
    }

    fn error(reason: RejectReason, why: Loss, detail: impl Into<String>) -> io::Error {
        io::Error::other(Broken(Fault { reason, why, detail: detail.into() }))
    }
}

/// What an error says of the stream that it ends.
pub(super) fn fault_of(error: &io::Error) -> Fault {
    // Errors of the system have a number; what decoders say has none.
    if error.raw_os_error().is_some() {
        return Fault { reason: RejectReason::Unreadable, why: Loss::Unreadable, detail: error.to_string() };
    }
    if let Some(broken) = error.get_ref().and_then(|inner| inner.downcast_ref::<Broken>()) {
        return broken.0.clone();
    }
    let why = if error.kind() == io::ErrorKind::UnexpectedEof { Loss::CutOff } else { Loss::Damaged };
    Fault { reason: RejectReason::DamagedArchive, why, detail: error.to_string() }
}
