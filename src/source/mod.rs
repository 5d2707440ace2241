//! DOORS: paths in, raw items out. Containers are opened and split here; what an item says is parse's work.
//!
//! In: paths, globs, folders, standard input. Out: a sorted [`Listing`]; from each [`Source`] a sequential iterator of
//! [`Batch`]es, each of which any thread can visit on its own. Formats are told from content, never from a file's name.
//! Damage is [`Refused`] with its place: one item, after which the source goes on, or the source from there on. Neither
//! ends a run.

mod batch;
mod door;
mod files;
mod format;
mod identity;
mod inputs;
mod item;
mod listing;
mod opener;
mod own;
mod pack;
#[cfg(test)]
mod packed_tests;
mod pattern;
pub mod probe;
mod stray;
mod stream;
#[cfg(test)]
mod tests;
mod unicode;

pub use batch::{Batch, Batches};
pub use format::names as formats;
pub use identity::same_file;
pub use inputs::{InputFile, Listing, Passed, ReadOnce, Role, Source, SourceOptions};
pub use item::{Header, Item, Record, Refused, Visit};
pub use listing::{open, open_all, open_inputs};
pub use opener::Opener;
pub use own::Own;
pub use stray::Stray;
