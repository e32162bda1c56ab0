//! The authorisation matrix: every root field × everybody who may ask, tried against a running gateway.
//!
//! The table stands in docs/authorization.md. A root field without a row here fails, and so does any answer that differs.

use std::fmt::Write;

use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;
use serde_json::{Value, json};

use crate::support::socket::{Heard, Watching};
use crate::support::steps::{case_of, claim, draft, facility, ready, submitted};
use crate::support::{Client, Portal, generated};

/// How far clinic@example.jp's application has come when the field is tried.
#[derive(Clone, Copy)]
enum Stage {
    Draft,
    Ready,
    Submitted,
    Claimed,
}
use Stage::{Claimed, Draft, Ready, Submitted};

/// Who asks, as the table's columns name them.
const ACTORS: [(&str, Option<&str>); 5] = [
    ("anonymous", None),
    ("owner", Some("clinic@example.jp")),
    ("another facility's applicant", Some("clinic2@example.jp")),
    ("reviewer", Some("reviewer@example.jp")),
    ("operator", Some("operator@example.jp")),
];

/// One row: the field, the operation that asks for it, the stage, and its variables.
struct Row(&'static str, &'static str, Stage, fn(&Ids) -> Value);

struct Ids {
    facility: String,
    application: String,
    case: String,
    version: i64,
}

const ROWS: [Row; 37] = [
    Row("Query.node", "Node", Draft, |ids| json!({ "id": ids.application })),
    Row(
        "Query.nodes",
        "query($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        Draft,
        |ids| json!({ "ids": [ids.facility] }),
    ),
    Row("Query.viewer", "Viewer", Draft, |_| json!({})),
    Row("Query.facility", "FacilityApplications", Draft, |ids| json!({ "facilityId": ids.facility })),
    Row("Query.application", "ConfirmApplication", Draft, |ids| json!({ "id": ids.application })),
    Row("Query.applicationMenus", "ApplicationMenus", Draft, |ids| json!({ "facilityId": ids.facility })),
    Row("Query.reviewCases", "ReviewCases", Submitted, |_| json!({})),
    Row(
        "Query.reviewCase",
        "query($id: ID!) { reviewCase(id: $id) { id } }",
        Submitted,
        |ids| json!({ "id": ids.case }),
    ),
    Row("Query.announcements", "{ announcements { totalCount } }", Draft, |_| json!({})),
    Row("Query.faqCategories", "{ faqCategories { number } }", Draft, |_| json!({})),
    Row("Query.termsOfUse", "{ termsOfUse { version } }", Draft, |_| json!({})),
    Row("Query.rateLimit", "{ rateLimit { remaining } }", Draft, |_| json!({})),
    Row("Query.contact", "{ contact { openNow } }", Draft, |_| json!({})),
    Row(
        "Query._entities",
        "query($these: [_Any!]!) { _entities(representations: $these) { __typename } }",
        Draft,
        |ids| json!({ "these": [{ "__typename": "Application", "id": ids.application }] }),
    ),
    Row("Query._service", "{ _service { sdl } }", Draft, |_| json!({})),
    Row("Mutation.registerUser", "RegisterUser", Draft, |_| {
        json!({ "input": {
            "displayName": "登録 一子", "facilityKind": "MIDWIFERY_HOME", "facilityCode": "M1300003",
            "phoneNumber": "0312345678", "email": "new@example.jp", "password": "a long password of my own",
        } })
    }),
    Row(
        "Mutation.confirmRegistration",
        "ConfirmRegistration",
        Draft,
        |_| json!({ "input": { "token": "not-a-token" } }),
    ),
    Row(
        "Mutation.addFacility",
        "AddFacility",
        Draft,
        |_| json!({ "input": { "kind": "MIDWIFERY_HOME", "code": "M1300003" } }),
    ),
    Row(
        "Mutation.logIn",
        "LogIn",
        Draft,
        |_| json!({ "input": { "email": "midwife@example.jp", "password": "madoguchi-demo-2026" } }),
    ),
    Row("Mutation.logOut", "LogOut", Draft, |_| json!({})),
    Row(
        "Mutation.requestPasswordReset",
        "RequestPasswordReset",
        Draft,
        |_| json!({ "input": { "email": "midwife@example.jp" } }),
    ),
    Row(
        "Mutation.resetPassword",
        "ResetPassword",
        Draft,
        |_| json!({ "input": { "token": "not-a-token", "newPassword": "a long password of my own" } }),
    ),
    Row(
        "Mutation.createStartOfUseApplication",
        "CreateStartOfUseApplication",
        Draft,
        |ids| json!({ "input": { "facilityId": ids.facility } }),
    ),
    Row(
        "Mutation.updateStartOfUseApplication",
        "UpdateStartOfUseApplication",
        Draft,
        |ids| json!({ "input": { "applicationId": ids.application, "expectedVersion": ids.version, "staffCount": 2 } }),
    ),
    Row("Mutation.verifyFacility", "VerifyFacility", Draft, |ids| {
        let key = json!({ "managerDateOfBirth": "1970-01-31" });
        json!({ "input": { "applicationId": ids.application, "expectedVersion": ids.version, "key": key } })
    }),
    Row(
        "Mutation.submitApplication",
        "SubmitApplication",
        Ready,
        |ids| json!({ "input": { "applicationId": ids.application, "expectedVersion": ids.version } }),
    ),
    Row(
        "Mutation.withdrawApplication",
        "WithdrawApplication",
        Ready,
        |ids| json!({ "input": { "applicationId": ids.application, "expectedVersion": ids.version } }),
    ),
    // Without a file the answer is FILE_EXPECTED to whoever may attach one; `attachments` sends files.
    Row(
        "Mutation.addAttachment",
        "AddAttachment",
        Draft,
        |ids| json!({ "input": { "applicationId": ids.application, "file": "0" } }),
    ),
    Row(
        "Mutation.removeAttachment",
        "RemoveAttachment",
        Draft,
        |_| json!({ "input": { "attachmentId": "attachment_01h455vb4pex5vsknk084sn02q" } }),
    ),
    Row("Mutation.claimReview", "ClaimReview", Submitted, |ids| json!({ "input": { "reviewCaseId": ids.case } })),
    Row("Mutation.releaseReview", "ReleaseReview", Claimed, |ids| json!({ "input": { "reviewCaseId": ids.case } })),
    Row(
        "Mutation.approveApplication",
        "ApproveApplication",
        Claimed,
        |ids| json!({ "input": { "reviewCaseId": ids.case, "expectedVersion": ids.version } }),
    ),
    Row("Mutation.returnApplication", "ReturnApplication", Claimed, |ids| {
        let corrections = json!([{ "target": "STAFF_COUNT", "message": "確認" }]);
        json!({ "input": { "reviewCaseId": ids.case, "expectedVersion": ids.version, "reason": "確認", "corrections": corrections } })
    }),
    Row(
        "Mutation.rejectApplication",
        "RejectApplication",
        Claimed,
        |ids| json!({ "input": { "reviewCaseId": ids.case, "expectedVersion": ids.version, "reason": "確認" } }),
    ),
    Row(
        "Subscription.applicationEvents",
        "ApplicationEvents",
        Submitted,
        |ids| json!({ "applicationId": ids.application }),
    ),
    Row("Subscription.facilityEvents", "FacilityEvents", Submitted, |ids| json!({ "facilityId": ids.facility })),
    // A draft was never sent: to staff it is not there. The same field as above, in the other state.
    Row(
        "Subscription.applicationEvents (of a draft)",
        "ApplicationEvents",
        Draft,
        |ids| json!({ "applicationId": ids.application }),
    ),
];

/// Every root field answers each actor as the committed table says.
#[tokio::test(flavor = "multi_thread")]
async fn every_root_field_answers_as_the_table_says() {
    let columns: Vec<_> = ACTORS.iter().map(|(name, _)| *name).collect();
    let mut table = format!("| field | {} |\n|---|{}\n", columns.join(" | "), "---|".repeat(columns.len()));
    for Row(field, operation, stage, variables) in &ROWS {
        let tries = ACTORS.map(|(_, login)| attempt(operation, *stage, *variables, login));
        let answers = futures_util::future::join_all(tries).await;
        writeln!(table, "| {field} | {} |", answers.join(" | ")).unwrap();
    }
    generated::compare_section("docs/authorization.md", "matrix", &table);
}

/// A root field that the schema has and the table has not is a mistake, and so is the other way round.
#[test]
fn every_root_field_has_a_row() {
    let schema = Schema::parse(madoguchi::resolvers::sdl(), "schema.graphql").unwrap();
    let mut fields = Vec::new();
    for root in ["Query", "Mutation", "Subscription"] {
        let ExtendedType::Object(object) = &schema.types[root] else { panic!("{root} is no object") };
        fields.extend(object.fields.keys().map(|field| format!("{root}.{field}")));
    }
    let rows: Vec<_> = ROWS.iter().map(|row| row.0.split(' ').next().unwrap()).collect();
    let without: Vec<_> = fields.iter().filter(|field| !rows.contains(&field.as_str())).collect();
    let beyond: Vec<_> = rows.iter().filter(|row| !fields.contains(&(**row).to_owned())).collect();
    assert!(without.is_empty() && beyond.is_empty(), "without a row: {without:?}; without a field: {beyond:?}");
}

/// Whoever has no part in an operation is told so and not that an id is wrong. What finds all kinds of things has to read the id first.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_id_is_not_told_to_whom_it_does_not_concern() {
    let portal = Portal::demo().await;
    let mut wrong = Vec::new();
    let mut tried = 0;
    for (name, login) in ACTORS {
        let client = match login {
            Some(login) => portal.log_in(login).await,
            None => portal.visitor(),
        };
        for Row(field, operation, _, variables) in &ROWS {
            let cell = cell(field, name);
            if ["Query.node", "Query.nodes", "Query._entities"].contains(field) || !is_barred(&cell) {
                continue;
            }
            let no_id = || "no id".to_owned();
            let ids = Ids { facility: no_id(), application: no_id(), case: no_id(), version: 1 };
            let told = ask(&client, operation, variables(&ids)).await;
            tried += 1;
            if told != cell {
                wrong.push(format!("{field} by {name}: {told} and not {cell}"));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(tried > 30, "{tried} tries");
}

fn is_barred(cell: &str) -> bool {
    ["UNAUTHENTICATED", "FORBIDDEN"].contains(&cell)
}

/// What the committed table says.
fn cell(field: &str, actor: &str) -> String {
    let text = std::fs::read_to_string("docs/authorization.md").unwrap();
    let row = text.lines().find(|line| line.starts_with(&format!("| {field} |"))).unwrap();
    let column = ACTORS.iter().position(|(name, _)| *name == actor).unwrap();
    row.split('|').nth(column + 2).unwrap().trim().to_owned()
}

async fn attempt(operation: &str, stage: Stage, variables: fn(&Ids) -> Value, login: Option<&str>) -> String {
    let portal = Portal::demo().await;
    let ids = prepare(&portal, stage).await;
    let client = match login {
        Some(login) => portal.log_in(login).await,
        None => portal.visitor(),
    };
    ask(&client, operation, variables(&ids)).await
}

async fn ask(client: &Client, operation: &str, variables: Value) -> String {
    if operation.ends_with("Events") {
        return watch(client, operation, variables).await;
    }
    let answer = match operation.contains('{') {
        true => client.send(operation, variables).await,
        false => client.run(operation, variables).await,
    };
    judge(&answer)
}

async fn prepare(portal: &Portal, stage: Stage) -> Ids {
    let owner = portal.log_in("clinic@example.jp").await;
    let (application, mut version) = match stage {
        Draft => (draft(&owner).await, 1),
        Ready => (ready(&owner).await, 3),
        Submitted | Claimed => (submitted(&owner).await, 4),
    };
    if matches!(stage, Claimed) {
        version = claim(&portal.log_in("reviewer@example.jp").await, &application).await;
    }
    Ids { facility: facility(&owner).await, case: case_of(&application), application, version }
}

async fn watch(client: &Client, operation: &str, variables: Value) -> String {
    match Watching::begin(client, operation, variables).await.next().await {
        Heard::Event(_) => "yes".to_owned(),
        Heard::Error(payload) => {
            let errors = payload.get("errors").unwrap_or(&payload).clone();
            errors[0]["extensions"]["code"].as_str().unwrap_or("?").to_owned()
        }
        other => format!("{other:?}"),
    }
}

/// The answer in a word: yes, null, or the code of the error.
fn judge(answer: &Value) -> String {
    if let Some(errors) = answer["errors"].as_array() {
        return errors[0]["extensions"]["code"].as_str().unwrap_or("?").to_owned();
    }
    let field = answer["data"].as_object().unwrap().values().next().unwrap();
    match field {
        Value::Null => "null".to_owned(),
        Value::Array(items) if items.iter().all(Value::is_null) && !items.is_empty() => "null".to_owned(),
        field => match field["userErrors"].as_array().and_then(|errors| errors.first()) {
            Some(error) => error["code"].as_str().unwrap().to_owned(),
            None => "yes".to_owned(),
        },
    }
}
