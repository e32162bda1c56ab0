//! The main job, end to end, for each kind of facility and by both methods: from registration to the settings documents of issued
//! accounts, with the status arriving by subscription.

use serde_json::{Value, json};

use crate::attachments::files::{pdf, png, xlsx};
use crate::support::socket::Watching;
use crate::support::upload::attach;
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

/// How a facility shows that it is what it says.
enum Proof<'a> {
    /// Method ①, by its key.
    Key(Value),
    /// Method ②, by a file.
    Paper(&'a str, Vec<u8>),
}
use Proof::{Key, Paper};

/// Goes from nothing to accounts and their settings documents, and gives the kinds of the events that the status page saw.
async fn apply(kind: &str, code: &str, proof: Proof<'_>) -> Vec<String> {
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

    match proof {
        Key(key) => {
            let input = json!({ "applicationId": id, "expectedVersion": 1, "key": key });
            let checked = client.done("VerifyFacility", input).await;
            assert_eq!(checked["outcome"]["__typename"], "FacilityMatched", "{checked}");
        }
        Paper(name, content) => {
            let attached = attach(&client, id.as_str().unwrap(), name, &content).await;
            assert_eq!(attached["attachment"]["fileName"], name, "{attached}");
        }
    }
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

    for account in accounts["accounts"]["nodes"].as_array().unwrap() {
        let url = account["settingsDocument"]["url"].as_str().unwrap();
        let paper = reqwest::get(url).await.unwrap().error_for_status().unwrap().bytes().await.unwrap();
        assert!(crate::papers::Paper::new(&paper).text().contains(account["accountId"].as_str().unwrap()));
    }

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

const BY_KEY: [&str; 6] = ["CREATED", "FACILITY_VERIFIED", "SUBMITTED", "REVIEW_STARTED", "APPROVED", "COMPLETED"];
const BY_PAPER: [&str; 5] = ["CREATED", "SUBMITTED", "REVIEW_STARTED", "APPROVED", "COMPLETED"];

/// A clinic types its managing practitioner's date of birth, or scans its notice.
#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_goes_from_registration_to_papers() {
    let (kind, code) = ("TREATMENT_CLINIC", "協1310003-0-0");
    assert_eq!(apply(kind, code, Key(json!({ "managerDateOfBirth": "１９８０/３/１５" }))).await, BY_KEY);
    assert_eq!(apply(kind, code, Paper("受領委任承諾通知書.pdf", pdf())).await, BY_PAPER);
}

/// A checkup provider types its account number, or has its notification as a workbook.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkup_provider_goes_from_registration_to_papers() {
    let (kind, code) = ("HEALTH_CHECKUP_PROVIDER", "1321000037");
    assert_eq!(apply(kind, code, Key(json!({ "bankAccountNumber": "3456789" }))).await, BY_KEY);
    assert_eq!(apply(kind, code, Paper("機関届.xlsx", xlsx())).await, BY_PAPER);
}

/// A midwifery home types its account number, or makes a picture of its registration.
#[tokio::test(flavor = "multi_thread")]
async fn a_midwifery_home_goes_from_registration_to_papers() {
    let (kind, code) = ("MIDWIFERY_HOME", "M1300003");
    assert_eq!(apply(kind, code, Key(json!({ "bankAccountNumber": "９８７６５４３" }))).await, BY_KEY);
    assert_eq!(apply(kind, code, Paper("登録用紙.png", png())).await, BY_PAPER);
}
