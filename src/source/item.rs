//! What an item is, and what is none. Knows no format and no file: bytes that stand somewhere, whole and below the cap.

use std::sync::Arc;

use crate::bounce::{Loss, Origin, Reject, RejectReason};

/// What looks at items, one by one, in order.
pub type Visit<'v> = dyn FnMut(Result<Item<'_>, Refused>) + 'v;

/// One raw item.
#[derive(Debug)]
pub enum Item<'a> {
    /// A whole message, any line ending.
    Mail {
        /// Where it stands.
        origin: Origin,
        /// The message, without an mbox `From ` line.
        bytes: &'a [u8],
    },
    /// One record of a delimited file.
    Row {
        /// Where it stands; the index counts records after the header from 0.
        origin: Origin,
        /// The file's header.
        header: &'a Header,
        /// The record.
        record: Record<'a>,
    },
    /// One JSON value: of a line of NDJSON, an element of a top-level array, or a whole document.
    Json {
        /// Where it stands; the index counts lines, or values of a document.
        origin: Origin,
        /// The text of the value; not yet checked to be JSON.
        text: &'a [u8],
    },
    /// Consecutive whole lines of a log, some megabytes at a time, in order. Entries that belong together may stand in
    /// different chunks, so each comes with the last lines of the one before.
    Log {
        /// Where it stands; the index is the number of the first line, from 0.
        origin: Origin,
        /// Whole lines that stand right before: what entries of this chunk may belong to. Read already, as items.
        before: &'a [u8],
        /// The lines, with their ends.
        text: &'a [u8],
    },
}

impl Item<'_> {
    /// Where it stands.
    pub fn origin(&self) -> &Origin {
        match self {
            Item::Mail { origin, .. }
            | Item::Row { origin, .. }
            | Item::Json { origin, .. }
            | Item::Log { origin, .. } => origin,
        }
    }
}

/// What is no item, and how much is gone with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// This item; the source goes on.
    Item(Reject),
    /// All of the source from here on, or all of it: how many items that were, nobody knows. The reject says where and
    /// what exactly.
    Source(Loss, Reject),
    /// A file that is no input at all, and was not named as one; the reject says where.
    Stray(Reject),
}

impl Refused {
    /// Where, and what exactly.
    pub fn reject(&self) -> &Reject {
        match self {
            Refused::Item(reject) | Refused::Source(_, reject) | Refused::Stray(reject) => reject,
        }
    }

    /// The same as a row of rejects.
    pub fn into_reject(self) -> Reject {
        match self {
            Refused::Item(reject) | Refused::Source(_, reject) | Refused::Stray(reject) => reject,
        }
    }
}

impl From<Reject> for Refused {
    fn from(reject: Reject) -> Refused {
        Refused::Item(reject)
    }
}

/// The column names of a delimited file, trimmed, in order, as spelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The names.
    pub names: Vec<String>,
    /// A number that tells one header from another, so that a room may remember what it worked out; equal names, equal
    /// numbers.
    pub id: u64,
}

/// One record of a delimited file, with as many fields as its header.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a>(pub(crate) &'a csv::StringRecord);

impl<'a> Record<'a> {
    /// The field at `column`, or `None` beyond the last.
    pub fn get(&self, column: usize) -> Option<&'a str> {
        self.0.get(column)
    }
}

/// A message, unless it is empty or beyond the cap.
pub(super) fn mail(origin: Origin, bytes: &[u8], max: usize) -> Result<Item<'_>, Refused> {
    if bytes.trim_ascii().is_empty() {
        return Err(Reject { origin, reason: RejectReason::Empty, detail: "no bytes".into() }.into());
    }
    capped(origin, bytes, max).map(|(origin, bytes)| Item::Mail { origin, bytes })
}

/// The bytes of an item, unless they are beyond the cap.
pub(super) fn capped(origin: Origin, bytes: &[u8], max: usize) -> Result<(Origin, &[u8]), Refused> {
    if bytes.len() > max { Err(too_large(origin, max).into()) } else { Ok((origin, bytes)) }
}

/// The reject for an item beyond the cap.
pub(super) fn too_large(origin: Origin, max: usize) -> Reject {
    let detail = format!("larger than {} MB, the cap for one item", max >> 20);
    Reject { origin, reason: RejectReason::TooLarge, detail }
}

/// The start of some bytes, harmless to show.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    const SHOWN: usize = 40;
    let line = bytes.split(|b| matches!(b, b'\n' | b'\r')).next().unwrap_or_default();
    let cut = &line[..line.len().min(4 * SHOWN)];
    let text = String::from_utf8_lossy(cut);
    let shown: String =
        text.chars().take(SHOWN).map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect();
    if line.len() > shown.len() { format!("{shown}...") } else { shown }
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
