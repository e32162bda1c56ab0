//! Clients that others wrote, from npm: `graphql-ws` on the socket, and the audits of `graphql-http`.

use super::toy::Toy;
use crate::support::node::node;

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
