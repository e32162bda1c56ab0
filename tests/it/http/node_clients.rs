//! Clients that others wrote, from npm: `graphql-ws` on the socket, and the audits of `graphql-http`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::OnceCell;

use super::toy::Toy;

static INSTALLED: OnceCell<()> = OnceCell::const_new();

/// Where the scripts are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node")
}

/// Waits until the locked packages are there.
pub async fn installed() {
    INSTALLED.get_or_init(install).await;
}

/// Runs a script of tests/node and returns what it printed.
async fn node(script: &str, arguments: &[&str]) -> String {
    installed().await;
    run(Command::new("node").arg(script).args(arguments), Duration::from_secs(60)).await
}

/// Installs the locked packages where that has not been done.
async fn install() {
    if !folder().join("node_modules/graphql-ws").exists() {
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]), Duration::from_secs(300)).await;
    }
}

async fn run(command: &mut Command, time: Duration) -> String {
    let command = command.current_dir(folder()).stdin(Stdio::null()).kill_on_drop(true);
    let output =
        tokio::time::timeout(time, command.output()).await.expect("not done in time").expect("node and npm are needed");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    out.into_owned()
}

/// The reference client subscribes with a token, receives in order, runs a query, and learns of a bad token by 4403.
#[tokio::test]
async fn the_reference_client_subscribes() {
    let toy = Toy::start().await;
    let printed = node("subscribe.mjs", &[&format!("ws://{}/graphql/ws", toy.address)]).await;
    assert_eq!(printed.trim(), "counts 1,2,3; role Some(Applicant); error GRAPHQL_PARSE_FAILED; closed 4403");
}

/// The audits of GraphQL over HTTP: every MUST and SHOULD, and every MAY but those about GET, which is not served.
#[tokio::test]
async fn the_audits_of_graphql_over_http_pass() {
    let toy = Toy::start().await;
    let printed = node("audit.mjs", &[&toy.url("/graphql")]).await;
    assert_eq!(printed.trim().lines().last(), Some("MUST 13/13, SHOULD 23/23, MAY 22/25"), "{printed}");
}

/// HTTP/2 without TLS, as behind a proxy that ends it: the request's authority stands in for `Host`.
#[tokio::test]
async fn http2_is_spoken() {
    let toy = Toy::start().await;
    let printed = node("http2.mjs", &[&toy.url("")]).await;
    assert_eq!(printed.trim(), "200 {\"data\":{\"whoami\":\"Some(Applicant)\"}}");
}
