//! The real program in a process of its own, over a data folder that goes with it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use madoguchi::app::{self, demo};
use madoguchi::config::{Config, DatabaseAddress};
use madoguchi::store::Database;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout};

use super::{Client, DEADLINE, data_folder};

/// A gateway's process.
pub struct Gateway {
    child: Child,
    out: BufReader<ChildStdout>,
    pub address: String,
    folder: TempDir,
}

impl Gateway {
    /// Starts `madoguchi serve` with these arguments and variables over a new data folder.
    pub async fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::over(tempfile::tempdir().unwrap(), arguments, variables).await
    }

    /// The same under a shell's `ulimit`s.
    pub async fn start_under(limits: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = program_for(&folder.path().join("data"));
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{limits} && exec \"$0\" \"$@\"")]).arg(program.get_program());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.current_dir(program.get_current_dir().unwrap());
        Self::by(command, folder, arguments, variables).await
    }

    /// The same over a folder whose `data` is there, or is made.
    pub async fn over(folder: TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::by(program_for(&folder.path().join("data")), folder, arguments, variables).await
    }

    async fn by(program: Command, folder: TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.path().join("log")).unwrap();
        let mut command = tokio::process::Command::from(program);
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        tokio::time::timeout(DEADLINE, out.read_line(&mut line)).await.expect("a start in time").unwrap();
        let address = line.trim().strip_prefix("Madoguchi is serving on ").unwrap_or_else(|| {
            panic!("no start: {line}{}", std::fs::read_to_string(folder.path().join("log")).unwrap())
        });
        Self { child, out, address: address.to_owned(), folder }
    }

    /// Ends the process at once, as a crash does, and starts another over the same folder.
    pub async fn crash_and_restart(self) -> Self {
        self.crash_and_restart_with(&[]).await
    }

    /// The same with these variables.
    pub async fn crash_and_restart_with(mut self, variables: &[(&str, &str)]) -> Self {
        self.child.kill().await.unwrap();
        let Self { folder, .. } = self;
        Self::over(folder, &[], variables).await
    }

    /// The most memory that the process has held since the last reset, in bytes.
    pub fn peak(&self) -> u64 {
        self.status("VmHWM:")
    }

    /// The memory that the process holds now, in bytes.
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// A line of the kernel's account of the process, in bytes.
    fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
    }

    /// Lets the peak begin at what the process holds now.
    pub fn reset_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id().unwrap()), "5").unwrap();
    }

    /// Ends the process at once.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// The files that the process holds open, connections among them.
    pub fn open_files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(format!("/proc/{}/fd", self.child.id().unwrap())).unwrap();
        // One that has been closed since is none any more.
        entries.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok()).collect()
    }

    /// How many connections of clients the process holds.
    pub fn connections(&self) -> usize {
        let table = std::fs::read_to_string(format!("/proc/{}/net/tcp", self.child.id().unwrap())).unwrap();
        let port = format!(":{:04X}", self.socket_address().port());
        let is_held = |line: &&str| {
            // Its own address, the other end's, its state (0A listens), and later the number of the file that holds it, if any does.
            let columns: Vec<_> = line.split_whitespace().collect();
            columns[1].ends_with(&port) && columns[3] != "0A" && columns[9] != "0"
        };
        table.lines().skip(1).filter(is_held).count()
    }

    /// Where it listens.
    pub fn socket_address(&self) -> SocketAddr {
        self.address.strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// Tells it to stop, as an operator does.
    pub fn terminate(&self) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Waits for its end.
    pub async fn ended(&mut self, time: Duration) -> ExitStatus {
        tokio::time::timeout(time, self.child.wait())
            .await
            .unwrap_or_else(|_| panic!("no end within {time:?}"))
            .unwrap()
    }

    /// Stops as an operator does, and fails when that takes more than five seconds.
    pub async fn stop_and_read_log(&mut self) -> String {
        self.terminate();
        let status = self.ended(Duration::from_secs(5)).await;
        assert!(status.success(), "{status}");
        let mut rest = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut self.out, &mut rest).await.unwrap();
        rest + &std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// The database, beside the gateway.
    pub async fn open_database(&self) -> Database {
        open_database(&self.data()).await
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn visitor(&self) -> Client {
        Client::new(&self.address)
    }

    pub async fn log_in(&self, email: &str) -> Client {
        self.visitor().log_in(email, demo::PASSWORD).await
    }
}

/// The database of a data folder.
pub async fn open_database(data: &Path) -> Database {
    let address = data_folder::database(data);
    let database = address.as_deref().and_then(DatabaseAddress::parse);
    app::open_database(&Config { data: data.to_owned(), database, ..Config::default() }).await.unwrap()
}

/// The same for a data folder and its database.
pub fn program_for(data: &Path) -> Command {
    let mut command = program();
    command.env("MADOGUCHI_DATA", data);
    command.envs(data_folder::database(data).map(|address| ("MADOGUCHI_DATABASE", address)));
    command
}

/// The built program, with none of this process's options.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_madoguchi"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MADOGUCHI_")) {
        command.env_remove(name);
    }
    command.current_dir(std::env::temp_dir());
    command
}
