//! Who may attach, when, and how much; and what a file left over from method ② is worth under method ①.

use serde_json::{Value, json};

use super::files::{pdf, png};
use super::{objects, rows};
use crate::support::steps::{draft, fill_in, ready, right_key, submitted, verify};
use crate::support::upload::{Form, attach};
use crate::support::{Client, Portal};

async fn code(client: &Client, input: Value) -> (String, Value) {
    let answer = Form::attaching(client, input).send(client, b"a.pdf", &pdf()).await;
    let code = answer.code();
    (code, answer.body)
}

/// Another facility's application is not there, nor is its file; nor are they for staff while nothing was sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_application_is_not_there() {
    let portal = Portal::demo().await;
    let (owner, stranger) = (portal.log_in("clinic@example.jp").await, portal.log_in("clinic2@example.jp").await);
    let reviewer = portal.log_in("reviewer@example.jp").await;
    let id = draft(&owner).await;
    let (refused, body) = code(&stranger, json!({ "applicationId": id })).await;
    assert_eq!(refused, "NOT_FOUND", "{body}");
    assert_eq!(code(&reviewer, json!({ "applicationId": id })).await.0, "FORBIDDEN");
    assert_eq!(objects(portal.folder()), []);

    let file = attach(&owner, &id, "a.pdf", &pdf()).await["attachment"]["id"].clone();
    let refused = stranger.refused("RemoveAttachment", json!({ "attachmentId": file })).await;
    assert_eq!(refused, [("NOT_FOUND".to_owned(), "input.attachmentId".to_owned())]);
    for (client, there) in [(&owner, true), (&stranger, false), (&reviewer, false)] {
        let node = client.send("query($id: ID!) { node(id: $id) { id } }", json!({ "id": file })).await;
        assert_eq!(node["data"]["node"]["id"] == file, there, "{node}");
    }
}

/// Only a draft takes files; one that was sent does not, and neither gives any away.
#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_was_sent_is_closed() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = submitted(&client).await;
    let (refused, body) = code(&client, json!({ "applicationId": id })).await;
    assert_eq!(refused, "INVALID_STATE_TRANSITION", "{body}");
    assert_eq!(rows(&portal).await, 0);
}

/// The version is compared when it is given, before the file is read and after it.
#[tokio::test(flavor = "multi_thread")]
async fn an_expected_version_is_compared() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = draft(&client).await;
    assert_eq!(code(&client, json!({ "applicationId": id, "expectedVersion": 7 })).await.0, "VERSION_CONFLICT");
    assert_eq!(code(&client, json!({ "applicationId": id, "expectedVersion": 1 })).await.0, "OK");

    let form = Form::attaching(&client, json!({ "applicationId": id, "expectedVersion": 2 }));
    let (opening, content) = (form.opening(b"b.png"), [png(), crate::support::upload::closing()].concat());
    let mut wire = form.begin(&client, (opening.len() + content.len()) as u64).await;
    wire.write(&opening).await;
    fill_in(&client, &id, 2).await;
    wire.write(&content).await;
    assert_eq!(wire.answer().await.code(), "VERSION_CONFLICT");
    assert_eq!((rows(&portal).await, objects(portal.folder()).len()), (1, 1));
}

/// Ten files and no more; the same file again is the one that is there; one that takes another's place fits in.
#[tokio::test(flavor = "multi_thread")]
async fn an_application_takes_ten_files() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = draft(&client).await;
    let mut last = Value::Null;
    for number in 0..10 {
        last = attach(&client, &id, &format!("{number}.pdf"), &pdf()).await;
    }
    let again = code(&client, json!({ "applicationId": id })).await;
    assert_eq!(again.0, "TOO_MANY_FILES", "{}", again.1);
    assert_eq!(objects(portal.folder()).len(), 10);
    let replaced = last["attachment"]["id"].clone();
    let (taken, body) = code(&client, json!({ "applicationId": id, "replaces": replaced })).await;
    assert_eq!(taken, "OK", "{body}");
    assert_eq!((rows(&portal).await, objects(portal.folder()).len()), (10, 10), "the draft's old one is gone for good");

    let shown = client.field("ConfirmApplication", json!({ "id": id })).await;
    for file in &shown["attachments"].as_array().unwrap()[..2] {
        client.done("RemoveAttachment", json!({ "attachmentId": file["id"] })).await;
    }
    let once = attach(&client, &id, "x.png", &png()).await;
    let twice = attach(&client, &id, "x.png", &png()).await;
    assert_eq!(once["attachment"]["id"], twice["attachment"]["id"]);
    assert_eq!(once["application"]["version"], twice["application"]["version"]);
    assert_eq!(objects(portal.folder()).len(), 9);
}

/// Under method ① a file is refused with the way out; one that was left over is not counted, not shown to staff, and counts again
/// when its applicant comes back to method ②.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_does_not_travel_with_method_one() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = draft(&client).await;
    let file = attach(&client, &id, "a.pdf", &pdf()).await["attachment"]["id"].clone();
    let choose = |version: i64, method: &'static str| {
        let input = json!({ "applicationId": id, "expectedVersion": version, "verificationMethod": method });
        let client = client.clone();
        async move { client.done("UpdateStartOfUseApplication", input).await }
    };
    choose(2, "REGISTRY_MATCH").await;
    let (refused, body) = code(&client, json!({ "applicationId": id })).await;
    assert_eq!(refused, "VERIFICATION_METHOD_MISMATCH", "{body}");
    assert!(body.to_string().contains("Choose method 2"), "{body}");
    let filled = fill_in(&client, &id, 3).await;
    assert_eq!(filled["application"]["readiness"]["items"][0]["code"], "FACILITY_NOT_VERIFIED");
    choose(4, "DOCUMENT_EVIDENCE").await;
    let shown = client.field("ConfirmApplication", json!({ "id": id })).await;
    assert_eq!(shown["readiness"]["canSubmit"], true, "{shown}");
    choose(5, "REGISTRY_MATCH").await;
    verify(&client, &id, 6, right_key()).await;
    client.done("SubmitApplication", json!({ "applicationId": id, "expectedVersion": 7 })).await;

    let reviewer = portal.log_in("reviewer@example.jp").await;
    let document = "query($id: ID!, $file: ID!) { application(id: $id) { attachments { id } } node(id: $file) { id } }";
    let variables = json!({ "id": id, "file": file });
    let seen = reviewer.send(document, variables.clone()).await;
    assert_eq!(seen["data"], json!({ "application": { "attachments": [] }, "node": null }), "{seen}");
    let own = client.send(document, variables).await;
    assert_eq!(own["data"]["node"]["id"], file, "{own}");
}

/// Without a file, method ② cannot be sent, and the only file cannot be taken back afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn method_two_needs_a_file() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = ready(&client).await;
    let input = json!({ "applicationId": id, "expectedVersion": 3, "verificationMethod": "DOCUMENT_EVIDENCE" });
    let updated = client.done("UpdateStartOfUseApplication", input).await;
    assert_eq!(updated["application"]["readiness"]["items"][0]["code"], "EVIDENCE_REQUIRED");
    let file = attach(&client, &id, "a.pdf", &pdf()).await["attachment"]["id"].clone();
    client.done("SubmitApplication", json!({ "applicationId": id, "expectedVersion": 5 })).await;
    let refused = client.refused("RemoveAttachment", json!({ "attachmentId": file })).await;
    assert_eq!(refused[0].0, "INVALID_STATE_TRANSITION");
}
