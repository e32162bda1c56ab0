//! A few hundred inputs for each reader in every run: seeds with pieces taken out, put in, doubled and exchanged.

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::{guard, multipart, seeds, websocket};

/// A change of an input, at a place.
#[derive(Debug, Clone)]
enum Change {
    /// Takes so many bytes out.
    Cut(usize),
    /// Puts something in.
    Put(Vec<u8>),
    /// Repeats so many bytes.
    Double(usize),
    /// Goes on as another input does from the same place.
    Cross(Vec<u8>),
}

impl Change {
    fn apply(&self, input: &mut Vec<u8>, place: Index) {
        let at = place.index(input.len() + 1);
        let end = |length: usize| input.len().min(at + length);
        match self {
            Self::Cut(length) => drop(input.drain(at..end(*length))),
            Self::Put(bytes) => drop(input.splice(at..at, bytes.iter().copied())),
            Self::Double(length) => input.extend_from_within(at..end(*length)),
            Self::Cross(other) => {
                input.truncate(at);
                input.extend(other.iter().skip(at));
            }
        }
    }
}

/// Inputs that begin from these seeds.
fn inputs(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let words = seeds::words(&seeds);
    let put = prop_oneof![prop::collection::vec(any::<u8>(), 1..5), select(words)];
    let change = prop_oneof![
        (1..40_usize).prop_map(Change::Cut),
        put.prop_map(Change::Put),
        (1..400_usize).prop_map(Change::Double),
        select(seeds.clone()).prop_map(Change::Cross),
    ];
    let changes = prop::collection::vec((any::<Index>(), change), 0..6);
    (select(seeds), changes).prop_map(|(mut input, changes)| {
        changes.iter().for_each(|(place, change)| change.apply(&mut input, *place));
        input
    })
}

fn of_guard() -> Vec<Vec<u8>> {
    seeds::of_guard(Path::new(env!("CARGO_MANIFEST_DIR")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any document is prepared, or refused with a code of the list.
    #[test]
    fn the_guard_bears_any_document(input in inputs(of_guard())) {
        guard::guard(&input);
    }

    /// Any body is answered by no fault, and the same however it is cut into pieces.
    #[test]
    fn the_multipart_reader_bears_any_body(input in inputs(seeds::of_multipart())) {
        multipart::multipart(&input);
    }

    /// Any frames are answered in the protocol's messages until the client leaves.
    #[test]
    fn the_websocket_reader_bears_any_frames(input in inputs(seeds::of_websocket())) {
        websocket::websocket(&input);
    }
}

/// The seeds come through the readers: what stands behind them answers.
#[test]
fn seeds_are_understood() {
    let refused: Vec<_> = of_guard().iter().filter_map(|seed| guard::guard(seed)).collect();
    assert_eq!(refused, ["BAD_USER_INPUT"], "an attachment without a file, and nothing else");
    let answers: Vec<_> = seeds::of_multipart().iter().filter_map(|seed| multipart::multipart(seed)).collect();
    assert_eq!(answers.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [200, 200, 200, 400, 200, 400]);
    assert_eq!(answers[0].1["data"]["take"], json!([r#"Some(Ok("a.pdf")): 65 bytes, Ok(Pdf)"#]));
    assert_eq!(answers[2].1["data"]["take"].as_array().map(Vec::len), Some(2));
    let types = |messages: Vec<Value>| messages.iter().map(|one| one["type"].as_str().unwrap().to_owned()).collect();
    let heard = seeds::of_websocket().into_iter().map(|seed| types(websocket::websocket(&seed)));
    let heard: Vec<_> = heard.map(|types: Vec<String>| types.join(" ")).collect();
    let expected = [
        "connection_ack next next next complete",
        "connection_ack next",
        "connection_ack next complete error",
        "connection_ack next complete error",
        "connection_ack next",
        "pong connection_ack",
        "connection_ack",
        "connection_ack",
        "",
        "",
    ];
    assert_eq!(heard, expected);
}
