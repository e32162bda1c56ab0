//! A copy that is cut off at whatever moment leaves no row, and the same command does it afterwards.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Instant;

use super::{copying, done, dump, elsewhere, execute, file_in, ran, rows};
use crate::support::gateway::program;

const ROWS: usize = 60_000;

/// A portal with so many records of the registry and entries of the trail.
async fn source(data: &Path) -> String {
    let address = file_in(data);
    done(program().args(["migrate", "up", "--database", &address]).arg("--data").arg(data));
    let numbers = format!("WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {ROWS})");
    let records = format!(
        "INSERT INTO registry_records (kind, code, name, prefecture, key_digest, imported_at) {numbers} \
         SELECT 'TREATMENT_CLINIC', '協' || n, '施術所' || n, 13, randomblob(32), '2026-11-24T00:00:00.123456+00:00' FROM n"
    );
    let entries = format!(
        "INSERT INTO audit_entries (id, occurred_at, actor_id, action, subject, detail) {numbers} \
         SELECT randomblob(16), '2026-11-24T00:00:00.5+00:00', NULL, 'import-registry', 'registry', '{{\"records\":' || n || '}}' FROM n"
    );
    execute(&address, &records).await;
    execute(&address, &entries).await;
    address
}

/// Begins a copy and waits until it tells of a moment.
fn until(command: &mut Command, moment: &str) -> (Child, BufReader<std::process::ChildStderr>) {
    let mut child = command.spawn().unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let (mut line, mut all) = (String::new(), String::new());
    while !line.starts_with(moment) {
        line.clear();
        assert!(told.read_line(&mut line).unwrap() > 0, "the copy ended before {moment}: {all}");
        all.push_str(&line);
    }
    (child, told)
}

/// `kill -9` while writing, between tables and while comparing, then Ctrl-C: the target has no row each time; then it goes through.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_off_can_be_run_again() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let from = source(here.path()).await;
    let to = elsewhere(there.path()).await;
    let copy = || copying((&from, here.path()), (&to, there.path()));
    for moment in [
        "writing registry_records 10000 ",
        "writing registry_records 60000 ",
        "writing audit_entries 30000 ",
        "comparing registry_records 10000 ",
        "comparing audit_entries 20000 ",
    ] {
        let (mut child, _) = until(&mut copy(), moment);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(rows(&to).await, 0, "after kill -9 at {moment}");
    }
    let (mut child, mut told) = until(&mut copy(), "writing audit_entries 10000 ");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let mut rest = String::new();
    told.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{rest}");
    assert!(rest.ends_with("interrupted\nno row was written; the same command can be run again\n"), "{rest}");
    assert_eq!(rows(&to).await, 0);

    let started = Instant::now();
    let out = done(&mut copy());
    println!("{} rows, debug build, two cores: {:.1} s; {}", 2 * ROWS, started.elapsed().as_secs_f32(), out.trim());
    assert!(out.starts_with(&format!("{} rows moved and compared one by one, ", 2 * ROWS)), "{out}");
    assert!(dump(&to).await == dump(&from).await);
    let (code, _, err) = ran(&mut copy());
    assert!(
        code == 1 && err.contains("the target holds a portal already (there are rows in registry_records)"),
        "{err}"
    );
}
