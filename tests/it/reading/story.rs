//! Every operation, run by everybody who may run it, and a few documents beside them, in a portal where lists are long; with the
//! statements that each sent.

use std::collections::BTreeMap;

use sea_orm::Statement;
use serde_json::{Value, json};

use crate::attachments::files::pdf;
use crate::query_counts::unselected::{FACILITIES, NUMBERS};
use crate::support::socket::Watching;
use crate::support::steps::{case_of, claim, draft, fill_in, right_key, verify};
use crate::support::upload::attach;
use crate::support::{Client, Portal};

/// The statements of each operation.
pub type Played = BTreeMap<String, Vec<Statement>>;

/// Plays it.
pub async fn play(portal: &Portal) -> Played {
    let mut played = Played::new();
    people(portal, &mut played).await;
    lists(portal, &mut played).await;
    applying(portal, &mut played).await;
    reviewing(portal, &mut played).await;
    played
}

/// Books what was sent since the last call under an operation.
fn book(portal: &Portal, played: &mut Played, operation: &str) {
    played.entry(operation.to_owned()).or_default().extend(portal.take_bound_statements());
}

async fn ask(portal: &Portal, played: &mut Played, client: &Client, operation: &str, variables: Value) -> Value {
    portal.take_bound_statements();
    let field = client.field(operation, variables).await;
    book(portal, played, operation);
    field
}

async fn people(portal: &Portal, played: &mut Played) {
    let (visitor, password) = (portal.visitor(), "a long password of my own");
    let register = json!({ "input": {
        "displayName": "登録 一子", "facilityKind": "MIDWIFERY_HOME", "facilityCode": "M1300003", "facilityName": "はじめて助産所",
        "phoneNumber": "03-1234-5678", "email": "new@example.jp", "password": password,
    } });
    ask(portal, played, &visitor, "RegisterUser", register).await;
    let mail = portal.wait_for_mails("new@example.jp", 1).await.remove(0);
    ask(portal, played, &visitor, "ConfirmRegistration", json!({ "input": { "token": mail.token() } })).await;
    ask(portal, played, &visitor, "RequestPasswordReset", json!({ "input": { "email": "new@example.jp" } })).await;
    let mail = portal.wait_for_mails("new@example.jp", 2).await.remove(1);
    let reset = json!({ "input": { "token": mail.token(), "newPassword": password } });
    ask(portal, played, &visitor, "ResetPassword", reset).await;
    let login = json!({ "input": { "email": "new@example.jp", "password": password } });
    ask(portal, played, &visitor, "LogIn", login).await;
    let client = visitor.log_in("new@example.jp", password).await;
    let beside = json!({ "input": { "kind": "TREATMENT_CLINIC", "code": "協1310003-0-0", "name": "はじめて整骨院" } });
    ask(portal, played, &client, "AddFacility", beside).await;
    ask(portal, played, &client, "LogOut", json!({})).await;
}

/// The lists of a chain of a hundred facilities and of staff, from the first page and from a cursor.
async fn lists(portal: &Portal, played: &mut Played) {
    let chain = portal.log_in("applicant-0000000@example.jp").await;
    let reviewer = portal.log_in("reviewer@example.jp").await;
    let operator = portal.log_in("operator@example.jp").await;
    for client in [&chain, &reviewer, &operator] {
        ask(portal, played, client, "PublicPages", json!({})).await;
        for operation in ["Viewer", "MyList"] {
            ask(portal, played, client, operation, json!({ "first": 20 })).await;
        }
    }
    let page = ask(portal, played, &chain, "MyList", json!({ "first": 20 })).await;
    let after = &page["facilities"]["pageInfo"]["endCursor"];
    let page = ask(portal, played, &chain, "MyList", json!({ "first": 100, "after": after })).await;
    let facilities = page["facilities"]["nodes"].as_array().unwrap();
    let completed = facilities.iter().find(|facility| facility["adoptionStage"] == "READY").unwrap();
    let application = &completed["applications"]["nodes"][0]["id"];
    for client in [&chain, &reviewer, &operator] {
        for operation in ["ApplicationMenus", "StartOfUseForm", "FacilityAccounts", "FacilityApplications"] {
            ask(portal, played, client, operation, json!({ "facilityId": completed["id"], "first": 3 })).await;
        }
        let some = json!({ "facilityId": completed["id"], "filter": { "statuses": ["WITHDRAWN", "REJECTED"] } });
        ask(portal, played, client, "FacilityApplications", some).await;
        for id in [&completed["id"], application, &page["facilities"]["nodes"][0]["accounts"]["nodes"][0]["id"]] {
            if id.is_string() {
                ask(portal, played, client, "Node", json!({ "id": id })).await;
            }
        }
        ask(portal, played, client, "ConfirmApplication", json!({ "id": application })).await;
        watch(portal, played, client, "FacilityEvents", json!({ "facilityId": completed["id"] })).await;
        watch(portal, played, client, "ApplicationEvents", json!({ "applicationId": application })).await;
    }
    for client in [&reviewer, &operator] {
        cases(portal, played, client).await;
        unselected(portal, played, client).await;
    }
    let number = "query ($id: ID!) { facility(id: $id) { application(number: \"S0000001\") { id } } }";
    send(portal, played, &chain, number, json!({ "id": completed["id"] })).await;
}

async fn cases(portal: &Portal, played: &mut Played, client: &Client) {
    for filter in [
        json!({ "statuses": ["SUBMITTED", "IN_REVIEW"] }),
        json!({ "statuses": ["COMPLETED"] }),
        json!({ "facilityKinds": ["MIDWIFERY_HOME"] }),
        json!({ "statuses": ["COMPLETED"], "facilityKinds": ["TREATMENT_CLINIC"], "waitingLongerThanHours": 72 }),
    ] {
        for order in ["LONGEST_WAITING_FIRST", "NEWEST_FIRST"] {
            let mut variables = json!({ "first": 20, "filter": filter, "orderBy": order });
            let page = ask(portal, played, client, "ReviewCases", variables.clone()).await;
            variables["after"] = page["pageInfo"]["endCursor"].clone();
            ask(portal, played, client, "ReviewCases", variables).await;
        }
    }
}

/// What no operation selects: applications by their numbers, and the facilities of many people.
async fn unselected(portal: &Portal, played: &mut Played, client: &Client) {
    let numbers = json!({ "first": 50, "one": "S0000001", "other": "S0000002" });
    send(portal, played, client, NUMBERS, numbers).await;
    let mut variables = json!({ "status": "COMPLETED" });
    let page = send(portal, played, client, FACILITIES, variables.clone()).await;
    send(portal, played, client, FACILITIES, json!({ "status": "COMPLETED", "first": 20 })).await;
    let held = &page["reviewCases"]["nodes"][0]["application"]["applicant"]["facilities"];
    variables["after"] = held["pageInfo"]["endCursor"].clone();
    send(portal, played, client, FACILITIES, variables).await;
}

async fn send(portal: &Portal, played: &mut Played, client: &Client, document: &str, variables: Value) -> Value {
    portal.take_bound_statements();
    let answer = client.send(document, variables).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    book(portal, played, document);
    answer["data"].clone()
}

async fn watch(portal: &Portal, played: &mut Played, client: &Client, operation: &str, variables: Value) {
    portal.take_bound_statements();
    Watching::begin(client, operation, variables).await.event().await;
    book(portal, played, operation);
}

async fn applying(portal: &Portal, played: &mut Played) {
    let client = portal.log_in("clinic@example.jp").await;
    portal.take_bound_statements();
    let id = draft(&client).await;
    book(portal, played, "CreateStartOfUseApplication");
    let file = attach(&client, &id, "a.pdf", &pdf()).await["attachment"]["id"].clone();
    book(portal, played, "AddAttachment");
    ask(portal, played, &client, "ConfirmApplication", json!({ "id": id })).await;
    ask(portal, played, &client, "RemoveAttachment", json!({ "input": { "attachmentId": file } })).await;
    let withdrawn = json!({ "input": { "applicationId": id, "expectedVersion": version(&client, &id).await } });
    ask(portal, played, &client, "WithdrawApplication", withdrawn).await;

    let id = draft(&client).await;
    let before = version(&client, &id).await;
    portal.take_bound_statements();
    verify(&client, &id, before, right_key()).await;
    book(portal, played, "VerifyFacility");
    let before = version(&client, &id).await;
    portal.take_bound_statements();
    fill_in(&client, &id, before).await;
    book(portal, played, "UpdateStartOfUseApplication");
    let before = version(&client, &id).await;
    let input = json!({ "applicationId": id, "expectedVersion": before, "idempotencyKey": "one" });
    ask(portal, played, &client, "SubmitApplication", json!({ "input": input })).await;
    let withdrawn = json!({ "input": { "applicationId": id, "expectedVersion": version(&client, &id).await } });
    ask(portal, played, &client, "WithdrawApplication", withdrawn).await;
}

async fn reviewing(portal: &Portal, played: &mut Played) {
    let (client, reviewer) = (portal.log_in("clinic@example.jp").await, portal.log_in("reviewer@example.jp").await);
    let id = sent(&client).await;
    let case = json!({ "input": { "reviewCaseId": case_of(&id) } });
    for operation in ["ClaimReview", "ReleaseReview"] {
        ask(portal, played, &reviewer, operation, case.clone()).await;
    }
    let mut decision =
        json!({ "reviewCaseId": case_of(&id), "expectedVersion": claim(&reviewer, &id).await, "reason": "理由" });
    decision["corrections"] = json!([{ "target": "DEVICE_COUNT", "message": "台数" }]);
    let returned = ask(portal, played, &reviewer, "ReturnApplication", json!({ "input": decision })).await;
    let version = returned["application"]["version"].as_i64().unwrap();
    let update = json!({ "applicationId": id, "expectedVersion": version, "deviceCount": 1 });
    client.done("UpdateStartOfUseApplication", update).await;
    let again = json!({ "input": { "applicationId": id, "expectedVersion": version + 1 } });
    ask(portal, played, &client, "SubmitApplication", again).await;
    let reject =
        json!({ "reviewCaseId": case_of(&id), "expectedVersion": claim(&reviewer, &id).await, "reason": "理由" });
    ask(portal, played, &reviewer, "RejectApplication", json!({ "input": reject })).await;

    portal.clock.pass(chrono::Duration::days(1));
    let (client, reviewer) = (portal.log_in("clinic@example.jp").await, portal.log_in("reviewer@example.jp").await);
    let id = sent(&client).await;
    let approve = json!({ "reviewCaseId": case_of(&id), "expectedVersion": claim(&reviewer, &id).await });
    ask(portal, played, &reviewer, "ApproveApplication", json!({ "input": approve })).await;
}

/// An application of clinic@example.jp that was sent.
async fn sent(client: &Client) -> String {
    let id = draft(client).await;
    verify(client, &id, version(client, &id).await, right_key()).await;
    fill_in(client, &id, version(client, &id).await).await;
    let input = json!({ "applicationId": id, "expectedVersion": version(client, &id).await });
    client.done("SubmitApplication", input).await;
    id
}

async fn version(client: &Client, application: &str) -> i64 {
    client.field("ConfirmApplication", json!({ "id": application })).await["version"].as_i64().unwrap()
}
