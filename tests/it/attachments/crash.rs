//! `kill -9` at random moments of a hundred uploads: no row without its whole object, and after the sweep no object without a row.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::objects;
use crate::support::Client;
use crate::support::gateway::{Gateway, program_for};
use crate::support::steps::draft;
use crate::support::upload::{Form, closing};

const ROUNDS: usize = 10;
const UPLOADS: usize = 10;
const LOGINS: [&str; 4] = ["clinic@example.jp", "checkup@example.jp", "midwife@example.jp", "clinic2@example.jp"];

/// A file of its own for each upload, of some megabytes.
fn content(number: usize) -> Vec<u8> {
    let filling = vec![u8::try_from(number % 251).unwrap(); 1_000_000 + number * 20_000];
    [b"%PDF-1.7\n", &filling[..], number.to_string().as_bytes(), b"\n%%EOF\n"].concat()
}

/// Sends a file in pieces; `true` when it was acknowledged.
async fn send(client: Client, application: String, number: usize) -> bool {
    let form = Form::attaching(&client, json!({ "applicationId": application }));
    let body = [form.opening(format!("{number}.pdf").as_bytes()), content(number), closing()].concat();
    let Ok(mut wire) = form.try_begin(&client, body.len() as u64).await else { return false };
    wire.write(&body).await;
    wire.try_answer().await.is_some_and(|answer| answer.code() == "OK")
}

/// Ten rounds of ten uploads, each cut short at a moment of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_leaves_no_row_without_its_object() {
    let variables = [
        ("MADOGUCHI_UPLOADS_AT_ONCE_PER_USER", "100"),
        ("MADOGUCHI_UPLOADS_AT_ONCE_OVERALL", "100"),
        ("MADOGUCHI_UPLOADS_FILES_PER_APPLICATION", "100"),
        ("MADOGUCHI_UPLOADS_FREE_MEGABYTES", "0"),
    ];
    let mut gateway = Gateway::start(&["--demo"], &variables).await;
    let mut drafts = Vec::new();
    for login in LOGINS {
        let client = gateway.log_in(login).await;
        let application = draft(&client).await;
        drafts.push((client, application));
    }
    let mut random = rand::rngs::StdRng::seed_from_u64(20_261_124);
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let answered = Arc::new(AtomicUsize::new(0));
        let sending = (0..UPLOADS).map(|upload| {
            let number = round * UPLOADS + upload;
            let (mut client, application) = drafts[number % LOGINS.len()].clone();
            client.address.clone_from(&gateway.address);
            let answered = Arc::clone(&answered);
            tokio::spawn(async move {
                let taken = send(client, application, number).await;
                answered.fetch_add(usize::from(taken), Ordering::SeqCst);
                taken.then_some(number)
            })
        });
        let sending: Vec<_> = sending.collect();
        // A moment of the round's own is what is wanted here, not a condition; the first is before any upload has a line.
        let moment = if round == 0 { 0 } else { random.random_range(5..400) };
        tokio::time::sleep(Duration::from_millis(moment)).await;
        gateway.kill().await;
        acknowledged.extend(join_all(sending).await.into_iter().filter_map(|sent| sent.unwrap()));
        gateway = gateway.crash_and_restart_with(&variables).await;
    }
    let rows = files(&gateway, &drafts).await;
    for number in &acknowledged {
        let digest = Sha256::digest(content(*number));
        assert!(rows.contains_key(&format!("{number}.pdf")), "{number} was acknowledged and is gone");
        assert_eq!(rows[&format!("{number}.pdf")]["sha256"], hex(&digest));
    }
    let before = objects(&gateway.data()).len();
    let words = sweep(&gateway);
    let kept = objects(&gateway.data());
    println!(
        "{} of {} acknowledged, {} rows, {before} objects and parts of objects after the crashes, {} after the sweep\n{words}",
        acknowledged.len(),
        ROUNDS * UPLOADS,
        rows.len(),
        kept.len()
    );
    assert_eq!(kept.len(), rows.len(), "{kept:?}");
    let mut sizes: Vec<_> = rows.values().map(|row| row["size"].as_u64().unwrap()).collect();
    let mut kept: Vec<_> = kept.into_iter().map(|(_, size)| size).collect();
    sizes.sort_unstable();
    kept.sort_unstable();
    assert_eq!(sizes, kept, "no row without its whole object");
}

/// Every attached file by its name.
async fn files(gateway: &Gateway, drafts: &[(Client, String)]) -> HashMap<String, Value> {
    let document = "query($id: ID!) { application(id: $id) { attachments { fileName size sha256 } } }";
    let mut found = HashMap::new();
    for (client, application) in drafts {
        let mut client = client.clone();
        client.address.clone_from(&gateway.address);
        let answer = client.send(document, json!({ "id": application })).await;
        let files = answer["data"]["application"]["attachments"].as_array().unwrap().clone();
        found.extend(files.into_iter().map(|file| (file["fileName"].as_str().unwrap().to_owned(), file)));
    }
    found
}

/// Sweeps beside the running gateway: a dry run first, which changes nothing. Gives the sweep's words.
fn sweep(gateway: &Gateway) -> String {
    let run = |arguments: &[&str]| {
        let sweep = ["objects", "sweep", "--older-than", "0"];
        let output = program_for(&gateway.data()).args(sweep).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let before = objects(&gateway.data());
    run(&["--dry-run"]);
    assert_eq!(objects(&gateway.data()), before);
    let words = run(&[]);
    assert!(run(&[]).contains("every object has its row"));
    words
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Evidence that is lost is named, with the exit code of something broken; nothing is changed.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_object_is_told() {
    let gateway = Gateway::start(&["--demo"], &[("MADOGUCHI_UPLOADS_FREE_MEGABYTES", "0")]).await;
    let client = gateway.log_in("clinic@example.jp").await;
    let application = draft(&client).await;
    let file = crate::support::upload::attach(&client, &application, "a.pdf", b"%PDF-1.7\n%%EOF").await;
    let objects = gateway.data().join("objects/attachments");
    let object = std::fs::read_dir(&objects).unwrap().next().unwrap().unwrap().path();
    std::fs::remove_file(object).unwrap();
    std::fs::write(objects.join("stray.txt"), "not ours").unwrap();
    let output = program_for(&gateway.data()).args(["objects", "sweep"]).output().unwrap();
    let (told, complaint) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(1), "{told}{complaint}");
    assert!(
        complaint.contains(file["attachment"]["id"].as_str().unwrap()) && complaint.contains("missing"),
        "{complaint}"
    );
    assert!(told.contains("none of the gateway's") && objects.join("stray.txt").exists(), "{told}");
}
