//! The second command: every check, and the tests on each database with their columns side by side.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::debian::{chromium, pgbouncer, poppler};
use crate::graphiql;
use crate::postgres::{self, Cluster, Purpose};
use crate::python::schemathesis;
use crate::tally::{self, Tally};
use crate::tools::{cargo, leave_cargo, npm_ci, run, say, tools};

/// The address of the PostgreSQL on which each test makes a database; without it, tests run on SQLite.
const DATABASE: &str = "MADOGUCHI_TEST_DATABASE";

/// Where PgBouncer is, for the tests of pooling.
const PGBOUNCER: &str = "MADOGUCHI_TEST_PGBOUNCER";

/// Where schemathesis is, for the scan of the served gateway.
const SCHEMATHESIS: &str = "MADOGUCHI_TEST_SCHEMATHESIS";

/// Where the tests run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Database {
    Sqlite,
    Postgres,
}

const BOTH: &[Database] = &[Database::Sqlite, Database::Postgres];

impl Database {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// Runs every check; the first that fails ends it, but for the tests, which are run on each database.
pub fn test(root: &Path, options: &[String]) -> Result<(), String> {
    let started = Instant::now();
    let (databases, options) = databases(options);
    let mut tests = cargo(root);
    tests.args(["test", "--workspace", "--no-fail-fast"]).args(options);
    // What tests measure is printed, whether or not they pass.
    tests.args((!options.iter().any(|option| option == "--")).then_some("--")).arg("--show-output");

    step("tools", tools)?;
    step("GraphiQL", || graphiql::build(root))?;
    step("packages of the test peers", || npm_ci(&root.join("tests/node")))?;
    step("a browser", chromium)?;
    step("a reader of PDF", poppler)?;
    // Those on SQLite need it too, for what goes on between the two.
    step("PostgreSQL", postgres::prepare)?;
    tests.env(PGBOUNCER, step("PgBouncer", pgbouncer)?);
    tests.env(SCHEMATHESIS, step("schemathesis", || schemathesis(root))?);
    step("formatting", || run(cargo(root).args(["fmt", "--all", "--check"])))?;
    step("lints", || {
        run(cargo(root).args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]))
    })?;
    let of_cargo = options.split(|option| option == "--").next().unwrap_or_default();
    step("building the tests", || run(cargo(root).args(["test", "--workspace", "--no-run"]).args(of_cargo)))?;
    let cluster = Cluster::start(Purpose::Tests)?;
    tests.env(postgres::GIVEN, cluster.url());
    let mut columns = Vec::new();
    for database in databases {
        let column = step(&format!("tests on {}", database.name()), || on(*database, &cluster, &mut tests))?;
        columns.push((database.name(), column));
    }
    let (table, equal) = tally::compare(&columns);
    say(&format!("\n{table}"));
    if !equal {
        return Err("the tests failed; see the table".to_owned());
    }
    let tests = if options.is_empty() { "all tests".to_owned() } else { format!("tests ({})", options.join(" ")) };
    say(&format!("passed in {:.0} s: formatting, lints, {tests}", started.elapsed().as_secs_f32()));
    Ok(())
}

/// Runs a command with a private PostgreSQL, for the test at hand.
pub fn postgres(root: &Path, words: &[String]) -> Result<(), String> {
    let [program, arguments @ ..] = words else {
        return Err("which command? For example: cargo xtask postgres -- cargo test --test it story".to_owned());
    };
    let cluster = Cluster::start(Purpose::Tests)?;
    // An address that was given may hold a password, which an error of `run` would tell.
    let mut command = Command::new(program);
    leave_cargo(&mut command);
    command.args(arguments).current_dir(root).env(DATABASE, cluster.url()).env(postgres::GIVEN, cluster.url());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} failed ({status})")),
        Err(error) => Err(format!("{program} could not be started: {error}")),
    }
}

/// Which databases are asked for, and what is left for cargo.
fn databases(options: &[String]) -> (&'static [Database], &[String]) {
    let Some((first, rest)) = options.split_first() else { return (BOTH, options) };
    let rest = rest.strip_prefix(&["--".to_owned()]).unwrap_or(rest);
    match first.as_str() {
        "--sqlite" => (&[Database::Sqlite], rest),
        "--postgres" => (&[Database::Postgres], rest),
        _ => (BOTH, options),
    }
}

fn on(database: Database, cluster: &Cluster, tests: &mut Command) -> Result<Tally, String> {
    match database {
        Database::Sqlite => counted(tests.env_remove(DATABASE)),
        Database::Postgres => counted(tests.env(DATABASE, cluster.url())),
    }
}

/// Runs the tests, showing what they print, and counts them.
fn counted(tests: &mut Command) -> Result<Tally, String> {
    let failed = |error: io::Error| format!("cargo test could not be run: {error}");
    // One pipe for both, since the names of the programs are in cargo's complaints and the names of tests in their output.
    let (reader, writer) = io::pipe().map_err(failed)?;
    let errors = writer.try_clone().map_err(failed)?;
    let mut child = tests.stdin(Stdio::null()).stdout(writer).stderr(errors).spawn().map_err(failed)?;
    // The command holds the ends that are written to; the output ends when the last of them is gone.
    tests.stdout(Stdio::null()).stderr(Stdio::null());
    let mut tally = Tally::default();
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).map_err(failed)? > 0 {
        let _ = io::stdout().write_all(&line);
        tally.read(&String::from_utf8_lossy(&line));
        line.clear();
    }
    let status = child.wait().map_err(failed)?;
    tally.ended(status.success());
    Ok(tally)
}

fn step<T>(name: &str, work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    say(&format!("── {name}"));
    let started = Instant::now();
    let done = work()?;
    say(&format!("── {name}: {:.1} s", started.elapsed().as_secs_f32()));
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::databases;

    /// A developer in a hurry names one database; whatever else is said is cargo's.
    #[test]
    fn options() {
        let read = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            let (databases, rest) = databases(&words);
            (databases.iter().map(|database| database.name()).collect::<Vec<_>>(), rest.join(" "))
        };
        assert_eq!(read(""), (vec!["SQLite", "PostgreSQL"], String::new()));
        assert_eq!(read("--test it -- --nocapture"), (vec!["SQLite", "PostgreSQL"], "--test it -- --nocapture".into()));
        assert_eq!(read("--sqlite"), (vec!["SQLite"], String::new()));
        assert_eq!(read("--postgres -- story"), (vec!["PostgreSQL"], "story".into()));
        assert_eq!(read("--postgres --test it -- --exact"), (vec!["PostgreSQL"], "--test it -- --exact".into()));
    }
}
