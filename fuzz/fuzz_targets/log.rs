//! Any bytes as the lines of a mail log become rows or rejects.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bouncescope::parse::probe::log(data));
