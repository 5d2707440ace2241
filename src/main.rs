//! Runs the command, prints the error chain, sets the exit code.

fn main() {}
