//! From files to batches: one file as a stream in its format, many small ones by the hundred.
//!
//! In: listed files. Out: batches. Small files are opened only when their batch is visited, so that opening, reading and
//! parsing them is parallel; each keeps its own name as its origin.

use std::fs::File;
use std::io::{self, Read};
use std::iter;
use std::sync::Arc;

use anyhow::Context;

use super::batch::{Batch, Work, mail, too_large};
use super::chunks::Chunks;
use super::delimited::RowCutter;
use super::document::Document;
use super::lines::{Kind, LineCutter};
use super::mbox::Mbox;
use super::sniff::{self, Format};
use super::stream::{Meter, Metered, Stream};
use super::{Batches, InputFile, Item, SourceOptions, unicode};
use crate::bounce::{Origin, Reject, RejectReason};

/// Files up to this size are read whole, many in a batch.
pub(super) const SMALL: u64 = 256 << 10;
/// A batch of small files has at most so many files and, but for the last of them, bytes.
const FILES_IN_BATCH: usize = 512;
const BYTES_IN_BATCH: u64 = 4 << 20;

/// Small files that are read when visited.
#[derive(Debug)]
pub(super) struct SmallFiles {
    files: Vec<InputFile>,
    options: SourceOptions,
}

/// The batches of one file or standard input.
pub(super) fn single(file: &InputFile, options: &SourceOptions) -> anyhow::Result<Batches> {
    let meter = Meter::default();
    let reader: Box<dyn Read + Send> = match &file.path {
        Some(path) => {
            let opened = File::open(path).with_context(|| format!("{}: opening", file.name))?;
            Box::new(Metered::new(opened, meter.clone()))
        }
        None => Box::new(Metered::new(io::stdin(), meter.clone())),
    };
    let forced = if file.in_maildir { Some(Format::Mail) } else { forced(options) };
    read(Stream::new(file.name.clone(), reader, meter), forced, options)
}

/// What `--input-format` can name, beside the export formats.
pub const FORMATS: &[&str] = &["eml", "maildir", "mbox", "csv", "json", "ndjson", "maillog"];

/// The format that `--input-format` names; `None` for detection, which is also for an export's name.
fn forced(options: &SourceOptions) -> Option<Format> {
    match options.input_format.as_deref()? {
        "eml" | "maildir" => Some(Format::Mail),
        "mbox" => Some(Format::Mbox),
        "ndjson" => Some(Format::Lines),
        "json" => Some(Format::Document),
        "maillog" => Some(Format::Log),
        _ => None,
    }
}

/// The batches of a stream.
pub(super) fn read(stream: Stream, forced: Option<Format>, options: &SourceOptions) -> anyhow::Result<Batches> {
    let name = stream.name.clone();
    let context = || format!("{name}: reading");
    let mut stream = stream;
    let head = stream.head(sniff::HEAD).with_context(context)?;
    if let Some(encoding) = unicode::utf16(head) {
        let (name, reader, meter) = stream.into_reader();
        stream = Stream::new(name, Box::new(unicode::Utf8::new(reader, encoding)), meter);
    } else if head.starts_with(unicode::UTF8_MARK) {
        stream.skip(unicode::UTF8_MARK.len());
    }
    let head = stream.head(sniff::HEAD).with_context(context)?;
    let csv_wanted = options.input_format.as_deref() == Some("csv");
    let format = match forced {
        Some(format) if !head.is_empty() => format,
        _ if csv_wanted && !head.is_empty() => sniff::delimited(head),
        _ => sniff::format(head),
    };
    let max = options.max_item_bytes;
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
        Format::Not(reason, detail) => {
            let reject = match stream.take_fault() {
                Some(fault) => Reject { origin: place(&name), reason: fault.reason, detail: fault.detail },
                None => Reject { origin: place(&name), reason, detail: detail.into() },
            };
            // The rest is not read, but the file is done with.
            Box::new(iter::once(Ok(Batch { work: Work::Reject(reject), bytes: stream.spent(), max_item: max })))
        }
    })
}

fn place(name: &Arc<str>) -> Origin {
    Origin { source: name.clone(), index: 0 }
}

/// A stream that is one message.
fn whole(mut stream: Stream, max: usize) -> impl Iterator<Item = anyhow::Result<Batch>> + Send {
    iter::once_with(move || {
        let mut data = Vec::new();
        let name = stream.name.clone();
        stream.fill(&mut data, max.saturating_add(1)).with_context(|| format!("{name}: reading"))?;
        let work = match stream.take_fault() {
            Some(fault) => Work::Reject(Reject { origin: place(&name), reason: fault.reason, detail: fault.detail }),
            None if data.len() > max => Work::Reject(too_large(place(&name), max)),
            None => Work::Message { name, data },
        };
        Ok(Batch { work, bytes: stream.spent(), max_item: max })
    })
}

/// The batches of many small files.
pub(super) fn grouped(
    files: Vec<InputFile>,
    options: &SourceOptions,
) -> impl Iterator<Item = anyhow::Result<Batch>> + Send + use<> {
    let options = options.clone();
    let mut files = files.into_iter().peekable();
    iter::from_fn(move || {
        let mut group = Vec::new();
        let mut bytes = 0;
        while group.len() < FILES_IN_BATCH && bytes < BYTES_IN_BATCH {
            let Some(file) = files.next() else { break };
            bytes += file.bytes.unwrap_or(0);
            group.push(file);
        }
        if group.is_empty() {
            return None;
        }
        let work = Work::Files(SmallFiles { files: group, options: options.clone() });
        Some(Ok(Batch { work, bytes, max_item: options.max_item_bytes }))
    })
}

impl SmallFiles {
    pub(super) fn each(&self, visit: &mut dyn FnMut(Result<Item<'_>, Reject>)) {
        let mut data = Vec::with_capacity(64 << 10);
        for file in &self.files {
            if let Err(error) = self.file(file, &mut data, visit) {
                let (reason, detail) = (RejectReason::Unreadable, format!("{error:#}"));
                visit(Err(Reject { origin: place(&file.name), reason, detail }));
            }
        }
    }

    /// One file, read into `data` if it is a mail, else as a stream.
    fn file(
        &self,
        file: &InputFile,
        data: &mut Vec<u8>,
        visit: &mut dyn FnMut(Result<Item<'_>, Reject>),
    ) -> anyhow::Result<()> {
        let Some(path) = &file.path else { return Ok(()) };
        data.clear();
        // It may have grown since it was listed.
        File::open(path)?.take(2 * SMALL).read_to_end(data)?;
        let is_mail = file.in_maildir || matches!(sniff::format(&data[..data.len().min(sniff::HEAD)]), Format::Mail);
        let plain = is_mail && (data.len() as u64) < 2 * SMALL && forced(&self.options).is_none();
        if plain {
            visit(mail(place(&file.name), data, self.options.max_item_bytes));
            return Ok(());
        }
        for batch in single(file, &self.options)? {
            batch?.each(visit);
        }
        Ok(())
    }
}
