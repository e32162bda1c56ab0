//! The guard in front of everything, over the portal's own schema: no family of documents grows far, and no honest one is refused.

use madoguchi::app;
use madoguchi::execution::{Engine, GraphqlRequest};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::families::FAMILIES;
use crate::support::operations;

/// No family need grow beyond this.
const FAR: usize = 1 << 17;

/// What stopped a document, or nothing.
fn stopped(engine: &Engine, query: String) -> Option<Value> {
    let answer = engine.prepare(&GraphqlRequest { query, ..GraphqlRequest::default() }).err()?;
    Some(json!(answer.errors)[0]["extensions"].clone())
}

/// Each family is refused by the bound that is meant for it before it has grown far, and stays refused as it grows.
#[test]
fn every_family_is_stopped_by_its_bound() {
    let engine = app::judge_of_documents().unwrap();
    for (name, bound, member) in FAMILIES {
        let sizes = (0..).map(|power| 1_usize << power).take_while(|size| *size <= FAR);
        let is_stopped = |size: &usize| {
            let why = stopped(&engine, member(*size));
            why.is_some_and(|why| why["code"] == "DOCUMENT_TOO_LARGE" && why["limit"] == bound)
        };
        let stops: Vec<bool> = sizes.map(|size| is_stopped(&size)).collect();
        let first = stops.iter().position(|stops| *stops);
        let first = first.unwrap_or_else(|| panic!("{name} is never stopped by {bound}"));
        let beyond = &stops[first..];
        let holds = |size: usize| stopped(&engine, member(size)).is_some_and(|why| why["code"] == "DOCUMENT_TOO_LARGE");
        assert!(beyond.len() > 1 && holds(1 << (first + 1)) && holds(FAR), "{name}: {stops:?}");
    }
}

/// A text with other white space, commas and comments between its tokens, which means the same.
fn spread(text: &str, between: &[&str]) -> String {
    let mut spread = String::new();
    let (mut is_in_string, mut is_in_comment, mut gaps) = (false, false, between.iter().cycle());
    for letter in text.chars() {
        is_in_comment = (is_in_comment && letter != '\n') || (letter == '#' && !is_in_string);
        is_in_string ^= letter == '"' && !is_in_comment;
        spread.push(letter);
        // Not behind a space: apollo-parser takes no comma between `...` and what is spread, where nobody writes one.
        let is_end = matches!(letter, '{' | '}' | '(' | ')' | '[' | ']' | '\n');
        if is_end && !is_in_string && !is_in_comment {
            spread.push_str(gaps.next().copied().unwrap_or_default());
        }
    }
    spread
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// The guard refuses none of our operations, however they are laid out.
    #[test]
    fn honest_documents_pass(
        chosen in any::<prop::sample::Index>(),
        between in prop::collection::vec(prop::sample::select(vec!["", " ", "\n", ",", "\t\r\n", "# {{{ [[[ \"\n", " , ,\n"]), 1..20),
    ) {
        let engine = app::judge_of_documents().unwrap();
        let all = operations::all();
        let (name, text) = chosen.get(&all);
        let text = spread(text, &between);
        let refused = engine.operations(&text).err();
        prop_assert!(refused.is_none(), "{}: {:?}", name, refused.map(|answer| answer.errors));
    }
}
