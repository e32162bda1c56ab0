//! `kill -9` while applications are being sent: what was acknowledged is there once, with its event and its audit row; what was not is
//! there once or not at all; and the completion mail of an acknowledged approval is a row that is delivered after the restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::support::gateway::{Gateway, program_for};
use crate::support::steps::{fill_in, verify};
use crate::support::{Client, eventually};

/// Facilities that apply at once, and so submissions: each is made ready before the load begins.
const APPLICANTS: usize = 8;
const FACILITIES: usize = 25;

/// Two hundred submissions, each followed by approval where it is acknowledged, and a crash in the middle of them.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives() {
    let approve = ("MADOGUCHI_REVIEW_APPROVE_REGISTRY_MATCHES", "true");
    let tries = ("MADOGUCHI_VERIFICATION_ATTEMPTS_PER_USER_PER_DAY", "100");
    let mut gateway = Gateway::start(&["--demo"], &[approve, tries]).await;
    let ready = prepare(&gateway).await;
    assert_eq!(ready.len(), APPLICANTS * FACILITIES);

    let answered = Arc::new(AtomicUsize::new(0));
    let sending = ready.iter().cloned().map(|(client, id)| {
        let answered = Arc::clone(&answered);
        tokio::spawn(async move { send(&client, &id, &answered).await })
    });
    let sending: Vec<_> = sending.collect();
    eventually("half of the answers", || {
        let count = answered.load(Ordering::SeqCst);
        async move { (count >= ready_half()).then_some(()) }
    })
    .await;
    gateway.kill().await;
    let acknowledged: Vec<bool> = join_all(sending).await.into_iter().map(|sent| sent.unwrap()).collect();
    let count = acknowledged.iter().filter(|sent| **sent).count();
    assert!(
        (ready_half()..ready.len()).contains(&count),
        "{count} of {} were acknowledged before the crash",
        ready.len()
    );

    let gateway = gateway.crash_and_restart().await;
    let audited = audited_submissions(&gateway).await;
    let mut mails = 0;
    for ((client, id), was_acknowledged) in ready.iter().zip(&acknowledged) {
        let mut client = client.clone();
        client.address.clone_from(&gateway.address);
        let answer = client.field("ConfirmApplication", json!({ "id": id })).await;
        let kinds = history(&client, &answer).await;
        let sent = kinds.iter().filter(|kind| *kind == "SUBMITTED").count();
        assert_eq!(audited.iter().filter(|subject| *subject == id).count(), sent, "{id}: an audit row a submission");
        match answer["status"].as_str().unwrap() {
            "COMPLETED" => {
                assert_eq!((sent, kinds.iter().filter(|kind| *kind == "COMPLETED").count()), (1, 1), "{kinds:?}");
                mails += 1;
            }
            "DRAFT" => assert!(!was_acknowledged && sent == 0, "{id} was acknowledged and is a draft"),
            other => panic!("{id} is {other}"),
        }
    }
    assert!(mails >= count);
    // The demonstration's own two completions have their mails beside these.
    let folder = gateway.data().join("mail");
    eventually("a mail for each completion", || {
        let found = completions(&folder);
        async move { (found == mails + 2).then_some(()) }
    })
    .await;
    drop(gateway);
    println!(
        "{count} of {} submissions acknowledged before kill -9, {mails} completed after it, each once",
        ready.len()
    );
}

fn ready_half() -> usize {
    APPLICANTS * FACILITIES / 2
}

/// The application of each audit row of a submission; the trail has no other reader than the database itself.
async fn audited_submissions(gateway: &Gateway) -> Vec<String> {
    let database = gateway.open_database().await;
    let statement = "SELECT subject FROM audit_entries WHERE action = 'submit-application'";
    let reader = database.reader();
    let statement = Statement::from_string(reader.get_database_backend(), statement);
    let rows = reader.query_all_raw(statement).await.unwrap();
    let subjects = rows.iter().map(|row| row.try_get("", "subject").unwrap()).collect();
    database.close().await.unwrap();
    subjects
}

fn completions(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let texts = entries.filter_map(|entry| std::fs::read(entry.ok()?.path()).ok());
    let subjects = texts.filter_map(|text| {
        let mail = mail_parser::MessageParser::default().parse(&text)?;
        mail.subject().map(str::to_owned)
    });
    subjects.filter(|subject| subject.contains("完了")).count()
}

async fn send(client: &Client, id: &str, answered: &AtomicUsize) -> bool {
    let input = json!({ "applicationId": id, "expectedVersion": 3, "idempotencyKey": format!("key-of-{id}") });
    let answer = client.try_run("SubmitApplication", json!({ "input": input })).await;
    let sent = answer.is_some_and(|answer| answer["data"]["submitApplication"]["application"]["status"] == "COMPLETED");
    if sent {
        answered.fetch_add(1, Ordering::SeqCst);
    }
    sent
}

async fn history(client: &Client, application: &Value) -> Vec<String> {
    let document = "query($id: ID!) { application(id: $id) { history { kind } } }";
    let answer = client.send(document, json!({ "id": application["id"] })).await;
    let events = answer["data"]["application"]["history"].as_array().unwrap().clone();
    events.iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

/// Makes applicants with many facilities each through the command line, imports their registry, and fills in every form.
async fn prepare(gateway: &Gateway) -> Vec<(Client, String)> {
    let mut registry = "facility_kind,code,name,prefecture,key\n".to_owned();
    let logins = (0..APPLICANTS).map(|applicant| {
        let email = format!("applicant{applicant}@example.jp");
        let mut create = program_for(&gateway.data());
        create.args([
            "user",
            "create",
            "--password-stdin",
            "--email",
            &email,
            "--name",
            "見本 太郎",
            "--phone",
            "0312345678",
            "--role",
            "applicant",
        ]);
        for facility in 0..FACILITIES {
            let code = format!("協26{applicant:02}{facility:03}00");
            registry.push_str(&format!("施術所,{code},施術所{facility},26,1970-01-31\n"));
            create.args(["--facility", &format!("clinic:{code}:施術所{facility}")]);
        }
        (email, create)
    });
    let logins: Vec<_> = logins.collect();
    let file = gateway.data().join("registry.csv");
    std::fs::write(&file, registry).unwrap();
    run(program_for(&gateway.data()).args(["registry", "import"]).arg(&file), "");
    let mut all = Vec::new();
    for (email, mut create) in logins {
        run(&mut create, "madoguchi-demo-2026\n");
        all.push(fill(gateway, email));
    }
    join_all(all).await.into_iter().flatten().collect()
}

async fn fill(gateway: &Gateway, email: String) -> Vec<(Client, String)> {
    let client = gateway.log_in(&email).await;
    let viewer = client.field("Viewer", json!({ "first": 100 })).await;
    let mut ready = Vec::new();
    for facility in viewer["facilities"]["nodes"].as_array().unwrap() {
        let created = client.done("CreateStartOfUseApplication", json!({ "facilityId": facility["id"] })).await;
        let id = created["application"]["id"].as_str().unwrap().to_owned();
        let checked = verify(&client, &id, 1, json!({ "managerDateOfBirth": "1970-01-31" })).await;
        assert_eq!(checked["outcome"]["__typename"], "FacilityMatched", "{checked}");
        fill_in(&client, &id, 2).await;
        ready.push((client.clone(), id));
    }
    ready
}

/// Runs a command of the program with a standard input, to its success.
fn run(command: &mut std::process::Command, input: &str) {
    use std::io::Write;
    let piped = std::process::Stdio::piped;
    let mut child = command.stdin(piped()).stdout(piped()).stderr(piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
