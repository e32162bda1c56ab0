//! Other programs: running them, and saying what to do when one is missing.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// A line of progress.
pub fn say(words: &str) {
    // Nobody may be reading; the work goes on.
    let _ = writeln!(std::io::stdout(), "{}", words.trim_end());
}

/// What went wrong.
pub fn complain(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

/// Runs a program to its end; an error names it.
pub fn run(command: &mut Command) -> Result<(), String> {
    let name = format!("{command:?}");
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name} failed ({status})")),
        Err(error) => Err(format!("{name} could not be started: {error}")),
    }
}

/// Makes sure that what cargo cannot bring is there, before anything takes minutes.
pub fn tools() -> Result<(), String> {
    crate::graphiql::check_node()?;
    let version = Command::new("npm").arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).status();
    match version {
        Ok(status) if status.success() => Ok(()),
        _ => Err("npm is needed; it comes with Node.js: https://nodejs.org".to_owned()),
    }
}

/// The cargo that runs this program, in a folder.
pub fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    leave_cargo(&mut command);
    command
}

/// Keeps back what the cargo that runs this program told it of its own package. Build scripts of dependencies ask for some of it, so
/// that everything would be built again by turns, here and when cargo is called by hand.
pub fn leave_cargo(command: &mut Command) {
    let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(told)) {
        command.env_remove(name);
    }
}

/// Installs the locked packages of a folder, unless they are the ones that are there.
pub fn npm_ci(folder: &Path) -> Result<(), String> {
    let lock =
        std::fs::read(folder.join("package-lock.json")).map_err(|error| format!("package-lock.json: {error}"))?;
    let stamp = folder.join("node_modules/.installed-lock");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let install = ["ci", "--no-audit", "--no-fund", "--silent"];
    run(Command::new("npm").args(install).current_dir(folder))
        .map_err(|error| format!("{error}; Node 20 with npm is needed"))?;
    std::fs::write(stamp, lock).map_err(|error| error.to_string())
}
