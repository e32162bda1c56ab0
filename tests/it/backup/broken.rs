//! Backups that were damaged, or are another program's: each is refused, with the file that is wrong, and nothing is made of it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{ROOM, back_up, is_embedded, names, pdf, run, sha256};
use crate::support::gateway::Gateway;
use crate::support::steps::draft;
use crate::support::upload::attach;

/// A way to break a backup; gives a word that the refusal has to name.
type Break = fn(&Path) -> String;

const WAYS: [(&str, Break); 11] = [
    ("is damaged", |backup| flip(backup, &object(backup))),
    ("is damaged", |backup| flip(backup, "madoguchi.db")),
    ("bytes instead of", |backup| {
        let object = object(backup);
        fs::write(backup.join(&object), "short").unwrap();
        object
    }),
    ("is missing", |backup| {
        let object = object(backup);
        fs::remove_file(backup.join(&object)).unwrap();
        object
    }),
    ("not of the backup", |backup| {
        fs::write(backup.join("objects/letter.txt"), "mine").unwrap();
        "objects/letter.txt".to_owned()
    }),
    ("is no file", |backup| {
        let object = object(backup);
        fs::rename(backup.join(&object), backup.with_extension("aside")).unwrap();
        std::os::unix::fs::symlink(backup.with_extension("aside"), backup.join(&object)).unwrap();
        object
    }),
    ("is not the file that was attached", |backup| {
        let object = object(backup);
        fs::remove_file(backup.join(&object)).unwrap();
        change(backup, |manifest| {
            manifest["files"].as_array_mut().unwrap().retain(|file| file["path"] != json!(object));
        });
        object
    }),
    ("is not the key", |backup| {
        let key = "ab".repeat(32);
        fs::write(backup.join("server.key"), &key).unwrap();
        change(backup, |manifest| {
            let files = manifest["files"].as_array_mut().unwrap();
            let entry = files.iter_mut().find(|file| file["path"] == "server.key").unwrap();
            entry["sha256"] = sha256(key.as_bytes()).into();
        });
        "server.key".to_owned()
    }),
    ("newer program", |backup| {
        change(backup, |manifest| manifest["schema"] = "m9999_newer".into());
        "m9999_newer".to_owned()
    }),
    ("newer program", |backup| {
        change(backup, |manifest| manifest["format"] = 2.into());
        "format 2".to_owned()
    }),
    ("not finished", |backup| {
        fs::remove_file(backup.join("manifest.json")).unwrap();
        "manifest.json".to_owned()
    }),
];

fn object(backup: &Path) -> String {
    format!("objects/attachments/{}", names(&backup.join("objects/attachments"))[0])
}

fn flip(backup: &Path, file: &str) -> String {
    let mut bytes = fs::read(backup.join(file)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(backup.join(file), bytes).unwrap();
    file.to_owned()
}

fn change(backup: &Path, change: impl FnOnce(&mut Value)) {
    let file = backup.join("manifest.json");
    let mut manifest = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    change(&mut manifest);
    fs::write(file, serde_json::to_vec(&manifest).unwrap()).unwrap();
}

fn copy(from: &Path, to: PathBuf) -> PathBuf {
    let copied = std::process::Command::new("cp").arg("-a").args([from, &to]).status().unwrap();
    assert!(copied.success());
    to
}

/// Each way to break a backup is told by both commands with the file's name; no data folder comes of it. Unbroken, it is whole, and
/// checking changes nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_backup_is_refused_by_name() {
    if !is_embedded() {
        return;
    }
    let gateway = Gateway::start(&["--demo"], &ROOM).await;
    let client = gateway.log_in("clinic@example.jp").await;
    let application = draft(&client).await;
    for number in 0..2 {
        attach(&client, &application, &format!("{number}.pdf"), &pdf(number, 20_000)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    back_up(&gateway.data(), &whole).await;
    let manifest = fs::read_to_string(whole.join("manifest.json")).unwrap();
    assert!(manifest.contains("\"attachments\": 2"), "{manifest}");
    for (number, (words, break_it)) in WAYS.into_iter().enumerate() {
        let backup = copy(&whole, folder.path().join(format!("broken{number}")));
        let named = break_it(&backup);
        let data = folder.path().join("data");
        for arguments in [["restore", "--check"].as_slice(), &["restore"]] {
            let arguments = [arguments, &[backup.to_str().unwrap()]].concat();
            let (code, out, err) = run(&data, &arguments).await;
            assert!(code == 1 && out.is_empty(), "{words}: {out}{err}");
            assert!(err.contains(words) && err.contains(&named), "{words}, {named}: {err}");
        }
        assert!(!data.exists() && !data.with_extension("unfinished").exists(), "{words}");
    }
    refuses_lost_evidence(&gateway.data(), folder.path()).await;
    for _ in 0..2 {
        let (code, out, err) = run(folder.path(), &["restore", "--check", whole.to_str().unwrap()]).await;
        assert!(code == 0 && out.contains("is whole"), "{out}{err}");
    }
}

/// A portal whose evidence is damaged or lost gets no backup that would look whole, but the name of the file.
async fn refuses_lost_evidence(data: &Path, folder: &Path) {
    let object = data.join(object(data));
    let to = folder.join("none");
    let mut bytes = fs::read(&object).unwrap();
    bytes[10] ^= 1;
    fs::write(&object, bytes).unwrap();
    let arguments = ["backup", to.to_str().unwrap()];
    let (code, out, err) = run(data, &arguments).await;
    assert!(code == 1 && err.contains("is damaged") && err.contains("attachment_"), "{out}{err}");
    fs::remove_file(&object).unwrap();
    let (code, out, err) = run(data, &arguments).await;
    assert!(code == 1 && err.contains("files that are lost: 1") && err.contains("attachment_"), "{out}{err}");
    assert!(names(folder).iter().all(|name| !name.starts_with("none")), "nothing is left of it");
}
