//! The rules of graphql-transport-ws, one test each.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use futures_util::SinkExt;

use super::slow_clients::converse;
use super::socket::Socket;
use super::toy::{Toy, eventually};
use madoguchi::http::{HttpSettings, ServerSettings, WebSocketSettings};

async fn toy(websocket: WebSocketSettings) -> Toy {
    Toy::with(HttpSettings { websocket, ..HttpSettings::default() }, ServerSettings::default()).await
}

/// A subscription delivers in order and completes.
#[tokio::test]
async fn a_subscription_delivers_and_completes() {
    let toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    socket.subscribe("a", "subscription {count(to: 3)}").await;
    for count in 1..=3 {
        assert_eq!(socket.receive().await, json!({"type": "next", "id": "a", "payload": {"data": {"count": count}}}));
    }
    assert_eq!(socket.receive().await, json!({"type": "complete", "id": "a"}));
}

/// Queries and mutations are operations too: one answer, then complete.
#[tokio::test]
async fn queries_and_mutations_are_answered_once() {
    let toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    for (query, data) in [("{hello}", json!({"hello": "world"})), ("mutation {touch}", json!({"touch": 1}))] {
        socket.subscribe("q", query).await;
        assert_eq!(socket.receive().await, json!({"type": "next", "id": "q", "payload": {"data": data}}));
        assert_eq!(socket.receive().await, json!({"type": "complete", "id": "q"}));
    }
}

/// Variables arrive.
#[tokio::test]
async fn variables_arrive() {
    let toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    let payload = json!({"query": "query($t: String!) {echo(text: $t)}", "variables": {"t": "窓口"}});
    socket.send(json!({"id": "v", "type": "subscribe", "payload": payload})).await;
    assert_eq!(socket.receive().await["payload"], json!({"data": {"echo": "窓口"}}));
}

/// A request error is an `error` message and ends its operation without `complete`; the socket lives on.
#[tokio::test]
async fn a_request_error_comes_as_error() {
    let toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    let unknown = json!({"documentId": "sha256:00"});
    for payload in [json!({"query": "{"}), json!({"query": "{nonsense}"}), unknown] {
        socket.send(json!({"id": "e", "type": "subscribe", "payload": payload})).await;
        let message = socket.receive().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("e")), "{message}");
        assert!(message["payload"][0]["extensions"]["code"].is_string(), "{message}");
    }
    socket.subscribe("e", "{hello}").await;
    assert_eq!(socket.receive().await["type"], "next");
}

/// A failed field comes within `next`, with the request id of a fault.
#[tokio::test]
async fn a_field_error_comes_within_next() {
    let toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    socket.subscribe("f", "{fault}").await;
    let message = socket.receive().await;
    assert_eq!(message["type"], "next");
    assert!(message["payload"]["errors"][0]["extensions"]["requestId"].is_string(), "{message}");
}

/// A bug in a resolver ends its operation, not the socket.
#[tokio::test]
async fn a_panic_ends_its_operation_only() {
    let toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    socket.subscribe("p", "{burst}").await;
    let message = socket.receive().await;
    assert_eq!(message["payload"][0]["extensions"]["code"], "INTERNAL", "{message}");
    socket.subscribe("p", "{hello}").await;
    assert_eq!(socket.receive().await["type"], "next");
}

/// `complete` of the client ends the subscription on the server, and its id is free again.
#[tokio::test]
async fn a_client_completes_its_subscription() {
    let toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    for _ in 0..2 {
        socket.subscribe("s", "subscription {stay}").await;
        assert_eq!(socket.receive().await["type"], "next");
        socket.send(json!({"id": "s", "type": "complete"})).await;
        eventually("the subscription ended", || toy.levers.listening.load(Ordering::SeqCst) == 0).await;
    }
    socket.silent(Duration::from_millis(100)).await;
}

/// Once `complete` is taken, nothing of the operation is sent any more, though its answer already stood in the queue.
#[tokio::test]
async fn nothing_follows_a_complete() {
    let toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    // Fills all buffers on the way, as nobody reads.
    socket.subscribe("long", "{long}").await;
    socket.readable().await;
    socket.subscribe("q", "subscription {stay}").await;
    eventually("the answer is in the queue", || toy.levers.taken.load(Ordering::SeqCst) == 1).await;
    socket.send(json!({"id": "q", "type": "complete"})).await;
    socket.subscribe("q", "{other: hello}").await;
    let mut heard = Vec::new();
    while heard.last() != Some(&json!({"type": "complete", "id": "q"})) {
        heard.push(socket.receive().await);
    }
    let of_q: Vec<_> = heard.into_iter().filter(|message| message["id"] == "q" && message["type"] == "next").collect();
    assert!(matches!(&of_q[..], [one] if one["payload"]["data"]["other"].is_string()), "{of_q:?}");
}

/// A `complete` for what is not running is no error: it may have crossed the server's own.
#[tokio::test]
async fn a_late_complete_is_ignored() {
    let toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    socket.send(json!({"id": "gone", "type": "complete"})).await;
    socket.subscribe("q", "{hello}").await;
    assert_eq!(socket.receive().await["type"], "next");
}

/// Closing the socket ends what runs on it.
#[tokio::test]
async fn a_closed_socket_takes_its_subscriptions_along() {
    let toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    socket.subscribe("s", "subscription {stay}").await;
    assert_eq!(socket.receive().await["type"], "next");
    socket.0.close(None).await.unwrap();
    eventually("the subscription ended", || toy.levers.listening.load(Ordering::SeqCst) == 0).await;
}

/// A waiting operation holds up no other.
#[tokio::test]
async fn operations_do_not_wait_for_each_other() {
    let toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    socket.subscribe("slow", "{wait}").await;
    socket.subscribe("fast", "{hello}").await;
    assert_eq!(socket.receive().await["id"], "fast");
    assert_eq!(socket.receive().await, json!({"type": "complete", "id": "fast"}));
    toy.levers.open_gate();
    assert_eq!(socket.receive().await["id"], "slow");
}

/// `ping` is answered by `pong` with the same payload, before and after `connection_init`; `pong` is taken silently.
#[tokio::test]
async fn pings_are_answered() {
    let toy = Toy::start().await;
    let mut socket = Socket::connect(&toy).await;
    socket.send(json!({"type": "ping"})).await;
    assert_eq!(socket.receive().await, json!({"type": "pong"}));
    socket.init(json!({})).await;
    socket.send(json!({"type": "pong", "payload": {"a": 1}})).await;
    socket.send(json!({"type": "ping", "payload": {"a": 1}})).await;
    assert_eq!(socket.receive().await, json!({"type": "pong", "payload": {"a": 1}}));
}

/// 4400: what is not a message of the protocol.
#[tokio::test]
async fn invalid_messages_close_with_4400() {
    let toy = Toy::start().await;
    for text in [
        "",
        "no JSON",
        "[]",
        "{\"type\": \"start\"}",
        "{\"id\": \"a\"}",
        "{\"type\": \"subscribe\", \"payload\": {\"query\": \"{hello}\"}}",
        "{\"type\": \"subscribe\", \"id\": \"\", \"payload\": {\"query\": \"{hello}\"}}",
        "{\"type\": \"subscribe\", \"id\": 1, \"payload\": {\"query\": \"{hello}\"}}",
        "{\"type\": \"subscribe\", \"id\": \"a\"}",
        "{\"type\": \"subscribe\", \"id\": \"a\", \"payload\": {}}",
        "{\"type\": \"subscribe\", \"id\": \"a\", \"payload\": {\"query\": 7}}",
        "{\"type\": \"subscribe\", \"id\": \"a\", \"payload\": {\"query\": null}}",
        "{\"type\": \"subscribe\", \"id\": \"a\", \"payload\": {\"query\": \"{hello}\", \"variables\": []}}",
        "{\"type\": \"subscribe\", \"id\": \"a\", \"payload\": {\"query\": \"{hello}\", \"operationName\": 1}}",
        "{\"type\": \"connection_init\", \"payload\": \"text\"}",
        "{\"type\": \"pong\", \"payload\": \"text\"}",
        "[\"ping\", {}]",
        "[\"subscribe\", \"a\", {\"query\": \"{hello}\"}]",
    ] {
        let mut socket = Socket::admitted(&toy).await;
        socket.send_text(text).await;
        assert_eq!(socket.closed().await, (4400, "Invalid message received".into()), "{text}");
    }
    let mut socket = Socket::admitted(&toy).await;
    socket.0.send(Message::binary(b"{}".to_vec())).await.unwrap();
    assert_eq!(socket.closed().await.0, 4400);
}

/// A payload that is no JSON we read, in a message that is one of the protocol's, is an error of its operation; the others go on.
#[tokio::test]
async fn an_unreadable_payload_is_its_operations_matter() {
    let toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    socket.subscribe("other", "subscription {stay}").await;
    assert_eq!(socket.receive().await["id"], "other");
    let deep = format!("{}{}", "[".repeat(130), "]".repeat(130));
    let flood = format!("[{}1]", "1,".repeat(10_000));
    for (value, code) in [
        ("\"\\ud83d\"", "MALFORMED_JSON"),
        ("1e400", "MALFORMED_JSON"),
        (&deep, "MALFORMED_JSON"),
        (&flood, "BODY_TOO_LARGE"),
    ] {
        let payload = format!("{{\"query\": \"{{hello}}\", \"variables\": {{\"a\": {value}}}}}");
        socket.send_text(&format!("{{\"type\": \"subscribe\", \"id\": \"a\", \"payload\": {payload}}}")).await;
        let answer = socket.receive().await;
        assert_eq!((&answer["type"], &answer["id"]), (&json!("error"), &json!("a")), "{answer}");
        assert_eq!(answer["payload"][0]["extensions"]["code"], code, "{answer}");
    }
    socket.subscribe("b", "{hello}").await;
    assert_eq!(socket.receive().await["type"], "next");
}

/// 4401: an operation before the acknowledgement.
#[tokio::test]
async fn subscribing_too_early_closes_with_4401() {
    let toy = Toy::start().await;
    let mut socket = Socket::connect(&toy).await;
    socket.subscribe("a", "mutation {touch}").await;
    assert_eq!(socket.closed().await, (4401, "Unauthorized".into()));
    assert_eq!(toy.levers.touched.load(Ordering::SeqCst), 0);
}

/// 4403: a token in `connection_init` that is not good, or no token at all.
#[tokio::test]
async fn a_bad_token_closes_with_4403() {
    let toy = Toy::start().await;
    for payload in [
        json!({"authorization": "Bearer stale"}),
        json!({"authorization": "Basic good"}),
        json!({"token": "stale"}),
        json!({"token": 7}),
    ] {
        let mut socket = Socket::connect(&toy).await;
        socket.send(json!({"type": "connection_init", "payload": payload})).await;
        assert_eq!(socket.closed().await, (4403, "Forbidden".into()), "{payload}");
    }
}

/// A token in the payload, a bearer or a cookie of the handshake make somebody; a stale cookie makes nobody.
#[tokio::test]
async fn a_token_or_a_cookie_makes_somebody() {
    let toy = Toy::start().await;
    for (headers, payload, expected) in [
        (vec![], json!({}), "None"),
        (vec![], json!({"authorization": "Bearer good"}), "Some(Applicant)"),
        (vec![], json!({"Authorization": "bearer good"}), "Some(Applicant)"),
        (vec![], json!({"token": "good"}), "Some(Applicant)"),
        (vec![], json!({"authorization": null, "Authorization": "Bearer good"}), "Some(Applicant)"),
        (vec![("Authorization", "Bearer good")], json!(null), "Some(Applicant)"),
        (vec![("Authorization", "")], json!({"authorization": "", "token": ""}), "None"),
        (vec![("Cookie", "madoguchi_session=good")], json!({}), "Some(Applicant)"),
        (vec![("Cookie", "madoguchi_session=stale")], json!({}), "None"),
        (vec![("Cookie", "madoguchi_session=stale")], json!({"token": "good"}), "Some(Applicant)"),
    ] {
        let mut socket = Socket::try_connect(&toy, &headers).await.unwrap();
        socket.init(payload.clone()).await;
        socket.subscribe("w", "{whoami}").await;
        assert_eq!(socket.receive().await["payload"]["data"]["whoami"], expected, "{headers:?} {payload}");
    }
}

/// 4406: a client that does not speak the protocol, the older graphql-ws included.
#[tokio::test]
async fn other_protocols_close_with_4406() {
    let toy = Toy::start().await;
    let mut request = format!("ws://{}/graphql/ws", toy.address).into_client_request().unwrap();
    let (socket, _) = connect_async(request.clone()).await.unwrap();
    assert_eq!(Socket(socket).closed().await, (4406, "Subprotocol not acceptable".into()));
    // A client that names a protocol may take an answer without one for a failed handshake; both ends are the same refusal.
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("graphql-ws"));
    assert!(connect_async(request).await.is_err());
}

/// 4408: no `connection_init` in time.
#[tokio::test]
async fn a_missing_init_closes_with_4408() {
    let toy = toy(WebSocketSettings { init_timeout: Duration::from_millis(50), ..WebSocketSettings::default() }).await;
    let mut socket = Socket::connect(&toy).await;
    assert_eq!(socket.closed().await, (4408, "Connection initialisation timeout".into()));
}

/// 4409: an id that is in use.
#[tokio::test]
async fn a_second_use_of_an_id_closes_with_4409() {
    let toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    socket.subscribe("s", "subscription {stay}").await;
    socket.subscribe("s", "subscription {stay}").await;
    assert_eq!(socket.closed().await, (4409, "Subscriber for s already exists".into()));
}

/// 4429: a second `connection_init`.
#[tokio::test]
async fn a_second_init_closes_with_4429() {
    let toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    socket.send(json!({"type": "connection_init"})).await;
    assert_eq!(socket.closed().await, (4429, "Too many initialisation requests".into()));
}

/// The cookie of a foreign page is none, whatever it is worth; its own pages' and a program's is one. A foreign page that shows a token is
/// served, though its browser sends a cookie along, and so is one without either, as a visitor.
#[tokio::test]
async fn a_foreign_page_may_not_use_the_cookie() {
    let toy = Toy::start().await;
    let own = format!("http://{}", toy.address);
    let (cookie, stale) = (("Cookie", "madoguchi_session=good"), ("Cookie", "madoguchi_session=stale"));
    let (evil, opaque) = (("Origin", "https://evil.example"), ("Origin", "null"));
    let (token, nothing) = (json!({"token": "good"}), json!({}));
    for (headers, payload, expected) in [
        (&[cookie, evil][..], &nothing, Err(4403)),
        (&[cookie, opaque], &nothing, Err(4403)),
        (&[stale, evil], &nothing, Err(4403)),
        (&[cookie, ("Origin", &own), evil], &nothing, Err(4403)),
        (&[cookie, evil], &token, Ok("Some(Applicant)")),
        (&[stale, evil], &token, Ok("Some(Applicant)")),
        (&[cookie, ("Origin", &own)], &nothing, Ok("Some(Applicant)")),
        (&[cookie], &nothing, Ok("Some(Applicant)")),
        (&[evil], &nothing, Ok("None")),
    ] {
        let mut socket = Socket::try_connect(&toy, headers).await.unwrap();
        socket.send(json!({"type": "connection_init", "payload": payload})).await;
        match expected {
            Err(code) => assert_eq!(socket.closed().await.0, code, "{headers:?}"),
            Ok(who) => {
                assert!(socket.is_admitted().await, "{headers:?}");
                socket.subscribe("w", "{whoami}").await;
                assert_eq!(socket.receive().await["payload"]["data"]["whoami"], who, "{headers:?}");
            }
        }
    }
}

/// A plain GET is told that the path speaks WebSocket.
#[tokio::test]
async fn a_plain_get_is_told_to_upgrade() {
    let toy = Toy::start().await;
    let response = reqwest::get(toy.url("/graphql/ws")).await.unwrap();
    assert_eq!(response.status(), 426);
    for (name, value) in [("upgrade", "websocket"), ("connection", "upgrade"), ("sec-websocket-version", "13")] {
        assert_eq!(response.headers()[name], value);
    }
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], "UPGRADE_REQUIRED");
    assert!(body["errors"][0]["extensions"]["requestId"].is_string(), "{body}");
    let response = reqwest::Client::new().post(toy.url("/graphql/ws")).send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["allow"]), (405, &"GET,HEAD".parse().unwrap()));
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], "METHOD_NOT_ALLOWED");
}

/// A handshake needs a key of sixteen bytes, and a text frame is UTF-8.
#[tokio::test]
async fn a_handshake_is_that_of_the_rfc() {
    let toy = Toy::start().await;
    let handshake = |key: &str| {
        format!(
            "GET /graphql/ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n{key}\r\n"
        )
    };
    for key in ["", "Sec-WebSocket-Key: abc\r\n", "Sec-WebSocket-Key: dG9vIHNob3J0\r\n"] {
        let answer = converse(toy.address, handshake(key).as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("Sec-WebSocket-Key"), "{answer}");
    }
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    // A masked frame of one byte that begins no character.
    let frame = [0x81, 0x81, 0, 0, 0, 0, 0xff];
    let answer = converse(toy.address, &[handshake(key).as_bytes(), &frame].concat()).await;
    assert!(answer.starts_with("HTTP/1.1 101") && answer.contains("Text that is not UTF-8"), "{answer}");
}

/// `Connection` and `Upgrade` are lists, in one line or several, of words that are compared whole.
#[tokio::test]
async fn a_handshakes_lists_are_read() {
    let toy = Toy::start().await;
    for (lines, expected) in [
        ("Connection: keep-alive\r\nConnection: Upgrade\r\nUpgrade: h2c, WebSocket\r\n", "101"),
        ("Connection: upgrade-insecure\r\nUpgrade: websocket\r\n", "426"),
        ("Connection: upgrade\r\nUpgrade: websocket2\r\n", "426"),
    ] {
        let handshake = format!(
            "GET /graphql/ws HTTP/1.1\r\nHost: a\r\n{lines}Sec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Protocol: other\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nConnection: close\r\n\r\n"
        );
        let answer = converse(toy.address, handshake.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{lines}: {answer}");
    }
}

/// Ids are a client's own: twenty at once, each answered under its name.
#[tokio::test]
async fn answers_carry_the_id_of_their_operation() {
    let toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    let ids: HashSet<String> = (0..20).map(|number| format!("id-{number}")).collect();
    for id in &ids {
        socket.subscribe(id, "subscription {stay}").await;
    }
    let mut heard = HashSet::new();
    while heard.len() < ids.len() {
        heard.insert(socket.receive().await["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(heard, ids);
}
