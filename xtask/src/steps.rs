//! The tasks: demo, test, accept.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::graphiql;
use crate::tools::{cargo, chromium, npm_ci, run, say};

/// Builds everything and becomes the demonstration, so that Ctrl-C and SIGTERM reach it.
pub fn demo(root: &Path, options: &[String]) -> Result<(), String> {
    graphiql::build(root)?;
    say("building the gateway; the first time this takes a few minutes");
    run(cargo(root).args(["build", "--quiet", "--bin", "madoguchi"]))?;
    let error = Command::new(root.join("target/debug/madoguchi"))
        .args(["serve", "--demo", "--data"])
        .arg(root.join("data"))
        .args(options)
        .exec();
    Err(format!("the gateway could not be started: {error}"))
}

/// Runs every check; the first that fails ends it.
pub fn test(root: &Path, filter: &[String]) -> Result<(), String> {
    let started = Instant::now();
    step("GraphiQL", || graphiql::build(root))?;
    step("packages of the test peers", || npm_ci(&root.join("tests/node")))?;
    step("a browser", chromium)?;
    step("formatting", || run(cargo(root).args(["fmt", "--all", "--check"])))?;
    step("lints", || {
        run(cargo(root).args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]))
    })?;
    step("tests", || {
        let mut tests = cargo(root);
        tests.args(["test", "--workspace", "--no-fail-fast", "--"]).args(filter);
        run(&mut tests)
    })?;
    say(&format!("all checks passed in {:.0} s", started.elapsed().as_secs_f32()));
    Ok(())
}

/// Rewrites what is generated; the difference is then a matter of review.
pub fn accept(root: &Path) -> Result<(), String> {
    npm_ci(&root.join("tests/node"))?;
    run(cargo(root)
        .args(["test", "--test", "it", "--no-fail-fast"])
        .env("MADOGUCHI_ACCEPT", "1")
        .env("INSTA_UPDATE", "always"))
}

fn step(name: &str, work: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    say(&format!("── {name}"));
    let started = Instant::now();
    work()?;
    say(&format!("── {name}: {:.1} s", started.elapsed().as_secs_f32()));
    Ok(())
}
