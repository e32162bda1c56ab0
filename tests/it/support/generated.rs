//! Files that are generated, committed and compared. `cargo xtask accept` rewrites them; the difference is then a matter of review.

use std::path::{Path, PathBuf};

/// A path from the repository's root.
pub fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

fn accepts() -> bool {
    std::env::var_os("MADOGUCHI_ACCEPT").is_some()
}

/// Fails unless a committed file holds this text; rewrites it when told to.
pub fn compare(relative: &str, wanted: &str) {
    let file = path(relative);
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    if committed != wanted && accepts() {
        return std::fs::write(&file, wanted).unwrap();
    }
    assert!(committed == wanted, "{relative} is stale; run `cargo xtask accept` and review the difference\n{wanted}");
}

/// The same for the part of a file between `<!-- begin NAME -->` and `<!-- end NAME -->`.
pub fn compare_section(relative: &str, name: &str, wanted: &str) {
    let text = std::fs::read_to_string(path(relative)).unwrap();
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("{relative} has no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{relative} has no {end}"));
    compare(relative, &format!("{before}{begin}{wanted}{end}{after}"));
}
