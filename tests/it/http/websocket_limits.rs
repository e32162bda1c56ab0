//! What one socket and one person may take, and how long a socket outlives its session.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::socket::Socket;
use super::toy::{Toy, eventually, is_established, slowly};
use madoguchi::http::{HttpSettings, ServerSettings, WebSocketSettings};

async fn toy(websocket: WebSocketSettings) -> Toy {
    Toy::with(HttpSettings { websocket, ..HttpSettings::default() }, ServerSettings::default()).await
}

/// One that is reached by a slow way, and waits a second for each piece of what it sends.
async fn toy_far_away() -> Toy {
    let mut toy =
        toy(WebSocketSettings { write_timeout: Duration::from_secs(1), ..WebSocketSettings::default() }).await;
    toy.address = slowly(toy.address).await;
    toy
}

/// One subscription above the limit is refused under its id, the others live on, and a place becomes free again.
#[tokio::test]
async fn a_socket_runs_a_bounded_number_of_operations() {
    let toy = toy(WebSocketSettings { max_subscriptions: 2, ..WebSocketSettings::default() }).await;
    let mut socket = Socket::admitted(&toy).await;
    for id in ["a", "b"] {
        socket.subscribe(id, "subscription {stay}").await;
        assert_eq!(socket.receive().await["type"], "next");
    }
    socket.subscribe("c", "subscription {stay}").await;
    let refused = socket.receive().await;
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("c")));
    assert_eq!(refused["payload"][0]["extensions"]["code"], "TOO_MANY_SUBSCRIPTIONS", "{refused}");
    socket.send(json!({"id": "a", "type": "complete"})).await;
    socket.subscribe("c", "subscription {stay}").await;
    assert_eq!(socket.receive().await["type"], "next");
}

/// A person's sockets are bounded, strangers' are not counted as one person's, and a closed one makes room.
#[tokio::test]
async fn a_person_holds_a_bounded_number_of_sockets() {
    let toy = toy(WebSocketSettings { max_sockets_per_user: 2, ..WebSocketSettings::default() }).await;
    let mut sockets = Vec::new();
    for _ in 0..2 {
        let mut socket = Socket::connect(&toy).await;
        socket.init(json!({"token": "good"})).await;
        sockets.push(socket);
    }
    let mut third = Socket::connect(&toy).await;
    third.send(json!({"type": "connection_init", "payload": {"token": "good"}})).await;
    assert_eq!(third.closed().await.0, 1013);
    drop(Socket::admitted(&toy).await);
    sockets.pop().unwrap().0.close(None).await.unwrap();
    let deadline = tokio::time::Instant::now() + super::toy::DEADLINE;
    loop {
        let mut next = Socket::connect(&toy).await;
        next.send(json!({"type": "connection_init", "payload": {"token": "good"}})).await;
        if next.is_admitted().await {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "no seat became free");
    }
}

/// 1009: a message above the limit, however far above.
#[tokio::test]
async fn a_large_message_closes_with_1009() {
    let toy = Toy::start().await;
    let wrap = |length: usize| json!({"type": "ping", "payload": {"a": "x".repeat(length)}}).to_string();
    let mut socket = Socket::admitted(&toy).await;
    socket.send_text(&wrap(60 * 1024)).await;
    assert_eq!(socket.receive().await["type"], "pong");
    socket.send_text(&wrap(64 * 1024)).await;
    assert_eq!(socket.closed().await.0, 1009);
    let mut socket = Socket::admitted(&toy).await;
    socket.send_text(&wrap(20_000_000)).await;
    assert_eq!(socket.closed().await.0, 1009);
}

/// A client that answers pings stays, although it says nothing else; one that does not read is let go.
#[tokio::test]
async fn silence_after_a_ping_ends_the_socket() {
    let limits = WebSocketSettings {
        ping_interval: Duration::from_millis(50),
        pong_timeout: Duration::from_millis(200),
        ..WebSocketSettings::default()
    };
    let toy = toy(limits).await;
    let mut lively = Socket::admitted(&toy).await;
    let mut dead = Socket::admitted(&toy).await;
    for socket in [&mut lively, &mut dead] {
        socket.subscribe("s", "subscription {stay}").await;
        assert_eq!(socket.receive().await["type"], "next");
    }
    // Reading answers pings; `dead` is not read from, so that its pongs never leave.
    let reading = tokio::spawn(async move {
        lively.silent(Duration::from_secs(1)).await;
        lively
    });
    eventually("the dead one is let go", || toy.levers.listening.load(Ordering::SeqCst) == 1).await;
    let mut lively = reading.await.unwrap();
    lively.subscribe("q", "{hello}").await;
    assert_eq!(lively.receive().await["type"], "next");
    dead.dropped().await;
}

/// A message that comes slowly and steadily is a sign of life before it is there: no pong can stand in its frame. A few bytes now and then are none.
#[tokio::test]
async fn a_message_that_comes_slowly_arrives() {
    let limits = WebSocketSettings {
        ping_interval: Duration::from_millis(50),
        pong_timeout: Duration::from_millis(200),
        ..WebSocketSettings::default()
    };
    let toy = toy(limits).await;
    let message = json!({"type": "ping", "payload": {"a": "x".repeat(60_000)}}).to_string();
    let length = u16::try_from(message.len()).unwrap().to_be_bytes();
    // A frame of text, masked with zeros (RFC 6455, section 5.2).
    let frame = [&[0x81, 0xFE, length[0], length[1], 0, 0, 0, 0], message.as_bytes()].concat();
    for (piece, arrives) in [(4_096, true), (64, false)] {
        let mut socket = Socket::admitted(&toy).await;
        let writing = async {
            for piece in frame.chunks(piece) {
                socket.0.get_mut().write_all(piece).await?;
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
            Ok::<_, std::io::Error>(())
        };
        assert_eq!(writing.await.is_ok(), arrives, "{piece} bytes at a time");
        if arrives {
            assert_eq!(socket.receive().await["type"], "pong");
        }
    }
}

/// A client that does not take what it is sent is let go after the write time-out, and its subscription ends.
#[tokio::test]
async fn a_client_that_does_not_read_is_let_go() {
    let limits = WebSocketSettings { write_timeout: Duration::from_millis(200), ..WebSocketSettings::default() };
    let toy = toy(limits).await;
    let mut socket = Socket::admitted(&toy).await;
    socket.subscribe("f", "subscription {flood}").await;
    eventually("the flood began", || toy.levers.listening.load(Ordering::SeqCst) == 1).await;
    eventually("the flood ended", || toy.levers.listening.load(Ordering::SeqCst) == 0).await;
}

/// A client that takes its answers slowly and steadily gets them all, though together they take longer than one write may.
#[tokio::test]
async fn a_client_that_reads_steadily_stays() {
    let toy = toy_far_away().await;
    let mut socket = Socket::admitted(&toy).await;
    let began = std::time::Instant::now();
    // 720 kB each.
    let fields: String = (0..12).map(|number| format!("field{number}: echo(text: $text) ")).collect();
    let query = format!("query ($text: String!) {{ {fields} }}");
    for id in ["1", "2", "3", "4"] {
        let payload = json!({"query": query, "variables": {"text": "x".repeat(60_000)}});
        socket.send(json!({"id": id, "type": "subscribe", "payload": payload})).await;
    }
    for _ in 0..8 {
        assert!(matches!(socket.receive().await["type"].as_str(), Some("next" | "complete")));
    }
    assert!(began.elapsed() > Duration::from_secs(2), "no slow client");
}

/// An answer that takes many times as long as a piece of it may arrives whole, though more waits behind it.
#[tokio::test]
async fn an_answer_that_is_read_slowly_arrives() {
    let toy = toy_far_away().await;
    let mut socket = Socket::admitted(&toy).await;
    let began = std::time::Instant::now();
    socket.subscribe("long", "{long}").await;
    socket.subscribe("short", "{hello}").await;
    let mut heard = Vec::new();
    for _ in 0..4 {
        let message = socket.receive().await;
        heard.push(format!("{} {}", message["id"].as_str().unwrap(), message["type"].as_str().unwrap()));
    }
    heard.sort();
    assert_eq!(heard, ["long complete", "long next", "short complete", "short next"]);
    assert!(began.elapsed() > Duration::from_secs(2), "no slow client");
}

/// A client that reads slowly, and says something meanwhile, hears of the end of each of its operations.
#[tokio::test]
async fn no_last_message_is_lost_on_the_way_to_a_slow_reader() {
    let toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    let queries = ["{long}"].repeat(12).into_iter().chain(["{burst}"; 4]);
    let mut running = 0;
    for query in queries {
        running += 1;
        socket.subscribe(&running.to_string(), query).await;
    }
    while running > 0 {
        socket.send(json!({"type": "pong"})).await;
        running -= usize::from(matches!(socket.receive().await["type"].as_str(), Some("complete" | "error")));
    }
}

/// A flood to a client that reads holds up neither its other operations nor its pings.
#[tokio::test]
async fn a_flood_leaves_room_for_others() {
    let toy = Toy::start().await;
    let mut socket = Socket::admitted(&toy).await;
    socket.subscribe("f", "subscription {flood}").await;
    socket.subscribe("q", "{hello}").await;
    let answered = async { while socket.receive().await["id"] != "q" {} };
    tokio::time::timeout(super::toy::DEADLINE, answered).await.expect("the query starves");
}

/// 4403 when the session ends while the socket is open, but not while sessions cannot be looked up.
#[tokio::test]
async fn a_socket_ends_with_its_session() {
    let settings = HttpSettings { revalidate: Duration::from_millis(50), ..HttpSettings::default() };
    let toy = Toy::with(settings, ServerSettings::default()).await;
    let mut socket = Socket::connect(&toy).await;
    socket.init(json!({"token": "revocable"})).await;
    toy.levers.is_down.store(true, Ordering::SeqCst);
    socket.silent(Duration::from_millis(200)).await;
    toy.levers.is_down.store(false, Ordering::SeqCst);
    toy.levers.is_revoked.store(true, Ordering::SeqCst);
    assert_eq!(socket.closed().await, (4403, "Forbidden".into()));
}

/// A session that ends takes along the socket of a client who reads nothing, however long a write may take.
#[tokio::test]
async fn a_socket_that_is_not_read_ends_with_its_session() {
    let websocket = WebSocketSettings { write_timeout: Duration::from_secs(60), ..WebSocketSettings::default() };
    let settings = HttpSettings { revalidate: Duration::from_millis(50), websocket, ..HttpSettings::default() };
    let toy = Toy::with(settings, ServerSettings::default()).await;
    let mut socket = Socket::connect(&toy).await;
    socket.init(json!({"token": "revocable"})).await;
    socket.subscribe("s", "subscription {stay}").await;
    eventually("it listens", || toy.levers.listening.load(Ordering::SeqCst) == 1).await;
    // Each is answered with its payload, which nobody reads, until nothing goes in either direction.
    let ping = json!({"type": "ping", "payload": {"filling": "x".repeat(60_000)}});
    while tokio::time::timeout(Duration::from_millis(500), socket.send(ping.clone())).await.is_ok() {}
    toy.levers.is_revoked.store(true, Ordering::SeqCst);
    eventually("it listens no more", || toy.levers.listening.load(Ordering::SeqCst) == 0).await;
    eventually("the connection ends", || !is_established(toy.address, socket.address())).await;
}

/// Who never says who it is, and reads nothing, is gone soon after its time: 4408 is not waited for.
#[tokio::test]
async fn who_says_nothing_and_reads_nothing_is_let_go() {
    let websocket = WebSocketSettings {
        init_timeout: Duration::from_secs(1),
        write_timeout: Duration::from_secs(60),
        ..WebSocketSettings::default()
    };
    let toy = toy(websocket).await;
    let mut socket = Socket::connect(&toy).await;
    let ping = json!({"type": "ping", "payload": {"filling": "x".repeat(60_000)}});
    while tokio::time::timeout(Duration::from_millis(200), socket.send(ping.clone())).await.is_ok() {}
    eventually("the connection ends", || !is_established(toy.address, socket.address())).await;
}

/// Pings of the WebSocket layer are read no faster than their pongs are taken: nobody's memory holds those of a client who takes nothing.
#[tokio::test]
async fn a_flood_of_pings_is_not_swallowed() {
    const MOST: usize = 64 * 1024 * 1024;
    let toy = toy(WebSocketSettings { write_timeout: Duration::from_secs(60), ..WebSocketSettings::default() }).await;
    let mut socket = Socket::admitted(&toy).await;
    // FIN and ping, masked with zeros, 125 bytes.
    let ping = [&[0x89, 0x80 | 125, 0, 0, 0, 0][..], &[b'x'; 125]].concat();
    let pings = ping.repeat(1000);
    let mut sent = 0;
    while sent < MOST {
        match tokio::time::timeout(Duration::from_secs(2), socket.0.get_mut().write_all(&pings)).await {
            Ok(written) => written.unwrap(),
            Err(_) => return,
        }
        sent += pings.len();
    }
    panic!("all of it was read");
}
