//! bouncescope: last night's bounces in; who is at fault, what to do, and the lists to do it with, out.
//!
//! The floor plan, in the order of the flow; a room imports only rooms above it.

#![warn(missing_docs)]

pub mod bounce;
pub mod tables;

pub mod progress;

pub mod source;

pub mod parse;

pub mod classify;

pub mod frame;

pub mod ingest;

pub mod history;

pub mod analyze;

pub mod suppress;

pub mod report;

pub mod publish;
