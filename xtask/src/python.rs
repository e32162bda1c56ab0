//! Programs from PyPI, in an environment of their own under `target/tools`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian;
use crate::tools::{run, say};

/// The scanner that asks the gateway for all that its schema has: the versions of `tests/schemathesis/requirements.txt`, installed unless
/// they are the ones that are there.
pub fn schemathesis(root: &Path) -> Result<PathBuf, String> {
    let folder = root.join("target/tools/schemathesis");
    let (program, stamp) = (folder.join("bin/schemathesis"), folder.join("requirements.txt"));
    let file = root.join("tests/schemathesis/requirements.txt");
    let wanted = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    if program.is_file() && fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(program);
    }
    say("installing schemathesis from PyPI");
    environment(&folder)?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    run(Command::new(folder.join("bin/python")).args(pip).arg(&file))?;
    fs::write(stamp, wanted).map_err(|error| error.to_string())?;
    Ok(program)
}

/// Makes an empty environment.
fn environment(folder: &Path) -> Result<(), String> {
    let make = || run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder));
    // Debian's Python is without what makes one.
    make().or_else(|_| {
        let missing = |how| format!("the scan by schemathesis needs Python 3.10 or newer with venv; {how}");
        debian::install("python3-venv").map_err(missing)?;
        make()
    })
}
