//! Reads the command line and runs.

use std::process::ExitCode;

fn main() -> ExitCode {
    madoguchi::cli::main()
}
