//! Clients that others wrote, from npm: `graphql-ws` on the socket, and the audits of `graphql-http`.

use std::sync::atomic::Ordering;

use super::toy::{Toy, eventually};
use crate::support::node::node;

/// The reference client subscribes with a token, receives in order, runs a query, and learns of a bad token by 4403.
#[tokio::test]
async fn the_reference_client_subscribes() {
    let toy = Toy::start().await;
    let printed = node("subscribe.mjs", &[&format!("ws://{}/graphql/ws", toy.address)]).await;
    assert_eq!(printed.trim(), "counts 1,2,3; role Some(Applicant); error GRAPHQL_PARSE_FAILED; closed 4403");
}

/// The audits of GraphQL over HTTP: every MUST, SHOULD and MAY.
#[tokio::test]
async fn the_audits_of_graphql_over_http_pass() {
    let toy = Toy::start().await;
    let printed = node("audit.mjs", &[&toy.url("/graphql")]).await;
    assert_eq!(printed.trim().lines().last(), Some("MUST 13/13, SHOULD 23/23, MAY 25/25"), "{printed}");
}

/// The reference client of server-sent events, in both of its modes: a subscription to its end, one that is left, a query, a document
/// that does not fit, a stale token.
#[tokio::test]
async fn the_reference_client_of_events_subscribes() {
    let toy = Toy::start().await;
    for (mode, path) in [("distinct", "/graphql"), ("distinct", "/graphql/stream"), ("single", "/graphql/stream")] {
        let printed = node("events.mjs", &[&toy.url(path), mode]).await;
        let fault = if mode == "single" { "status 400" } else { "code GRAPHQL_VALIDATION_FAILED" };
        let expected = format!("counts 1,2,3; left after 1; role Some(Applicant); {fault}; stale 401");
        assert_eq!(printed.trim(), expected, "{mode} at {path}");
    }
    eventually("everybody has left", || toy.levers.listening.load(Ordering::SeqCst) == 0).await;
}

/// A line that breaks under a stream that twenty operations share: all of them go on, on one stream again.
#[tokio::test]
async fn a_shared_stream_comes_again() {
    let toy = Toy::start().await;
    let printed = node("events-again.mjs", &[&toy.url("/graphql/stream")]).await;
    assert_eq!(printed.trim(), "heard 2 by 20; streams 2");
}

/// Apollo Client, of both versions in use, subscribes over HTTP by its own multipart protocol.
#[tokio::test]
async fn apollo_clients_subscribe_over_http() {
    let toy = Toy::start().await;
    let printed = node("apollo-multipart.mjs", &[&toy.url("/graphql")]).await;
    let of = |version| format!("Apollo Client {version}: counts 1,2,3; left after 1; code GRAPHQL_VALIDATION_FAILED");
    assert_eq!(printed.lines().collect::<Vec<_>>(), [of(3), of(4)]);
    eventually("everybody has left", || toy.levers.listening.load(Ordering::SeqCst) == 0).await;
}

/// HTTP/2 without TLS, as behind a proxy that ends it, on one connection: the request's authority stands in for `Host`; queries are
/// answered beside one that waits and beside a subscription; who is refused while they send hears it; a head that is too large costs its own request; and a flood of requests that
/// are taken back at once ends its own connection.
#[tokio::test]
async fn http2_is_spoken() {
    let toy = Toy::start().await;
    let printed = node("http2.mjs", &[&toy.url("")]).await;
    let expected = [
        r#"cookie: 200 {"data":{"whoami":"Some(Applicant)"}}"#,
        "get: 200, mutation by get: 405, not JSON: 400, elsewhere: 404",
        "answers beside one that waits and a subscription: 40; heard 1",
        "refused while it is sent: 401, not ended; then ended with 0",
        "large head: refused; the connection goes on: 200",
        "a flood that is taken back: told to be calm; a new connection: 200",
    ];
    assert_eq!(printed.trim().lines().collect::<Vec<_>>(), expected);
    eventually("everybody has left", || toy.levers.listening.load(Ordering::SeqCst) == 0).await;
}
