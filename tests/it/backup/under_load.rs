//! A backup while people attach, take away, send and withdraw: what was acknowledged before it began is in it, and nothing in it is torn.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{ROOM, back_up, is_embedded, pdf, restore, run, sha256};
use crate::support::gateway::Gateway;
use crate::support::steps::{draft, fill_in};
use crate::support::upload::attach;
use crate::support::{Client, eventually};

/// Who attaches and takes away; each has a draft.
const ATTACHING: [&str; 3] = ["clinic@example.jp", "checkup@example.jp", "midwife@example.jp"];
/// Who sends and withdraws, over and over.
const SENDING: &str = "clinic2@example.jp";
/// Files of an application that stay.
const KEPT: u64 = 40;
const BACKUPS: usize = 8;

/// What the gateway has acknowledged.
#[derive(Clone, Default)]
struct Acknowledged {
    /// Each file that was attached, with its digest.
    attached: HashMap<String, String>,
    /// Each file that was asked to be taken away, acknowledged or not.
    removed: HashSet<String>,
    /// How far each application came.
    statuses: HashMap<String, &'static str>,
}

#[derive(Clone, Default)]
struct Load {
    acknowledged: Arc<Mutex<Acknowledged>>,
    count: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
}

impl Load {
    fn note(&self, change: impl FnOnce(&mut Acknowledged)) {
        change(&mut self.acknowledged.lock().unwrap());
        self.count.fetch_add(1, Ordering::SeqCst);
    }

    fn so_far(&self) -> Acknowledged {
        self.acknowledged.lock().unwrap().clone()
    }

    /// Attaches one file after another, and takes most of them away again.
    async fn attach(self, client: Client, application: String, seed: u64) {
        let mut kept = 0;
        for number in (seed * 1_000_000).. {
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            let content = pdf(number, 30_000);
            let attached = attach(&client, &application, &format!("{number}.pdf"), &content).await;
            let id = text(&attached["attachment"]["id"]);
            self.note(|known| known.attached.extend([(id.clone(), sha256(&content))]));
            if number % 5 == 0 && kept < KEPT {
                kept += 1;
            } else {
                self.acknowledged.lock().unwrap().removed.insert(id.clone());
                client.done("RemoveAttachment", json!({ "attachmentId": id })).await;
                self.note(|_| {});
            }
        }
    }

    /// Applies, sends and withdraws, over and over.
    async fn send(self, client: Client) {
        for number in 900_000_000.. {
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            let id = draft(&client).await;
            attach(&client, &id, "notice.pdf", &pdf(number, 20_000)).await;
            fill_in(&client, &id, 2).await;
            client.done("SubmitApplication", json!({ "applicationId": id, "expectedVersion": 3 })).await;
            self.note(|known| known.statuses.extend([(id.clone(), "SUBMITTED")]));
            client.done("WithdrawApplication", json!({ "applicationId": id, "expectedVersion": 4 })).await;
            self.note(|known| known.statuses.extend([(id.clone(), "WITHDRAWN")]));
        }
    }

    /// Waits for some more acknowledgements.
    async fn go_on(&self, more: u64) {
        let enough = self.count.load(Ordering::SeqCst) + more;
        eventually("more load", || {
            let count = self.count.load(Ordering::SeqCst);
            async move { (count >= enough).then_some(()) }
        })
        .await;
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned()
}

/// The settings documents of the demonstration's accounts, which only the right key can show.
async fn settings(gateway: &Gateway) -> Vec<Vec<u8>> {
    let client = gateway.log_in("sample@example.jp").await;
    let document =
        "{ viewer { facilities(first: 100) { nodes { accounts { nodes { settingsDocument { url } } } } } } }";
    let answer = client.send(document, json!({})).await;
    let facilities = answer["data"]["viewer"]["facilities"]["nodes"].as_array().unwrap().clone();
    let mut found = Vec::new();
    for account in facilities.iter().flat_map(|facility| facility["accounts"]["nodes"].as_array().unwrap()) {
        found.push(fetch(&client, &account["settingsDocument"]["url"]).await);
    }
    found
}

async fn fetch(client: &Client, url: &Value) -> Vec<u8> {
    let request = reqwest::Client::new().get(text(url)).bearer_auth(client.token.as_ref().unwrap());
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200, "{url}");
    response.bytes().await.unwrap().to_vec()
}

/// Every attached file of a login's applications that the gateway serves, each with the digest of the bytes that came.
async fn served(gateway: &Gateway, login: &str) -> (HashMap<String, String>, HashMap<String, String>) {
    let client = gateway.log_in(login).await;
    let document =
        "query($after: String) { viewer { facilities(first: 1) { nodes { applications(first: 50, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { id status attachments { id sha256 download { url } } } } } } } }";
    let (mut files, mut statuses, mut after) = (HashMap::new(), HashMap::new(), Value::Null);
    loop {
        let answer = client.send(document, json!({ "after": after })).await;
        let page = &answer["data"]["viewer"]["facilities"]["nodes"][0]["applications"];
        for application in page["nodes"].as_array().unwrap_or_else(|| panic!("{answer}")) {
            statuses.insert(text(&application["id"]), text(&application["status"]));
            for file in application["attachments"].as_array().unwrap() {
                let digest = sha256(&fetch(&client, &file["download"]["url"]).await);
                assert_eq!(digest, text(&file["sha256"]));
                files.insert(text(&file["id"]), digest);
            }
        }
        if page["pageInfo"]["hasNextPage"] == false {
            return (files, statuses);
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// Starts a gateway over a restored folder and compares it with what was acknowledged before its backup began.
async fn compare(folder: tempfile::TempDir, before: &Acknowledged, at_the_end: &Acknowledged, original: &Gateway) {
    let restored = Gateway::over(folder, &[], &ROOM).await;
    assert_eq!(settings(&restored).await, settings(original).await, "the key fits");
    let (mut files, mut statuses) = (HashMap::new(), HashMap::new());
    for login in ATTACHING.into_iter().chain([SENDING]) {
        let (some, more) = served(&restored, login).await;
        files.extend(some);
        statuses.extend(more);
    }
    for (id, digest) in before.attached.iter().filter(|(id, _)| !at_the_end.removed.contains(*id)) {
        assert_eq!(files.get(id), Some(digest), "{id} was acknowledged before the backup began");
    }
    for (id, status) in &before.statuses {
        let now = statuses.get(id).unwrap_or_else(|| panic!("{id} was acknowledged before the backup began"));
        assert!(now == status || now == "WITHDRAWN", "{id} was {status} and is {now}");
    }
    let (code, out, err) = run(&restored.data(), &["objects", "sweep", "--older-than", "0"]).await;
    assert!(code == 0 && out.contains("every object has its row"), "{out}{err}");
    println!("restored: {} attached files and {} applications are served as they were", files.len(), statuses.len());
}

/// Backups one after another under load; each is whole, and the last is restored and served.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_is_whole() {
    if !is_embedded() {
        return;
    }
    let gateway = Gateway::start(&["--demo"], &ROOM).await;
    let load = Load::default();
    let mut writers = vec![tokio::spawn(load.clone().send(gateway.log_in(SENDING).await))];
    for (login, seed) in ATTACHING.into_iter().zip(1..) {
        let client = gateway.log_in(login).await;
        let application = draft(&client).await;
        writers.push(tokio::spawn(load.clone().attach(client, application, seed)));
    }
    let (backups, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut last, mut before) = (backups.path().to_owned(), Acknowledged::default());
    for number in 0..BACKUPS {
        load.go_on(15).await;
        before = load.so_far();
        let begun = load.count.load(Ordering::SeqCst);
        last = backups.path().join(number.to_string());
        let words = back_up(&gateway.data(), &last).await;
        let meanwhile = load.count.load(Ordering::SeqCst) - begun;
        let again = words.lines().find(|line| line.contains("was taken")).unwrap_or("  one snapshot");
        println!("{again}; acknowledged before it began: {begun}, while it ran: {meanwhile}");
        assert!(meanwhile > 0, "nobody was held up");
        let (code, out, err) = run(Path::new("unused"), &["restore", "--check", last.to_str().unwrap()]).await;
        assert_eq!(code, 0, "{out}{err}");
    }
    load.is_over.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.unwrap();
    }
    restore(&last, &folder.path().join("data")).await;
    compare(folder, &before, &load.so_far(), &gateway).await;
}
