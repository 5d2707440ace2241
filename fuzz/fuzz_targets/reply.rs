//! Any text is read as a reply and named, the same with memory and without.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bouncescope::classify::probe::reply(data));
