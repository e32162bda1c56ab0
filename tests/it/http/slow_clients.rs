//! Clients that keep the gateway waiting: each is let go in time.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::toy::{DEADLINE, Toy};
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
    let server = ServerSettings { header_timeout: Duration::from_millis(200), ..ServerSettings::default() };
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

/// A connection that has been served may idle as long as a head may take, and no longer.
#[tokio::test]
async fn an_idle_connection_is_closed() {
    let toy = impatient().await;
    let answer = converse(toy.address, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
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

/// Who asks and takes nothing of the answers loses the connection, and its place with it.
#[tokio::test]
async fn who_takes_nothing_is_cut() {
    let write_timeout = Duration::from_millis(200);
    let server = ServerSettings { max_connections: 1, write_timeout, ..ServerSettings::default() };
    let toy = Toy::with(HttpSettings::default(), server).await;
    let mut deaf = TcpStream::connect(toy.address).await.unwrap();
    // More than the buffers of both ends hold.
    let body = serde_json::json!({ "query": "query ($t: String!) { echo(text: $t) }", "variables": { "t": "x".repeat(900_000) } });
    let body = body.to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let asking = tokio::spawn(async move {
        while deaf.write_all(format!("{head}{body}").as_bytes()).await.is_ok() {}
        deaf
    });
    let answer = converse(toy.address, b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    timeout(DEADLINE, asking).await.expect("cut").unwrap();
}
