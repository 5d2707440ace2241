//! From files to batches: one file as a stream, many small ones by the hundred.
//!
//! In: listed files. Out: batches. Small files are opened only when their batch is visited, so that opening, reading and
//! parsing them is parallel; each keeps its own name as its origin.

use std::fs::File;
use std::io::{self, Read};
use std::iter;

use anyhow::Context;

use super::batch::{Batch, Work, mail};
use super::door::{Door, Forced, start_of, unreadable};
use super::sniff::{self, Format};
use super::stream::{Meter, Stream};
use super::unpack::Budget;
use super::{Batches, InputFile, Item, Refused, SourceOptions};

/// Files up to this size are read whole, many in a batch.
pub(super) const SMALL: u64 = 256 << 10;
/// A batch of small files has at most so many files and, but for the last of them, bytes.
pub(super) const FILES_IN_BATCH: usize = 512;
pub(super) const BYTES_IN_BATCH: u64 = 4 << 20;

/// Small files that are read when visited.
#[derive(Debug)]
pub(super) struct SmallFiles {
    files: Vec<InputFile>,
    options: SourceOptions,
}

/// The batches of one file or standard input.
pub(super) fn single(file: &InputFile, options: &SourceOptions) -> anyhow::Result<Batches> {
    let meter = Meter::default();
    let mut seekable = None;
    let reader: Box<dyn Read + Send> = match &file.path {
        Some(path) => {
            let opened = File::open(path).with_context(|| format!("{}: opening", file.name))?;
            seekable = file.bytes.and_then(|_| opened.try_clone().ok());
            Box::new(opened)
        }
        None => Box::new(io::stdin()),
    };
    let budget = Budget::new(meter.clone(), options.max_decompressed_bytes);
    let door =
        Door { options: options.clone(), forced: forced(file, options), budget, may_be_stray: file.may_be_stray };
    door.read(Stream::from_disk(file.name.clone(), reader, meter, seekable))
}

fn forced(file: &InputFile, options: &SourceOptions) -> Option<Forced> {
    if file.in_maildir {
        Some(Forced::As(Format::Mail))
    } else {
        options.input_format.as_deref().and_then(Forced::by_name)
    }
}

/// The batches of many small files.
pub(super) fn grouped(
    files: Vec<InputFile>,
    options: &SourceOptions,
) -> impl Iterator<Item = anyhow::Result<Batch>> + Send + use<> {
    let options = options.clone();
    let mut files = files.into_iter();
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
    pub(super) fn each(&self, visit: &mut dyn FnMut(Result<Item<'_>, Refused>)) {
        let mut data = Vec::with_capacity(64 << 10);
        for file in &self.files {
            if let Err(error) = self.file(file, &mut data, visit) {
                visit(Err(unreadable(&file.name, &error)));
            }
        }
    }

    /// One file, read into `data` if it is a mail, else as a stream.
    fn file(
        &self,
        file: &InputFile,
        data: &mut Vec<u8>,
        visit: &mut dyn FnMut(Result<Item<'_>, Refused>),
    ) -> anyhow::Result<()> {
        let Some(path) = &file.path else { return Ok(()) };
        data.clear();
        // It may have grown since it was listed; then it goes the way of large files.
        File::open(path)?.take(2 * SMALL).read_to_end(data)?;
        if (data.len() as u64) < 2 * SMALL && sniff::is_plain_mail(data, forced(file, &self.options)) {
            visit(mail(start_of(&file.name), data, self.options.max_item_bytes));
            return Ok(());
        }
        for batch in single(file, &self.options)? {
            batch?.each(visit);
        }
        Ok(())
    }
}
