//! The tasks: demo, test, schema, accept.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::graphiql;
use crate::tools::{cargo, chromium, npm_ci, poppler, run, say, tools};

/// Builds everything and becomes the demonstration, so that Ctrl-C and SIGTERM reach it.
pub fn demo(root: &Path, options: &[String]) -> Result<(), String> {
    graphiql::build(root)?;
    say("building the gateway; the first time this takes a few minutes");
    run(cargo(root).args(["build", "--bin", "madoguchi"]))?;
    // Cargo puts it beside this program, wherever its target folder is.
    let here = std::env::current_exe().map_err(|error| format!("where this program stands is unknown: {error}"))?;
    let mut demo = Command::new(here.with_file_name("madoguchi"));
    demo.args(["serve", "--demo"]).args(options);
    if !options.iter().any(|option| option == "--data" || option.starts_with("--data=")) {
        demo.arg("--data").arg(root.join("data"));
    }
    let error = demo.exec();
    Err(format!("the gateway could not be started: {error}"))
}

/// Runs every check; the first that fails ends it.
pub fn test(root: &Path, options: &[String]) -> Result<(), String> {
    let started = Instant::now();
    step("tools", tools)?;
    step("GraphiQL", || graphiql::build(root))?;
    step("packages of the test peers", || npm_ci(&root.join("tests/node")))?;
    step("a browser", chromium)?;
    step("a reader of PDF", poppler)?;
    step("formatting", || run(cargo(root).args(["fmt", "--all", "--check"])))?;
    step("lints", || {
        run(cargo(root).args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]))
    })?;
    step("tests", || {
        let mut tests = cargo(root);
        tests.args(["test", "--workspace", "--no-fail-fast"]).args(options);
        // What tests measure is printed, whether or not they pass.
        let separator = (!options.iter().any(|option| option == "--")).then_some("--");
        run(tests.args(separator).arg("--show-output"))
    })?;
    let tests = if options.is_empty() { "all tests".to_owned() } else { format!("tests ({})", options.join(" ")) };
    say(&format!("passed in {:.0} s: formatting, lints, {tests}", started.elapsed().as_secs_f32()));
    Ok(())
}

/// Writes the schema that the gateway serves to its committed file.
pub fn schema(root: &Path) -> Result<(), String> {
    let mut print = cargo(root);
    print.args(["run", "--quiet", "--bin", "madoguchi", "--", "schema", "print"]).stderr(Stdio::inherit());
    let output = print.output().map_err(|error| format!("{print:?} could not be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("{print:?} failed ({})", output.status));
    }
    let file = root.join("graphql/schema.graphql");
    std::fs::write(&file, output.stdout).map_err(|error| format!("{}: {error}", file.display()))
}

/// Rewrites what is generated; the difference is then a matter of review.
pub fn accept(root: &Path) -> Result<(), String> {
    npm_ci(&root.join("tests/node"))?;
    poppler()?;
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
