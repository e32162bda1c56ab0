//! The readers of `tests/it/readers/` for libFuzzer, and what its runs begin from.
//!
//! `cargo xtask fuzz` builds and runs the targets. A target is a reader of that folder, a file in `fuzz_targets/` and a name in
//! `xtask/src/fuzz.rs`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "../../tests/it/readers/mod.rs"]
pub mod readers;

use readers::seeds;

/// Where a run wants its seeds and words; without it, none are written.
const FOLDER: &str = "MADOGUCHI_FUZZ_SEEDS";

/// Writes the seeds that a target begins from, a file each, and the words of a dictionary.
pub fn write(seeds: &[Vec<u8>]) {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    fs::create_dir_all(folder.join("seeds")).expect("a folder");
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(folder.join("seeds").join(number.to_string()), seed).expect("a seed");
    }
    let mut words = String::new();
    for word in seeds::words(seeds) {
        let _ = writeln!(words, "\"{}\"", word.escape_ascii());
    }
    fs::write(folder.join("words"), words).expect("the words");
}

/// The seeds of the guard.
pub fn documents() -> Vec<Vec<u8>> {
    seeds::of_guard(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
}
