//! The WebSocket reader, by a connection to `/graphql/ws` from its handshake on.

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex, split};

use super::gateway;

const HANDSHAKE: &[u8] =
    b"GET /graphql/ws HTTP/1.1\r\nhost: madoguchi\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
    sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    sec-websocket-protocol: graphql-transport-ws\r\n\r\n";
/// A fault of ours (RFC 6455, section 7.4.1).
const INTERNAL: u16 = 1011;
/// How often others may run while the client waits, so that what it asked for is answered.
const TURNS: usize = 64;

/// A byte that says how much the line holds at once, and then a frame a line: whatever they are, each message of the server is one of
/// the protocol, and the socket ends when the client leaves, by no fault. Gives the messages.
///
/// The first sign of a line is its kind: `t`ext, `b`inary, `p`ing, p`o`ng, `c`lose; `f`irst, `m`iddle and `l`ast part of a text; what
/// begins otherwise goes onto the line as it stands.
pub fn websocket(input: &[u8]) -> Vec<Value> {
    let Some((width, script)) = input.split_first() else { return Vec::new() };
    let mut said = vec![HANDSHAKE.to_vec()];
    for line in script.split(|byte| *byte == b'\n') {
        match (line, said.last_mut()) {
            (b"w", _) => said.push(Vec::new()),
            (_, Some(wire)) => say(line, wire),
            (_, None) => {}
        }
    }
    let heard = gateway::run(converse(&said, 16 + usize::from(*width) * 16));
    let head = heard.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("an answer to the handshake");
    assert!(heard.starts_with(b"HTTP/1.1 101 "), "{}", heard[..head].escape_ascii());
    let (mut messages, mut rest) = (Vec::new(), &heard[head + 4..]);
    while let Some((kind, payload, after)) = frame(rest) {
        match kind {
            0x81 => messages.push(message(payload)),
            0x88 => assert!(payload.len() < 2 || payload[..2] != INTERNAL.to_be_bytes(), "closed by a fault"),
            0x89 | 0x8a => {}
            other => panic!("the server sent a frame of kind {other:#x}"),
        }
        rest = after;
    }
    messages
}

/// Sends all of it, listening meanwhile, and leaves: what was heard.
async fn converse(said: &[Vec<u8>], width: usize) -> Vec<u8> {
    let (client, server) = duplex(width);
    let service = TowerToHyperService::new(gateway::routes());
    let serving = http1::Builder::new().serve_connection(TokioIo::new(server), service).with_upgrades();
    let serving = tokio::spawn(serving);
    let (mut ear, mut mouth) = split(client);
    let mut heard = Vec::new();
    let speaking = async {
        for wire in said {
            // The server may have left before the end.
            if mouth.write_all(wire).await.is_err() {
                break;
            }
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
        }
        let _ = mouth.shutdown().await;
    };
    let (_, listened) = tokio::join!(speaking, ear.read_to_end(&mut heard));
    listened.expect("an end");
    serving.await.expect("no panic").expect("a handshake");
    heard
}

/// Puts a line onto the wire, masked by zeros.
fn say(line: &[u8], wire: &mut Vec<u8>) {
    let Some((kind, payload)) = line.split_first() else { return };
    let first = match kind {
        b't' => 0x81,
        b'b' => 0x82,
        b'p' => 0x89,
        b'o' => 0x8a,
        b'c' => 0x88,
        b'f' => 0x01,
        b'm' => 0x00,
        b'l' => 0x80,
        _ => return wire.extend_from_slice(line),
    };
    wire.push(first);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short @ ..126), _) => wire.push(0x80 | short),
        (_, Ok(long)) => {
            wire.push(0x80 | 126);
            wire.extend(long.to_be_bytes());
        }
        (_, Err(_)) => {
            wire.push(0x80 | 127);
            wire.extend((payload.len() as u64).to_be_bytes());
        }
    }
    wire.extend([0; 4]);
    wire.extend_from_slice(payload);
}

/// The first frame of the server: its kind, its payload, and what follows.
fn frame(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (kind, length, rest) = match *bytes {
        [kind, 127, a, b, c, d, e, f, g, h, ref rest @ ..] => {
            (kind, usize::try_from(u64::from_be_bytes([a, b, c, d, e, f, g, h])).ok()?, rest)
        }
        [kind, 126, a, b, ref rest @ ..] => (kind, usize::from(u16::from_be_bytes([a, b])), rest),
        [kind, length @ ..126, ref rest @ ..] => (kind, usize::from(length), rest),
        _ => return None,
    };
    let (payload, after) = rest.split_at_checked(length)?;
    Some((kind, payload, after))
}

/// A message of the protocol, without a fault in it.
fn message(text: &[u8]) -> Value {
    let message: Value = serde_json::from_slice(text).expect("JSON");
    let errors = match message["type"].as_str().expect("a type") {
        "connection_ack" | "pong" | "complete" => &Value::Null,
        "next" => &message["payload"]["errors"],
        "error" => &message["payload"],
        other => panic!("the protocol has no {other}"),
    };
    for error in errors.as_array().into_iter().flatten() {
        let code = error["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no code: {message}"));
        assert_ne!(code, "INTERNAL", "{message}");
    }
    message
}
