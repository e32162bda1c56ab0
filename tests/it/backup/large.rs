//! Two hundred megabytes: how long they take there and back, and what is left of backups that are killed or stopped on their way.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::{ROOM, back_up, is_embedded, names, pdf, restore, run};
use crate::support::gateway::{Gateway, program_for};
use crate::support::steps::draft;
use crate::support::upload::attach;
use crate::support::{Client, eventually};

const LOGINS: [&str; 2] = ["clinic@example.jp", "checkup@example.jp"];
const FILES: u64 = 10;
const SIZE: usize = 10_000_000;

async fn fill(client: Client, from: u64) {
    let application = draft(&client).await;
    for number in from..from + FILES {
        attach(&client, &application, &format!("{number}.pdf"), &pdf(number, SIZE)).await;
    }
}

/// Starts a backup, and gives it a signal once it has begun to copy.
async fn cut_short(data: &Path, to: &Path, signal: &str) -> Output {
    let mut command = tokio::process::Command::from(program_for(data));
    command.arg("backup").arg(to).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let id = child.id().unwrap().to_string();
    let objects = to.with_extension("unfinished").join("objects/attachments");
    eventually("a copy that has begun", || {
        let has_begun = !names(&objects).is_empty();
        async move { has_begun.then_some(()) }
    })
    .await;
    assert!(std::process::Command::new("kill").args([signal, &id]).status().unwrap().success());
    child.wait_with_output().await.unwrap()
}

/// A backup that is killed leaves a folder that says that it is none, one that is interrupted leaves nothing and says so; the next one
/// is whole, and its time is printed for who wants to know.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_portal_goes_there_and_back() {
    if !is_embedded() {
        return;
    }
    let gateway = Gateway::start(&["--demo"], &ROOM).await;
    let mut fills = Vec::new();
    for (login, from) in LOGINS.iter().zip([0, FILES]) {
        fills.push(fill(gateway.log_in(login).await, from));
    }
    join_all(fills).await;
    let folder = tempfile::tempdir().unwrap();
    let (backup, unfinished) = (folder.path().join("backup"), folder.path().join("backup.unfinished"));

    let killed = cut_short(&gateway.data(), &backup, "-KILL").await;
    assert!(!killed.status.success(), "the backup was faster than its end");
    assert_eq!(names(folder.path()), ["backup.unfinished"]);
    let data = folder.path().join("data");
    for left in [&backup, &unfinished] {
        for arguments in [["restore", "--check"].as_slice(), &["restore"]] {
            let (code, _, err) = run(&data, &[arguments, &[left.to_str().unwrap()]].concat()).await;
            assert!(code == 1 && err.contains("not finished"), "{err}");
        }
    }
    let (code, _, err) = run(&gateway.data(), &["backup", backup.to_str().unwrap()]).await;
    assert!(code == 1 && err.contains("killed in the middle") && err.contains("rm -r"), "{err}");
    std::fs::remove_dir_all(&unfinished).unwrap();

    let stopped = cut_short(&gateway.data(), &backup, "-INT").await;
    let err = String::from_utf8(stopped.stderr).unwrap();
    assert!(
        stopped.status.code() == Some(1) && err.contains("interrupted") && err.contains("no backup was made"),
        "{err}"
    );
    assert_eq!(names(folder.path()), [""; 0], "nothing is left");

    let started = Instant::now();
    println!("{}", back_up(&gateway.data(), &backup).await);
    let taken = started.elapsed();
    let started = Instant::now();
    println!("{}", restore(&backup, &data).await);
    let restored = started.elapsed();
    let gigabytes = (2 * FILES) as f64 * SIZE as f64 / 1e9;
    let pace = |took: Duration| took.as_secs_f64() / gigabytes;
    println!(
        "{:.0} MB: backup {:.1} s a GB, restore {:.1} s a GB, debug build, two cores",
        gigabytes * 1000.0,
        pace(taken),
        pace(restored)
    );
}
