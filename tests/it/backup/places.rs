//! Where backups go and come from: never over what is there; the key where it is kept; schemas of before; databases of servers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{back_up, is_embedded, names, restore, run};
use crate::cli;
use crate::support::gateway::program_for;

/// A portal with a login and a key, which no gateway serves.
fn portal(variables: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let words = ["user", "create", "--password-stdin", "--name", "窓口 一郎", "--phone", "0312345678"];
    let create = [&words[..], &["--email", "r@example.jp", "--role", "reviewer"]].concat();
    let (code, _, err) = cli::run(&folder, &create, variables, "a long password of my own\n");
    assert_eq!(code, 0, "{err}");
    let data = folder.path().join("data");
    (folder, data)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Both commands refuse a folder that holds anything, and leave it; an empty one is as good as none. What is made is its owner's alone.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_over() {
    if !is_embedded() {
        return;
    }
    let (folder, data) = portal(&[]);
    let (backup, taken) = (folder.path().join("backup"), folder.path().join("taken"));
    fs::create_dir(&backup).unwrap();
    fs::create_dir(&taken).unwrap();
    fs::write(taken.join("letter.txt"), "mine").unwrap();
    let (code, _, err) = run(&data, &["backup", taken.to_str().unwrap()]).await;
    assert!(code == 1 && err.contains("taken is there") && err.contains("no backup was made"), "{err}");
    let words = back_up(&data, &backup).await;
    assert!(words.contains("server.key is in it"), "{words}");
    assert_eq!(names(&backup), ["madoguchi.db", "manifest.json", "objects", "server.key"]);
    assert_eq!((mode(&backup), mode(&backup.join("madoguchi.db"))), (0o700, 0o600));
    let (code, _, err) = run(&data, &["backup", backup.to_str().unwrap()]).await;
    assert!(code == 1 && err.contains("nothing is ever written over"), "{err}");
    for full in [&data, &taken] {
        let (code, _, err) = run(full, &["restore", backup.to_str().unwrap()]).await;
        assert!(code == 1 && err.contains("nothing was restored") && err.contains("--data"), "{err}");
    }
    assert_eq!(names(&taken), ["letter.txt"]);
    let (code, _, err) = run(&data, &["backup", folder.path().join("no/way").to_str().unwrap()]).await;
    assert!(code == 1 && err.contains("there is no folder"), "{err}");
    let restored = folder.path().join("restored");
    fs::create_dir(&restored).unwrap();
    restore(&backup, &restored).await;
    assert_eq!(names(&restored), ["madoguchi.db", "objects", "server.key"]);
    assert_eq!((mode(&restored), mode(&restored.join("server.key"))), (0o700, 0o600));
    let (code, _, err) = run(&folder.path().join("nowhere"), &["backup", "x"]).await;
    assert!(code == 1 && err.contains("there is no portal in"), "{err}");
}

/// A key that is kept elsewhere is not copied, which both commands say.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_elsewhere_stays_there() {
    if !is_embedded() {
        return;
    }
    let apart = tempfile::tempdir().unwrap();
    let key = apart.path().join("portal.key");
    let variables = [("MADOGUCHI_SERVER_KEY_FILE", key.to_str().unwrap())];
    let (folder, data) = portal(&variables);
    let backup = folder.path().join("backup");
    let arguments = ["backup", backup.to_str().unwrap()];
    let (code, out, err) = cli::run(&folder, &arguments, &variables, "");
    assert!(code == 0 && out.contains("is not in it") && out.contains("portal.key"), "{out}{err}");
    assert_eq!(names(&backup), ["madoguchi.db", "manifest.json", "objects"]);
    fs::remove_dir_all(&data).unwrap();
    let arguments = ["restore", backup.to_str().unwrap()];
    let (code, out, err) = cli::run(&folder, &arguments, &variables, "");
    assert!(
        code == 0 && out.contains("the server's key is not in the backup") && out.contains("portal.key"),
        "{out}{err}"
    );
    assert_eq!(cli::run(&folder, &["mail", "list"], &variables, "").0, 0, "with its key it is a portal");
}

/// A portal of an older schema, whose operator was just told to make a backup, is backed up and comes back as it was.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_schema_comes_back() {
    if !is_embedded() {
        return;
    }
    let (folder, data) = portal(&[]);
    for steps in ["1", "5"] {
        assert_eq!(run(&data, &["migrate", "down", "--yes", "--steps", steps]).await.0, 0);
        let (backup, restored) = (folder.path().join(format!("b{steps}")), folder.path().join(format!("r{steps}")));
        back_up(&data, &backup).await;
        let words = restore(&backup, &restored).await;
        assert!(words.contains("of an older version") && words.contains("madoguchi migrate up"), "{words}");
        assert_eq!(run(&restored, &["migrate", "up"]).await.0, 0);
        assert_eq!(run(&restored, &["mail", "list"]).await.0, 0);
    }
}

/// Where the database is a server's, both commands name its tools, with the folder and without the password.
#[tokio::test]
async fn on_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let address = "postgres://clerk:hunter2@127.0.0.1:1/portal";
    for command in ["backup", "restore"] {
        let mut program = tokio::process::Command::from(program_for(&data));
        let output = program.args([command, "x", "--database", address]).output().await.unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{err}");
        for words in
            ["pg_dump", "pg_restore", "'postgres://clerk@127.0.0.1:1/portal'", data.join("objects").to_str().unwrap()]
        {
            assert!(err.contains(words), "{words}: {err}");
        }
        assert!(!err.contains("hunter2") && !data.exists(), "{err}");
    }
}
