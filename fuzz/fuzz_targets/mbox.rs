//! The mbox scanner loses and invents no byte.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bouncescope::source::probe::mbox(data));
