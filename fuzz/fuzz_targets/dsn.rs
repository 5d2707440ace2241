//! Whatever fields a delivery report holds, it becomes events or a reject.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bouncescope::parse::probe::dsn(data));
