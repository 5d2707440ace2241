//! Whatever a mail says, it becomes events or a reject.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bouncescope::parse::probe::prose(data));
