//! JUDGE: cells -> findings, and the owner of each failure. In: `Facts`, thresholds. Out: a `Verdict` of numbers and words of
//! closed sets, and `Owners`. How it is told is report's work.
//!
//! The way: `verdict` goes through the `streams`, in which `attribution` finds the `candidate`s that account for the
//! failures, measured by `pass` and compared by `weigh` with `stats`; what is left belongs to single organisations
//! (`tally`, `tenant`, `other_findings`). Before lists are blamed `unreliable` asks who called their addresses unknown.

pub mod attribution;
pub mod candidate;
pub mod grounds;
pub(crate) mod index;
pub mod measure;
pub mod other_findings;
mod owners;
pub(crate) mod pass;
pub mod scope;
pub(crate) mod stats;
mod stock;
pub(crate) mod streams;
mod suspects;
pub mod tally;
pub mod tenant;
pub mod testimony;
pub mod unreliable;
mod verdict;
mod walk;
pub mod weigh;
pub mod witness;

pub use owners::Owners;
pub use verdict::{Verdict, judge};
pub(crate) use walk::walk;
