//! Documents by their ids: trusted ones of manifests, and those that a client made known by sending them once.

use std::sync::Arc;

use madoguchi::config::{Developers, DocumentMode};
use madoguchi::http::documents::manifest::Manifest;
use madoguchi::http::documents::{DocumentSettings, digest_of};
use madoguchi::http::{HttpSettings, ServerSettings};
use reqwest::Client;
use reqwest::header::{ACCEPT, AUTHORIZATION};
use serde_json::{Value, json};

use super::socket::Socket;
use super::toy::Toy;
use crate::support::node::node;

const TRUSTED: &str = "query Trusted($text: String!) { echo(text: $text) }";
const OLDER: &str = "query Older { hello }";

/// A gateway with the manifests of two releases: Apollo's form, and Relay's with an id of its own.
async fn toy(mode: DocumentMode, introspection: bool) -> Toy {
    let mut manifest = Manifest::default();
    let operation = json!({ "id": digest_of(TRUSTED), "name": "Trusted", "type": "query", "body": TRUSTED });
    let newest = json!({ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [operation] });
    manifest.add(&newest.to_string()).unwrap();
    manifest.add(&json!({ "older-7": OLDER }).to_string()).unwrap();
    let documents =
        DocumentSettings { mode, manifest: Arc::new(manifest), introspection, developers: Developers::Operators };
    Toy::with(HttpSettings { documents, ..HttpSettings::default() }, ServerSettings::default()).await
}

async fn send(toy: &Toy, token: &str, body: &Value) -> (u16, Value) {
    let request = Client::new().post(toy.url("/graphql")).header(ACCEPT, "application/graphql-response+json");
    let request = if token.is_empty() { request } else { request.header(AUTHORIZATION, format!("Bearer {token}")) };
    let response = request.json(body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// The data, or the status and code of the refusal.
fn told((status, body): (u16, Value)) -> String {
    match &body["errors"][0]["extensions"]["code"] {
        Value::String(code) => format!("{status} {code}"),
        _ => body["data"].to_string(),
    }
}

fn hashed(digest: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": digest } })
}

/// By the draft's id, by the bare digest, by a client's own id, and by Apollo's extension; by GET as well, and on a socket.
#[tokio::test]
async fn a_trusted_document_is_known_by_its_ids() {
    let toy = toy(DocumentMode::Only, true).await;
    let text = json!({ "text": "x" });
    for id in [format!("sha256:{}", digest_of(TRUSTED)), digest_of(TRUSTED)] {
        let answer = send(&toy, "", &json!({ "documentId": id, "variables": text })).await;
        assert_eq!(told(answer), r#"{"echo":"x"}"#);
        let parameters = [("documentId", id.as_str()), ("variables", r#"{"text":"y"}"#)];
        let url = reqwest::Url::parse_with_params(&toy.url("/graphql"), parameters).unwrap();
        let answer = reqwest::get(url).await.unwrap().json::<Value>().await.unwrap();
        assert_eq!(answer, json!({ "data": { "echo": "y" } }));
    }
    for body in [
        json!({ "documentId": "older-7" }),
        json!({ "documentId": "older-7", "query": "" }),
        json!({ "documentId": format!("sha256:{}", digest_of(OLDER)) }),
        json!({ "extensions": hashed(&digest_of(OLDER)) }),
        json!({ "query": OLDER, "extensions": hashed(&digest_of(OLDER)) }),
        json!({ "query": OLDER }),
        // Links of clients send there whatever id the tool that wrote the manifest has given.
        json!({ "extensions": hashed("older-7") }),
        json!({ "query": OLDER, "extensions": hashed("older-7") }),
        json!({ "query": format!("{OLDER} # printed in its own way"), "extensions": hashed("older-7") }),
        json!({ "query": "{ __typename hello }", "extensions": hashed(&digest_of(OLDER)) }),
        json!({ "extensions": hashed(&format!("sha256:{}", digest_of(OLDER))) }),
        json!({ "documentId": digest_of(OLDER).to_ascii_uppercase() }),
    ] {
        assert_eq!(told(send(&toy, "", &body).await), r#"{"hello":"world"}"#, "{body}");
    }
    let mut socket = Socket::admitted(&toy).await;
    socket.send(json!({ "id": "1", "type": "subscribe", "payload": { "documentId": "older-7" } })).await;
    assert_eq!(socket.receive().await["payload"], json!({ "data": { "hello": "world" } }));
    assert_eq!(socket.receive().await["type"], "complete");
    socket.send(json!({ "id": "2", "type": "subscribe", "payload": { "query": "{hello}" } })).await;
    assert_eq!(socket.receive().await["payload"][0]["extensions"]["code"], "DOCUMENT_NOT_TRUSTED");
    // What is wrong in a member of ours is this operation's matter, and not the socket's.
    for payload in [
        json!({ "documentId": "older-7", "query": "{hello}" }),
        json!({ "documentId": 7 }),
        json!({ "query": "{hello}", "extensions": { "persistedQuery": "x" } }),
    ] {
        socket.send(json!({ "id": "3", "type": "subscribe", "payload": payload })).await;
        let error = socket.receive().await;
        assert_eq!(
            (&error["type"], &error["payload"][0]["extensions"]["code"]),
            (&json!("error"), &json!("MALFORMED_REQUEST"))
        );
    }
}

/// Every mode against every kind of request.
#[tokio::test]
async fn the_mode_decides_what_is_run() {
    let free = "query Free { hello }";
    let ran = r#"{"hello":"world"}"#;
    let (unknown, unsupported) = ("400 PERSISTED_QUERY_NOT_FOUND", "400 PERSISTED_QUERY_NOT_SUPPORTED");
    for (mode, whole, made_known, by_id, by_trusted_id) in [
        (DocumentMode::Off, ran, ran, unsupported, unsupported),
        (DocumentMode::Prefer, ran, ran, ran, ran),
        (DocumentMode::Only, "400 DOCUMENT_NOT_TRUSTED", "400 DOCUMENT_NOT_TRUSTED", unknown, ran),
    ] {
        let toy = toy(mode, true).await;
        let expected_first = if mode == DocumentMode::Off { unsupported } else { unknown };
        let by_hash = json!({ "extensions": hashed(&digest_of(free)) });
        assert_eq!(told(send(&toy, "", &by_hash).await), expected_first, "{mode:?}");
        assert_eq!(told(send(&toy, "", &json!({ "query": free })).await), whole, "{mode:?}");
        assert_eq!(told(send(&toy, "", &by_hash).await), expected_first, "{mode:?}: not made known without its hash");
        let both = json!({ "query": free, "extensions": hashed(&digest_of(free)) });
        assert_eq!(told(send(&toy, "", &both).await), made_known, "{mode:?}");
        assert_eq!(told(send(&toy, "", &by_hash).await), by_id, "{mode:?}");
        assert_eq!(told(send(&toy, "", &json!({ "documentId": "older-7" })).await), by_trusted_id, "{mode:?}");
        let beside = if mode == DocumentMode::Off { "400 DOCUMENT_HASH_MISMATCH" } else { ran };
        let text_beside_id = json!({ "query": free, "extensions": hashed("older-7") });
        assert_eq!(told(send(&toy, "", &text_beside_id).await), beside, "{mode:?}");
    }
}

/// What cannot be a request of this kind, and a document under another's hash, which must never be kept.
#[tokio::test]
async fn wrong_hashes_and_forms_are_refused() {
    let toy = toy(DocumentMode::Prefer, true).await;
    let other = digest_of("{other}");
    for (body, expected) in [
        (json!({ "query": "{hello}", "extensions": hashed(&other) }), "400 DOCUMENT_HASH_MISMATCH"),
        (json!({ "extensions": hashed(&other) }), "400 PERSISTED_QUERY_NOT_FOUND"),
        (
            json!({ "query": "{nonsense}", "extensions": hashed(&digest_of("{nonsense}")) }),
            "400 GRAPHQL_VALIDATION_FAILED",
        ),
        (json!({ "extensions": hashed(&digest_of("{nonsense}")) }), "400 PERSISTED_QUERY_NOT_FOUND"),
        (json!({ "extensions": hashed("123") }), "400 PERSISTED_QUERY_NOT_FOUND"),
        (json!({ "query": "{hello}", "extensions": hashed("123") }), "400 DOCUMENT_HASH_MISMATCH"),
        (json!({ "extensions": hashed("") }), "400 MALFORMED_REQUEST"),
        (json!({ "extensions": { "persistedQuery": { "version": 2, "sha256Hash": other } } }), "400 MALFORMED_REQUEST"),
        (json!({ "documentId": 7 }), "400 MALFORMED_REQUEST"),
        (json!({ "documentId": "older-7", "query": "{hello}" }), "400 MALFORMED_REQUEST"),
        (json!({ "documentId": "older-8" }), "400 PERSISTED_QUERY_NOT_FOUND"),
    ] {
        assert_eq!(told(send(&toy, "", &body).await), expected, "{body}");
    }
}

/// Where the schema is kept from the public, a developer who is logged in is told, and may send any document.
#[tokio::test]
async fn developers_are_excepted() {
    let toy = toy(DocumentMode::Only, false).await;
    let introspection = json!({ "query": "{ __schema { queryType { name } } }" });
    let free = json!({ "query": "query Free { hello }" });
    assert_eq!(told(send(&toy, "operator", &introspection).await), r#"{"__schema":{"queryType":{"name":"Query"}}}"#);
    assert_eq!(told(send(&toy, "operator", &free).await), r#"{"hello":"world"}"#);
    for token in ["", "good"] {
        assert_eq!(told(send(&toy, token, &free).await), "400 DOCUMENT_NOT_TRUSTED");
    }
    let toy = self::toy(DocumentMode::Prefer, false).await;
    assert_eq!(told(send(&toy, "good", &introspection).await), "400 INTROSPECTION_DISABLED");
    assert_eq!(told(send(&toy, "operator", &introspection).await), r#"{"__schema":{"queryType":{"name":"Query"}}}"#);
}

/// What may have been meant is told to those who may ask for the schema, and a production's others hear nothing of its names.
#[tokio::test]
async fn suggestions_are_for_those_who_may_know() {
    let wrong = [
        ("{ helo }", "`hello`"),
        ("{ ECHO(text: \"a\") }", "`echo`"),
        ("{ echo(txet: \"a\", text: \"a\") }", "`text`"),
        ("query ($a: Strin) { echo(text: $a) }", "`String`"),
    ];
    let of = async |toy: &Toy, token, document| send(toy, token, &json!({ "query": document })).await.1.to_string();
    let (open, closed) = (toy(DocumentMode::Prefer, true).await, toy(DocumentMode::Prefer, false).await);
    for (document, meant) in wrong {
        let meant = format!("Did you mean {meant}");
        assert!(of(&open, "good", document).await.contains(&meant), "{document}");
        assert!(of(&closed, "operator", document).await.contains(&meant), "{document}");
        assert!(!of(&closed, "good", document).await.contains("Did you mean"), "{document}");
    }
    for far in ["{ nothingLikeIt }", "{ x }"] {
        assert!(!of(&open, "good", far).await.contains("Did you mean"), "{far}");
    }
}

/// Apollo Client's link sends the hash first and the document once, by GET where it may; then the hash alone.
#[tokio::test]
async fn apollo_clients_persist_queries() {
    let toy = toy(DocumentMode::Prefer, true).await;
    let printed = node("apollo-persisted.mjs", &[&toy.url("/graphql")]).await;
    let of = |version| format!("Apollo Client {version}: world, world; hash, document, hash");
    assert_eq!(printed.lines().collect::<Vec<_>>(), [of(3), of(4)]);
}
