//! From files to batches: one file as a stream, many small ones by the hundred.
//!
//! In: listed files. Out: batches. Small files are opened only when their batch is visited, so that opening, reading and
//! parsing them is parallel; each keeps its own name as its origin. Where a file's bytes come from is its opener's matter.

use std::io::Read;
use std::iter;

use anyhow::Context;

use super::batch::{BYTES_IN_BATCH, Batch, Batches, FILES_IN_BATCH, SMALL, Work};
use super::door::{Door, as_it_stands};
use super::format::{self, Format};
use super::inputs::{InputFile, Source, SourceOptions};
use super::item::{Visit, unreadable};
use super::pack::{Budget, Inside};
use super::stream::{Meter, Stream};

impl Source {
    /// The source's batches, in order; reading is sequential, the batches can be worked on in parallel.
    ///
    /// # Errors
    /// A file that cannot be opened. What fails later is [`Refused`](super::Refused).
    pub fn batches(&self, options: &SourceOptions) -> anyhow::Result<Batches> {
        match self.files.as_slice() {
            [file] => single(file, options),
            files => Ok(Box::new(grouped(files.to_vec(), options))),
        }
    }
}

/// Small files that are read when visited.
#[derive(Debug)]
struct SmallFiles {
    files: Vec<InputFile>,
    options: SourceOptions,
}

/// The batches of one file or standard input.
fn single(file: &InputFile, options: &SourceOptions) -> anyhow::Result<Batches> {
    let meter = Meter::default();
    let stream = Stream::open(file.name.clone(), file.from.clone(), meter.clone());
    let stream = stream.with_context(|| format!("{}: opening", file.name))?;
    let budget = Budget::new(meter, options.max_decompressed_bytes);
    let door =
        Door { options: options.clone(), forced: forced(file, options), budget, may_be_stray: file.may_be_stray };
    door.read(stream)
}

/// The format, if it need not be told from content.
fn forced(file: &InputFile, options: &SourceOptions) -> Option<&'static dyn Format> {
    if file.in_maildir { Some(format::MAIL) } else { options.input_format.as_deref().and_then(format::by_name) }
}

/// The batches of many small files.
fn grouped(
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
        let work = Box::new(SmallFiles { files: group, options: options.clone() });
        Some(Ok(Batch::new(work, bytes, options.max_item_bytes)))
    })
}

impl Work for SmallFiles {
    fn visit(&self, max: usize, visit: &mut Visit<'_>) {
        let mut data = Vec::with_capacity(64 << 10);
        for file in &self.files {
            if let Err(error) = self.file(file, max, &mut data, visit) {
                visit(Err(unreadable(&file.name, &error)));
            }
        }
    }
}

impl SmallFiles {
    /// One file, read into `data` if it is one item as it stands, else as a stream.
    fn file(&self, file: &InputFile, max: usize, data: &mut Vec<u8>, visit: &mut Visit<'_>) -> anyhow::Result<()> {
        data.clear();
        // It may have grown since it was listed; then it goes the way of large files.
        file.from.open()?.take(2 * SMALL).read_to_end(data)?;
        if (data.len() as u64) < 2 * SMALL
            && let Some(item) = as_it_stands(forced(file, &self.options), &file.name, data, max)
        {
            visit(item);
            return Ok(());
        }
        for batch in single(file, &self.options)? {
            batch?.each(visit);
        }
        Ok(())
    }
}
