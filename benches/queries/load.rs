//! Requests as fast as they are answered, by `wrk`, and what they took.

use std::path::Path;
use std::process::Command;

use super::Error;
use super::contestants::{Contestant, database_cpu};
use super::pages::Page;

/// What came of one run.
#[derive(Clone, Copy)]
pub struct Run {
    /// Requests a second.
    pub rate: f64,
    /// The median in milliseconds.
    pub p50: f64,
    /// In milliseconds.
    pub p99: f64,
    /// Milliseconds of processor time of a request in the server.
    pub server: f64,
    /// And in the database.
    pub database: f64,
}

/// Asks for a page over so many connections.
pub fn run(
    contestant: &Contestant,
    page: &Page,
    requests: &Path,
    connections: u32,
    seconds: u32,
    backend: u32,
) -> Result<Run, Error> {
    let before = (contestant.cpu()?, database_cpu(backend)?);
    let output = Command::new("wrk")
        .args(["--threads", "1", "--connections", &connections.to_string(), "--duration", &format!("{seconds}s")])
        .args(["--timeout", "10s", "--script", concat!(env!("CARGO_MANIFEST_DIR"), "/benches/queries/load.lua")])
        .arg(contestant.url(page))
        .arg("--")
        .arg(requests)
        .output()
        .map_err(|error| format!("wrk, of Debian's package wrk: {error}"))?;
    let after = (contestant.cpu()?, database_cpu(backend)?);
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said
        .lines()
        .find_map(|line| line.strip_prefix("LOAD "))
        .ok_or_else(|| format!("wrk failed ({}): {said}{}", output.status, String::from_utf8_lossy(&output.stderr)))?;
    let numbers = line.split(' ').map(str::parse).collect::<Result<Vec<f64>, _>>()?;
    let [requests, microseconds, p50, p99, failed] = numbers[..] else { return Err(line.into()) };
    if failed > 0.0 || requests == 0.0 {
        return Err(format!("{} failed {failed} of {requests} requests of {}", contestant.name, page.name).into());
    }
    Ok(Run {
        rate: requests / microseconds * 1e6,
        p50: p50 / 1000.0,
        p99: p99 / 1000.0,
        server: (after.0 - before.0) / requests * 1000.0,
        database: (after.1 - before.1) / requests * 1000.0,
    })
}
