//! GraphiQL as a newcomer meets it: the embedded page in Chromium, against the real gateway.

use serde_json::json;

use crate::support::Portal;
use crate::support::gateway::Gateway;
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

/// The README's walk, with GraphiQL alone, for each kind of facility: from `RegisterUser` to issued accounts, in an applicant's and a
/// reviewer's browser, with the status arriving by subscription. `tests/node/walk.mjs` walks.
#[tokio::test(flavor = "multi_thread")]
async fn the_walk_of_the_readme_reaches_accounts() {
    let gateway = Gateway::start(&["--demo"], &[]).await;
    for (email, kind, code, name, key) in [
        (
            "new-clinic@example.jp",
            "TREATMENT_CLINIC",
            "協1310003-0-0",
            "はじめて整骨院",
            ("managerDateOfBirth", "1980-03-15"),
        ),
        (
            "new-checkup@example.jp",
            "HEALTH_CHECKUP_PROVIDER",
            "1321000037",
            "はじめて健診所",
            ("bankAccountNumber", "3456789"),
        ),
        ("new-midwife@example.jp", "MIDWIFERY_HOME", "M1300003", "はじめて助産所", ("bankAccountNumber", "9876543")),
    ] {
        let key = json!({ key.0: key.1 });
        let row =
            json!({ "email": email, "facilityKind": kind, "facilityCode": code, "facilityName": name, "key": key });
        let printed = node("walk.mjs", &[&gateway.address, &row.to_string()]).await;
        assert!(printed.contains(&format!("ok {kind}: W")), "{printed}");
    }
}
