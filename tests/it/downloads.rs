//! Files under `/files/`: addresses that GraphQL gives out, for a few minutes and one login.

use std::fmt::Write;

use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;
use chrono::Duration;
use reqwest::{Method, Response, StatusCode};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};

use crate::attachments::files::pdf;
use crate::support::steps::{draft, fill_in};
use crate::support::upload::{Form, attach};
use crate::support::{Client, Portal, eventually, generated, poll};

/// A name as people give them: Japanese, with spaces and marks.
const NAME: &str = "受領委任 承諾通知書（令和6年）.pdf";

/// Who holds the demonstration's completed application.
const OWNER: &str = "sample@example.jp";

/// Everybody who may try, as the table's columns name them.
const ACTORS: [(&str, Option<&str>); 5] = [
    ("anonymous", None),
    ("owner", Some(OWNER)),
    ("another facility's applicant", Some("clinic@example.jp")),
    ("reviewer", Some("reviewer@example.jp")),
    ("operator", Some("operator@example.jp")),
];

/// A field that gives an address out, and the document that asks for it by one id.
struct Row(&'static str, &'static str, fn(&Completed) -> &str);

const ROWS: [Row; 4] = [
    Row(
        "EligibilityAccount.settingsDocument",
        "query($id: ID!) { node(id: $id) { ... on EligibilityAccount { file: settingsDocument { url expiresAt } } } }",
        |ids| &ids.account,
    ),
    Row(
        "Facility.settingsDocuments",
        "query($id: ID!) { node(id: $id) { ... on Facility { file: settingsDocuments { url expiresAt } } } }",
        |ids| &ids.facility,
    ),
    Row(
        "StartOfUseApplication.receipt",
        "query($id: ID!) { node(id: $id) { ... on StartOfUseApplication { file: receipt { url expiresAt } } } }",
        |ids| &ids.application,
    ),
    Row(
        "Attachment.download",
        "query($id: ID!) { node(id: $id) { ... on Attachment { file: download { url expiresAt } } } }",
        |ids| &ids.attachment,
    ),
];

/// The ids of the completed application, and of a file that was sent with another one.
struct Completed {
    facility: String,
    application: String,
    account: String,
    attachment: String,
}

async fn completed(owner: &Client) -> Completed {
    let document = "{ viewer { facilities(first: 100) { nodes { id name
        applications { nodes { id status } } accounts { nodes { id } } } } } }";
    let answer = owner.send(document, json!({})).await;
    let facilities = answer["data"]["viewer"]["facilities"]["nodes"].as_array().unwrap().clone();
    let named = |name: &str| facilities.iter().find(|one| one["name"] == name).expect("the demonstration's").clone();
    let facility = named("見本整骨院（手続き完了）");
    let attachment = sent_with(owner, &named("見本整骨院（却下）")["id"], NAME, &pdf()).await;
    let id = |value: &Value| value.as_str().unwrap().to_owned();
    Completed {
        facility: id(&facility["id"]),
        application: id(&facility["applications"]["nodes"][0]["id"]),
        account: id(&facility["accounts"]["nodes"][0]["id"]),
        attachment,
    }
}

/// Applies anew with a file, and gives the file's id.
async fn sent_with(owner: &Client, facility: &Value, name: &str, content: &[u8]) -> String {
    let created = owner.done("CreateStartOfUseApplication", json!({ "facilityId": facility })).await;
    let application = created["application"]["id"].as_str().unwrap();
    let attached = attach(owner, application, name, content).await;
    fill_in(owner, application, 2).await;
    owner.done("SubmitApplication", json!({ "applicationId": application, "expectedVersion": 3 })).await;
    attached["attachment"]["id"].as_str().unwrap().to_owned()
}

/// The address that a field gives to a client; none when the field, or what holds it, is null.
async fn address(client: &Client, Row(_, document, id): &Row, ids: &Completed) -> Option<String> {
    let answer = client.send(document, json!({ "id": id(ids) })).await;
    answer["data"]["node"]["file"]["url"].as_str().map(str::to_owned)
}

async fn fetch(method: Method, address: &str, token: Option<&str>) -> Response {
    let mut request = reqwest::Client::new().request(method, address);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request.send().await.unwrap()
}

async fn get(address: &str, token: Option<&str>) -> StatusCode {
    fetch(Method::GET, address, token).await.status()
}

/// For each file and each actor: whether they get an address of their own, and what they find under the owner's. The committed table
/// stands in docs/authorization.md.
#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_what_the_table_says() {
    let portal = Portal::demo().await;
    let owner = portal.log_in(OWNER).await;
    let ids = completed(&owner).await;
    let columns: Vec<_> = ACTORS.iter().map(|(name, _)| *name).collect();
    let mut table = format!("| file | {} |\n|---|{}\n", columns.join(" | "), "---|".repeat(columns.len()));
    for row in &ROWS {
        let mut cells = Vec::new();
        for (_, login) in ACTORS {
            let client = match login {
                Some(OWNER) => owner.clone(),
                Some(login) => portal.log_in(login).await,
                None => portal.visitor(),
            };
            let own = match address(&client, row, &ids).await {
                Some(own) => get(&own, client.token.as_deref()).await.as_str().to_owned(),
                None => "none".to_owned(),
            };
            let given = address(&owner, row, &ids).await.expect("an address");
            let given = get(&given, client.token.as_deref()).await;
            cells.push(format!("{own}, {}", given.as_str()));
        }
        writeln!(table, "| {} | {} |", row.0, cells.join(" | ")).unwrap();
    }
    generated::compare_section("docs/authorization.md", "downloads", &table);
}

/// A field that gives out addresses and has no row above is a mistake.
#[test]
fn every_file_has_a_row() {
    let schema = Schema::parse(madoguchi::resolvers::sdl(), "schema.graphql").unwrap();
    let mut fields = Vec::new();
    for (name, kind) in &schema.types {
        let ExtendedType::Object(object) = kind else { continue };
        let giving = object.fields.values().filter(|field| field.ty.inner_named_type() == "SignedDownload");
        fields.extend(giving.map(|field| format!("{name}.{}", field.name)));
    }
    fields.sort();
    let mut rows = ROWS.map(|row| row.0);
    rows.sort_unstable();
    assert_eq!(fields, rows);
}

/// Each fetch is a row of the audit trail, by its person and its subject, and nothing else of it.
#[tokio::test]
async fn each_fetch_is_audited() {
    let portal = Portal::demo().await;
    let owner = portal.log_in(OWNER).await;
    let ids = completed(&owner).await;
    for row in &ROWS {
        let url = address(&owner, row, &ids).await.expect("an address");
        assert_eq!(get(&url, None).await, StatusCode::OK, "{}", row.0);
    }
    let statement = "SELECT action, subject FROM audit_entries WHERE action LIKE 'take-%' ORDER BY id";
    let statement = Statement::from_string(DbBackend::Sqlite, statement);
    let rows = portal.services.database.reader().query_all_raw(statement).await.unwrap();
    let text = |row: &sea_orm::QueryResult, column: &str| row.try_get::<String>("", column).unwrap();
    let trail: Vec<_> = rows.iter().map(|row| (text(row, "action"), text(row, "subject"))).collect();
    let expected = [
        ("take-settings-document", &ids.account),
        ("take-settings-archive", &ids.facility),
        ("take-receipt", &ids.application),
        ("take-attachment", &ids.attachment),
    ];
    assert_eq!(trail, expected.map(|(action, subject)| (action.to_owned(), subject.clone())));
}

/// A settings document is saved under its Japanese name, runs nothing, is kept by nobody, and is handed over once.
#[tokio::test]
async fn a_secret_is_handed_over_once() {
    let portal = Portal::demo().await;
    let owner = portal.log_in(OWNER).await;
    let ids = completed(&owner).await;
    let url = address(&owner, &ROWS[0], &ids).await.expect("an address");
    // Asking without taking leaves the ticket as it was.
    for method in [Method::HEAD, Method::POST] {
        let refused = fetch(method.clone(), &url, None).await;
        assert_eq!(
            (refused.status(), refused.headers()["allow"].as_bytes()),
            (StatusCode::METHOD_NOT_ALLOWED, b"GET".as_slice())
        );
        let text = refused.text().await.unwrap();
        assert_eq!(text.contains("METHOD_NOT_ALLOWED"), method != Method::HEAD, "{text}");
    }
    let response = fetch(Method::GET, &url, None).await;
    assert_eq!(response.status(), StatusCode::OK);
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/pdf");
    assert!(header("content-disposition").starts_with("attachment; filename=\""));
    assert!(header("content-disposition").contains("filename*=UTF-8''%E3%83%A6%E3%83%BC%E3%82%B6"));
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(header("cross-origin-resource-policy"), "same-origin");
    assert!(response.bytes().await.unwrap().starts_with(b"%PDF-"));
    let again = fetch(Method::GET, &url, None).await;
    assert_eq!(again.status(), StatusCode::NOT_FOUND);
    assert!(again.text().await.unwrap().contains("もう一度開き"));
    // A receipt holds no secret: its address works until it is over.
    let url = address(&owner, &ROWS[2], &ids).await.expect("an address");
    for _ in 0..2 {
        assert_eq!(get(&url, None).await, StatusCode::OK);
    }
}

/// A paper is paid for when it is fetched: where the budget does not reach it says when it will, and the address works then.
#[tokio::test(flavor = "multi_thread")]
async fn a_paper_is_paid_for() {
    let portal = Portal::demo_with(|config| config.cost_per_minute = 24_000).await;
    let owner = portal.log_in(OWNER).await;
    let ids = completed(&owner).await;
    let url = address(&owner, &ROWS[0], &ids).await.expect("an address");
    let receipt = address(&owner, &ROWS[2], &ids).await.expect("an address");
    let refused = loop {
        let answer = fetch(Method::GET, &receipt, None).await;
        assert!(answer.headers().contains_key("content-length"), "who fetches it can tell whether it is whole");
        if answer.status() != StatusCode::OK {
            break answer;
        }
    };
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() <= 3);
    assert!(refused.text().await.unwrap().contains("RATE_LIMITED"));
    assert_eq!(get(&url, None).await, StatusCode::TOO_MANY_REQUESTS);
    let not_refused =
        || async { Some(get(&url, None).await).filter(|status| *status != StatusCode::TOO_MANY_REQUESTS) };
    assert_eq!(poll(not_refused).await, StatusCode::OK);
    // What was used is nobody's to pay for, as often as somebody asks.
    for _ in 0..30 {
        assert_eq!(get(&url, None).await, StatusCode::NOT_FOUND);
    }
}

/// Of twenty who fetch at once by one single-use address, one gets the file.
#[tokio::test(flavor = "multi_thread")]
async fn a_race_for_a_secret_has_one_winner() {
    let portal = Portal::demo().await;
    let owner = portal.log_in(OWNER).await;
    let url = address(&owner, &ROWS[0], &completed(&owner).await).await.expect("an address");
    let fetches = futures_util::future::join_all((0..20).map(|_| get(&url, None))).await;
    assert_eq!(fetches.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{fetches:?}");
}

/// Who fetches as many files at once as may be is told to wait, without harm to the address; others are not.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_being_fetched_are_counted() {
    let portal = Portal::demo().await;
    let owner = portal.log_in("clinic@example.jp").await;
    let application = draft(&owner).await;
    let form = Form::attaching(&owner, json!({ "applicationId": application }));
    // More than the kernels on the way take.
    let sent = form.send_long(&owner, b"a.pdf", &pdf()[..20], 30_000_000, &pdf()[20..]).await;
    let file = sent.payload()["attachment"]["id"].as_str().expect("a file").to_owned();
    let given = owner.send(ROWS[3].1, json!({ "id": file })).await;
    let url = given["data"]["node"]["file"]["url"].as_str().expect("an address").to_owned();
    let mut held = Vec::new();
    for _ in 0..20 {
        let response = fetch(Method::GET, &url, None).await;
        assert_eq!(response.status(), StatusCode::OK);
        held.push(response);
    }
    let refused = fetch(Method::GET, &url, None).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key("retry-after"));
    assert!(refused.text().await.unwrap().contains("TOO_MANY_DOWNLOADS"));
    let other = portal.log_in(OWNER).await;
    let paper = address(&other, &ROWS[2], &completed(&other).await).await.expect("an address");
    assert_eq!(get(&paper, None).await, StatusCode::OK);
    held.pop();
    let is_free = || async { (get(&url, None).await == StatusCode::OK).then_some(()) };
    eventually("a place is free", is_free).await;
}

/// An address that is over, altered, of a login that ended or shown with another's credential is not there, whatever is wrong.
#[tokio::test]
async fn a_doubtful_address_is_not_there() {
    let portal = Portal::demo().await;
    let owner = portal.log_in(OWNER).await;
    let ids = completed(&owner).await;
    let receipt = &ROWS[2];
    let good = address(&owner, receipt, &ids).await.expect("an address");
    let other = portal.log_in(OWNER).await;
    assert_eq!(get(&good, other.token.as_deref()).await, StatusCode::NOT_FOUND, "another login of the same person");
    assert_eq!(get(&good, Some("no-token-of-ours")).await, StatusCode::NOT_FOUND);
    assert_eq!(get(&good, owner.token.as_deref()).await, StatusCode::OK);
    let (claims, seal) = good.rsplit_once('~').unwrap();
    let (head, expires) = claims.rsplit_once('~').map(|(rest, _)| rest.rsplit_once('~').unwrap()).unwrap();
    let later = expires.parse::<i64>().unwrap() + 3600;
    let altered = [
        good.replace("receipt", "settings"),
        claims.replacen(&format!("{head}~{expires}"), &format!("{head}~{later}"), 1) + "~" + seal,
        format!("{claims}~"),
        format!("{claims}~{}", seal.chars().rev().collect::<String>()),
        format!("{}/files/nonsense", portal.address),
        format!("{}/files/%00~%ff", portal.address),
    ];
    for address in altered {
        assert_ne!(address, good);
        assert_eq!(get(&address, None).await, StatusCode::NOT_FOUND, "{address}");
    }
    portal.clock.pass(Duration::minutes(5));
    assert_eq!(get(&good, None).await, StatusCode::NOT_FOUND, "over");
    let fresh = address(&owner, receipt, &ids).await.expect("an address");
    owner.run("LogOut", json!({})).await;
    assert_eq!(get(&fresh, None).await, StatusCode::NOT_FOUND, "logged out");
}

/// A file comes back byte by byte under its name, whole or by range; who asks for what is beyond it is told its size.
#[tokio::test]
async fn a_file_comes_back_by_ranges() {
    let portal = Portal::demo().await;
    let owner = portal.log_in(OWNER).await;
    let ids = completed(&owner).await;
    let url = address(&owner, &ROWS[3], &ids).await.expect("an address");
    let content = pdf();
    let size = content.len();
    let whole = fetch(Method::GET, &url, None).await;
    let header = |response: &Response, name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!((whole.status(), header(&whole, "content-type").as_str()), (StatusCode::OK, "application/pdf"));
    assert!(header(&whole, "content-disposition").contains("filename*=UTF-8''%E5%8F%97%E9%A0%98"));
    assert_eq!(
        (header(&whole, "accept-ranges").as_str(), header(&whole, "content-length")),
        ("bytes", size.to_string())
    );
    let tag = header(&whole, "etag");
    assert!(whole.bytes().await.unwrap() == content);
    let ask = async |headers: &[(&str, &str)]| {
        let mut request = reqwest::Client::new().get(&url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let range = response.headers().get("content-range").map(|range| range.to_str().unwrap().to_owned());
        (response.status().as_u16(), range, response.bytes().await.unwrap())
    };
    let last = size - 1;
    for (range, start, end) in [
        ("bytes=10-19", 10, 19),
        ("bytes=100-", 100, last),
        ("bytes=-7", size - 7, last),
        ("bytes=0-99999999", 0, last),
    ] {
        let (status, told, bytes) = ask(&[("range", range)]).await;
        assert_eq!((status, told), (206, Some(format!("bytes {start}-{end}/{size}"))), "{range}");
        assert!(bytes == content[start..=end], "{range}");
    }
    let other = "\"of another version\"";
    for (headers, expected) in [
        (&[("if-none-match", &*tag)][..], 304),
        (&[("if-none-match", &*format!("\"other\", W/{tag}"))], 304),
        (&[("if-match", &*format!("W/{tag}"))], 412),
        (&[("if-none-match", "*")], 304),
        (&[("if-none-match", other)], 200),
        (&[("if-match", other)], 412),
        (&[("if-match", &*format!("{other}, {tag}"))], 200),
    ] {
        let (status, _, bytes) = ask(headers).await;
        assert_eq!((status, bytes.is_empty()), (expected, expected != 200), "{headers:?}");
    }
    let beyond = format!("bytes={size}-");
    assert_eq!(ask(&[("range", &beyond)]).await, (416, Some(format!("bytes */{size}")), "".into()));
    for headers in [
        &[("range", "bytes=0-1,5-6")][..],
        &[("range", "lines=1-2")],
        &[("range", "nonsense")],
        &[("range", "bytes=0-1"), ("if-range", "\"of another version\"")],
    ] {
        let (status, told, bytes) = ask(headers).await;
        assert_eq!((status, told, bytes.len()), (200, None, size), "{headers:?}");
    }
    assert_eq!(ask(&[("range", "bytes=0-1"), ("if-range", &tag)]).await.0, 206);
}
