//! Builds the GraphiQL page that the gateway embeds, when what it is made from has changed.
//!
//! Two hashes beside the built page remember what it was made from: the locked packages, which take longest, and the rest.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The oldest Node that the bundler runs on.
const NODE: (u32, u32) = (20, 19);

/// Builds `graphiql/dist/app` under the workspace's root, unless it is up to date. The error is for people.
///
/// # Errors
/// When Node or npm is missing or too old, a file cannot be read or written, or npm reports a failure (it has told why).
pub fn build(root: &Path) -> Result<(), String> {
    let folder = root.join("graphiql");
    let stamp = folder.join("dist/stamp");
    let packages = digest(&[folder.join("package.json"), folder.join("package-lock.json")])?;
    let sources = digest(&[
        folder.join("index.html"),
        folder.join("vite.config.js"),
        folder.join("src"),
        folder.join("test"),
        root.join("graphql/operations"),
    ])?;
    let made_from = format!("{packages:016x}\n{sources:016x}\n");
    if folder.join("dist/app/index.html").is_file() && fs::read_to_string(&stamp).is_ok_and(|known| known == made_from)
    {
        return Ok(());
    }
    check_node()?;
    install(&folder, packages)?;
    say("graphiql: building the page");
    npm(&folder, &["run", "--silent", "build"])?;
    fs::write(&stamp, made_from).map_err(|error| format!("{}: {error}", stamp.display()))
}

/// Installs the locked packages where that has not been done.
fn install(folder: &Path, packages: u64) -> Result<(), String> {
    let stamp = folder.join("node_modules/.installed");
    let wanted = format!("{packages:016x}\n");
    if fs::read_to_string(&stamp).is_ok_and(|known| known == wanted) {
        return Ok(());
    }
    say("graphiql: installing the packages of graphiql/package-lock.json (npm ci)");
    npm(folder, &["ci", "--no-audit", "--no-fund", "--ignore-scripts"])?;
    fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))
}

fn npm(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let output =
        Command::new("npm").args(arguments).current_dir(folder).stdin(Stdio::null()).output().map_err(|error| {
            format!("graphiql: npm cannot be started ({error}). It comes with Node.js: https://nodejs.org")
        })?;
    if output.status.success() {
        return Ok(());
    }
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(format!("{out}{err}\ngraphiql: `npm {}` failed in {}; see above", arguments.join(" "), folder.display()))
}

/// Makes sure that Node is there and not too old.
pub fn check_node() -> Result<(), String> {
    let needed = format!("Node.js {}.{} or newer is needed to build GraphiQL: https://nodejs.org", NODE.0, NODE.1);
    let output = Command::new("node")
        .arg("--version")
        .output()
        .map_err(|error| format!("node cannot be started ({error}). {needed}"))?;
    let version = String::from_utf8_lossy(&output.stdout);
    let mut numbers = version.trim().trim_start_matches('v').split('.').map_while(|part| part.parse().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) if (major, minor) >= NODE => Ok(()),
        _ => Err(format!("found Node.js {}. {needed}", version.trim())),
    }
}

/// A hash over the names and contents of the files at and below the paths.
fn digest(paths: &[PathBuf]) -> Result<u64, String> {
    let mut hasher = DefaultHasher::new();
    for path in paths {
        hash_into(path, &mut hasher).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(hasher.finish())
}

fn hash_into(path: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    path.file_name().hash(hasher);
    if !path.is_dir() {
        fs::read(path)?.hash(hasher);
        return Ok(());
    }
    let mut entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    entries.iter().try_for_each(|entry| hash_into(entry, hasher))
}

/// A line of progress. That nobody reads it is no reason to stop.
fn say(line: &str) {
    writeln!(io::stderr(), "{line}").ok();
}
