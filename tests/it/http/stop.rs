//! The graceful stop: requests finish, sockets are told, and it ends in time whatever clients do.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::socket::Socket;
use super::toy::{DEADLINE, Toy, eventually};
use madoguchi::http::{HttpSettings, ServerSettings};

/// A request under way is answered, a socket is closed with 1001, a new connection is refused, and all is over.
#[tokio::test]
async fn requests_finish_and_sockets_are_told() {
    let mut toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    socket.subscribe("s", "subscription {stay}").await;
    assert_eq!(socket.receive().await["type"], "next");
    let request = Client::new().post(toy.url("/graphql")).json(&json!({"query": "{wait}"}));
    let answer = tokio::spawn(request.send());
    eventually("the request began", || toy.levers.arrived.load(Ordering::SeqCst) == 1).await;

    toy.shutdown.begin();
    assert_eq!(socket.closed().await, (1001, "The server is stopping".into()));
    toy.levers.open_gate();
    let answer = answer.await.unwrap().unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({"data": {"wait": true}}));
    toy.stopped().await;
    assert!(TcpStream::connect(toy.address).await.is_err());
}

/// A mutation under way ends before the gateway does, and whoever sent it hears of it, on a socket beside a subscription that is broken off.
#[tokio::test]
async fn a_mutation_under_way_is_answered_on_its_socket() {
    let mut toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    socket.subscribe("s", "subscription {stay}").await;
    assert_eq!(socket.receive().await["type"], "next");
    socket.subscribe("m", "mutation {slowTouch}").await;
    eventually("the mutation began", || toy.levers.arrived.load(Ordering::SeqCst) == 1).await;
    toy.shutdown.begin();
    eventually("the subscription ended", || toy.levers.listening.load(Ordering::SeqCst) == 0).await;
    toy.levers.open_gate();
    assert_eq!(socket.receive().await, json!({"type": "next", "id": "m", "payload": {"data": {"slowTouch": true}}}));
    assert_eq!(socket.receive().await, json!({"type": "complete", "id": "m"}));
    assert_eq!(socket.closed().await.0, 1001);
    toy.stopped().await;
    assert_eq!(toy.levers.touched.load(Ordering::SeqCst), 1);
}

/// The same on every kind of stream; and one whose client has left ends all the same.
#[tokio::test]
async fn a_mutation_under_way_is_answered_on_its_stream() {
    let mut toy = Toy::start().await;
    let ask = |method, path: &str, accept: &str| {
        Client::new().request(method, toy.url(path)).header("accept", accept).header("authorization", "Bearer good")
    };
    let mutation = json!({"query": "mutation {slowTouch}", "extensions": {"operationId": "m"}});
    let token = ask(Method::PUT, "/graphql/stream", "*/*").send().await.unwrap().text().await.unwrap();
    let shared = format!("/graphql/stream?token={token}");
    let mut answers = vec![ask(Method::GET, &shared, "text/event-stream").send().await.unwrap()];
    assert_eq!(ask(Method::POST, &shared, "*/*").json(&mutation).send().await.unwrap().status(), 202);
    for accept in ["text/event-stream", "multipart/mixed;subscriptionSpec=1.0"] {
        answers.push(ask(Method::POST, "/graphql", accept).json(&mutation).send().await.unwrap());
    }
    drop(ask(Method::POST, "/graphql", "text/event-stream").json(&mutation).send().await.unwrap());
    eventually("the mutations began", || toy.levers.arrived.load(Ordering::SeqCst) == 4).await;
    toy.shutdown.begin();
    (0..4).for_each(|_| toy.levers.open_gate());
    for (answer, end) in answers.into_iter().zip([
        "event: complete\ndata: {\"id\":\"m\"}\n\n",
        "event: complete\ndata: \n\n",
        "--graphql--\r\n",
    ]) {
        let answer = answer.text().await.unwrap();
        assert!(answer.contains(r#"{"data":{"slowTouch":true}}"#) && answer.ends_with(end), "{answer}");
    }
    toy.stopped().await;
    assert_eq!(toy.levers.touched.load(Ordering::SeqCst), 4);
}

/// Clients that never finish are cut when the grace is over: well within five seconds.
#[tokio::test]
async fn the_stop_has_a_deadline() {
    let server = ServerSettings { grace: Duration::from_millis(300), ..ServerSettings::default() };
    let mut toy = Toy::with(HttpSettings::default(), server).await;
    let request = Client::new().post(toy.url("/graphql")).json(&json!({"query": "{wait}"}));
    let answer = tokio::spawn(request.send());
    eventually("the request began", || toy.levers.arrived.load(Ordering::SeqCst) == 1).await;
    let mut half = TcpStream::connect(toy.address).await.unwrap();
    half.write_all(b"POST /graphql HTTP/1.1\r\n").await.unwrap();
    let mut deaf = Socket::admitted(&toy).await;
    deaf.subscribe("f", "subscription {flood}").await;
    eventually("the flood began", || toy.levers.listening.load(Ordering::SeqCst) == 1).await;

    let begun = Instant::now();
    toy.shutdown.begin();
    toy.stopped().await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(answer.await.unwrap().is_err());
}

/// Who is still sending a body is told that it came too late.
#[tokio::test]
async fn half_a_body_is_answered_before_the_end() {
    let mut toy = Toy::start().await;
    let mut stream = TcpStream::connect(toy.address).await.unwrap();
    let head = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"{").await.unwrap();
    toy.shutdown.begin();
    let mut answer = String::new();
    tokio::time::timeout(DEADLINE, stream.read_to_string(&mut answer)).await.expect("an end").unwrap();
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("BODY_TIMEOUT"), "{answer}");
    toy.stopped().await;
}

/// An idle keep-alive connection and one that never spoke do not delay the stop.
#[tokio::test]
async fn idle_connections_do_not_delay_the_stop() {
    let mut toy = Toy::start().await;
    let client = Client::new();
    assert_eq!(client.get(toy.url("/healthz")).send().await.unwrap().status(), 200);
    let _spare = TcpStream::connect(toy.address).await.unwrap();
    let begun = Instant::now();
    toy.shutdown.begin();
    toy.stopped().await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}
