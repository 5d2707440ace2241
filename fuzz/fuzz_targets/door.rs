//! Any file becomes items or rejects: formats, archives, compression.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bouncescope::source::probe::door(data));
