//! The one integration binary: each further one would link polars again.

mod bad_input;
mod example;
mod exit_codes;
mod exports;
mod forged;
mod fuzz_seeds;
mod hostile;
mod house;
mod kinds;
mod lost;
mod night;
mod not_understood;
mod other_engines;
mod output_file;
mod own_output;
mod past;
mod present;
mod present_promise;
mod program;
mod promise;
mod read_once;
mod samples;
mod scratch;
mod strays;
mod summary;
mod targets;
