//! Scripts of `tests/node`: clients and tools that others wrote, from npm, and a browser.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use futures_util::future::join;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::OnceCell;

use super::DEADLINE;

/// Waits until the locked packages are there.
pub async fn installed() {
    static INSTALLED: OnceCell<()> = OnceCell::const_new();
    INSTALLED.get_or_init(install).await;
}

/// Runs a script and returns what it printed; fails when the script does.
pub async fn node(script: &str, arguments: &[&str]) -> String {
    installed().await;
    run(Command::new("node").arg(script).args(arguments), Duration::from_secs(240)).await
}

/// Installs the locked packages where that has not been done since the lock file changed.
async fn install() {
    let changed = |file: &str| folder().join(file).metadata().and_then(|data| data.modified()).ok();
    if changed("node_modules/.package-lock.json") < changed("package-lock.json") {
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]), Duration::from_secs(300)).await;
    }
}

/// Runs it to its end, and fails with all that it said.
async fn run(command: &mut Command, time: Duration) -> String {
    let command = command.current_dir(folder()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn().expect("node and npm are needed");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let reading = join(collect(child.stdout.take(), &mut out), collect(child.stderr.take(), &mut err));
    let is_in_time = tokio::time::timeout(time, reading).await.is_ok();
    let (out, err) = (String::from_utf8_lossy(&out), String::from_utf8_lossy(&err));
    assert!(is_in_time, "not done in {time:?}\n{out}\n{err}");
    assert!(child.wait().await.unwrap().success(), "{out}\n{err}");
    out.into_owned()
}

/// Keeps what was said even when the end is not waited for.
async fn collect(pipe: Option<impl AsyncRead + Unpin>, said: &mut Vec<u8>) {
    let mut pipe = pipe.expect("a pipe");
    while pipe.read_buf(said).await.is_ok_and(|bytes| bytes > 0) {}
}

/// Where the scripts are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node")
}

/// A script that runs beside a test and ends with it.
pub struct Beside {
    /// The first line that it printed.
    pub line: String,
    _child: Child,
}

/// Starts a script and waits for its first line.
pub async fn beside(script: &str, arguments: &[&str]) -> Beside {
    installed().await;
    let mut command = Command::new("node");
    command.arg(script).args(arguments).current_dir(folder());
    // Of their own, both: Node.js lets no write to a pipe wait, and would let none of ours if it had ours.
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn().unwrap();
    let mut complaints = BufReader::new(child.stderr.take().unwrap()).lines();
    tokio::spawn(async move {
        while let Ok(Some(complaint)) = complaints.next_line().await {
            let _ = writeln!(std::io::stderr(), "{complaint}");
        }
    });
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = tokio::time::timeout(DEADLINE, lines.next_line()).await.expect("a start in time").unwrap();
    Beside { line: line.expect("a first line"), _child: child }
}
