//! Files of which every row was refused with a question: nothing says whom they are about, or what they are. In: sheets, in
//! the order of the input. Out: such files as lost ones. A row like that among others that are read is a reject like any.
//!
//! The rows of a file follow each other, so what is kept is about the files of the last sheets, however many there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::sheet::Sheet;
use crate::bounce::{Loss, LostFile, Reject, RejectReason};

/// The files that may go on in the next sheet.
#[derive(Debug, Default)]
pub struct Questions {
    /// Files of which nothing was read so far, each with the first question.
    open: BTreeMap<Arc<str>, String>,
    /// Files of the last sheet with rows, of which something was read.
    read: BTreeSet<Arc<str>>,
}

impl Questions {
    /// Looks at a sheet; the files that ended before it without an answer.
    pub(super) fn sheet(&mut self, sheet: &Sheet) -> Vec<LostFile> {
        let mut here = read_in(sheet);
        let refused: BTreeSet<&Arc<str>> = sheet.rejects.iter().map(|reject| &reject.origin.source).collect();
        if here.is_empty() && refused.is_empty() {
            return Vec::new();
        }
        here.extend(self.read.iter().filter(|file| refused.contains(file)).cloned());
        self.read = here;
        let (open, ended): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.open).into_iter().partition(|(file, _)| refused.contains(file));
        let ended = ended.into_iter().filter(|(file, _)| !self.read.contains(file)).map(not_understood).collect();
        self.open = open;
        for reject in sheet.rejects.iter().filter(|reject| is_question(reject)) {
            self.open.entry(reject.origin.source.clone()).or_insert_with(|| reject.detail.clone());
        }
        self.open.retain(|file, _| !self.read.contains(file));
        ended
    }

    /// The files that ended with the last sheet.
    pub fn end(self) -> Vec<LostFile> {
        self.open.into_iter().map(not_understood).collect()
    }
}

/// The files of which the sheet holds something, duplicates included.
fn read_in(sheet: &Sheet) -> BTreeSet<Arc<str>> {
    let mut read: BTreeSet<Arc<str>> = sheet.repeated.keys().cloned().collect();
    let events = sheet.events.iter().map(|row| &row.event.origin.source);
    let deliveries = sheet.deliveries.iter().map(|row| &row.delivery.origin.source);
    let mut last: Option<&Arc<str>> = None;
    for source in events.chain(deliveries) {
        if !last.is_some_and(|last| Arc::ptr_eq(last, source)) {
            read.insert(source.clone());
        }
        last = Some(source);
    }
    read
}

/// Whether a row was refused because nobody knows whom it is about, or what it is.
fn is_question(reject: &Reject) -> bool {
    matches!(reject.reason, RejectReason::UnclearKind | RejectReason::UnknownFormat)
}

fn not_understood((source, detail): (Arc<str>, String)) -> LostFile {
    LostFile { source, why: Loss::NotUnderstood, detail }
}
