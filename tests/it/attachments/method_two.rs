//! Method ② end to end, for each kind of facility: the paper goes in, the application goes out, the reviewer sees it, accounts come back.

use serde_json::{Value, json};

use super::files::{pdf, png, xlsx};
use crate::support::Portal;
use crate::support::steps::{case_of, claim, draft, facility, fill_in};
use crate::support::upload::attach;

async fn apply(login: &str, name: &str, content: &[u8], kind: &str) {
    let portal = Portal::demo().await;
    let client = portal.log_in(login).await;
    let form = client.field("StartOfUseForm", json!({ "facilityId": facility(&client).await })).await;
    let method = &form["startOfUseForm"]["methods"][1];
    assert_eq!((&method["method"], &method["availableNow"]), (&json!("DOCUMENT_EVIDENCE"), &json!(true)), "{form}");
    assert_eq!(method["evidence"]["kind"], kind);
    assert_eq!(form["startOfUseForm"]["acceptedFileTypes"], json!(["PDF", "PNG", "XLSX", "XLS"]));
    assert_eq!(form["startOfUseForm"]["maxFileSize"], 100_000_000);

    let id = draft(&client).await;
    let payload = attach(&client, &id, name, content).await;
    assert_eq!(payload["attachment"]["kind"], kind);
    assert_eq!(payload["application"]["verificationMethod"], "DOCUMENT_EVIDENCE", "the file chose it");
    fill_in(&client, &id, 2).await;
    let confirmed = client.field("ConfirmApplication", json!({ "id": id })).await;
    assert_eq!(confirmed["readiness"], json!({ "canSubmit": true, "items": [] }));
    assert_eq!(confirmed["attachments"][0]["fileName"], name);
    client.done("SubmitApplication", json!({ "applicationId": id, "expectedVersion": 3 })).await;

    let reviewer = portal.log_in("reviewer@example.jp").await;
    let seen = reviewed(&reviewer, &id).await;
    assert_eq!((&seen[0]["fileName"], &seen[0]["kind"]), (&json!(name), &json!(kind)));
    let version = claim(&reviewer, &id).await;
    reviewer.done("ApproveApplication", json!({ "reviewCaseId": case_of(&id), "expectedVersion": version })).await;
    let done = client.field("ConfirmApplication", json!({ "id": id })).await;
    assert_eq!(done["status"], "COMPLETED");
}

/// The files that staff see of an application.
async fn reviewed(reviewer: &crate::support::Client, application: &str) -> Value {
    let cases = reviewer.field("ReviewCases", json!({ "first": 100 })).await;
    let nodes = cases["nodes"].as_array().unwrap();
    nodes.iter().find(|case| case["application"]["id"] == application).unwrap()["application"]["attachments"].clone()
}

/// A clinic scans its notice.
#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_applies_with_its_notice() {
    apply("clinic@example.jp", "受領委任承諾通知書.pdf", &pdf(), "DELEGATED_RECEIPT_APPROVAL_NOTICE").await;
}

/// A checkup provider has its notification as a workbook.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkup_provider_applies_with_its_notification() {
    apply("checkup@example.jp", "機関届.xlsx", &xlsx(), "CHECKUP_PROVIDER_NOTIFICATION").await;
}

/// A midwife has made a picture of her registration.
#[tokio::test(flavor = "multi_thread")]
async fn a_midwifery_home_applies_with_its_registration() {
    apply("midwife@example.jp", "登録用紙.png", &png(), "CHILDBIRTH_DIRECT_PAYMENT_REGISTRATION").await;
}
