//! Where PostgreSQL's programs are, installed when there are none.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::GIVEN;
use crate::debian;

/// The oldest that the gateway runs on.
const OLDEST: u32 = 15;

/// The folder of PostgreSQL's programs.
pub fn programs() -> Result<PathBuf, String> {
    if let Some(found) = find() {
        return Ok(found);
    }
    let missing = |how: &str| {
        format!(
            "the tests need PostgreSQL {OLDEST} or newer (initdb, pg_ctl, postgres); {how}; or set {GIVEN} to the address of one"
        )
    };
    debian::install("postgresql").map_err(|how| missing(&how))?;
    find().ok_or_else(|| missing("what Debian has here is older"))
}

/// On the PATH first, then where systems put it, the newest first.
fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut systems: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .collect();
    systems.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    systems.push("/usr/local/bin".into());
    std::env::split_paths(&path).chain(systems).find(|folder| version(folder) >= Some(OLDEST))
}

/// The major version of what stands in the folder, if it is all there.
fn version(folder: &Path) -> Option<u32> {
    if !["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).is_file()) {
        return None;
    }
    let output = Command::new(folder.join("postgres")).arg("--version").stdin(Stdio::null()).output().ok()?;
    // postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1); before a release, 19beta1.
    let text = String::from_utf8(output.stdout).ok()?;
    let number = text.split(' ').nth(2)?;
    number.split(|sign: char| !sign.is_ascii_digit()).next()?.parse().ok()
}
