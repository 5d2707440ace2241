//! Members of archives: their names, and small ones gathered into batches.
//!
//! In: members as zip and tar hand them out. Out: batches of members that are looked at when visited. What folders pass
//! over by name, archives do too.

use std::io::{Cursor, Read};
use std::mem;
use std::ops::Range;
use std::sync::Arc;

use super::batch::{Batch, Work, mail};
use super::door::{Door, start_of};
use super::files::{BYTES_IN_BATCH, FILES_IN_BATCH, SMALL};
use super::listing::is_no_input;
use super::stream::{Broken, Meter, Stream};
use super::{Item, sniff};
use crate::bounce::{Reject, RejectReason};

/// Small members of an archive, unpacked but not yet looked at.
#[derive(Debug)]
pub(super) struct Members {
    data: Vec<u8>,
    members: Vec<(Arc<str>, Range<usize>)>,
    door: Door,
}

impl Members {
    pub(super) fn new(door: Door) -> Members {
        Members { data: Vec::new(), members: Vec::new(), door }
    }

    /// Adds a member of at most [`SMALL`] bytes. One that is itself packed is not taken, but handed back: unpacking
    /// counts against the archive's budget, in order.
    pub(super) fn add(&mut self, name: Arc<str>, reader: &mut dyn Read) -> std::io::Result<Option<Vec<u8>>> {
        let start = self.data.len();
        reader.take(SMALL + 1).read_to_end(&mut self.data).inspect_err(|_| self.data.truncate(start))?;
        if (self.data.len() - start) as u64 > SMALL {
            self.data.truncate(start);
            return Err(Broken::error(RejectReason::DamagedArchive, "the member is longer than the archive says"));
        }
        if sniff::packing(&self.data[start..]).is_some() {
            return Ok(Some(self.data.split_off(start)));
        }
        self.members.push((name, start..self.data.len()));
        Ok(None)
    }

    pub(super) fn is_full(&self) -> bool {
        self.members.len() >= FILES_IN_BATCH || self.data.len() as u64 >= BYTES_IN_BATCH
    }

    /// What was gathered, as a batch; `None` if nothing was.
    pub(super) fn batch(&mut self, bytes: u64) -> Option<Batch> {
        if self.members.is_empty() {
            return None;
        }
        let full = mem::replace(self, Members::new(self.door.clone()));
        let max_item = self.door.options.max_item_bytes;
        Some(Batch { work: Work::Members(full), bytes, max_item })
    }

    pub(super) fn each(&self, visit: &mut dyn FnMut(Result<Item<'_>, Reject>)) {
        for (name, range) in &self.members {
            let data = &self.data[range.clone()];
            if sniff::is_plain_mail(data, self.door.forced) {
                visit(mail(start_of(name), data, self.door.options.max_item_bytes));
                continue;
            }
            let stream = Stream::new(name.clone(), Box::new(Cursor::new(data.to_vec())), Meter::default());
            let read = self.door.read(stream).and_then(|batches| {
                for batch in batches {
                    batch?.each(visit);
                }
                Ok(())
            });
            if let Err(error) = read {
                let (reason, detail) = (RejectReason::Unreadable, format!("{error:#}"));
                visit(Err(Reject { origin: start_of(name), reason, detail }));
            }
        }
    }
}

/// The name of a member within its archive; `None` if it is no input. Control characters are kept out.
pub(super) fn member_name(archive: &str, path: &[u8]) -> Option<Arc<str>> {
    let path = String::from_utf8_lossy(path).replace(|c: char| c.is_control(), "?");
    let path = path.trim_start_matches("./");
    let passed_over = path.split(['/', '\\']).any(|part| is_no_input(part) || part == "__MACOSX");
    (!path.is_empty() && !passed_over).then(|| format!("{archive}!{path}").into())
}
