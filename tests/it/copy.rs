//! Moving house: a portal with all that it holds goes from SQLite to the database of this run and back, and goes on where it stopped.
//! Where the run's database is SQLite too, it moves from file to file.

mod interrupted;
mod lists;
mod moved;
mod refused;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use madoguchi::app;
use madoguchi::config::{Config, DatabaseAddress};
use madoguchi::store::counters::{self, Counter};
use madoguchi::store::{ConnectionTrait, Database, Transaction};
use sea_orm::EntityTrait;
use sha2::{Digest, Sha256};

use crate::support::database::{create, server};
use crate::support::gateway::program;

/// The address of a file in a data folder.
fn file_in(data: &Path) -> String {
    format!("sqlite:{}", data.join("madoguchi.db").display())
}

/// A database that nothing is in yet, of the kind of this run; a file where that is SQLite.
async fn elsewhere(data: &Path) -> String {
    match server() {
        Some(server) => create(&server, None).await,
        None => file_in(data),
    }
}

fn config(address: &str, data: &Path) -> Config {
    Config { data: data.to_owned(), database: DatabaseAddress::parse(address), ..Config::default() }
}

async fn open(address: &str) -> Database {
    app::open_database(&config(address, &std::env::temp_dir())).await.unwrap()
}

/// `madoguchi copy` between two addresses, each with its data folder.
fn copying(from: (&str, &Path), to: (&str, &Path)) -> Command {
    let mut command = program();
    command.args(["copy", "--from", from.0, "--to", to.0]);
    command.arg("--from-data").arg(from.1).arg("--to-data").arg(to.1);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command: exit code, output, complaints.
fn ran(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

/// Runs one to its success and gives its output.
fn done(command: &mut Command) -> String {
    let (code, out, err) = ran(command);
    assert_eq!(code, 0, "{out}{err}");
    out
}

async fn execute(address: &str, sql: &str) {
    let database = open(address).await;
    let work = |tx: Transaction| async move { tx.execute_unprepared(sql).await.map(drop) };
    database.write(work).await.unwrap();
    database.close().await.unwrap();
}

macro_rules! every_table {
    ($($table:ident)*) => {
        /// The names of the tables that a dump holds.
        const DUMPED: &[&str] = &[$(stringify!($table)),*];

        /// Every row of every table, as text, and the numbers given last.
        async fn dump(address: &str) -> BTreeMap<String, Vec<String>> {
            let database = open(address).await;
            let mut all = BTreeMap::new();
            $({
                let rows = entities::$table::Entity::find().all(database.reader()).await.unwrap();
                let mut rows: Vec<_> = rows.iter().map(|row| format!("{row:?}")).collect();
                rows.sort();
                all.insert(stringify!($table).to_owned(), rows);
            })*
            // PostgreSQL keeps them elsewhere.
            all.remove("counters");
            for counter in Counter::ALL {
                let last = counters::last(database.reader(), counter).await.unwrap();
                all.insert(format!("{counter:?}"), vec![last.to_string()]);
            }
            database.close().await.unwrap();
            all
        }
    };
}

every_table! {
    application_events applications attachments audit_entries counters decisions eligibility_accounts facilities facility_members
    idempotency_keys outbox_messages password_resets portal_facts registrations registry_records review_cases sessions
    start_of_use_applications throttles used_tickets users verification_attempts
}

/// How many rows a database holds in all.
async fn rows(address: &str) -> usize {
    let mut all = dump(address).await;
    all.retain(|name, _| DUMPED.contains(&name.as_str()));
    all.values().map(Vec::len).sum()
}

/// The objects of a data folder: name and digest.
fn objects(data: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(data.join("objects/attachments")) else { return Vec::new() };
    let read = entries.map(|entry| {
        let path = entry.unwrap().path();
        (path.file_name().unwrap().into(), Sha256::digest(std::fs::read(path).unwrap()).to_vec())
    });
    let mut found: Vec<_> = read.collect();
    found.sort();
    found
}
