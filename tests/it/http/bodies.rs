//! Bodies that are long under way: however many there are, little is held of them.

use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{StreamExt as _, stream};
use reqwest::{Body, Client};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::slow_clients::converse;
use super::toy::Toy;
use crate::support::eventually;
use madoguchi::http::{HttpSettings, ServerSettings};

/// The head of a body of JSON, whose length is still to be said.
const LARGE: &str = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
const GOOD: &str = "Authorization: Bearer good\r\n";

/// A toy whose users have so many bytes of room, and strangers a quarter of it.
async fn toy(room: usize) -> Toy {
    Toy::with(HttpSettings { large_bodies: room, ..HttpSettings::default() }, ServerSettings::default()).await
}

async fn post(toy: &Toy, spaces: usize, who: &str) -> String {
    let body = format!("{{\"query\": \"{{hello}}\"{}}}", " ".repeat(spaces));
    let head = format!("{LARGE}{who}Connection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    converse(toy.address, (head + &body).as_bytes()).await
}

/// Posts a large body until there is no room for it.
async fn no_room(toy: &Toy, who: &str) {
    let refused = eventually("a body that finds no room", || async {
        Some(post(toy, 100_000, who).await).filter(|answer| !answer.starts_with("HTTP/1.1 200"))
    });
    let refused = refused.await;
    assert!(refused.starts_with("HTTP/1.1 503") && refused.contains("OVERLOADED"), "{refused}");
    assert!(refused.to_lowercase().contains("retry-after"), "{refused}");
}

async fn room(toy: &Toy, who: &str) {
    eventually("room", || async { post(toy, 100_000, who).await.starts_with("HTTP/1.1 200").then_some(()) }).await;
}

/// However many send large bodies, few are held; small ones are read meanwhile, those of others too, and the next large one when there is room.
#[tokio::test]
async fn large_bodies_share_a_room() {
    let toy = toy(4 * 100 * 1024).await;
    let mut slow = TcpStream::connect(toy.address).await.unwrap();
    let half = format!("{LARGE}Content-Length: 200000\r\n\r\n{}", " ".repeat(150_000));
    slow.write_all(half.as_bytes()).await.unwrap();
    // Until so much of the half body has been read, there is room.
    no_room(&toy, "").await;
    assert!(post(&toy, 1_000, "").await.starts_with("HTTP/1.1 200"));
    assert!(post(&toy, 100_000, GOOD).await.starts_with("HTTP/1.1 200"));
    drop(slow);
    room(&toy, "").await;
}

/// Many small bodies on one connection come to a large one.
#[tokio::test]
async fn small_bodies_of_one_connection_share_what_one_has() {
    let toy = toy(4 * 64 * 1024).await;
    let client = Client::builder().http2_prior_knowledge().build().unwrap();
    let unended = || {
        let pieces = stream::iter([Ok::<_, std::io::Error>(vec![b' '; 16_000])]).chain(stream::pending());
        let request = client.post(toy.url("/graphql")).header("content-type", "application/json");
        tokio::spawn(request.body(Body::wrap_stream(pieces)).send())
    };
    let waiting: Vec<_> = (0..20).map(|_| unended()).collect();
    let answers = waiting.into_iter().map(|answer| timeout(Duration::from_secs(2), answer));
    let answers: Vec<_> =
        join_all(answers).await.into_iter().flatten().map(|answer| answer.unwrap().unwrap()).collect();
    assert!(answers.iter().all(|answer| answer.status() == 503), "{answers:?}");
    // Of what is held, 64 KiB are the connection's own and as much is that of strangers.
    assert_eq!(answers.len(), 20 - 8);
    assert!(post(&toy, 1_000, "").await.starts_with("HTTP/1.1 200"), "others have their own");
}

/// What comes with files is held as well, and no longer than other bodies.
#[tokio::test]
async fn operations_beside_files_take_room_and_time() {
    let settings =
        HttpSettings { large_bodies: 100 * 1024, body_timeout: Duration::from_secs(3), ..HttpSettings::default() };
    let toy = Toy::with(settings, ServerSettings::default()).await;
    let mut slow = TcpStream::connect(toy.address).await.unwrap();
    let head = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\nGraphQL-Require-Preflight: 1\r\n";
    let part = "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n";
    let half = format!("{head}{GOOD}Content-Length: 900000\r\n\r\n{part}{}", " ".repeat(150_000));
    slow.write_all(half.as_bytes()).await.unwrap();
    no_room(&toy, GOOD).await;
    // Its sender still sends: it is the whole that takes too long.
    let dripping = async {
        while slow.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        () = dripping => {}
        () = room(&toy, GOOD) => {}
    }
}
