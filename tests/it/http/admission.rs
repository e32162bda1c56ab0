//! The gate before the engine: who works, who waits, who is refused, and what holds no place.

use std::sync::atomic::Ordering;
use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::socket::Socket;
use super::toy::{DEADLINE, Toy, eventually};
use madoguchi::http::{AdmissionSettings, HttpSettings, ServerSettings};

async fn toy(at_once: usize, waiting: usize) -> Toy {
    let admission = AdmissionSettings { at_once, waiting, patience: DEADLINE };
    Toy::with(HttpSettings { admission, ..HttpSettings::default() }, ServerSettings::default()).await
}

fn post(toy: &Toy, query: &str) -> RequestBuilder {
    Client::new().post(toy.url("/graphql")).json(&json!({"query": query}))
}

/// Fails unless this is the refusal of a gateway that has too much to do.
async fn assert_overloaded(response: Response) -> String {
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let seconds: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=10).contains(&seconds), "{seconds}");
    let body: Value = response.json().await.unwrap();
    assert!(body.get("data").is_none(), "{body}");
    assert_eq!(body["errors"][0]["extensions"]["code"], "OVERLOADED", "{body}");
    body["errors"][0]["message"].as_str().unwrap().to_owned()
}

/// Takes the only place, over the socket.
async fn hold(toy: &Toy, socket: &mut Socket) {
    socket.subscribe("held", "{wait}").await;
    eventually("the place is taken", || toy.levers.arrived.load(Ordering::SeqCst) == 1).await;
}

/// With one place and two who wait, the next is refused at once on either transport, health is told all the same, and those who wait
/// are served in their order. The socket of a refused operation stays open.
#[tokio::test]
async fn who_finds_the_queue_full_is_told_at_once() {
    let toy = toy(1, 2).await;
    let mut socket = Socket::admitted(&toy).await;
    hold(&toy, &mut socket).await;
    socket.subscribe("first", "mutation {touch}").await;
    socket.subscribe("second", "mutation {touch}").await;
    socket.subscribe("beyond", "{hello}").await;
    let refused = socket.receive().await;
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("beyond")));
    assert_eq!(refused["payload"][0]["extensions"]["code"], "OVERLOADED", "{refused}");

    let mut words = Vec::new();
    for (language, accept) in [("ja", "application/json"), ("en", "application/graphql-response+json")] {
        let request = post(&toy, "{hello}").header("accept-language", language).header("accept", accept);
        words.push(assert_overloaded(request.send().await.unwrap()).await);
    }
    assert!(!words[0].is_ascii() && words[1].is_ascii(), "{words:?}");
    let invalid = post(&toy, "{nothing}").send().await.unwrap();
    assert_eq!(invalid.status(), 200, "what does not run does not wait");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(reqwest::get(toy.url(path)).await.unwrap().status(), 200, "{path}");
    }

    toy.levers.open_gate();
    let mut answers = Vec::new();
    while answers.len() < 3 {
        let message = socket.receive().await;
        if message["type"] == "next" {
            answers.push((message["id"].clone(), message["payload"]["data"].clone()));
        }
    }
    let expected = [("held", json!({"wait": true})), ("first", json!({"touch": 1})), ("second", json!({"touch": 2}))];
    assert_eq!(answers, expected.map(|(id, data)| (json!(id), data)));
    assert_eq!(post(&toy, "{hello}").send().await.unwrap().status(), 200);
}

/// Whether the queue has no room; asked by joining it for a moment and hanging up.
async fn is_full(toy: &Toy) -> bool {
    match timeout(Duration::from_millis(100), post(toy, "{hello}").send()).await {
        Ok(response) => response.unwrap().status() == StatusCode::SERVICE_UNAVAILABLE,
        Err(_) => false,
    }
}

async fn until_full(toy: &Toy, wanted: bool) {
    let deadline = Instant::now() + DEADLINE;
    while is_full(toy).await != wanted {
        assert!(Instant::now() < deadline, "the queue should be {}", if wanted { "full" } else { "free" });
    }
}

/// Who hangs up while waiting makes room in the queue, and what it asked for never runs.
#[tokio::test]
async fn who_hangs_up_leaves_the_queue() {
    let toy = toy(1, 1).await;
    let mut socket = Socket::admitted(&toy).await;
    hold(&toy, &mut socket).await;
    let request = post(&toy, "mutation {touch}");
    let waiting = tokio::spawn(async move {
        // Those who look whether the queue is full may be faster.
        while request.try_clone().unwrap().send().await.unwrap().status() == StatusCode::SERVICE_UNAVAILABLE {}
    });
    until_full(&toy, true).await;
    waiting.abort();
    until_full(&toy, false).await;

    socket.subscribe("stopped", "mutation {touch}").await;
    until_full(&toy, true).await;
    socket.send(json!({"id": "stopped", "type": "complete"})).await;
    until_full(&toy, false).await;
    toy.levers.open_gate();
    assert_eq!(socket.receive().await["payload"]["data"], json!({"wait": true}));
    assert_eq!(post(&toy, "{hello}").send().await.unwrap().status(), 200);
    assert_eq!(toy.levers.touched.load(Ordering::SeqCst), 0);
}

/// Neither a body that is on its way nor a subscription that has begun holds a place.
#[tokio::test]
async fn a_slow_network_holds_no_place() {
    let toy = toy(1, 0).await;
    let mut half = TcpStream::connect(toy.address).await.unwrap();
    let head = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    half.write_all(head.as_bytes()).await.unwrap();
    let mut socket = Socket::admitted(&toy).await;
    for id in ["a", "b"] {
        socket.subscribe(id, "subscription {stay}").await;
        assert_eq!(socket.receive().await["type"], "next");
    }
    let response = post(&toy, "{hello}").send().await.unwrap();
    assert_eq!(response.json::<Value>().await.unwrap(), json!({"data": {"hello": "world"}}));
}

/// A mutation whose client has left still holds its place until it is done.
#[tokio::test]
async fn a_mutation_holds_its_place_to_its_end() {
    let toy = toy(1, 0).await;
    let request = tokio::spawn(post(&toy, "mutation {slowTouch}").send());
    eventually("the mutation began", || toy.levers.arrived.load(Ordering::SeqCst) == 1).await;
    request.abort();
    assert_overloaded(post(&toy, "{hello}").send().await.unwrap()).await;
    toy.levers.open_gate();
    until_full(&toy, false).await;
    assert_eq!(toy.levers.touched.load(Ordering::SeqCst), 1);
}
