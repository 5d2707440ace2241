//! Any bytes as a record of an export become rows or rejects.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bouncescope::parse::probe::record(data));
