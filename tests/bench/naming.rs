//! Benchmark: classifying replies.

fn main() {}
