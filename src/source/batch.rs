//! A batch: some consecutive items, read but not yet looked at.
//!
//! In: bytes and where the items lie in them, from the format's reader. Out: the items one by one, in order, on
//! whatever thread visits. All work that can be done in parallel (parsing CSV, unquoting, opening small files) is done
//! in the visit.

use std::ops::Range;
use std::sync::Arc;

use super::{Item, Refused, delimited, files, lines, mbox, members};
use crate::bounce::{Origin, Reject, RejectReason};

/// Some consecutive items of one source: the unit of parallel work.
#[derive(Debug)]
pub struct Batch {
    pub(super) work: Work,
    pub(super) bytes: u64,
    /// Cap for one item.
    pub(super) max_item: usize,
}

/// What a batch holds, by how its items are got at.
#[derive(Debug)]
pub(super) enum Work {
    /// Messages of an mbox.
    Mailbox(mbox::Messages),
    /// A message that is all of its source.
    Message { name: Arc<str>, data: Vec<u8> },
    /// Small files, not yet opened.
    Files(files::SmallFiles),
    /// Small members of an archive.
    Members(members::Members),
    /// Records of a delimited file.
    Rows(delimited::Rows),
    /// Lines of one value each.
    Lines(lines::Lines),
    /// Lines of a log.
    Log { name: Arc<str>, first: u64, before: Vec<u8>, data: Vec<u8> },
    /// Values of a JSON document.
    Values { name: Arc<str>, first: u64, data: Vec<u8>, spans: Vec<Range<usize>> },
    /// Something that is no item.
    Refused(Refused),
}

impl Batch {
    /// Bytes of input that this batch stands for, as they lie on disk.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// A batch that holds nothing but what was refused.
    pub fn of_refused(refused: Refused) -> Batch {
        Batch { work: Work::Refused(refused), bytes: 0, max_item: 0 }
    }

    /// Hands every item of this batch, and what was refused, to `visit`, in order.
    pub fn each(&self, visit: &mut dyn FnMut(Result<Item<'_>, Refused>)) {
        let max = self.max_item;
        match &self.work {
            Work::Mailbox(messages) => messages.each(max, visit),
            Work::Message { name, data } => {
                visit(mail(Origin { source: name.clone(), index: 0 }, data, max));
            }
            Work::Files(small) => small.each(visit),
            Work::Members(members) => members.each(visit),
            Work::Rows(rows) => rows.each(max, visit),
            Work::Lines(lines) => lines.each(max, visit),
            Work::Log { name, first, before, data } => {
                let origin = Origin { source: name.clone(), index: *first };
                visit(Ok(Item::Log { origin, before, text: data }));
            }
            Work::Values { name, first, data, spans } => {
                for (index, span) in (*first..).zip(spans) {
                    let origin = Origin { source: name.clone(), index };
                    visit(capped(origin, &data[span.clone()], max).map(|(origin, text)| Item::Json { origin, text }));
                }
            }
            Work::Refused(refused) => visit(Err(refused.clone())),
        }
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
