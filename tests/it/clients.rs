//! Clients that others wrote, against the served portal.

use crate::attachments::files::pdf;
use crate::support::node::node;
use crate::support::{Portal, generated, operations};

/// Apollo Client 3 and 4, urql and graphql-request log in, read, write, send a file and hear of what happens, where they can.
#[tokio::test(flavor = "multi_thread")]
async fn clients_of_others_work() {
    let portal = Portal::demo().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notice.pdf");
    std::fs::write(&file, pdf()).unwrap();
    let printed = node("clients.mjs", &[&portal.visitor().address, file.to_str().unwrap()]).await;
    let of =
        |client: &str, who: &str| format!("{client}: {who}, DRAFT, 通知書.pdf, heard DRAFT to WITHDRAWN and NOT_FOUND");
    let expected = [
        of("Apollo Client 3", "窓口 花子"),
        of("Apollo Client 4", "健診 太郎"),
        of("urql", "助産 美咲"),
        "graphql-request: 隣町 次郎, DRAFT, sends no files, does not subscribe".to_owned(),
    ];
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
}

/// What graphql-codegen makes of the committed schema and operations is sound to tsc, and refuses a wrong variable.
#[tokio::test]
async fn graphql_codegen_and_tsc_agree() {
    let folder = tempfile::tempdir().unwrap();
    let (schema, operations) = (generated::path("graphql/schema.graphql"), generated::path("graphql/operations"));
    let out = folder.path().join("generated");
    let printed = node("codegen.mjs", &[&schema, &operations, &out].map(|path| path.to_str().unwrap())).await;
    assert!(printed.trim().ends_with("documents, 0 complaints"), "{printed}");
}

/// relay-compiler takes the committed schema, and what it persists is a manifest; in production relay-runtime then works by ids alone:
/// a login, a connection page by page, mutations and a subscription.
#[tokio::test(flavor = "multi_thread")]
async fn relay_works_in_production() {
    let folder = tempfile::tempdir().unwrap();
    let (schema, project) = (generated::path("graphql/schema.graphql"), folder.path().to_str().unwrap());
    node("relay.mjs", &["compile", schema.to_str().unwrap(), project]).await;
    let portal = Portal::demo_with(|config| {
        config.production = true;
        config.documents.manifests = vec![folder.path().join("persisted.json")];
    })
    .await;
    let printed = node("relay.mjs", &["run", project, &portal.visitor().address]).await;
    assert_eq!(
        printed.trim(),
        "Relay: 見本 四季, 10 facilities in 4 pages, 見本整骨院（取下げ）, heard DRAFT to WITHDRAWN"
    );
}

/// The recommended and Relay's rules of @graphql-eslint hold for the committed schema, and the recommended ones for the operations; the
/// script has the exceptions, each with why.
#[tokio::test]
async fn the_schemas_lint_passes() {
    let (schema, operations) = (generated::path("graphql/schema.graphql"), generated::path("graphql/operations"));
    let printed = node("lint.mjs", &[&schema, &operations].map(|path| path.to_str().unwrap())).await;
    let files = operations::all().len() + 1;
    let expected = format!("{files} files, 0 complaints, 3 rules excepted");
    assert_eq!(printed.trim(), expected);
}
