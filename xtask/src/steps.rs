//! The tasks that are short: demo, schema, accept.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::debian::poppler;
use crate::graphiql;
use crate::python::schemathesis;
use crate::tools::{cargo, npm_ci, run, say};

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
    schemathesis(root)?;
    run(cargo(root)
        .args(["test", "--test", "it", "--no-fail-fast"])
        .env("MADOGUCHI_ACCEPT", "1")
        .env("INSTA_UPDATE", "always"))
}
