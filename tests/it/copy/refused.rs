//! What is not moved, and is said so before anything is written.

use std::path::Path;

use madoguchi::app;
use madoguchi::domain::actor::Actor;
use madoguchi::services::copy::{CopyError, Progress, Side, copy};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::{config, copying, done, dump, elsewhere, execute, file_in, ran, rows};
use crate::attachments::files::pdf;
use crate::support::gateway::{Gateway, program};
use crate::support::steps::draft;
use crate::support::upload::attach;

fn migrate(address: &str, data: &Path, arguments: &[&str]) {
    done(program().arg("migrate").args(arguments).args(["--database", address]).arg("--data").arg(data));
}

/// Makes a login; the command takes what it makes into the database before it ends.
fn create_user(address: &str, data: &Path, email: &str) {
    use std::io::Write;
    let mut command = program();
    command.args(["user", "create", "--password-stdin", "--name", "窓口 一郎", "--phone", "03-1234-5678"]);
    command.args(["--role", "reviewer", "--email", email, "--database", address]).arg("--data").arg(data);
    let mut child = command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"a long password of my own\n").unwrap();
    assert!(child.wait().unwrap().success());
}

fn folders<const N: usize>() -> [TempDir; N] {
    std::array::from_fn(|_| tempfile::tempdir().unwrap())
}

/// A target that holds anything, or that another version made, is left alone.
#[tokio::test(flavor = "multi_thread")]
async fn an_occupied_target_is_left_alone() {
    let [here, there, foreign, older] = folders();
    let from = file_in(here.path());
    create_user(&from, here.path(), "r@example.jp");
    let to = elsewhere(there.path()).await;
    create_user(&to, there.path(), "s@example.jp");
    let before = dump(&to).await;
    let (code, _, err) = ran(&mut copying((&from, here.path()), (&to, there.path())));
    assert!(code == 1 && err.contains("not the one in"), "each has a key of its own: {err}");
    std::fs::copy(here.path().join("server.key"), there.path().join("server.key")).unwrap();
    let (code, _, err) = ran(&mut copying((&from, here.path()), (&to, there.path())));
    assert!(code == 1 && err.contains("the target holds a portal already (there are rows in users)"), "{err}");
    assert!(err.ends_with("nothing was written\n"), "{err}");
    assert_eq!(dump(&to).await, before);

    let to = elsewhere(foreign.path()).await;
    execute(&to, "CREATE TABLE letters (id integer)").await;
    let (code, _, err) = ran(&mut copying((&from, here.path()), (&to, foreign.path())));
    assert!(code == 1 && err.contains("tables that are no portal's (letters)"), "{err}");
    let to = elsewhere(older.path()).await;
    migrate(&to, older.path(), &["up"]);
    migrate(&to, older.path(), &["down", "--yes"]);
    let (code, _, err) = ran(&mut copying((&from, here.path()), (&to, older.path())));
    assert!(code == 1 && err.starts_with("--to: the database is of an older version"), "{err}");
    assert!(!older.path().join("server.key").exists());
}

/// A source that is of another version, not there, or the target itself is refused; a wrong address is not repeated.
#[tokio::test(flavor = "multi_thread")]
async fn a_doubtful_source_is_refused() {
    let [here, there, nowhere] = folders();
    let (from, to) = (elsewhere(here.path()).await, file_in(there.path()));
    let copy = || ran(&mut copying((&from, here.path()), (&to, there.path())));
    let (code, _, err) = copy();
    assert!(code == 1 && err.starts_with("--from: there is no portal in "), "{err}");
    migrate(&from, here.path(), &["up"]);
    migrate(&from, here.path(), &["down", "--yes"]);
    let (code, _, err) = copy();
    assert!(code == 1 && err.starts_with("--from: the database is of an older version"), "{err}");
    migrate(&from, here.path(), &["up"]);
    execute(&from, "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_newer', 0)").await;
    let (code, _, err) = copy();
    assert!(code == 1 && err.starts_with("--from: ") && err.contains("m9999_newer"), "{err}");
    assert!(!there.path().join("madoguchi.db").exists(), "nothing was made");

    let (code, _, err) = ran(&mut copying((&from, here.path()), (&from, here.path())));
    assert!(code == 2 && err.contains("--from and --to are both "), "{err}");
    let (code, _, err) = ran(&mut copying(("mysql://u:secret@h/n", here.path()), (&to, nowhere.path())));
    assert!(code == 2 && err.starts_with("--from takes an address") && !err.contains("secret"), "{err}");
}

/// An object that is missing or was altered is named by its id, and no row is written; once it is back, the same command goes on.
#[tokio::test(flavor = "multi_thread")]
async fn lost_evidence_is_named() {
    let [first, there] = folders();
    let data = first.path().join("data");
    let from = file_in(&data);
    let mut gateway = Gateway::over(first, &["--demo", "--database", &from], &[]).await;
    let client = gateway.log_in("clinic@example.jp").await;
    let application = draft(&client).await;
    let mut ids = Vec::new();
    for name in ["a.pdf", "b.pdf", "c.pdf"] {
        let content = [pdf(), name.as_bytes().to_vec(), b"\n%%EOF\n".to_vec()].concat();
        ids.push(attach(&client, &application, name, &content).await["attachment"].clone());
    }
    gateway.stop_and_read_log().await;
    let to = elsewhere(there.path()).await;
    let folder = data.join("objects/attachments");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    // Their names are made in order, as the ids are.
    files.sort();
    let kept = [std::fs::read(&files[0]).unwrap(), std::fs::read(&files[1]).unwrap()];
    std::fs::remove_file(&files[0]).unwrap();
    std::fs::write(&files[1], vec![b'x'; kept[1].len()]).unwrap();
    for to_data in [there.path(), &data] {
        let (code, _, err) = ran(&mut copying((&from, &data), (&to, to_data)));
        let id = |at: usize| ids[at]["id"].as_str().unwrap();
        assert!(code == 1 && err.contains("2 files are lost"), "{err}");
        assert!(err.contains(&format!("{} of {application}: its {} bytes are missing", id(0), kept[0].len())), "{err}");
        assert!(err.contains(&format!("{} of {application}: its bytes are not those", id(1))), "{err}");
        assert!(!err.contains(id(2)), "{err}");
        assert_eq!(rows(&to).await, 0);
    }
    std::fs::write(&files[0], &kept[0]).unwrap();
    std::fs::write(&files[1], &kept[1]).unwrap();
    let out = done(&mut copying((&from, &data), (&to, there.path())));
    assert!(out.contains("3 attached files") && out.contains("of which 2 had to be copied"), "{out}");
}

/// A source that is written to while it is copied is not moved, whatever was written; nothing is left at the target.
#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_in_use_is_not_moved() {
    let [one, other, target] = folders();
    for (address, data) in [(file_in(one.path()), one.path()), (elsewhere(other.path()).await, other.path())] {
        create_user(&address, data, "r@example.jp");
        let to = file_in(target.path());
        let side = async |address: &str, data: &Path| {
            let config = config(address, data);
            Side { database: app::open_database(&config).await.unwrap(), config }
        };
        let (from, to_side) = (side(&address, data).await, side(&to, target.path()).await);
        let mut written = false;
        let mut meanwhile = |progress: Progress| {
            if matches!(progress, Progress::Rows { step: "writing", table: "portal_facts", .. }) && !written {
                written = true;
                create_user(&address, data, "late@example.jp");
            }
        };
        let outcome = copy(&Actor::System, &from, &to_side, &CancellationToken::new(), &mut meanwhile).await;
        assert!(matches!(outcome, Err(CopyError::Changed { table: "users", .. })), "{outcome:?}");
        from.database.close().await.unwrap();
        to_side.database.close().await.unwrap();
        assert_eq!(rows(&to).await, 0);
        std::fs::remove_file(target.path().join("server.key")).unwrap();
    }
}
