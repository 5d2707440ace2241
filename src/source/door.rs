//! One stream: packings taken off, characters made UTF-8, the format told, its batches handed out.
//!
//! In: a stream and what is known of it. Out: its batches. No format and no container is named here: each is a line in its list.

use std::io::Cursor;
use std::sync::Arc;

use anyhow::Context;

use super::batch::Batches;
use super::format::{self, Format, HEAD};
use super::inputs::SourceOptions;
use super::item::{Item, Refused, Visit, start_of, unreadable};
use super::pack::{self, Budget, HARMLESS, Inside, MAGIC};
use super::stream::{Fault, Meter, Stream};
use super::unicode;
use crate::bounce::{Loss, Reject, RejectReason};

/// What is known of a stream before it is read.
#[derive(Debug, Clone)]
pub(super) struct Door {
    pub(super) options: SourceOptions,
    /// The format, if it need not be told from content.
    pub(super) forced: Option<&'static dyn Format>,
    pub(super) budget: Budget,
    /// Whether it is passed over if it is no text; what is packed never is.
    pub(super) may_be_stray: bool,
}

impl Inside for Door {
    /// The batches of a stream.
    fn read(&self, mut stream: Stream) -> anyhow::Result<Batches> {
        let name = stream.name.clone();
        let head = stream.head(MAGIC).with_context(|| format!("{name}: reading"))?;
        let Some(pack) = pack::sniff(head) else { return self.read_plain(stream) };
        let Some(budget) = self.budget.inside() else {
            let detail = "packed into itself too many times; not unpacked further".to_owned();
            let (reason, why) = (RejectReason::CompressionBomb, Loss::Oversized);
            return Ok(stream.lost(Fault { reason, why, detail }));
        };
        pack.open(stream, Arc::new(Door { budget, may_be_stray: false, ..self.clone() }))
    }

    fn visit(&self, name: &Arc<str>, data: &[u8], visit: &mut Visit<'_>) {
        if let Some(item) = as_it_stands(self.forced, name, data, self.options.max_item_bytes) {
            return visit(item);
        }
        let stream = Stream::new(name.clone(), Box::new(Cursor::new(data.to_vec())), Meter::default());
        let read = self.read(stream).and_then(|batches| {
            for batch in batches {
                batch?.each(visit);
            }
            Ok(())
        });
        if let Err(error) = read {
            visit(Err(unreadable(name, &error)));
        }
    }

    fn is_packed(&self, data: &[u8]) -> bool {
        pack::sniff(data).is_some()
    }

    fn budget(&self) -> &Budget {
        &self.budget
    }
}

impl Door {
    fn read_plain(&self, mut stream: Stream) -> anyhow::Result<Batches> {
        let name = stream.name.clone();
        let context = || format!("{name}: reading");
        let head = stream.head(HEAD).with_context(context)?;
        if let Some(encoding) = unicode::utf16(head) {
            let (name, reader, meter) = stream.into_reader();
            stream = Stream::new(name, Box::new(unicode::Utf8::new(reader, encoding)), meter);
        } else if head.starts_with(unicode::UTF8_MARK) {
            stream.skip(unicode::UTF8_MARK.len());
        }
        let head = stream.head(HEAD).with_context(context)?;
        match self.forced.filter(|_| !head.is_empty()).map_or_else(|| format::sniff(head), Ok) {
            Ok(format) => Ok(format.batches(stream, self.options.max_item_bytes)),
            Err(unknown) => self.no_format(stream, unknown),
        }
    }

    /// What is no format: a bomb, something empty, a stray file, or a lost one.
    fn no_format(&self, mut stream: Stream, (reason, detail): format::Unknown) -> anyhow::Result<Batches> {
        let stray = self.may_be_stray && format::is_no_text(stream.head(HEAD)?);
        self.look_for_a_bomb(&mut stream)?;
        if let Some(fault) = stream.take_fault() {
            return Ok(stream.lost(fault));
        }
        let reject = Reject { origin: start_of(&stream.name), reason, detail: detail.into() };
        Ok(stream.only(match reason {
            // A file that is empty lost nothing.
            RejectReason::Empty => Refused::Item(reject),
            _ if stray => Refused::Stray(reject),
            RejectReason::Binary => Refused::Source(Loss::Binary, reject),
            _ => Refused::Source(Loss::UnknownFormat, reject),
        }))
    }

    /// Reads on in something unpacked that is no format, as far as it takes to tell a bomb, which is worth its own name.
    fn look_for_a_bomb(&self, stream: &mut Stream) -> anyhow::Result<()> {
        let mut left = if self.budget.is_inside() { 2 * HARMLESS } else { 0 };
        let mut piece = Vec::new();
        while left > 0 {
            piece.clear();
            if !stream.fill(&mut piece, HEAD).with_context(|| format!("{}: reading", stream.name))? {
                break;
            }
            left = left.saturating_sub(piece.len() as u64);
        }
        Ok(())
    }
}

/// All of a small input as its one item, if its format has one, and nothing is wrapped around it.
pub(super) fn as_it_stands<'d>(
    forced: Option<&'static dyn Format>,
    name: &Arc<str>,
    data: &'d [u8],
    max: usize,
) -> Option<Result<Item<'d>, Refused>> {
    let format = match forced {
        None if data.starts_with(unicode::UTF8_MARK) => None,
        None => format::sniff(&data[..data.len().min(HEAD)]).ok(),
        Some(forced) => Some(forced).filter(|_| pack::sniff(data).is_none()),
    };
    format?.as_it_stands(name, data, max)
}
