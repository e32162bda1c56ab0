//! `node` and `nodes`: each noun by its id, for who may see it and for nobody else.

use serde_json::{Value, json};

use super::{OWNER, ask, assert_equal, facilities, node_types};
use crate::attachments::files::pdf;
use crate::support::gateway::Gateway;
use crate::support::upload::attach;
use crate::support::{Client, eventually};

/// One noun: who sees it, and who does not (none for what everybody sees).
struct Row(&'static str, &'static str, Option<&'static str>);

const ROWS: [Row; 7] = [
    Row("Announcement", OWNER, None),
    Row("Attachment", OWNER, Some("clinic@example.jp")),
    Row("EligibilityAccount", OWNER, Some("clinic@example.jp")),
    Row("Facility", OWNER, Some("clinic@example.jp")),
    Row("ReviewCase", "reviewer@example.jp", Some(OWNER)),
    Row("StartOfUseApplication", OWNER, Some("clinic@example.jp")),
    Row("User", OWNER, Some("clinic@example.jp")),
];

const BY_ID: &str = "query($id: ID!) { node(id: $id) { __typename id } }";
const BY_IDS: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";

/// An id of each kind, out of the demonstration.
async fn id_of(gateway: &Gateway, noun: &str) -> String {
    let (completed, withdrawn) = facilities(gateway).await;
    let owner = gateway.log_in(OWNER).await;
    let one = async |client: &Client, document: &str, pointer: &str| {
        ask(client, document).await.pointer(pointer).and_then(Value::as_str).expect(document).to_owned()
    };
    let of = |field: &str| format!("{{ facility(id: \"{completed}\") {{ {field} }} }}");
    match noun {
        "Announcement" => {
            one(&owner, "{ announcements(first: 1) { nodes { id } } }", "/announcements/nodes/0/id").await
        }
        "Attachment" => {
            let begun = owner.done("CreateStartOfUseApplication", json!({ "facilityId": withdrawn })).await;
            let attached = attach(&owner, begun["application"]["id"].as_str().unwrap(), "notice.pdf", &pdf()).await;
            attached["attachment"]["id"].as_str().unwrap().to_owned()
        }
        "EligibilityAccount" => {
            one(&owner, &of("accounts(first: 1) { nodes { id } }"), "/facility/accounts/nodes/0/id").await
        }
        "Facility" => completed,
        "ReviewCase" => {
            let reviewer = gateway.log_in("reviewer@example.jp").await;
            one(&reviewer, "{ reviewCases(first: 1) { nodes { id } } }", "/reviewCases/nodes/0/id").await
        }
        "StartOfUseApplication" => {
            one(&owner, &of("applications(first: 1) { nodes { id } }"), "/facility/applications/nodes/0/id").await
        }
        "User" => one(&owner, "{ viewer { id } }", "/viewer/id").await,
        _ => panic!("no id for {noun}"),
    }
}

/// An id of the same kind that nothing has.
fn missing(id: &str) -> String {
    format!("{}_01h455vb4pex5vsknk084sn02q", id.rsplit_once('_').unwrap().0)
}

/// The answer without the request's id, which is each time another.
async fn answer(client: &Client, document: &str, variables: Value) -> Value {
    let mut answer = client.send(document, variables).await;
    for error in answer.get_mut("errors").and_then(Value::as_array_mut).into_iter().flatten() {
        for beside in ["requestId", "classification"] {
            error["extensions"].as_object_mut().unwrap().remove(beside);
        }
    }
    answer
}

/// Every type that implements `Node` is found again by `node` and among others by `nodes`, as the same thing; to who may not see it the
/// answer is the one for an id that nothing has, and so it is to strangers.
#[tokio::test(flavor = "multi_thread")]
async fn every_noun_is_found_by_its_id() {
    assert_equal(node_types(), ROWS.iter().map(|row| row.0));
    let gateway = Gateway::start(&["--demo"], &[]).await;
    for Row(noun, sees, sees_not) in ROWS {
        let id = id_of(&gateway, noun).await;
        let client = gateway.log_in(sees).await;
        let expected = json!({ "__typename": noun, "id": id });
        let found = answer(&client, BY_ID, json!({ "id": id })).await;
        assert_eq!(found, json!({ "data": { "node": expected } }));
        let found = answer(&client, BY_IDS, json!({ "ids": [missing(&id), id, missing(&id), id] })).await;
        assert_eq!(found, json!({ "data": { "nodes": [null, expected, null, expected] } }));

        let stranger = gateway.visitor();
        let others = [
            Some(stranger),
            match sees_not {
                Some(email) => Some(gateway.log_in(email).await),
                None => None,
            },
        ];
        for other in others.iter().flatten().filter(|_| sees_not.is_some()) {
            for (document, of) in
                [(BY_ID, (|id| json!({ "id": id })) as fn(&str) -> Value), (BY_IDS, |id| json!({ "ids": [id] }))]
            {
                let foreign = answer(other, document, of(&id)).await;
                assert_eq!(foreign, answer(other, document, of(&missing(&id))).await, "{noun}");
                assert!(!foreign.to_string().contains(&id), "{noun}: {foreign}");
            }
        }
    }
}

/// What is no id, or one of something that is no noun, is refused by a code at its place; the others are found all the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_id_is_refused() {
    let gateway = Gateway::start(&["--demo"], &[]).await;
    let client = gateway.log_in(OWNER).await;
    let id = id_of(&gateway, "User").await;
    let suffix = id.rsplit_once('_').unwrap().1;
    let long = format!("user_{}", "0".repeat(10_000));
    let wrong = [
        "",
        "_",
        "user",
        "user_",
        suffix,
        "user_0",
        &long,
        "user_\0",
        "user_8zzzzzzzzzzzzzzzzzzzzzzzzz",
        "利用者_1",
        " ",
        "1",
        &id.to_uppercase(),
        &format!(" {id}"),
        &format!("{id}\n"),
        &format!("outbox_message_{suffix}"),
        &format!("User_{suffix}"),
        &format!("session_{suffix}"),
        &format!("x' OR 1=1 --_{suffix}"),
        &id[..id.len() - 1],
    ];
    for text in wrong {
        let refused = answer(&client, BY_ID, json!({ "id": text })).await;
        let place = |path: Value, field: Value| {
            let error = &refused["errors"][0];
            assert_eq!(error["extensions"], json!({ "code": "INVALID_ID", "field": field }), "{text:?}: {refused}");
            assert_eq!(error["path"], path, "{text:?}");
        };
        place(json!(["node"]), json!(["id"]));
        assert_eq!(refused["data"], json!({ "node": null }), "{text:?}");

        let several = answer(&client, BY_IDS, json!({ "ids": [id, text, missing(&id)] })).await;
        assert_eq!(several["errors"].as_array().map(Vec::len), Some(1), "{text:?}: {several}");
        assert_eq!(several["errors"][0]["path"], json!(["nodes", 1]), "{text:?}");
        assert_eq!(several["errors"][0]["extensions"], json!({ "code": "INVALID_ID", "field": ["ids", "1"] }));
        assert_eq!(several["data"]["nodes"], json!([{ "__typename": "User", "id": id }, null, null]), "{text:?}");
    }
    let hundred_and_one = answer(&client, BY_IDS, json!({ "ids": vec![id; 101] })).await;
    assert!(hundred_and_one["errors"][0]["extensions"]["code"].is_string(), "{hundred_and_one}");
    assert_ne!(hundred_and_one["errors"][0]["extensions"]["code"], "INTERNAL");
    eventually("the gateway answers", || async { gateway.visitor().try_run("Viewer", json!({})).await }).await;
}
