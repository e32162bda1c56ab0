//! Measurements: release builds, a PostgreSQL that syncs, figures side by side in one run.

use std::path::Path;
use std::process::Command;

use crate::debian;
use crate::postgres::{Cluster, Purpose};
use crate::tools::{cargo, npm_ci, run, say};

/// The address of the PostgreSQL on which a bench makes its databases.
const SERVER: &str = "MADOGUCHI_BENCH_POSTGRES";

/// Runs the measurements of one subject.
pub fn bench(root: &Path, words: &[String]) -> Result<(), String> {
    match words.first().map(String::as_str) {
        Some("databases") => databases(root),
        Some("guard") => run(cargo(root).args(["bench", "--quiet", "--bench", "guard"])),
        Some("queries") => queries(root, words.get(1..).unwrap_or_default()),
        _ => Err("which measurement? There are: cargo xtask bench databases, guard, queries".to_owned()),
    }
}

/// Commits a second, and how pages grow with the portal, on both databases.
fn databases(root: &Path) -> Result<(), String> {
    let cluster = Cluster::start(Purpose::Bench)?;
    say("building with optimisation; the first time this takes many minutes");
    measure(cargo(root).args(["bench", "--quiet", "--bench", "commits"]), &cluster)?;
    say("making 1,000 and 1,000,000 applications on each; SQLite's are kept in target/tmp/growth");
    measure(cargo(root).args(["bench", "--quiet", "--bench", "growth"]), &cluster)
}

/// What three pages cost, beside Mercurius and beside the same pages written by hand.
fn queries(root: &Path, words: &[String]) -> Result<(), String> {
    crate::graphiql::check_node()?;
    debian::wrk()?;
    npm_ci(&root.join("benches/queries/mercurius"))?;
    let cluster = Cluster::start(Purpose::Bench)?;
    say("building with optimisation; the first time this takes many minutes");
    measure(cargo(root).args(["bench", "--quiet", "--bench", "queries", "--"]).args(words), &cluster)
}

/// The address may hold a password, which an error of [`crate::tools::run`] would tell.
fn measure(bench: &mut Command, cluster: &Cluster) -> Result<(), String> {
    match bench.env(SERVER, cluster.url()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("the measurement failed ({status})")),
        Err(error) => Err(format!("cargo could not be started: {error}")),
    }
}
