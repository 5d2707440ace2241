//! What items became. Readers add to it; nothing is read here.

use std::sync::Arc;

use super::record::Memory;
use crate::bounce::{Delivery, Event, PresentEntry, Reject};

/// What one item, or a batch of them, became.
#[derive(Debug, Default)]
pub struct Parsed {
    /// One for each recipient that a report speaks about.
    pub events: Vec<Event>,
    /// What an export says was accepted or sent.
    pub deliveries: Vec<Delivery>,
    /// Entries of present lists, where the reader is one for lists.
    pub listed: Vec<PresentEntry>,
    /// What could not be read.
    pub rejects: Vec<Reject>,
    /// Columns that nothing reads, of each header met, with the source that has it.
    pub unread: Vec<(Arc<str>, Arc<[String]>)>,
    /// What the reader of records remembers.
    pub(super) memory: Memory,
}

impl Parsed {
    /// Notes a header's unread columns; the rows of one header follow one another.
    pub(super) fn unread_columns(&mut self, source: &Arc<str>, columns: &Arc<[String]>) {
        let known = |(of, last): &(Arc<str>, Arc<[String]>)| Arc::ptr_eq(last, columns) && of == source;
        if !self.unread.last().is_some_and(known) {
            self.unread.push((source.clone(), columns.clone()));
        }
    }
}
