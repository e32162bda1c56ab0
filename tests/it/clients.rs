//! Clients that others wrote, against the served portal.

use crate::attachments::files::pdf;
use crate::support::Portal;
use crate::support::node::node;

/// Apollo Client 3 and 4, urql and graphql-request log in, read, write, send a file where they can, and hear of what happens.
#[tokio::test(flavor = "multi_thread")]
async fn clients_of_others_work() {
    let portal = Portal::demo().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notice.pdf");
    std::fs::write(&file, pdf()).unwrap();
    let printed = node("clients.mjs", &[&portal.visitor().address, file.to_str().unwrap()]).await;
    let of = |client: &str, who: &str, file: &str| format!("{client}: {who}, DRAFT, {file}, heard DRAFT to WITHDRAWN");
    let expected = [
        of("Apollo Client 3", "窓口 花子", "sends no files"),
        of("Apollo Client 4", "健診 太郎", "通知書.pdf"),
        of("urql", "助産 美咲", "通知書.pdf"),
        of("graphql-request", "隣町 次郎", "sends no files"),
    ];
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
}
