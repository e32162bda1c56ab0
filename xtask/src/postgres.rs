//! A PostgreSQL of one run: found or installed, started in a fresh folder, gone with the run however that ends.
//!
//! Nothing here speaks SQL: what stands in the cluster is the tests' own affair.

mod programs;

use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use self::programs::programs;
use crate::debian;
use crate::tools::say;

/// The address of a PostgreSQL to use in place of a private one, as a superuser; the tests find theirs by it too.
pub const GIVEN: &str = "MADOGUCHI_TEST_POSTGRES";

/// What begins the name of each run's folder.
const PREFIX: &str = "madoguchi-postgres.";

/// Each test has a database and its pools.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 400
shared_buffers = 128MB
";

/// The tests kill gateways, and what PostgreSQL has acknowledged outlives them, and even its own death, in the system's memory. Only a
/// power cut would lose it, and no test cuts the power.
const UNSYNCED: &str = "
fsync = off
full_page_writes = off
";

/// What a cluster is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Tests: nothing waits for the disk.
    Tests,
    /// Measuring: commits are synced as in earnest.
    Bench,
}

/// Waits for the end of its input, which comes when the run ends, be it by `kill -9`; then nothing is left of the cluster.
const KEEPER: &str = r#"
trap '' HUP INT TERM
read -r _
"$1/pg_ctl" stop --silent --mode immediate --pgdata "$2/data"
rm -rf "$2"
"#;

/// A running PostgreSQL.
pub struct Cluster {
    url: String,
    /// Ends the private cluster; none when the address was given.
    keeper: Option<Child>,
    /// Locked while this run lives, so that no other run takes the folder for a dead one's.
    _folder: Option<File>,
}

impl Cluster {
    /// Uses what is given, or starts a private cluster; installs PostgreSQL when there is none.
    pub fn start(purpose: Purpose) -> Result<Self, String> {
        if let Some(url) = given()? {
            return Ok(Self { url, keeper: None, _folder: None });
        }
        let programs = programs()?;
        bury_the_dead(&programs);
        let folder = fresh_folder()?;
        let lock = File::open(&folder).and_then(|file| file.lock().map(|()| file));
        let lock = lock.map_err(|error| format!("{}: {error}", folder.display()))?;
        // From here on the keeper tidies, whatever fails.
        let keeper = keep(&programs, &folder)?;
        let mut cluster = Self { url: String::new(), keeper: Some(keeper), _folder: Some(lock) };
        make(&programs, &folder, purpose)?;
        let port = listen(&programs, &folder)?;
        cluster.url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        Ok(cluster)
    }

    /// Where it listens; the user there is a superuser.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
    }
}

/// Makes sure that [`Cluster::start`] will find what it needs.
pub fn prepare() -> Result<(), String> {
    match given()? {
        Some(_) => say(&format!("the one of {GIVEN}")),
        None => say(&programs()?.display().to_string()),
    }
    Ok(())
}

fn given() -> Result<Option<String>, String> {
    match std::env::var(GIVEN) {
        Ok(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => Ok(Some(url)),
        Ok(url) if url.is_empty() => Ok(None),
        // The value may hold a password: it is not repeated.
        Ok(_) => {
            Err(format!("{GIVEN} holds no address; it looks like postgres://superuser:password@host:5432/postgres"))
        }
        Err(_) => Ok(None),
    }
}

/// A program as the user that PostgreSQL may run as, which is not root; that user need not see the folder this program stands in.
fn as_its_user(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = if debian::is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/").stdin(Stdio::null());
    command
}

/// Runs it to its end: what it printed, or what it complained of.
fn said(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?} could not be started: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(format!("{command:?} failed ({}):\n{}", output.status, String::from_utf8_lossy(&output.stderr).trim()))
}

/// A folder of the cluster's user, in the first place where that user may make one: TMPDIR may be root's alone.
fn fresh_folder() -> Result<PathBuf, String> {
    let mut errors = Vec::new();
    for place in places() {
        match said(as_its_user("mktemp").arg("-d").arg(place.join(format!("{PREFIX}XXXXXXXX")))) {
            Ok(folder) => return Ok(folder.into()),
            Err(error) => errors.push(error),
        }
    }
    Err(errors.join("\n"))
}

fn places() -> Vec<PathBuf> {
    let mut places = vec![std::env::temp_dir(), "/tmp".into(), "/var/tmp".into()];
    places.dedup();
    places
}

fn keep(programs: &Path, folder: &Path) -> Result<Child, String> {
    as_its_user("sh")
        .args(["-c", KEEPER, "keeper"])
        .args([programs, folder])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A Ctrl-C is for the run; the keeper sees that the run is gone.
        .process_group(0)
        .spawn()
        .map_err(|error| format!("the keeper of the private PostgreSQL could not be started: {error}"))
}

/// The cluster's files. `C.UTF-8` sorts by code point, as SQLite does.
fn make(programs: &Path, folder: &Path, purpose: Purpose) -> Result<(), String> {
    let data = folder.join("data");
    let arguments = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"];
    said(as_its_user(programs.join("initdb")).args(arguments).arg("--pgdata").arg(&data))?;
    let file = data.join("postgresql.conf");
    let settings = SETTINGS.to_owned() + if purpose == Purpose::Tests { UNSYNCED } else { "" };
    let appended = File::options().append(true).open(&file).and_then(|mut file| file.write_all(settings.as_bytes()));
    appended.map_err(|error| format!("{}: {error}", file.display()))
}

/// Starts it; answers the port. Another program may take a free port first, so that a few are tried.
fn listen(programs: &Path, folder: &Path) -> Result<u16, String> {
    let (data, log) = (folder.join("data"), folder.join("log"));
    let mut tries = 5;
    loop {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.map_err(|error| format!("no free port: {error}"))?.port();
        let mut start = as_its_user(programs.join("pg_ctl"));
        start.args(["start", "--silent", "--wait", "--options"]).arg(format!("-p {port}"));
        let Err(error) = said(start.arg("--pgdata").arg(&data).arg("--log").arg(&log)) else { return Ok(port) };
        tries -= 1;
        let log = fs::read_to_string(&log).unwrap_or_default();
        if tries == 0 || !log.contains("could not bind") {
            return Err(format!("{error}\nits log:\n{}", log.trim()));
        }
    }
}

/// Ends clusters whose runs and keepers were killed, and takes their folders away. What cannot be taken is left.
fn bury_the_dead(programs: &Path) {
    let entries = places().into_iter().flat_map(|place| fs::read_dir(place).into_iter().flatten());
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)) {
        // One that is being made this moment is not locked yet.
        let is_old = entry
            .metadata()
            .and_then(|data| data.modified())
            .is_ok_and(|made| made.elapsed().is_ok_and(|age| age > Duration::from_secs(60)));
        let is_free = File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_ok());
        if is_old && is_free && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            // A keeper at the end of its input does just this.
            let _ = said(as_its_user("sh").args(["-c", KEEPER, "keeper"]).arg(programs).arg(entry.path()));
        }
    }
}
