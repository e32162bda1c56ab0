//! Answers one after another over HTTP: what a stream does when its login, its client or the gateway ends, and who may open how many.

use std::sync::atomic::Ordering;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::toy::{DEADLINE, Toy, eventually, is_established, slowly};
use crate::support::poll;
use madoguchi::http::{AdmissionSettings, HttpSettings, ServerSettings, StreamSettings};

const EVENTS: &str = "text/event-stream";
const PARTS: &str = "multipart/mixed;subscriptionSpec=1.0, application/json";
const TOKEN: &str = "x-graphql-event-stream-token";

fn ask(toy: &Toy, accept: &str, token: &str, query: &str) -> RequestBuilder {
    let request = Client::new().post(toy.url("/graphql")).header(ACCEPT, accept);
    request.header(AUTHORIZATION, format!("Bearer {token}")).json(&json!({ "query": query }))
}

/// Reads on until the text is there.
async fn read_until(response: &mut Response, wanted: &str) -> String {
    let reading = async {
        let mut text = String::new();
        while !text.contains(wanted) {
            let chunk = response.chunk().await.unwrap().unwrap_or_else(|| panic!("no {wanted} in {text}"));
            text.push_str(&String::from_utf8_lossy(&chunk));
        }
        text
    };
    tokio::time::timeout(DEADLINE, reading).await.expect("in time")
}

/// The rest of a body, whether it ends or breaks off.
async fn rest(mut response: Response) -> String {
    let mut text = String::new();
    while let Ok(Some(chunk)) = tokio::time::timeout(DEADLINE, response.chunk()).await.expect("an end") {
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    text
}

async fn with(streams: StreamSettings) -> Toy {
    let settings = HttpSettings { streams, revalidate: Duration::from_millis(50), ..HttpSettings::default() };
    Toy::with(settings, ServerSettings::default()).await
}

/// The bytes of a whole stream in either format.
#[tokio::test]
async fn a_stream_is_written_as_its_protocol_says() {
    let toy = Toy::start().await;
    let events = ask(&toy, EVENTS, "good", "subscription {count(to: 2)}").send().await.unwrap();
    assert_eq!(events.headers()[CONTENT_TYPE], "text/event-stream; charset=utf-8");
    let expected = ":\n\nevent: next\ndata: {\"data\":{\"count\":1}}\n\nevent: next\ndata: {\"data\":{\"count\":2}}\n\n\
                    event: complete\ndata: \n\n";
    assert_eq!(events.text().await.unwrap(), expected);
    let parts = ask(&toy, PARTS, "good", "subscription {count(to: 2)}").send().await.unwrap();
    assert_eq!(parts.headers()[CONTENT_TYPE], "multipart/mixed; boundary=\"graphql\"; subscriptionSpec=\"1.0\"");
    let part = |n| {
        format!(
            "\r\ncontent-type: application/json; charset=utf-8\r\n\r\n{{\"payload\":{{\"data\":{{\"count\":{n}}}}}}}\r\n--graphql"
        )
    };
    assert_eq!(parts.text().await.unwrap(), format!("\r\n--graphql{}{}--\r\n", part(1), part(2)));
}

/// Who takes streams and single answers gets a query's answer at once; who takes streams alone gets a stream of one.
#[tokio::test]
async fn a_query_is_answered_at_once_where_that_is_accepted() {
    let toy = Toy::start().await;
    let either = "application/graphql-response+json, application/json, text/event-stream, multipart/mixed";
    for accept in [either, PARTS] {
        let answer = ask(&toy, accept, "good", "{hello}").send().await.unwrap();
        assert_eq!(answer.json::<Value>().await.unwrap(), json!({"data": {"hello": "world"}}), "{accept}");
    }
    let text = ask(&toy, EVENTS, "good", "{hello}").send().await.unwrap().text().await.unwrap();
    assert!(text.contains("event: next\ndata: {\"data\":{\"hello\":\"world\"}}"), "{text}");
    let text = ask(&toy, EVENTS, "good", "{nonsense}").send().await.unwrap().text().await.unwrap();
    assert!(text.contains("GRAPHQL_VALIDATION_FAILED") && text.contains("event: complete"), "{text}");
}

/// A login that ends takes its streams along, and they say so; one that lasts does not.
#[tokio::test]
async fn a_stream_ends_with_its_login() {
    let toy = with(StreamSettings::default()).await;
    let mut lasting = ask(&toy, EVENTS, "good", "subscription {stay}").send().await.unwrap();
    let mut events = ask(&toy, EVENTS, "revocable", "subscription {stay}").send().await.unwrap();
    let mut parts = ask(&toy, PARTS, "revocable", "subscription {stay}").send().await.unwrap();
    for stream in [&mut lasting, &mut events, &mut parts] {
        read_until(stream, "\"stay\":1").await;
    }
    toy.levers.is_revoked.store(true, Ordering::SeqCst);
    let (events, parts) = (rest(events).await, rest(parts).await);
    assert!(events.contains("UNAUTHENTICATED") && events.ends_with("event: complete\ndata: \n\n"), "{events}");
    assert!(parts.contains("{\"payload\":null,\"errors\":[{") && parts.contains("UNAUTHENTICATED"), "{parts}");
    eventually("one is left", || toy.levers.listening.load(Ordering::SeqCst) == 1).await;
}

/// Who is let in again is not ended by what is still held of before.
#[tokio::test]
async fn a_login_that_is_restored_begins_anew() {
    let toy = with(StreamSettings::default()).await;
    let unread = ask(&toy, EVENTS, "revocable", "subscription {flood}").send().await.unwrap();
    let read = ask(&toy, EVENTS, "revocable", "subscription {stay}").send().await.unwrap();
    toy.levers.is_revoked.store(true, Ordering::SeqCst);
    assert!(rest(read).await.contains("UNAUTHENTICATED"));
    toy.levers.is_revoked.store(false, Ordering::SeqCst);
    let again = ask(&toy, EVENTS, "revocable", "subscription {count(to: 2)}").send().await.unwrap();
    let again = rest(again).await;
    assert!(again.contains("\"count\":2") && !again.contains("UNAUTHENTICATED"), "{again}");
    drop(unread);
}

/// A stop ends streams without their end's mark, so that clients come again.
#[tokio::test]
async fn a_stop_breaks_streams_off() {
    let mut toy = Toy::start().await;
    for accept in [EVENTS, PARTS] {
        let mut stream = ask(&toy, accept, "good", "subscription {stay}").send().await.unwrap();
        read_until(&mut stream, "\"stay\":1").await;
        if accept == PARTS {
            toy.shutdown.begin();
            assert_eq!(rest(stream).await, "");
        }
    }
    toy.stopped().await;
    assert_eq!(toy.levers.listening.load(Ordering::SeqCst), 0);
}

/// In silence something is sent; a client that leaves ends its subscription.
#[tokio::test]
async fn a_heart_beats_until_the_client_leaves() {
    let toy = with(StreamSettings { heartbeat: Duration::from_millis(20), ..StreamSettings::default() }).await;
    let mut events = ask(&toy, EVENTS, "good", "subscription {stay}").send().await.unwrap();
    read_until(&mut events, "\n\n:\n\n:\n\n").await;
    let mut parts = ask(&toy, PARTS, "good", "subscription {stay}").send().await.unwrap();
    read_until(&mut parts, "\r\n\r\n{}\r\n--graphql").await;
    drop((events, parts));
    eventually("both have left", || toy.levers.listening.load(Ordering::SeqCst) == 0).await;
}

/// A client that does not take what it asked for loses its connection.
#[tokio::test]
async fn a_client_that_does_not_read_is_cut() {
    let server = ServerSettings { write_timeout: Duration::from_millis(200), ..ServerSettings::default() };
    let toy = Toy::with(HttpSettings::default(), server).await;
    let stream = ask(&toy, EVENTS, "good", "subscription {flood}").send().await.unwrap();
    eventually("the flood began", || toy.levers.listening.load(Ordering::SeqCst) == 1).await;
    eventually("the flood ended", || toy.levers.listening.load(Ordering::SeqCst) == 0).await;
    drop(stream);
}

/// A message that takes many times as long as a piece of it may arrives whole, though heartbeats wait behind it.
#[tokio::test]
async fn a_message_that_is_read_slowly_arrives() {
    let streams = StreamSettings { heartbeat: Duration::from_millis(20), ..StreamSettings::default() };
    let server = ServerSettings { write_timeout: Duration::from_secs(1), ..ServerSettings::default() };
    let mut toy = Toy::with(HttpSettings { streams, ..HttpSettings::default() }, server).await;
    toy.address = slowly(toy.address).await;
    let began = std::time::Instant::now();
    let text = rest(ask(&toy, EVENTS, "good", "{long}").send().await.unwrap()).await;
    assert!(text.len() > 4_500_000 && text.ends_with("event: complete\ndata: \n\n"), "{} bytes", text.len());
    assert!(began.elapsed() > Duration::from_secs(2), "no slow client");
}

/// A login that is over ends its stream, however much of it still waits to be read.
#[tokio::test]
async fn a_stream_that_is_not_read_ends_with_its_login() {
    let server = ServerSettings { write_timeout: Duration::from_secs(60), ..ServerSettings::default() };
    let settings = HttpSettings { revalidate: Duration::from_millis(50), ..HttpSettings::default() };
    let toy = Toy::with(settings, server).await;
    let stream = ask(&toy, EVENTS, "revocable", "subscription {flood}").send().await.unwrap();
    eventually("the flood began", || toy.levers.listening.load(Ordering::SeqCst) == 1).await;
    toy.levers.is_revoked.store(true, Ordering::SeqCst);
    eventually("the flood ended", || toy.levers.listening.load(Ordering::SeqCst) == 0).await;
    drop(stream);
}

/// A person has so many streams and no more; a closed one makes room.
#[tokio::test]
async fn streams_of_a_person_are_counted() {
    let toy = with(StreamSettings { max_streams_per_user: 1, ..StreamSettings::default() }).await;
    let mut first = ask(&toy, EVENTS, "good", "subscription {stay}").send().await.unwrap();
    read_until(&mut first, "\"stay\":1").await;
    let second = ask(&toy, EVENTS, "good", "subscription {stay}").send().await.unwrap();
    assert_eq!((second.status().as_u16(), second.headers().contains_key("retry-after")), (429, true));
    assert!(second.text().await.unwrap().contains("TOO_MANY_STREAMS"));
    drop(first);
    eventually("it has left", || toy.levers.listening.load(Ordering::SeqCst) == 0).await;
    let third = ask(&toy, EVENTS, "good", "subscription {count(to: 1)}").send().await.unwrap();
    assert_eq!(third.status(), 200);
}

fn shared(toy: &Toy, method: Method, query: &str, token: Option<&str>, bearer: &str) -> RequestBuilder {
    let request = Client::new().request(method, toy.url("/graphql/stream") + query);
    let request = if bearer.is_empty() { request } else { request.header(AUTHORIZATION, format!("Bearer {bearer}")) };
    token.into_iter().fold(request, |request, token| request.header(TOKEN, token))
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

/// A shared stream: reserved, opened once, two operations on it, one stopped, ids in use, and gone with its connection.
#[tokio::test]
async fn operations_share_a_stream() {
    let toy = Toy::start().await;
    let reserved = shared(&toy, Method::PUT, "", None, "good").send().await.unwrap();
    assert_eq!(reserved.status(), 201);
    let token = reserved.text().await.unwrap();
    let begin = |id: &str, query: &str| {
        let body = json!({ "query": query, "extensions": { "operationId": id } });
        shared(&toy, Method::POST, "", Some(&token), "good").json(&body)
    };
    assert_eq!(status(begin("a", "subscription {stay}")).await, 202);
    // A browser's EventSource shows the token and nothing else.
    let open = || shared(&toy, Method::GET, &format!("?token={token}"), None, "").header(ACCEPT, EVENTS);
    let mut stream = open().send().await.unwrap();
    assert_eq!(status(open()).await, 409);
    // The token in an address opens a stream and begins nothing.
    let query = format!("?token={token}&query={{hello}}&extensions={{\"operationId\":\"x\"}}");
    assert_eq!(status(shared(&toy, Method::GET, &query, None, "")).await, 404);
    assert_eq!(status(begin("x", "{hello}").header(ACCEPT, "text/html")).await, 406);
    assert_eq!(status(begin("", "{hello}").header(ACCEPT, EVENTS)).await, 400);
    // A token is a token, whatever else a client asks for in every request.
    assert_eq!(status(shared(&toy, Method::PUT, "", None, "good").header(ACCEPT, "application/json")).await, 201);
    read_until(&mut stream, "event: next\ndata: {\"id\":\"a\",\"payload\":{\"data\":{\"stay\":1}}}\n\n").await;
    assert_eq!(status(begin("a", "{hello}")).await, 409);
    assert_eq!(status(begin("", "{hello}")).await, 400);
    assert_eq!(status(begin("b", "{nonsense}")).await, 400);
    assert_eq!(status(begin("b", "mutation {touch}")).await, 202);
    read_until(&mut stream, "event: complete\ndata: {\"id\":\"b\"}\n\n").await;
    assert_eq!(status(shared(&toy, Method::DELETE, "?operationId=a", Some(&token), "good")).await, 200);
    eventually("it was stopped", || toy.levers.listening.load(Ordering::SeqCst) == 0).await;
    assert_eq!(status(begin("a", "subscription {stay}")).await, 202);
    read_until(&mut stream, "\"stay\":1").await;
    drop(stream);
    eventually("it ended with its stream", || toy.levers.listening.load(Ordering::SeqCst) == 0).await;
    assert_eq!(status(begin("c", "{hello}")).await, 404);
}

/// Nothing follows a stop: of an operation that was stopped, what waited is not told either, so that its id may serve the next one.
#[tokio::test]
async fn nothing_follows_a_stop() {
    let toy = Toy::start().await;
    let token = shared(&toy, Method::PUT, "", None, "good").send().await.unwrap().text().await.unwrap();
    let begin = |id: &str, query: &str| {
        let body = json!({ "query": query, "extensions": { "operationId": id } });
        shared(&toy, Method::POST, "", Some(&token), "good").json(&body)
    };
    let stop = |id: &str| status(shared(&toy, Method::DELETE, &format!("?operationId={id}"), Some(&token), "good"));
    assert_eq!(status(begin("runs", "subscription {stay}")).await, 202);
    eventually("it runs", || toy.levers.listening.load(Ordering::SeqCst) == 1).await;
    assert_eq!(stop("runs").await, 200);
    assert_eq!(status(begin("ended", "mutation {touch}")).await, 202);
    eventually("it was done", || toy.levers.touched.load(Ordering::SeqCst) == 1).await;
    assert_eq!(stop("ended").await, 200);
    for id in ["runs", "ended"] {
        assert_eq!(status(begin(id, "{whoami}")).await, 202);
    }
    let mut stream = shared(&toy, Method::GET, "", Some(&token), "good").header(ACCEPT, EVENTS).send().await.unwrap();
    let mut told = String::new();
    while told.matches("event: complete").count() < 2 {
        told.push_str(&read_until(&mut stream, "\n\n").await);
    }
    assert_eq!(told.matches("whoami").count(), 2, "{told}");
    assert!(!told.contains("stay") && !told.contains("touch"), "{told}");
}

/// What was being sent when its stream ended begins nothing: nobody would read it, and nothing would end it.
#[tokio::test]
async fn nothing_begins_on_a_stream_that_is_over() {
    let toy = Toy::start().await;
    let token = shared(&toy, Method::PUT, "", None, "good").send().await.unwrap().text().await.unwrap();
    let body = json!({ "query": "subscription {stay}", "extensions": { "operationId": "a" } }).to_string();
    let head = format!(
        "POST /graphql/stream HTTP/1.1\r\nhost: a\r\nauthorization: Bearer good\r\n{TOKEN}: {token}\r\nexpect: 100-continue\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let mut line = TcpStream::connect(toy.url("").trim_start_matches("http://")).await.unwrap();
    line.write_all(head.as_bytes()).await.unwrap();
    // It knows the stream when it asks for the body.
    let mut asked = [0; 25];
    line.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    drop(shared(&toy, Method::GET, "", Some(&token), "good").header(ACCEPT, EVENTS).send().await.unwrap());
    let delete = || status(shared(&toy, Method::DELETE, "?operationId=b", Some(&token), "good"));
    poll(|| async { (delete().await == 404).then_some(()) }).await;
    line.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("STREAM_NOT_FOUND"), "{answer}");
    assert_eq!(toy.levers.listening.load(Ordering::SeqCst), 0);
}

/// What runs on a shared stream is told that the login is over, as it is on a stream of its own.
#[tokio::test]
async fn a_shared_stream_ends_with_its_login() {
    let settings = HttpSettings { revalidate: Duration::from_millis(50), ..HttpSettings::default() };
    let toy = Toy::with(settings, ServerSettings::default()).await;
    let token = shared(&toy, Method::PUT, "", None, "revocable").send().await.unwrap().text().await.unwrap();
    let body = json!({ "query": "subscription {stay}", "extensions": { "operationId": "a" } });
    assert_eq!(status(shared(&toy, Method::POST, "", Some(&token), "revocable").json(&body)).await, 202);
    let mut stream =
        shared(&toy, Method::GET, "", Some(&token), "revocable").header(ACCEPT, EVENTS).send().await.unwrap();
    read_until(&mut stream, "\"stay\":1").await;
    toy.levers.is_revoked.store(true, Ordering::SeqCst);
    let rest = rest(stream).await;
    assert!(rest.contains("\"id\":\"a\"") && rest.contains("UNAUTHENTICATED"), "{rest}");
    assert!(rest.ends_with("event: complete\ndata: {\"id\":\"a\"}\n\n"), "{rest}");
    assert_eq!(toy.levers.listening.load(Ordering::SeqCst), 0);
}

/// So does one of which little waits and nothing runs any more, while its client takes nothing of that.
#[tokio::test]
async fn a_shared_stream_that_is_not_read_ends_with_its_login() {
    let server = ServerSettings { write_timeout: Duration::from_secs(60), ..ServerSettings::default() };
    let settings = HttpSettings { revalidate: Duration::from_millis(50), ..HttpSettings::default() };
    let toy = Toy::with(settings, server).await;
    let token = shared(&toy, Method::PUT, "", None, "revocable").send().await.unwrap().text().await.unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let mut reader = socket.connect(toy.address).await.unwrap();
    let head = format!("GET /graphql/stream?token={token} HTTP/1.1\r\nHost: a\r\nAccept: {EVENTS}\r\n\r\n");
    reader.write_all(head.as_bytes()).await.unwrap();
    reader.read_exact(&mut [0; 15]).await.unwrap();
    let body = json!({ "query": "{long}", "extensions": { "operationId": "a" } });
    assert_eq!(status(shared(&toy, Method::POST, "", Some(&token), "revocable").json(&body)).await, 202);
    toy.levers.is_revoked.store(true, Ordering::SeqCst);
    let ours = reader.local_addr().unwrap();
    eventually("the connection ends", || !is_established(toy.address, ours)).await;
}

/// On a connection that others use as well, the stream alone ends: a proxy may carry everybody on one.
#[tokio::test]
async fn a_login_that_ends_leaves_others_their_connection() {
    let server = ServerSettings { write_timeout: Duration::from_secs(60), ..ServerSettings::default() };
    let settings = HttpSettings { revalidate: Duration::from_millis(50), ..HttpSettings::default() };
    let toy = Toy::with(settings, server).await;
    let proxy = Client::builder().http2_prior_knowledge().http2_initial_stream_window_size(65_535).build().unwrap();
    let ask = |who: &str, query: &str| {
        let request =
            proxy.post(toy.url("/graphql")).header(ACCEPT, EVENTS).header(AUTHORIZATION, format!("Bearer {who}"));
        request.json(&json!({ "query": query }))
    };
    let mut other = ask("good", "subscription {stay}").send().await.unwrap();
    read_until(&mut other, "\"stay\":1").await;
    let shared = |method: Method, token: &str| {
        let request = proxy.request(method, toy.url("/graphql/stream")).header(ACCEPT, EVENTS);
        request.header(TOKEN, token).header(AUTHORIZATION, "Bearer revocable")
    };
    let token = shared(Method::PUT, "").send().await.unwrap().text().await.unwrap();
    let mut slow = shared(Method::GET, &token).send().await.unwrap();
    let body = json!({ "query": "{long}", "extensions": { "operationId": "a" } });
    assert_eq!(status(shared(Method::POST, &token).json(&body)).await, 202);
    slow.chunk().await.unwrap().expect("a beginning");
    toy.levers.is_revoked.store(true, Ordering::SeqCst);
    let mut taken = 0;
    let end = loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        match slow.chunk().await {
            Ok(Some(piece)) => taken += piece.len(),
            end => break end,
        }
    };
    assert!(end.is_err() && taken < 1_000_000, "{end:?} after {taken}");
    assert_eq!(ask("good", "{hello}").send().await.unwrap().status(), 200);
    let more = tokio::time::timeout(Duration::from_millis(200), other.chunk()).await;
    assert!(more.is_err() && toy.levers.listening.load(Ordering::SeqCst) == 1, "{more:?}");
}

/// A token is its owner's alone, a stranger reserves nothing, and a reservation that nobody opens is forgotten.
#[tokio::test]
async fn a_reserved_stream_is_its_owners() {
    let toy = with(StreamSettings { reservation: Duration::from_millis(300), ..StreamSettings::default() }).await;
    assert_eq!(status(shared(&toy, Method::PUT, "", None, "")).await, 401);
    let token = shared(&toy, Method::PUT, "", None, "good").send().await.unwrap().text().await.unwrap();
    let begin = |bearer| {
        let body = json!({ "query": "{hello}", "extensions": { "operationId": "a" } });
        shared(&toy, Method::POST, "", Some(&token), bearer).json(&body)
    };
    assert_eq!((status(begin("revocable")).await, status(begin("")).await), (404, 404));
    assert_eq!(status(begin("good")).await, 202);
    let forgotten = async { while status(begin("good")).await != 404 {} };
    tokio::time::timeout(DEADLINE, forgotten).await.expect("it is forgotten");
    assert_eq!(status(shared(&toy, Method::DELETE, "?operationId=a", None, "good")).await, 404);
}

/// Each event is paid for: what the budget does not hold yet is told when it does.
#[tokio::test]
async fn events_come_as_they_are_paid() {
    let settings = HttpSettings { cost_per_minute: 60, ..HttpSettings::default() };
    let toy = Toy::with(settings, ServerSettings::default()).await;
    // The beginning costs 11, and each event after the first 1.
    let mut stream = ask(&toy, EVENTS, "good", "subscription {count(to: 200)}").send().await.unwrap();
    read_until(&mut stream, "\"count\":45}").await;
    let all = tokio::time::timeout(Duration::from_millis(500), read_until(&mut stream, "\"count\":60}")).await;
    assert!(all.is_err(), "{all:?}");
    assert_eq!(ask(&toy, "application/json", "good", "{hello}").send().await.unwrap().status(), 429);
}

/// Who reserves again and again gets the place of what was never opened, and no more places than there are.
#[tokio::test]
async fn a_forgotten_reservation_holds_no_place() {
    let settings = HttpSettings {
        streams: StreamSettings { max_streams_per_user: 2, ..StreamSettings::default() },
        ..HttpSettings::default()
    };
    let toy = Toy::with(settings, ServerSettings::default()).await;
    let reserve = async || shared(&toy, Method::PUT, "", None, "good").send().await.unwrap();
    let open = async |token: &str| {
        let stream = shared(&toy, Method::GET, "", Some(token), "good").header(ACCEPT, EVENTS).send().await.unwrap();
        assert_eq!(stream.status(), 200);
        stream
    };
    let mut tokens = Vec::new();
    for _ in 0..5 {
        let reserved = reserve().await;
        assert_eq!(reserved.status(), 201);
        tokens.push(reserved.text().await.unwrap());
    }
    assert_eq!(status(shared(&toy, Method::GET, "", Some(&tokens[2]), "good").header(ACCEPT, EVENTS)).await, 404);
    let _streams = [open(&tokens[3]).await, open(&tokens[4]).await];
    assert_eq!(reserve().await.status(), 429);
}

/// An operation whose client hangs up before it has begun leaves its id and its place on the stream to the next one.
#[tokio::test]
async fn who_hangs_up_begins_nothing() {
    let admission = AdmissionSettings { at_once: 1, waiting: 1, patience: DEADLINE };
    let streams = StreamSettings { max_operations: 1, ..StreamSettings::default() };
    let settings = HttpSettings { admission, streams, ..HttpSettings::default() };
    let toy = Toy::with(settings, ServerSettings::default()).await;
    let token = shared(&toy, Method::PUT, "", None, "good").send().await.unwrap().text().await.unwrap();
    let begin = || {
        let body = json!({ "query": "{hello}", "extensions": { "operationId": "a" } });
        shared(&toy, Method::POST, "", Some(&token), "good").json(&body).send()
    };
    let holding = tokio::spawn(ask(&toy, "application/json", "good", "{wait}").send());
    eventually("the place is taken", || toy.levers.arrived.load(Ordering::SeqCst) == 1).await;
    // Waits for a place, and hangs up.
    assert!(tokio::time::timeout(Duration::from_millis(200), begin()).await.is_err());
    toy.levers.open_gate();
    assert_eq!(holding.await.unwrap().unwrap().status(), 200);
    let begun = crate::support::eventually("the id is free", || async {
        Some(begin().await.unwrap().status()).filter(|status| *status != 409)
    });
    assert_eq!(begun.await, 202);
}

/// Pages of an allowed origin may send what clients send, with the cookie; others are told nothing.
#[tokio::test]
async fn browsers_are_told_which_origins_may_ask() {
    let settings = HttpSettings { allowed_origins: vec!["https://portal.jp".into()], ..HttpSettings::default() };
    let toy = Toy::with(settings, ServerSettings::default()).await;
    for (origin, expected) in [("https://portal.jp", Some("https://portal.jp")), ("https://evil.example", None)] {
        let request = Client::new().request(Method::OPTIONS, toy.url("/graphql")).header("origin", origin);
        let asked = "content-type,authorization,idempotency-key,apollo-require-preflight,traceparent,sentry-trace";
        let request = request.header("access-control-request-headers", asked);
        let response = request.header("access-control-request-method", "POST").send().await.unwrap();
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("access-control-allow-origin"), expected);
        assert!(
            header("access-control-allow-headers").is_some_and(|allowed| asked.split(',').all(|a| allowed.contains(a)))
        );
    }
}

/// A long answer comes packed to who takes it, and plain to who does not; a stream never does.
#[tokio::test]
async fn long_answers_are_compressed() {
    let toy = Toy::start().await;
    let long = format!("{{echo(text: \"{}\")}}", "窓口".repeat(2000));
    let encoding = async |query: &str, accept: &str, coding: &str| {
        let request = ask(&toy, accept, "good", query).header("accept-encoding", coding);
        let response = request.send().await.unwrap();
        let encoding = response.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned());
        (encoding, response.bytes().await.unwrap().len())
    };
    let (coding, length) = encoding(&long, "application/json", "gzip").await;
    assert!(coding.as_deref() == Some("gzip") && length < 1000, "{coding:?} {length}");
    for (query, accept, coding) in
        [(&*long, "application/json", "identity"), ("{hello}", "application/json", "gzip"), (&long, EVENTS, "gzip")]
    {
        assert_eq!(encoding(query, accept, coding).await.0, None, "{accept} {coding}");
    }
}
