//! What reading remembers from one record to the next, beside the reader, which all threads share.

use std::sync::Arc;

use super::json::Room;
use super::layout::Slot;
use super::rows::Plan;

/// What reading remembers from one record to the next. It changes no result, only how soon it is there.
#[derive(Debug, Default)]
pub(in crate::parse) struct Memory {
    pub(super) plan: Option<(u64, Arc<Plan>)>,
    pub(super) room: Room,
    /// The names of the last JSON record, and the shape that they have.
    pub(super) shape: (Vec<Slot>, Option<usize>),
    /// Empty between two rows; kept for the memory that it holds.
    pub(super) said: Vec<u8>,
}
