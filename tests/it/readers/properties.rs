//! A few hundred inputs for each reader in every run: seeds with pieces taken out, put in, doubled and exchanged.

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::{Index, select};

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

/// The seeds are understood: they reach what lies behind the readers.
#[test]
fn seeds_are_understood() {
    of_guard().iter().for_each(|seed| guard::guard(seed));
    seeds::of_multipart().iter().for_each(|seed| multipart::multipart(seed));
    seeds::of_websocket().iter().for_each(|seed| websocket::websocket(seed));
}
