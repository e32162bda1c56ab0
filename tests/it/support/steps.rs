//! Steps of the main job that several stories share, at the demonstration's facilities.

use serde_json::{Value, json};

use super::Client;

/// The id of the first facility that a login holds.
pub async fn facility(client: &Client) -> String {
    let viewer = client.field("Viewer", json!({})).await;
    viewer["facilities"]["nodes"][0]["id"].as_str().unwrap().to_owned()
}

/// Begins a draft for that facility: its id, at version 1.
pub async fn draft(client: &Client) -> String {
    let input = json!({ "facilityId": facility(client).await });
    let created = client.done("CreateStartOfUseApplication", input).await;
    created["application"]["id"].as_str().unwrap().to_owned()
}

/// Runs the facility check and gives the whole payload.
pub async fn verify(client: &Client, application: &str, version: i64, key: Value) -> Value {
    let input = json!({ "applicationId": application, "expectedVersion": version, "key": key });
    client.field("VerifyFacility", json!({ "input": input })).await
}

/// The key of clinic@example.jp's clinic.
pub fn right_key() -> Value {
    json!({ "managerDateOfBirth": "1970-01-31" })
}

/// A well-formed key that is not the clinic's.
pub fn wrong_key() -> Value {
    json!({ "managerDateOfBirth": "1971-01-31" })
}

/// A draft of clinic@example.jp that can be sent: its id, at version 3.
pub async fn ready(client: &Client) -> String {
    let id = draft(client).await;
    verify(client, &id, 1, right_key()).await;
    fill_in(client, &id, 2).await;
    id
}

/// Fills in everything but the check.
pub async fn fill_in(client: &Client, application: &str, version: i64) -> Value {
    let input = json!({
        "applicationId": application, "expectedVersion": version, "staffCount": 2, "deviceCount": 2, "acceptTermsVersion": "1.0",
    });
    client.done("UpdateStartOfUseApplication", input).await
}

/// An application of clinic@example.jp that was sent: its id, at version 4.
pub async fn submitted(client: &Client) -> String {
    let id = ready(client).await;
    client.done("SubmitApplication", json!({ "applicationId": id, "expectedVersion": 3 })).await;
    id
}

/// The id of an application's case.
pub fn case_of(application: &str) -> String {
    application.replace("application_", "review_case_")
}

/// Claims a case and gives the version to decide at.
pub async fn claim(reviewer: &Client, application: &str) -> i64 {
    let claimed = reviewer.done("ClaimReview", json!({ "reviewCaseId": case_of(application) })).await;
    claimed["application"]["version"].as_i64().unwrap()
}
