//! Reads the command line and runs.
fn main() {}
