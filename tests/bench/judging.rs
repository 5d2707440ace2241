//! Benchmark: analysing a large night.

fn main() {}
