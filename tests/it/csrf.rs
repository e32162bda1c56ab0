//! Pages of other origins against somebody who is logged in, in a real browser (T12).

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::json;

use crate::support::Portal;
use crate::support::node::node;

/// How often each thing was done, by the audit trail.
async fn trail(portal: &Portal) -> Vec<String> {
    let statement = Statement::from_string(DbBackend::Sqlite, "SELECT action FROM audit_entries ORDER BY id");
    let rows = portal.services.database.reader().query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get("", "action").unwrap()).collect()
}

/// Whatever a page of another origin makes the browser send, of the same site or of another: nothing is changed in the name of who is
/// logged in, and nothing of theirs can be read. The portal's own page does the same, and it happens. `tests/node/csrf.mjs` attacks.
#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_another_origin_changes_anything() {
    let portal = Portal::demo().await;
    let victim = portal.log_in("sample@example.jp").await;
    let viewer = victim.field("MyList", json!({ "first": 100 })).await;
    let facilities = viewer["facilities"]["nodes"].as_array().unwrap();
    // Where an application was taken back there is something to hear of, and the next may be begun.
    let facility =
        facilities.iter().find(|facility| facility["name"] == "見本整骨院（取下げ）").unwrap()["id"].as_str().unwrap();
    let before = trail(&portal).await;
    let printed = node("csrf.mjs", &[&portal.address, facility]).await;
    println!("{printed}");
    for relation in ["same site", "another site"] {
        let line = printed.lines().find_map(|line| line.strip_prefix(&format!("csrf, {relation}: ")));
        let shapes: u32 = line.and_then(|line| line.split(' ').next()).and_then(|count| count.parse().ok()).unwrap();
        assert!(shapes >= 50 && line.unwrap().ends_with(" 0 changes"), "{printed}");
    }
    // The own page's login, what it began, and its end: of the attacks there is no trace.
    let after = trail(&portal).await;
    assert_eq!(after[before.len()..], ["log-in", "create-application", "log-out"], "{printed}");
    let viewer = victim.field("Viewer", json!({})).await;
    assert_eq!(viewer["email"], "sample@example.jp", "another login of the same person stands");
}
