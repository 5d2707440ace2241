//! A batch: some consecutive items, read but not yet looked at.
//!
//! In: whatever a format, or a way of getting at small inputs, makes of bytes. Out: the items one by one, in order, on
//! whatever thread visits. All work that can be done in parallel (parsing CSV, unquoting, opening small files) is done
//! in the visit. A batch knows none of those that make one.

use std::fmt::Debug;
use std::iter;

use super::item::{Refused, Visit};

/// What is read whole, many in a batch: inputs of at most so many bytes.
pub(super) const SMALL: u64 = 256 << 10;
/// A batch of small inputs has at most so many of them and, but for the last, bytes.
pub(super) const FILES_IN_BATCH: usize = 512;
pub(super) const BYTES_IN_BATCH: u64 = 4 << 20;

/// What a batch holds: it knows how its items are got at.
pub(super) trait Work: Debug + Send + Sync {
    /// Hands every item, and what was refused, to `visit`, in order. `max` is the cap for one item, in bytes.
    fn visit(&self, max: usize, visit: &mut Visit<'_>);
}

/// Some consecutive items of one source: the unit of parallel work.
#[derive(Debug)]
pub struct Batch {
    work: Box<dyn Work>,
    bytes: u64,
    max_item: usize,
}

/// What a source's batches come as.
pub type Batches = Box<dyn Iterator<Item = anyhow::Result<Batch>> + Send>;

impl Batch {
    /// A batch that stands for so many bytes of input, as they lie on disk; `max_item` is the cap for one item.
    pub(super) fn new(work: Box<dyn Work>, bytes: u64, max_item: usize) -> Batch {
        Batch { work, bytes, max_item }
    }

    /// A batch that holds nothing but what was refused.
    pub fn of_refused(refused: Refused) -> Batch {
        Batch::refused(refused, 0)
    }

    /// The same, where bytes were read to find out.
    pub(super) fn refused(refused: Refused, bytes: u64) -> Batch {
        Batch { work: Box::new(refused), bytes, max_item: 0 }
    }

    /// The batch, and nothing else.
    pub(super) fn alone(self) -> Batches {
        Box::new(iter::once(Ok(self)))
    }

    /// Bytes of input that this batch stands for, as they lie on disk.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Hands every item of this batch, and what was refused, to `visit`, in order.
    pub fn each(&self, visit: &mut Visit<'_>) {
        self.work.visit(self.max_item, visit);
    }
}

impl Work for Refused {
    fn visit(&self, _max: usize, visit: &mut Visit<'_>) {
        visit(Err(self.clone()));
    }
}
