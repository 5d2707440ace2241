//! The one integration binary: each further one would link polars again.

// Tests say what is wrong by failing, in whatever order.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::iter_over_hash_type, missing_docs)]

mod any_cut;
mod bad_input;
mod docs;
mod example;
mod exit_codes;
mod exports;
mod forged;
mod fuzz_seeds;
mod hostile;
mod house;
mod kinds;
mod levels;
mod lost;
mod night;
mod no_bounce;
mod not_understood;
mod one_fate;
mod one_figure;
mod one_owner;
mod other_engines;
mod output_file;
mod own_output;
mod past;
mod present;
mod present_promise;
mod program;
mod promise;
mod prose;
mod published;
mod read_once;
mod same_rows;
mod samples;
mod scratch;
mod strays;
mod summary;
mod targets;
mod traffic;
