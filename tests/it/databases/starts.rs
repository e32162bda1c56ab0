//! Gateways that begin at once, and gateways that do not begin on a database of another version.

use std::path::Path;
use std::process::Stdio;

use madoguchi::store::schema;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Statement};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::support::DEADLINE;
use crate::support::gateway::{open_database, program_for};

/// Starts a gateway over a data folder that others use too; gives it with its address.
async fn serve(data: &Path) -> (Child, String) {
    let mut command = Command::from(program_for(data));
    command.args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    tokio::time::timeout(DEADLINE, out.read_line(&mut line)).await.expect("a start in time").unwrap();
    let address = line.trim().strip_prefix("Madoguchi is serving on ").expect("a start").to_owned();
    (child, address)
}

/// Three gateways that begin at once on an empty database bring it up once, and all of them serve.
#[tokio::test(flavor = "multi_thread")]
async fn three_at_once_migrate_once() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let gateways = tokio::join!(serve(&data), serve(&data), serve(&data));
    for (_, address) in [&gateways.0, &gateways.1, &gateways.2] {
        assert_eq!(reqwest::get(format!("{address}/readyz")).await.unwrap().status(), 200);
    }
    let database = open_database(&data).await;
    let reader = database.reader();
    let applied = Statement::from_string(reader.get_database_backend(), "SELECT version FROM seaql_migrations");
    assert_eq!(reader.query_all_raw(applied).await.unwrap().len(), Migrator::migrations().len());
}

/// A server that does not answer is named as such, not taken for an empty one; its password is not repeated.
#[test]
fn a_server_that_does_not_answer_is_named() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = TempDir::new().unwrap();
    let address = format!("postgres://madoguchi:secret@127.0.0.1:{port}/portal");
    for arguments in [["migrate", "status"], ["mail", "list"], ["serve", "--listen=127.0.0.1:0"]] {
        let mut command = program_for(&folder.path().join("data"));
        let output = command.args(arguments).args(["--database", &address]).output().unwrap();
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.code() == Some(1) && err.contains("could not be opened") && out.is_empty(), "{out}{err}");
        assert!(!err.contains("secret"), "{err}");
    }
}

/// On an older database no command begins, and each says what to run; `serve --migrate` runs it by itself.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_database_is_named_with_what_to_run() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    assert!(program_for(&data).args(["migrate", "up"]).output().unwrap().status.success());
    let database = open_database(&data).await;
    schema::down(&database, 1).await.unwrap();
    database.close().await.unwrap();
    let last = Migrator::migrations().last().unwrap().name().to_owned();
    for arguments in [["serve", "--listen=127.0.0.1:0"], ["mail", "list"], ["key", "replace"]] {
        let yes = (arguments[0] == "key").then_some("--yes");
        let output = program_for(&data).args(arguments).args(yes).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.code() == Some(1) && err.contains(&last) && err.contains("madoguchi migrate up"),
            "{err}"
        );
    }
    let mut command = Command::from(program_for(&data));
    command.args(["serve", "--migrate", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    assert!(line.starts_with("Madoguchi is serving on "), "{line}");
}
