//! JUDGE: cells -> findings, and the owner of each failure. In: `Facts`, thresholds. Out: a `Verdict` of numbers and words of
//! closed sets, and `Owners`. How it is told is report's work.
//!
//! The way: `judge` goes through the `streams`, in which `explain` finds the `candidate`s that account for the failures,
//! measured by `pass` and compared by `weigh` with `stats`; what is left belongs to single organisations (`tally`,
//! `tenant`, `quiet`).

pub mod candidate;
pub mod explain;
pub mod grounds;
pub mod index;
mod judge;
pub mod measure;
mod owners;
pub mod pass;
pub mod quiet;
pub mod scope;
pub mod stats;
pub mod streams;
pub mod tally;
pub mod tenant;
pub mod weigh;

pub use judge::{Verdict, judge};
pub use owners::Owners;
