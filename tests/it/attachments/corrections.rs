//! A returned application whose correction is pinned to a file: it is replaced, and its reviewer sees both.

use serde_json::{Value, json};

use super::files::{pdf, png};
use super::{objects, rows};
use crate::support::steps::{case_of, claim, draft, fill_in};
use crate::support::upload::{Form, attach};
use crate::support::{Client, Portal};

/// An application with two files that was sent and returned, pinned to the first: its id and the files'.
async fn returned(portal: &Portal, client: &Client) -> (String, Value, Value) {
    let id = draft(client).await;
    let pinned = attach(client, &id, "blurred.png", &png()).await["attachment"]["id"].clone();
    let other = attach(client, &id, "second.pdf", &pdf()).await["attachment"]["id"].clone();
    fill_in(client, &id, 3).await;
    client.done("SubmitApplication", json!({ "applicationId": id, "expectedVersion": 4 })).await;
    let reviewer = portal.log_in("reviewer@example.jp").await;
    let version = claim(&reviewer, &id).await;
    let pin = |correction: Value| json!({ "reviewCaseId": case_of(&id), "expectedVersion": version, "reason": "証拠書類をご確認ください", "corrections": [correction] });
    for (wrong, code) in [
        (json!({ "target": "ATTACHMENT", "message": "?" }), "CORRECTION_TARGET_MISMATCH"),
        (json!({ "target": "STAFF_COUNT", "attachmentId": pinned, "message": "?" }), "CORRECTION_TARGET_MISMATCH"),
        (
            json!({ "target": "ATTACHMENT", "attachmentId": "attachment_01h455vb4pex5vsknk084sn02q", "message": "?" }),
            "NOT_FOUND",
        ),
    ] {
        let refused = reviewer.refused("ReturnApplication", pin(wrong)).await;
        assert_eq!(refused, [(code.to_owned(), "input.corrections.0.attachmentId".to_owned())]);
    }
    let correction = json!({ "target": "ATTACHMENT", "attachmentId": pinned, "message": "文字が読み取れません" });
    let payload = reviewer.done("ReturnApplication", pin(correction)).await;
    let told = &payload["application"]["decision"]["corrections"][0];
    assert_eq!((&told["attachmentId"], &told["label"]), (&pinned, &json!("証拠書類")));
    (id, pinned, other)
}

/// Only the pinned file may go; its replacement counts in its place, it stays in the history, and a file that was added since may
/// go for good.
#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_file_is_replaced_and_kept_in_the_history() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let (id, pinned, other) = returned(&portal, &client).await;
    portal.clock.pass(chrono::Duration::hours(1));
    let document = "query($id: ID!) { application(id: $id) { availableActions } }";
    let actions = client.send(document, json!({ "id": id })).await;
    assert!(actions.to_string().contains("ADD_ATTACHMENT"), "{actions}");
    let refused = client.refused("RemoveAttachment", json!({ "attachmentId": other })).await;
    assert_eq!(refused[0].0, "FIELD_NOT_OPEN");
    let input = json!({ "applicationId": id, "expectedVersion": 7, "staffCount": 9 });
    assert_eq!(client.refused("UpdateStartOfUseApplication", input).await[0].0, "FIELD_NOT_OPEN");

    let form = Form::attaching(&client, json!({ "applicationId": id, "replaces": pinned }));
    let answer = form.send(&client, b"clear.pdf", &[pdf(), b"\n".to_vec()].concat()).await;
    assert_eq!(answer.code(), "OK", "{}", answer.body);
    let slip = attach(&client, &id, "slip.png", &png()).await["attachment"]["id"].clone();
    client.done("RemoveAttachment", json!({ "attachmentId": slip })).await;
    assert_eq!(
        (rows(&portal).await, objects(portal.folder()).len()),
        (3, 3),
        "the pinned one is kept, the slip is not"
    );

    let shown = client.field("ConfirmApplication", json!({ "id": id })).await;
    let names: Vec<_> = shown["attachments"].as_array().unwrap().iter().map(|file| file["fileName"].clone()).collect();
    assert_eq!(names, ["second.pdf", "clear.pdf"]);
    let version = shown["version"].clone();
    client.done("SubmitApplication", json!({ "applicationId": id, "expectedVersion": version })).await;

    let reviewer = portal.log_in("reviewer@example.jp").await;
    let cases = reviewer.field("ReviewCases", json!({ "first": 100 })).await;
    let case = cases["nodes"].as_array().unwrap().iter().find(|case| case["application"]["id"] == *id).unwrap().clone();
    let files: Vec<_> = case["application"]["attachments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (file["fileName"].as_str().unwrap().to_owned(), file["replacedAt"].is_null()))
        .collect();
    let expected = [("blurred.png", false), ("second.pdf", true), ("clear.pdf", true)];
    assert_eq!(files, expected.map(|(name, counts)| (name.to_owned(), counts)));
    let refused = client.refused("RemoveAttachment", json!({ "attachmentId": other })).await;
    assert_eq!(refused[0].0, "INVALID_STATE_TRANSITION", "it was sent again");
}

/// The pinned file is the only one: taken away it no longer counts, and the application cannot be sent without another.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_the_history_does_not_count() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let (id, pinned, _) = returned(&portal, &client).await;
    client.done("RemoveAttachment", json!({ "attachmentId": pinned })).await;
    let refused = client.refused("RemoveAttachment", json!({ "attachmentId": pinned })).await;
    assert_eq!(refused[0].0, "NOT_FOUND", "it went already");
    let shown = client.field("ConfirmApplication", json!({ "id": id })).await;
    assert_eq!(shown["attachments"].as_array().unwrap().len(), 1);
    let document = "query($id: ID!) { application(id: $id) { attachments(includeReplaced: true) { id } } }";
    let all = client.send(document, json!({ "id": id })).await;
    assert_eq!(all["data"]["application"]["attachments"].as_array().unwrap().len(), 2);
}

/// A file takes the place of another although it is there already.
#[tokio::test(flavor = "multi_thread")]
async fn a_known_file_takes_the_place_of_another() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = draft(&client).await;
    let known = attach(&client, &id, "a.pdf", &pdf()).await["attachment"]["id"].clone();
    let other = attach(&client, &id, "b.png", &png()).await["attachment"]["id"].clone();
    let form = Form::attaching(&client, json!({ "applicationId": id, "replaces": other }));
    let answer = form.send(&client, b"a.pdf", &pdf()).await;
    assert_eq!((answer.code().as_str(), &answer.payload()["attachment"]["id"]), ("OK", &known));
    assert_eq!((rows(&portal).await, objects(portal.folder()).len()), (1, 1));
}
