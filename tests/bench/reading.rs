//! Benchmark: reading mails and exports, against the parser crates alone.

fn main() {}
