//! What a batch became, on its way from the thread that read it to the sink: rows, rejects, and what the summary counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::identity::{self, Seen};
use crate::bounce::{Key, LostFile, Reject};
use crate::frame::{ClassifiedEvent, PlacedDelivery};
use crate::source::{Passed, Refused, Stray};

/// What a batch became.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) events: Vec<ClassifiedEvent>,
    pub(super) deliveries: Vec<PlacedDelivery>,
    /// Digests of the deliveries read of each source, in order.
    pub(super) digests: Vec<(Arc<str>, u64)>,
    pub(super) rejects: Vec<Reject>,
    /// Files lost here; each has its reject as well.
    pub(super) lost: Vec<LostFile>,
    /// Files that are no inputs.
    pub(super) strays: Vec<Passed>,
    /// Rows that came before, by source; those that are kept stand above.
    pub(super) repeated: BTreeMap<Arc<str>, u64>,
    pub(super) unread: Vec<(Arc<str>, Arc<[String]>)>,
    pub(super) items: u64,
    pub(super) bytes: u64,
}

impl Sheet {
    /// Keeps what was refused: a row of rejects, and a lost file if it is one.
    pub(super) fn refuse(&mut self, refused: Refused, rejects: &mut Vec<Reject>) {
        if let Refused::Stray(reject) = refused {
            return self.strays.push(Passed { name: reject.origin.source, what: Stray::Binary });
        }
        if let Refused::Source(why, reject) = &refused {
            let (source, detail) = (reject.origin.source.clone(), reject.detail.clone());
            self.lost.push(LostFile { source, why: *why, detail });
        }
        rejects.push(refused.into_reject());
    }

    /// Names the deliveries by the digests of their inputs.
    pub(super) fn name_deliveries(&mut self, seen: &mut Seen) {
        let mut rows = self.deliveries.iter_mut().peekable();
        for (source, part) in &self.digests {
            let input = seen.input(source, *part);
            while let Some(row) = rows.next_if(|row| row.delivery.origin.source == *source) {
                row.id.input = input;
            }
        }
    }

    /// Drops the events and deliveries that came before, wherever in the run, and counts them.
    pub(super) fn drop_duplicates(&mut self, seen: &mut Seen, key: &Key) {
        let mut keep = |source: &Arc<str>, is_new: bool| {
            if !is_new {
                *self.repeated.entry(source.clone()).or_default() += 1;
            }
            is_new
        };
        self.events.retain(|row| keep(&row.event.origin.source, seen.is_new(row.id)));
        let id = |row: &PlacedDelivery| identity::message_id(key, &row.delivery, row.attempted);
        self.deliveries.retain(|row| keep(&row.delivery.origin.source, id(row).is_none_or(|id| seen.is_new(id))));
    }
}
