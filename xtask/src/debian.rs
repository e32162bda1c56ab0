//! Programs that Debian has: found, or installed where that can be done, or named with what to do.
//!
//! Packages that bring a service (PostgreSQL, PgBouncer) are installed without starting it: tests start their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::tools::{run, say};

/// Makes sure that there is a Chromium.
pub fn chromium() -> Result<(), String> {
    package("chromium", "/usr/bin/chromium", "the browser tests")
}

/// Makes sure that PDF can be looked at.
pub fn poppler() -> Result<(), String> {
    package("poppler-utils", "/usr/bin/pdftotext", "the tests of papers")
}

/// The pooler that PostgreSQL is seen through in the tests of pooling.
pub fn pgbouncer() -> Result<PathBuf, String> {
    if let Some(found) = on_path("pgbouncer") {
        return Ok(found);
    }
    let program = "/usr/sbin/pgbouncer";
    package("pgbouncer", program, "the tests of pooling")?;
    Ok(program.into())
}

/// What sends the load of a measurement.
pub fn wrk() -> Result<(), String> {
    package("wrk", "/usr/bin/wrk", "the measurement of queries")
}

/// A program of this name in the folders of PATH.
fn on_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// Installs the package unless the program is there.
fn package(package: &str, program: &str, who: &str) -> Result<(), String> {
    if Path::new(program).exists() {
        return Ok(());
    }
    install(package).map_err(|how| format!("{who} need {program}; {how}"))
}

/// Installs Debian's package where that can be done; the error says what to do where not.
pub fn install(package: &str) -> Result<(), String> {
    let by_hand = format!("as root: apt-get install --no-install-recommends {package}");
    if !Path::new("/usr/bin/apt-get").exists() || !is_root() {
        return Err(by_hand);
    }
    say(&format!("installing {package}"));
    let _quiet = [
        // Asked by every package before it starts a service; 101 forbids it.
        Placed::new(
            "/usr/sbin/policy-rc.d",
            "#!/bin/sh\n# Temporary: packages for tests are being installed.\nexit 101\n",
        ),
        // Asked by the server's package before it makes a cluster of its own.
        Placed::new("/etc/postgresql-common/createcluster.d/no-main-cluster.conf", "create_main_cluster = false\n"),
    ];
    // Lists that are a little old are good enough; a failure shows in the next command.
    let _ = run(Command::new("apt-get").args(["update", "-qq"]));
    let arguments = ["install", "-y", "-qq", "--no-install-recommends", package];
    let installed = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    match installed {
        Ok(status) if status.success() => Ok(()),
        _ => Err(by_hand),
    }
}

/// Whether this program may install packages: the owner of its own entry under /proc is the user that runs it.
pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|entry| std::os::unix::fs::MetadataExt::uid(&entry) == 0)
}

/// A file that stands while packages are installed, where nobody has put one; a file that is there already is left alone.
struct Placed(Option<PathBuf>);

impl Placed {
    fn new(path: &str, text: &str) -> Self {
        let path = PathBuf::from(path);
        // Without it the package may start a service that nobody uses, which is no reason to stop.
        let written = !path.exists() && write_executable(&path, text).is_ok();
        Self(written.then_some(path))
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

fn write_executable(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}
