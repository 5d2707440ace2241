//! One stream: packings taken off, characters made UTF-8, the format told, its reader put on.
//!
//! In: a stream and what is known of it. Out: its batches. This is where a new format is added.

use std::io::Read;
use std::iter;
use std::sync::Arc;

use anyhow::Context;

use super::batch::{Batch, Work, too_large};
use super::chunks::Chunks;
use super::delimited::RowCutter;
use super::document::Document;
use super::lines::{Kind, LineCutter};
use super::mbox::Mbox;
use super::sniff::{self, Format, Packing};
use super::stream::{Fault, Stream};
use super::unpack::{self, Budget, Counted};
use super::{Batches, Refused, SourceOptions, tar, unicode, zip};
use crate::bounce::{Loss, Origin, Reject, RejectReason};

/// What `--input-format` can name, beside the export formats.
pub const FORMATS: &[&str] = &["eml", "maildir", "mbox", "csv", "json", "ndjson", "maillog"];

/// What is known of a stream before it is read.
#[derive(Debug, Clone)]
pub(super) struct Door {
    pub(super) options: SourceOptions,
    /// The format, if it need not be told from content.
    pub(super) forced: Option<Forced>,
    pub(super) budget: Budget,
    /// Whether it is passed over if it is no text; what is packed never is.
    pub(super) may_be_stray: bool,
}

/// A format that someone named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Forced {
    /// This one.
    As(Format),
    /// Delimited, by whatever the header shows.
    Delimited,
}

impl Forced {
    /// The format that `--input-format` names; `None` for detection, which is also for an export's name.
    pub(super) fn by_name(name: &str) -> Option<Forced> {
        Some(Forced::As(match name {
            "eml" | "maildir" => Format::Mail,
            "mbox" => Format::Mbox,
            "ndjson" => Format::Lines,
            "json" => Format::Document,
            "maillog" => Format::Log,
            "csv" => return Some(Forced::Delimited),
            _ => return None,
        }))
    }
}

impl Door {
    /// The batches of a stream.
    pub(super) fn read(&self, mut stream: Stream) -> anyhow::Result<Batches> {
        let name = stream.name.clone();
        let head = stream.head(sniff::MAGIC).with_context(|| format!("{name}: reading"))?;
        match sniff::packing(head) {
            Some(packing) => self.unpack(stream, packing),
            None => self.read_plain(stream),
        }
    }

    fn unpack(&self, stream: Stream, packing: Packing) -> anyhow::Result<Batches> {
        let Some(budget) = self.budget.inside() else {
            let detail = "packed into itself too many times; not unpacked further".to_owned();
            let (reason, why) = (RejectReason::CompressionBomb, Loss::Oversized);
            return Ok(self.refuse(&stream, Fault { reason, why, detail }));
        };
        let inside = Door { budget, may_be_stray: false, ..self.clone() };
        match packing {
            Packing::Zip => return zip::members(stream, inside),
            Packing::Tar => return Ok(tar::members(stream, inside)),
            Packing::Gzip | Packing::Zstd => {}
        }
        let (name, packed, meter) = stream.into_reader();
        let plain: Box<dyn Read + Send> = match packing {
            Packing::Gzip => Box::new(unpack::Gzip::new(packed)),
            _ => unpack::zstd(packed).with_context(|| format!("{name}: reading"))?,
        };
        let counted = Counted::new(plain, inside.budget.clone());
        inside.read(Stream::new(name, Box::new(counted), meter))
    }

    fn read_plain(&self, mut stream: Stream) -> anyhow::Result<Batches> {
        let name = stream.name.clone();
        let context = || format!("{name}: reading");
        let head = stream.head(sniff::HEAD).with_context(context)?;
        if let Some(encoding) = unicode::utf16(head) {
            let (name, reader, meter) = stream.into_reader();
            stream = Stream::new(name, Box::new(unicode::Utf8::new(reader, encoding)), meter);
        } else if head.starts_with(unicode::UTF8_MARK) {
            stream.skip(unicode::UTF8_MARK.len());
        }
        let head = stream.head(sniff::HEAD).with_context(context)?;
        let format = match self.forced {
            Some(Forced::As(format)) if !head.is_empty() => format,
            Some(Forced::Delimited) if !head.is_empty() => sniff::delimited(head),
            _ => sniff::format(head),
        };
        let max = self.options.max_item_bytes;
        Ok(match format {
            Format::Mail => Box::new(whole(stream, max)),
            Format::Mbox => Box::new(Chunks::new(stream, Mbox::new(name), max)),
            Format::Delimited { delimiter, skip } => {
                stream.skip(skip);
                Box::new(Chunks::new(stream, RowCutter::new(name, delimiter), max))
            }
            Format::Lines => Box::new(Chunks::new(stream, LineCutter::new(name, Kind::Json), max)),
            Format::Log => Box::new(Chunks::new(stream, LineCutter::new(name, Kind::Log), max)),
            Format::Document => Box::new(Chunks::new(stream, Document::new(name), max)),
            Format::Not(reason, detail) => self.no_format(stream, reason, detail)?,
        })
    }

    /// What is no format: a bomb, something empty, a stray file, or a lost one.
    fn no_format(&self, mut stream: Stream, reason: RejectReason, detail: &str) -> anyhow::Result<Batches> {
        let stray = self.may_be_stray && sniff::is_no_text(stream.head(sniff::HEAD)?);
        self.look_for_a_bomb(&mut stream)?;
        if let Some(fault) = stream.take_fault() {
            return Ok(self.refuse(&stream, fault));
        }
        let reject = Reject { origin: start_of(&stream.name), reason, detail: detail.into() };
        let refused = match reason {
            // A file that is empty lost nothing.
            RejectReason::Empty => Refused::Item(reject),
            _ if stray => Refused::Stray(reject),
            RejectReason::Binary => Refused::Source(Loss::Binary, reject),
            _ => Refused::Source(Loss::UnknownFormat, reject),
        };
        Ok(self.only(&stream, refused))
    }

    /// Reads on in something unpacked that is no format, as far as it takes to tell a bomb, which is worth its own name.
    fn look_for_a_bomb(&self, stream: &mut Stream) -> anyhow::Result<()> {
        let mut left = if self.budget.is_inside() { 2 * unpack::HARMLESS } else { 0 };
        let mut piece = Vec::new();
        while left > 0 {
            piece.clear();
            if !stream.fill(&mut piece, sniff::HEAD).with_context(|| format!("{}: reading", stream.name))? {
                break;
            }
            left = left.saturating_sub(piece.len() as u64);
        }
        Ok(())
    }

    /// The loss of all of a stream.
    pub(super) fn refuse(&self, stream: &Stream, fault: Fault) -> Batches {
        self.only(stream, fault.at(start_of(&stream.name)))
    }

    /// What is refused, in place of all items of a stream.
    fn only(&self, stream: &Stream, refused: Refused) -> Batches {
        let work = Work::Refused(refused);
        Box::new(iter::once(Ok(Batch { work, bytes: stream.spent(), max_item: self.options.max_item_bytes })))
    }
}

/// The origin of a whole input.
pub(super) fn start_of(name: &Arc<str>) -> Origin {
    Origin { source: name.clone(), index: 0 }
}

/// The loss of an input that the system does not hand out.
pub(super) fn unreadable(name: &Arc<str>, error: &anyhow::Error) -> Refused {
    let reject = Reject { origin: start_of(name), reason: RejectReason::Unreadable, detail: format!("{error:#}") };
    Refused::Source(Loss::Unreadable, reject)
}

/// A stream that is one message.
fn whole(mut stream: Stream, max: usize) -> impl Iterator<Item = anyhow::Result<Batch>> + Send {
    iter::once_with(move || {
        let mut data = Vec::new();
        let name = stream.name.clone();
        while data.len() <= max {
            let want = (data.len() + (64 << 10)).min(max + 1 - data.len());
            if !stream.fill(&mut data, want).with_context(|| format!("{name}: reading"))? {
                break;
            }
        }
        let work = match stream.take_fault() {
            Some(fault) => Work::Refused(fault.at(start_of(&name))),
            None if data.len() > max => Work::Refused(too_large(start_of(&name), max).into()),
            None => Work::Message { name, data },
        };
        Ok(Batch { work, bytes: stream.spent(), max_item: max })
    })
}
