//! A portal that has moved: everything is there, and everybody goes on where they were.

use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use super::{copying, done, dump, elsewhere, file_in, objects};
use crate::attachments::files::{pdf, png};
use crate::support::gateway::Gateway;
use crate::support::socket::Watching;
use crate::support::steps::{case_of, claim, draft, facility, fill_in, submitted, verify, wrong_key};
use crate::support::upload::attach;
use crate::support::{Client, eventually};

/// Who holds the demonstration's applications, and the one that is completed.
const OWNER: &str = "sample@example.jp";

/// What was done before the move and is gone on with after it.
struct Story {
    clinic: Client,
    owner: Client,
    application: String,
    number: u64,
    cursor: Value,
    sent: Value,
    file: String,
}

/// Moves a portal in its whole life from SQLite elsewhere, and back.
#[tokio::test(flavor = "multi_thread")]
async fn a_portal_goes_over_and_back() {
    let [first, there, back, again] = [(); 4].map(|()| tempfile::tempdir().unwrap());
    let data = [&first, &there, &back, &again].map(|folder| folder.path().join("data"));
    let address = [file_in(&data[0]), elsewhere(&data[1]).await, file_in(&data[2]), file_in(&data[3])];
    // Nobody listens there, so that mails wait.
    let nowhere = ("MADOGUCHI_MAIL_SMTP", "smtp://127.0.0.1:1?tls=none");
    let mut gateway = Gateway::over(first, &["--demo", "--database", &address[0]], &[nowhere]).await;
    let story = live(&gateway).await;
    gateway.stop_and_read_log().await;

    for (from, to) in [(0, 1), (1, 2)] {
        let started = Instant::now();
        let out = done(&mut copying((&address[from], &data[from]), (&address[to], &data[to])));
        println!("{}: {:.1} s; {}", to, started.elapsed().as_secs_f32(), out.lines().next().unwrap());
        assert!(out.contains(" rows moved and compared") && out.contains("of which 3 had to be copied"), "{out}");
        assert!(out.contains("the server's key went along") && out.contains("next: madoguchi serve"), "{out}");
        assert_eq!(dump(&address[to]).await, dump(&address[0]).await);
        assert_eq!(objects(&data[to]), objects(&data[0]));
        is_private(&data[to].join("server.key"));
    }
    let counts = dump(&address[0]).await;
    for table in ["sessions", "registrations", "outbox_messages", "idempotency_keys", "used_tickets", "password_resets"]
    {
        assert!(!counts[table].is_empty(), "the story leaves {table}");
    }

    let mut gateway = Gateway::over(there, &["--database", &address[1]], &[]).await;
    let last = go_on(&gateway, &data[1], &story).await;
    gateway.stop_and_read_log().await;

    done(&mut copying((&address[1], &data[1]), (&address[3], &data[3])));
    assert_eq!(dump(&address[3]).await, dump(&address[1]).await);
    let gateway = Gateway::over(again, &["--database", &address[3]], &[]).await;
    let clinic = at(&gateway, &story.clinic);
    clinic.done("WithdrawApplication", json!({ "applicationId": last.application, "expectedVersion": 2 })).await;
    let created = clinic.done("CreateStartOfUseApplication", json!({ "facilityId": last.facility })).await;
    let next = created["application"]["id"].as_str().unwrap();
    assert_eq!(number_of(&clinic, next).await, last.number + 1, "numbers go on after the way back");
}

fn is_private(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

/// The same client at another gateway: no login, the same token.
fn at(gateway: &Gateway, client: &Client) -> Client {
    let mut client = client.clone();
    client.address.clone_from(&gateway.address);
    client
}

async fn number_of(client: &Client, application: &str) -> u64 {
    let answer = client.field("ConfirmApplication", json!({ "id": application })).await;
    let number = answer["number"].as_str().unwrap();
    let digits = number.rfind(|letter: char| !letter.is_ascii_digit()).map_or(0, |at| at + 1);
    number[digits..].parse().unwrap()
}

/// Something of everything that a portal keeps.
async fn live(gateway: &Gateway) -> Story {
    let (clinic, owner) = (gateway.log_in("clinic@example.jp").await, gateway.log_in(OWNER).await);
    gateway.visitor().done("RegisterUser", registration()).await;
    gateway.visitor().done("RequestPasswordReset", json!({ "email": "clinic2@example.jp" })).await;
    let midwife = gateway.log_in("midwife@example.jp").await;
    let with_files = draft(&midwife).await;
    for (name, content) in [("通知書.pdf", pdf()), ("写真.png", png())] {
        attach(&midwife, &with_files, name, &content).await;
    }
    let other = gateway.log_in("clinic2@example.jp").await;
    let unfinished = draft(&other).await;
    verify(&other, &unfinished, 1, wrong_key()).await;

    let rejected = named(&owner, "見本整骨院（却下）").await;
    let created = owner.done("CreateStartOfUseApplication", json!({ "facilityId": rejected["id"] })).await;
    let id = created["application"]["id"].as_str().unwrap().to_owned();
    let file = attach(&owner, &id, "承諾.pdf", &pdf()).await["attachment"]["id"].as_str().unwrap().to_owned();
    fill_in(&owner, &id, 2).await;
    let sent = json!({ "applicationId": id, "expectedVersion": 3, "idempotencyKey": "the-one-and-only" });
    owner.done("SubmitApplication", sent.clone()).await;
    assert!(settings(&owner).await.starts_with(b"%PDF-"));

    let application = submitted(&clinic).await;
    let mut page = Watching::begin(&clinic, "ApplicationEvents", json!({ "applicationId": application })).await;
    let cursor = page.event().await["cursor"].clone();
    let number = number_of(&clinic, &application).await;
    claim(&gateway.log_in("reviewer@example.jp").await, &application).await;
    Story { clinic, owner, application, number, cursor, sent, file }
}

fn registration() -> Value {
    json!({
        "displayName": "髙橋 太郎", "facilityKind": "MIDWIFERY_HOME", "facilityCode": "M1300003", "facilityName": "はじめて助産所",
        "phoneNumber": "03-1234-5678", "email": "new@example.jp", "password": "madoguchi-demo-2026",
    })
}

async fn named(owner: &Client, name: &str) -> Value {
    let document = "{ viewer { facilities(first: 100) { nodes { id name accounts(first: 100) { nodes { id accountId settingsDocument { url } } } } } } }";
    let answer = owner.send(document, json!({})).await;
    let facilities = answer["data"]["viewer"]["facilities"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer}"));
    facilities.iter().find(|one| one["name"] == name).expect("the demonstration's").clone()
}

/// The settings document of the first account: a PDF with what only the server's key opens.
async fn settings(owner: &Client) -> Vec<u8> {
    let facility = named(owner, "見本整骨院（手続き完了）").await;
    fetch(&facility["accounts"]["nodes"][0]["settingsDocument"]["url"]).await
}

async fn fetch(url: &Value) -> Vec<u8> {
    let answer = reqwest::get(url.as_str().unwrap_or_else(|| panic!("no address: {url}"))).await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.bytes().await.unwrap().to_vec()
}

/// The application that was begun last, a draft at version 2.
struct Last {
    facility: Value,
    application: String,
    number: u64,
}

/// Goes on with the story.
async fn go_on(gateway: &Gateway, data: &Path, story: &Story) -> Last {
    let (clinic, owner) = (at(gateway, &story.clinic), at(gateway, &story.owner));
    let viewer = clinic.field("Viewer", json!({})).await;
    assert_eq!(viewer["email"], "clinic@example.jp", "the same token: {viewer}");
    assert!(settings(&owner).await.starts_with(b"%PDF-"));
    let document = "query($id: ID!) { node(id: $id) { ... on Attachment { download { url } } } }";
    let answer = owner.send(document, json!({ "id": story.file })).await;
    assert!(fetch(&answer["data"]["node"]["download"]["url"]).await == pdf());
    let repeated = owner.done("SubmitApplication", story.sent.clone()).await;
    assert_eq!(repeated["application"]["id"], story.sent["applicationId"], "the answer was kept");

    let after = json!({ "applicationId": story.application, "after": story.cursor });
    let mut page = Watching::begin(&clinic, "ApplicationEvents", after).await;
    assert_eq!(page.event().await["kind"], "REVIEW_STARTED", "what was missed comes first");
    let reviewer = gateway.log_in("reviewer@example.jp").await;
    let version = claim(&reviewer, &story.application).await;
    let approve = json!({ "reviewCaseId": case_of(&story.application), "expectedVersion": version });
    reviewer.done("ApproveApplication", approve).await;
    while page.event().await["kind"] != "COMPLETED" {}
    let accounts = clinic.field("FacilityAccounts", json!({ "facilityId": facility(&clinic).await })).await;
    let names: Vec<_> = accounts["accounts"]["nodes"].as_array().unwrap().iter().map(|one| &one["accountId"]).collect();
    assert_eq!(names, ["W0000009", "W0000010"], "names go on after the demonstration's eight");

    let mails = data.join("mail");
    let confirmed = eventually("the mail of the registration", || confirm(gateway, &mails)).await;
    assert_eq!(confirmed["user"]["email"], "new@example.jp");
    let added = json!({ "kind": "TREATMENT_CLINIC", "code": "協1310003-0-0", "name": "はじめて整骨院" });
    let added = clinic.done("AddFacility", added).await;
    let created = clinic.done("CreateStartOfUseApplication", json!({ "facilityId": added["facility"]["id"] })).await;
    let next = created["application"]["id"].as_str().unwrap().to_owned();
    assert_eq!(number_of(&clinic, &next).await, story.number + 1, "numbers go on");
    let checked = verify(&clinic, &next, 1, json!({ "managerDateOfBirth": "1980-03-15" })).await;
    assert_eq!(
        checked["outcome"]["__typename"], "FacilityMatched",
        "the registry is read with the same key: {checked}"
    );
    Last { facility: added["facility"]["id"].clone(), application: next, number: story.number + 1 }
}

/// Follows the link of the registration, once its mail, which waited through the move, has come.
async fn confirm(gateway: &Gateway, mails: &Path) -> Option<Value> {
    let entries = std::fs::read_dir(mails).ok()?;
    let texts = entries.filter_map(|entry| std::fs::read(entry.ok()?.path()).ok());
    let token = texts.filter_map(|text| {
        let mail = mail_parser::MessageParser::default().parse(&text)?;
        (mail.to()?.first()?.address()? == "new@example.jp").then_some(())?;
        let body = mail.body_text(0)?.into_owned();
        let token = body.lines().map(str::trim).find(|line| {
            line.len() > 40 && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        });
        token.map(str::to_owned)
    });
    let token = token.last()?;
    Some(gateway.visitor().done("ConfirmRegistration", json!({ "token": token })).await)
}
