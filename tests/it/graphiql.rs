//! GraphiQL as a newcomer meets it: the embedded page in Chromium, against the real gateway.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::process::Command;

use crate::support::Portal;

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
    let printed = browse(&portal.address, &steps.to_string()).await;
    assert!(printed.lines().last().is_some_and(|line| line.starts_with("ok ")), "{printed}");
}

async fn browse(address: &str, steps: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node");
    let mut browser = Command::new("node");
    browser.args(["graphiql.mjs", address, steps]).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(120), browser.output()).await.expect("not done in time");
    let output = output.expect("node is needed");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    out.into_owned()
}
