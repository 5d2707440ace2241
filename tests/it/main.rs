//! The one integration binary: each further one would link polars again.

mod bad_input;
mod example;
mod exit_codes;
mod exports;
mod fuzz_seeds;
mod hostile;
mod house;
mod night;
mod past;
mod program;
mod samples;
mod targets;
