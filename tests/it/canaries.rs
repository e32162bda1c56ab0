//! What is used and dropped leaves no trace: a birth date, an account number, a password, a session token and the initial secret of an
//! account are sought in everything that the gateway writes or answers.

mod wire;

use std::path::Path;

use sea_orm::sqlx::{self, AssertSqlSafe, Connection, PgConnection};
use serde_json::{Value, json};

use crate::papers::Paper;
use crate::support::gateway::Gateway;
use crate::support::steps::{draft, verify};
use crate::support::{Client, data_folder, eventually};

const BIRTH_DATE: &str = "1983-12-07";
const ACCOUNT_NUMBER: &str = "5820947";
const PASSWORD: &str = "canary-password-7731-canary";

/// Everything that was answered to a client, as text.
#[derive(Default)]
struct Answers(String);

impl Answers {
    fn keep(&mut self, answer: &Value) {
        self.0.push_str(&answer.to_string());
        self.0.push('\n');
    }
}

/// The real program, its real log at its most talkative, its real files while they are open.
#[tokio::test(flavor = "multi_thread")]
async fn no_canary_is_found_anywhere() {
    let mut gateway = Gateway::start(&["--demo"], &[("MADOGUCHI_LOG_FILTER", "trace")]).await;
    let client = gateway.log_in("clinic@example.jp").await;
    let mut answers = Answers::default();
    type_keys(&gateway, &client, &mut answers).await;
    let token = use_passwords(&gateway, &mut answers).await;
    let (secret, seal) = take_a_secret(&gateway, &mut answers).await;
    let folder = gateway.data().join("mail");
    eventually("a mail to the new user", || {
        let mails = std::fs::read_dir(&folder).into_iter().flatten();
        let mut texts = mails.filter_map(|mail| std::fs::read_to_string(mail.ok()?.path()).ok());
        let is_there = texts.any(|text| text.contains("To: new@example.jp"));
        async move { is_there.then_some(()) }
    })
    .await;
    // While the write-ahead log still holds what was written, and again when it is folded in.
    let open: Vec<_> = files(&gateway.data()).iter().map(|file| std::fs::read(file).unwrap()).collect();
    let rows = rows(&gateway).await;
    let log = gateway.stop_and_read_log().await;

    let closed: Vec<_> = files(&gateway.data()).iter().map(|file| std::fs::read(file).unwrap()).collect();
    assert!(!log.contains(&seal), "an address of a file was logged");
    let tokens = [token.as_str(), client.token.as_deref().unwrap(), &secret];
    let canaries =
        [BIRTH_DATE, "19831207", "1983/12/7", ACCOUNT_NUMBER, "05820947", PASSWORD].into_iter().chain(tokens);
    for canary in canaries {
        assert!(!answers.0.contains(canary), "{canary} was answered");
        assert!(!log.contains(canary), "{canary} was logged");
        assert!(!rows.contains(canary) && !rows.contains(&hex(canary)), "{canary} is in the database");
        for bytes in open.iter().chain(&closed) {
            assert!(!bytes.windows(canary.len()).any(|window| window == canary.as_bytes()), "{canary} is in a file");
        }
    }
    assert!(open.len() >= 7, "database, its two companions, the key and the mails: {}", open.len());
    assert!(log.matches("path=\"/graphql\"").count() > 20, "requests were logged: {log}");
}

/// Right and wrong keys, in every form, as variables and as literals, where they belong and where they do not.
async fn type_keys(gateway: &Gateway, client: &Client, answers: &mut Answers) {
    let id = draft(client).await;
    for text in [BIRTH_DATE, "19831207", "1983/12/7", "昭和58年12月7日 1983-12-07"] {
        answers.keep(&verify(client, &id, 1, json!({ "managerDateOfBirth": text })).await);
    }
    answers.keep(&verify(client, &id, 1, json!({ "bankAccountNumber": ACCOUNT_NUMBER })).await);
    let midwife = gateway.log_in("midwife@example.jp").await;
    let home = draft(&midwife).await;
    for text in [ACCOUNT_NUMBER, "05820947"] {
        answers.keep(&verify(&midwife, &home, 1, json!({ "bankAccountNumber": text })).await);
    }
    let literal = |value: &str| {
        format!(
            r#"mutation {{ verifyFacility(input: {{ applicationId: "{id}", expectedVersion: 1, key: {{ managerDateOfBirth: {value} }} }}) {{ userErrors {{ message }} }} }}"#
        )
    };
    for document in [
        literal(&format!("\"{BIRTH_DATE}\"")),
        literal(ACCOUNT_NUMBER),
        literal(&format!("[\"{BIRTH_DATE}\"")),
        literal("$x"),
    ] {
        answers.keep(&client.send(&document, json!({ "x": BIRTH_DATE })).await);
    }
    // Of the wrong type, in the wrong place, with both keys at once, and as the name of something.
    for key in [json!(5_820_947), json!([BIRTH_DATE]), json!({ "bankAccountNumber": ACCOUNT_NUMBER })] {
        let input = json!({ "applicationId": id, "expectedVersion": 1, "key": { "managerDateOfBirth": key } });
        answers.keep(&client.run("VerifyFacility", json!({ "input": input })).await);
    }
    let both = json!({ "managerDateOfBirth": BIRTH_DATE, "bankAccountNumber": ACCOUNT_NUMBER });
    answers.keep(
        &client
            .run("VerifyFacility", json!({ "input": { "applicationId": id, "expectedVersion": 1, "key": both } }))
            .await,
    );
    let misplaced = json!({ "input": { "applicationId": BIRTH_DATE, "expectedVersion": ACCOUNT_NUMBER, "key": {} } });
    answers.keep(&client.run("VerifyFacility", misplaced).await);
}

/// Passwords where they belong, wrong ones, and a login by cookie; gives the token of another login.
async fn use_passwords(gateway: &Gateway, answers: &mut Answers) -> String {
    let visitor = gateway.visitor();
    let form = json!({
        "displayName": "登録 一子", "facilityKind": "MIDWIFERY_HOME", "facilityCode": "M1300003",
        "phoneNumber": "0312345678", "email": "new@example.jp", "password": PASSWORD,
    });
    answers.keep(&visitor.run("RegisterUser", json!({ "input": form })).await);
    for input in [
        json!({ "email": "new@example.jp", "password": PASSWORD }),
        json!({ "email": PASSWORD, "password": PASSWORD }),
        json!({ "email": "new@example.jp", "password": { "value": PASSWORD } }),
        json!({ "token": PASSWORD, "newPassword": PASSWORD }),
    ] {
        answers.keep(&visitor.run("LogIn", json!({ "input": input.clone() })).await);
        answers.keep(&visitor.run("ResetPassword", json!({ "input": input })).await);
    }
    let client = gateway.log_in("checkup@example.jp").await;
    client.field("Viewer", json!({})).await;
    client.token.unwrap()
}

/// Fetches a settings document, the one place where an initial secret stands; gives the secret, and the seal of the address.
async fn take_a_secret(gateway: &Gateway, answers: &mut Answers) -> (String, String) {
    let client = gateway.log_in("sample@example.jp").await;
    let document =
        "{ viewer { facilities(first: 100) { nodes { id accounts { nodes { settingsDocument { url } } } } } } }";
    let answer = client.send(document, json!({})).await;
    answers.keep(&answer);
    let facilities = answer["data"]["viewer"]["facilities"]["nodes"].as_array().unwrap();
    let accounts = facilities.iter().find_map(|one| one["accounts"]["nodes"].get(0)).expect("an account");
    let url = accounts["settingsDocument"]["url"].as_str().expect("an address");
    let paper = reqwest::get(url).await.unwrap().error_for_status().unwrap().bytes().await.unwrap();
    let text = Paper::new(&paper).text();
    let is_secret =
        |line: &&str| line.len() == 16 && line.bytes().all(|byte| b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789".contains(&byte));
    let secret = text.lines().find(is_secret).unwrap_or_else(|| panic!("no secret in {} lines", text.lines().count()));
    (secret.to_owned(), url.rsplit('~').next().unwrap().to_owned())
}

/// Every row of every table as PostgreSQL writes it; a file of SQLite is among the files.
async fn rows(gateway: &Gateway) -> String {
    let Some(address) = data_folder::database(&gateway.data()) else { return String::new() };
    let mut connection = PgConnection::connect(&address).await.unwrap();
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut connection).await.unwrap();
    let mut all = String::new();
    for table in tables {
        let rows = sqlx::query_scalar(AssertSqlSafe(format!("SELECT t::text FROM {table} AS t")));
        let rows: Vec<String> = rows.fetch_all(&mut connection).await.unwrap();
        all.extend(rows);
    }
    assert!(all.contains("new@example.jp"), "the rows are those of the portal");
    all
}

/// As PostgreSQL writes bytes.
fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}
