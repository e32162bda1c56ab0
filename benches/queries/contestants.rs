//! Who is measured, each as a process of its own on a free port, and what the system says that a process took.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::pages::Page;
use super::{Error, Settings};

/// Connections to the database that each is given for reading.
pub const POOL: u32 = 8;
/// Ticks in a second, in which Linux counts for everybody.
const TICKS: f64 = 100.0;

/// A server that answers the pages.
pub struct Contestant {
    /// What it is called.
    pub name: &'static str,
    /// One path for all pages, or for each its own.
    has_paths: bool,
    port: u16,
    process: Child,
}

/// Memory of a process in MiB.
#[derive(Clone, Copy)]
pub struct Memory {
    /// Now.
    pub now: f64,
    /// At most so far.
    pub peak: f64,
}

impl Contestant {
    /// Starts all of them on one database.
    pub async fn start_all(settings: &Settings, database: &str) -> Result<Vec<Self>, Error> {
        let (here, folder) = (Path::new(env!("CARGO_MANIFEST_DIR")), &settings.folder);
        let pool = POOL.to_string();
        let mut contestants = Vec::new();

        let port = free_port()?;
        let mut gateway = Command::new(&settings.gateway);
        gateway.arg("serve");
        gateway.env("MADOGUCHI_LISTEN", format!("127.0.0.1:{port}")).env("MADOGUCHI_DATA", folder.join("data"));
        gateway.env("MADOGUCHI_DATABASE", database).env("MADOGUCHI_POOL_READERS", &pool);
        // Counted as ever, for few actors who ask like thousands.
        gateway.env("MADOGUCHI_HTTP_COST_PER_MINUTE", "1000000000");
        contestants.push(Self::start("gateway", port, false, gateway, folder)?);

        let port = free_port()?;
        let mut mercurius = Command::new("node");
        mercurius.arg(here.join("benches/queries/mercurius/server.mjs")).env("NODE_ENV", "production");
        mercurius.env("PORT", port.to_string()).env("DATABASE", database).env("POOL", &pool);
        mercurius.env("SCHEMA", here.join("graphql/schema.graphql"));
        contestants.push(Self::start("Mercurius", port, false, mercurius, folder)?);

        let port = free_port()?;
        let mut by_hand = Command::new(std::env::current_exe()?);
        by_hand.args(["by-hand", &port.to_string(), database, &pool]);
        contestants.push(Self::start("by hand", port, true, by_hand, folder)?);

        for contestant in &mut contestants {
            contestant.wait().await?;
        }
        Ok(contestants)
    }

    fn start(
        name: &'static str,
        port: u16,
        has_paths: bool,
        mut command: Command,
        folder: &Path,
    ) -> Result<Self, Error> {
        let log = File::create(folder.join(format!("{name}.log")))?;
        // Variables for this measurement are no options of the gateway.
        for (variable, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MADOGUCHI_BENCH_"))
        {
            command.env_remove(variable);
        }
        let process = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn();
        Ok(Self { name, has_paths, port, process: process.map_err(|error| format!("{name}: {error}"))? })
    }

    async fn wait(&mut self) -> Result<(), Error> {
        let begun = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            if let Some(status) = self.process.try_wait()? {
                return Err(format!("{} ended with {status}; its words are in its log", self.name).into());
            }
            if begun.elapsed() > Duration::from_secs(30) {
                return Err(format!("{} does not listen", self.name).into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Where it answers a page.
    pub fn url(&self, page: &Page) -> String {
        let path = if self.has_paths { page.name } else { "graphql" };
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    /// The seconds of processor time that it has taken so far.
    pub fn cpu(&self) -> Result<f64, Error> {
        let stat = Stat::of(self.process.id())?;
        Ok(stat.own)
    }

    /// Its memory.
    pub fn memory(&self) -> Result<Memory, Error> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let mib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.trim().strip_suffix(" kB")?.parse::<f64>().ok()? / 1024.0)
        };
        Ok(Memory { now: mib("VmRSS:").ok_or("no VmRSS")?, peak: mib("VmHWM:").ok_or("no VmHWM")? })
    }
}

impl Drop for Contestant {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The seconds of processor time that PostgreSQL has taken so far: its first process, those that live and those that have ended.
/// Looked at again when one ended meanwhile: its time would be in neither place.
pub fn database_cpu(backend: u32) -> Result<f64, Error> {
    let postmaster = Stat::of(backend)?.parent;
    loop {
        let before = Stat::of(postmaster)?;
        let mut living = 0.0;
        for entry in fs::read_dir("/proc")?.flatten() {
            let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            if let Ok(stat) = Stat::of(process)
                && stat.parent == postmaster
            {
                living += stat.own;
            }
        }
        let after = Stat::of(postmaster)?;
        if after.ended.total_cmp(&before.ended).is_eq() {
            return Ok(after.own + after.ended + living);
        }
    }
}

/// What `/proc` says of a process.
struct Stat {
    parent: u32,
    /// Its own seconds.
    own: f64,
    /// Those of its children that have ended.
    ended: f64,
}

impl Stat {
    fn of(process: u32) -> Result<Self, Error> {
        let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The name, in brackets, may hold anything.
        let fields: Vec<&str> = text.rsplit_once(')').ok_or("no stat")?.1.split_whitespace().collect();
        let field = |at: usize| fields.get(at).and_then(|text| text.parse::<u32>().ok()).ok_or("no stat");
        let seconds = |first: usize| Ok::<_, Error>(f64::from(field(first)? + field(first + 1)?) / TICKS);
        Ok(Self { parent: field(1)?, own: seconds(11)?, ended: seconds(13)? })
    }
}

fn free_port() -> Result<u16, Error> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
