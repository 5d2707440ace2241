//! What every container is, and what it may ask of the reading around it. Knows no single container and no format.

use std::fmt::Debug;
use std::sync::Arc;

use super::budget::Budget;
use crate::source::batch::Batches;
use crate::source::item::Visit;
use crate::source::stream::Stream;

/// Something that inputs are wrapped in: a compression, an archive.
pub(in crate::source) trait Pack: Debug + Send + Sync {
    /// Whether a stream is one, by its first [`MAGIC`] bytes.
    fn sniff(&self, head: &[u8]) -> bool;

    /// The batches of what it holds. What is damaged is refused in its place.
    ///
    /// # Errors
    /// The system fails.
    fn open(&self, stream: Stream, inside: Arc<dyn Inside>) -> anyhow::Result<Batches>;
}

/// Bytes that are enough to tell a container.
pub(in crate::source) const MAGIC: usize = 264;

/// Reads what a container holds, which may be anything, further containers too.
pub(in crate::source) trait Inside: Debug + Send + Sync {
    /// The batches of a stream that comes out.
    ///
    /// # Errors
    /// The system fails.
    fn read(&self, stream: Stream) -> anyhow::Result<Batches>;

    /// Hands the items of a small member, which is in no container, to `visit`.
    fn visit(&self, name: &Arc<str>, data: &[u8], visit: &mut Visit<'_>);

    /// Whether bytes begin as a container does.
    fn is_packed(&self, data: &[u8]) -> bool;

    /// What may come out, of all that is inside the same input.
    fn budget(&self) -> &Budget;
}
