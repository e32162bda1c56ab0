//! Clients that keep the gateway waiting: each is let go in time.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use super::toy::{DEADLINE, Toy};
use crate::support::node::node;
use madoguchi::http::{HttpSettings, ServerSettings};

/// Sends bytes and reads to the end of the connection.
pub async fn converse(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // A connection that is reset instead of closed is over as well.
    let _ = timeout(DEADLINE, stream.read_to_end(&mut answer)).await.expect("the connection stays open");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Posts a body in one chunk, without announcing its length.
pub async fn chunked_post(address: SocketAddr, body: &str) -> String {
    let head = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close";
    converse(address, format!("{head}\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).as_bytes()).await
}

async fn impatient() -> Toy {
    let settings = HttpSettings { body_timeout: Duration::from_millis(200), ..HttpSettings::default() };
    let brief = Duration::from_millis(200);
    let server = ServerSettings { header_timeout: brief, idle_timeout: brief, ..ServerSettings::default() };
    Toy::with(settings, server).await
}

/// Nothing, half a head, and half an HTTP/2 preface: none holds a connection beyond the header time-out.
#[tokio::test]
async fn a_head_that_does_not_come_ends_the_connection() {
    let toy = impatient().await;
    for beginning in
        ["", "POST /graphql HTTP/1.1\r\nHost: a\r\n", "PRI * HTTP/2.0\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
    {
        let answer = converse(toy.address, beginning.as_bytes()).await;
        assert!(!answer.contains(" 200 "), "{beginning:?}: {answer}");
    }
}

/// A connection that has been served may idle for its time, and no longer.
#[tokio::test]
async fn an_idle_connection_is_closed() {
    let toy = impatient().await;
    let answer = converse(toy.address, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Whoever keeps a connection asks again after longer than a first head may take, in pieces too; where few connections are left, nobody may.
#[tokio::test]
async fn a_connection_waits_for_its_next_request() {
    for (max_connections, is_served) in [(1000, true), (1, false)] {
        let header_timeout = Duration::from_millis(200);
        let server = ServerSettings { header_timeout, max_connections, ..ServerSettings::default() };
        let toy = Toy::with(HttpSettings::default(), server).await;
        let mut stream = TcpStream::connect(toy.address).await.unwrap();
        let ask: &[&[u8]] = &[b"GET /healthz HTTP/1.1\r\n", b"Host: a\r\n\r\n"];
        stream.write_all(&ask.concat()).await.unwrap();
        let mut answer = vec![0; 16];
        stream.read_exact(&mut answer).await.unwrap();
        for piece in ask {
            tokio::time::sleep(header_timeout * 2).await;
            // Who has been let go may hear of it now or at the next look.
            drop(stream.write_all(piece).await);
        }
        let head = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        drop(stream.write_all(head.as_bytes()).await);
        let mut rest = Vec::new();
        drop(timeout(DEADLINE, stream.read_to_end(&mut rest)).await.expect("the connection stays open"));
        let answers = String::from_utf8_lossy(&rest).matches("HTTP/1.1 200").count();
        assert_eq!(answers, if is_served { 2 } else { 0 });
    }
}

/// Half a body is answered with 408.
#[tokio::test]
async fn a_body_that_does_not_come_is_408() {
    let toy = impatient().await;
    let head = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    let answer = converse(toy.address, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("BODY_TIMEOUT"), "{answer}");
}

/// Beyond the cap a connection waits, and is served once another has gone; sockets count as connections.
#[tokio::test]
async fn connections_are_capped_sockets_included() {
    let server = ServerSettings { max_connections: 1, ..ServerSettings::default() };
    let toy = Toy::with(HttpSettings::default(), server).await;
    let mut socket = super::socket::Socket::admitted(&toy).await;
    let mut waiting = TcpStream::connect(toy.address).await.unwrap();
    waiting.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    assert!(timeout(Duration::from_millis(200), waiting.read_exact(&mut answer)).await.is_err(), "not capped");
    socket.0.close(None).await.unwrap();
    timeout(DEADLINE, waiting.read_exact(&mut answer)).await.expect("never served").unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}

const LONG: &[u8] = b"GET /graphql?query={long} HTTP/1.1\r\nHost: a\r\n\r\n";

/// Who asks and takes nothing of the answers loses the connection, and its place with it.
#[tokio::test]
async fn who_takes_nothing_is_cut() {
    let write_timeout = Duration::from_millis(200);
    let server = ServerSettings { max_connections: 1, write_timeout, ..ServerSettings::default() };
    let toy = Toy::with(HttpSettings::default(), server).await;
    let mut deaf = TcpStream::connect(toy.address).await.unwrap();
    let asking = tokio::spawn(async move {
        while deaf.write_all(LONG).await.is_ok() {}
        deaf
    });
    let answer = converse(toy.address, b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    timeout(DEADLINE, asking).await.expect("cut").unwrap();
}

/// Asks for a long answer and takes this much of it a hundred times a second; gives how much there was.
async fn sipping(address: SocketAddr, sip: usize) -> usize {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(32 * 1024).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    stream.write_all(LONG).await.unwrap();
    let (mut sip, mut taken) = (vec![0; sip], 0);
    while let Ok(count @ 1..) = stream.read(&mut sip).await {
        taken += count;
        sleep(Duration::from_millis(10)).await;
    }
    taken
}

/// Who takes an answer in sips is never silent, and still loses the connection, and its place with it.
#[tokio::test]
async fn who_takes_too_slowly_is_cut() {
    let write_timeout = Duration::from_millis(400);
    let server = ServerSettings { max_connections: 1, write_timeout, ..ServerSettings::default() };
    let toy = Toy::with(HttpSettings::default(), server).await;
    let next = converse(toy.address, b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let answer = tokio::select! {
        biased;
        // What the kernel had taken of the answer is still there after the end, for minutes of it.
        _ = sipping(toy.address, 256) => panic!("came to its end"),
        answer = next => answer,
    };
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Who takes it slowly and steadily gets all of it, though what the kernel would take by itself outlasts the patience for a piece.
#[tokio::test]
async fn who_takes_steadily_gets_all() {
    let (write_timeout, idle_timeout) = (Duration::from_millis(1_500), Duration::from_secs(1));
    let server = ServerSettings { write_timeout, idle_timeout, ..ServerSettings::default() };
    let toy = Toy::with(HttpSettings::default(), server).await;
    let taken = timeout(Duration::from_secs(60), sipping(toy.address, 4 * 1024)).await.expect("an end");
    assert!(taken > 4_500_000, "only {taken}");
}

/// The same over HTTP/2, whose clients say themselves how much they will take and answer pings meanwhile; who takes large answers whole
/// gets them whole, wherever its window ends.
#[tokio::test]
async fn who_opens_no_window_is_cut() {
    let server = ServerSettings { write_timeout: Duration::from_millis(500), ..ServerSettings::default() };
    let toy = Toy::with(HttpSettings::default(), server).await;
    let printed = node("http2-unread.mjs", &[&toy.url("")]).await;
    let expected = ["taken whole: 6 of 6", "100 not taken: 200", "cut", "100000 not taken: 200", "cut"];
    assert_eq!(printed.trim().lines().collect::<Vec<_>>(), expected);
}
