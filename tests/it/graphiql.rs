//! GraphiQL as a newcomer meets it: the embedded page in Chromium, against the real gateway.

use serde_json::json;

use crate::support::Portal;
use crate::support::node::node;

/// A tab for each operation file; logging in by cookie, asking who one is, watching an application, and a mail's link; and
/// nothing asked of any other host, nothing on the console. `tests/node/graphiql.mjs` looks.
#[tokio::test]
async fn the_page_runs_the_steps_and_asks_no_other_host() {
    let portal = Portal::demo().await;
    let clinic = portal.log_in("clinic@example.jp").await;
    let viewer = clinic.field("Viewer", json!({})).await;
    let facility = viewer["facilities"]["nodes"][0]["id"].clone();
    let created = clinic.done("CreateStartOfUseApplication", json!({ "facilityId": facility })).await;
    let steps = json!([
        { "operation": "LogIn", "expect": "APPLICANT" },
        { "operation": "Viewer", "expect": "clinic@example.jp" },
        { "operation": "ApplicationEvents", "variables": { "applicationId": created["application"]["id"] }, "expect": "DRAFT" },
    ]);
    let printed = node("graphiql.mjs", &[&portal.address, &steps.to_string()]).await;
    assert!(printed.lines().last().is_some_and(|line| line.starts_with("ok ")), "{printed}");
}
