//! The main job, end to end, for each kind of facility: from registration to issued accounts, with the status arriving by subscription.

use serde_json::{Value, json};

use crate::support::socket::Watching;
use crate::support::{Client, Portal};

/// Registers through the mail's link and logs in.
async fn register(portal: &Portal, email: &str, kind: &str, code: &str) -> Client {
    let visitor = portal.visitor();
    let input = json!({
        "displayName": "登録 一子", "facilityKind": kind, "facilityCode": code, "phoneNumber": "03-1234-5678",
        "email": email, "password": "a long password of my own",
    });
    visitor.done("RegisterUser", input).await;
    let mails = portal.wait_for_mails(email, 1).await;
    let confirmed = visitor.done("ConfirmRegistration", json!({ "token": mails[0].token() })).await;
    assert_eq!(confirmed["user"]["email"], email);
    visitor.log_in(email, "a long password of my own").await
}

async fn facility_of(client: &Client) -> Value {
    let viewer = client.field("Viewer", json!({})).await;
    viewer["facilities"]["nodes"][0].clone()
}

/// Goes from nothing to accounts, and gives the kinds of the events that the status page saw.
async fn apply(kind: &str, code: &str, key: Value) -> Vec<String> {
    let portal = Portal::demo().await;
    let email = "new@example.jp";
    let client = register(&portal, email, kind, code).await;
    let facility = facility_of(&client).await;
    assert_eq!(facility["adoptionStage"], "NOT_APPLIED");
    let menus = client.field("ApplicationMenus", json!({ "facilityId": facility["id"] })).await;
    assert_eq!((menus.as_array().unwrap().len(), &menus[2]["isOpen"]), (9, &json!(true)));

    let created = client.done("CreateStartOfUseApplication", json!({ "facilityId": facility["id"] })).await;
    let id = created["application"]["id"].clone();
    let mut page = Watching::begin(&client, "ApplicationEvents", json!({ "applicationId": id })).await;
    let mut seen = vec![page.event().await];

    let input = json!({ "applicationId": id, "expectedVersion": 1, "key": key });
    let checked = client.done("VerifyFacility", input).await;
    assert_eq!(checked["outcome"]["__typename"], "FacilityMatched", "{checked}");
    let input = json!({
        "applicationId": id, "expectedVersion": 2, "staffCount": 2, "deviceCount": 3, "acceptTermsVersion": "1.0",
    });
    let updated = client.done("UpdateStartOfUseApplication", input).await;
    assert_eq!(updated["application"]["readiness"], json!({ "canSubmit": true, "items": [] }));
    let dialog = client.field("ConfirmApplication", json!({ "id": id })).await;
    assert_eq!(dialog["confirmation"]["message"], "以下のとおり申請します。職員数：2 申請台数：3");
    let version = dialog["confirmation"]["version"].clone();
    client.done("SubmitApplication", json!({ "applicationId": id, "expectedVersion": version })).await;

    let reviewer = portal.log_in("reviewer@example.jp").await;
    let case = id.as_str().unwrap().replace("application_", "review_case_");
    let claimed = reviewer.done("ClaimReview", json!({ "reviewCaseId": case })).await;
    let version = claimed["application"]["version"].clone();
    reviewer.done("ApproveApplication", json!({ "reviewCaseId": case, "expectedVersion": version })).await;

    while seen.last().unwrap()["kind"] != "COMPLETED" {
        seen.push(page.event().await);
    }
    assert_eq!(seen.last().unwrap()["application"]["status"], "COMPLETED");
    let accounts = client.field("FacilityAccounts", json!({ "facilityId": facility["id"] })).await;
    assert_eq!(accounts["adoptionStage"], "READY");
    assert_eq!(accounts["accounts"]["totalCount"], 3);
    let names: Vec<_> =
        accounts["accounts"]["nodes"].as_array().unwrap().iter().map(|node| node["accountId"].clone()).collect();
    assert!(names.iter().all(|name| name.as_str().unwrap().len() == 8), "{names:?}");

    let mails = portal.wait_for_mails(email, 3).await;
    assert!(
        mails[1].subject.contains("受け付けました") && mails[1].body.contains("受付番号：S"),
        "{}",
        mails[1].subject
    );
    assert!(mails[2].subject.contains("完了"), "{}", mails[2].subject);
    assert!(mails[2].body.contains("手続きが完了") && mails[2].body.contains("0800-080-4583"), "{}", mails[2].body);
    assert!(names.iter().all(|name| !mails[2].body.contains(name.as_str().unwrap())), "{}", mails[2].body);
    seen.iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

const LIFE: [&str; 6] = ["CREATED", "FACILITY_VERIFIED", "SUBMITTED", "REVIEW_STARTED", "APPROVED", "COMPLETED"];

/// A clinic types its managing practitioner's date of birth.
#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_goes_from_registration_to_accounts() {
    let key = json!({ "managerDateOfBirth": "１９８０/３/１５" });
    assert_eq!(apply("TREATMENT_CLINIC", "協1310003-0-0", key).await, LIFE);
}

/// A checkup provider types its account number.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkup_provider_goes_from_registration_to_accounts() {
    assert_eq!(apply("HEALTH_CHECKUP_PROVIDER", "1321000037", json!({ "bankAccountNumber": "3456789" })).await, LIFE);
}

/// A midwifery home types its account number.
#[tokio::test(flavor = "multi_thread")]
async fn a_midwifery_home_goes_from_registration_to_accounts() {
    assert_eq!(apply("MIDWIFERY_HOME", "M1300003", json!({ "bankAccountNumber": "９８７６５４３" })).await, LIFE);
}
