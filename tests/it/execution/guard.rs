//! The guard in front of everything, over the portal's own schema: no family of documents grows far, and no honest one is refused.

use std::sync::LazyLock;

use apollo_compiler::ast::{Definition, Selection};
use apollo_compiler::parser::Parser;
use madoguchi::app;
use madoguchi::execution::{Bound, Engine, GraphqlRequest, Limits};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::families;
use crate::support::node::node;
use crate::support::operations;

/// No family need grow beyond this.
const FAR: usize = 1 << 17;

/// The judge over the portal's schema.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| app::judge_of_documents().unwrap());

/// What stopped a request, or nothing.
fn stopped(request: &GraphqlRequest) -> Option<Value> {
    let answer = ENGINE.prepare(request).err()?;
    Some(json!(answer.errors)[0]["extensions"].clone())
}

/// Each family is refused by the bound that is meant for it before it has grown far, and stays refused as it grows.
#[test]
fn every_family_is_stopped_by_its_bound() {
    for (name, bound, member) in families::all() {
        let sizes = (0..).map(|power| 1_usize << power).take_while(|size| *size <= FAR);
        let is_stopped = |size: &usize| {
            let why = stopped(&member(*size));
            why.is_some_and(|why| why["code"] == "DOCUMENT_TOO_LARGE" && why["limit"] == bound)
        };
        let stops: Vec<bool> = sizes.map(|size| is_stopped(&size)).collect();
        let first = stops.iter().position(|stops| *stops);
        let first = first.unwrap_or_else(|| panic!("{name} is never stopped by {bound}"));
        let beyond = &stops[first..];
        let holds = |size: usize| stopped(&member(size)).is_some_and(|why| why["code"] == "DOCUMENT_TOO_LARGE");
        assert!(beyond.len() > 1 && holds(1 << (first + 1)) && holds(FAR), "{name}: {stops:?}");
    }
}

/// No bound stands without a family that it stops.
#[test]
fn every_bound_stops_a_family() {
    for (bound, _) in Bound::all(&Limits::default()) {
        assert!(families::all().any(|(_, stop, _)| stop == bound.as_str()), "no family for {}", bound.as_str());
    }
}

/// The operations of `graphql/operations/`, and the queries by which GraphiQL and its like ask for the schema, each with its name.
fn honest() -> &'static [(String, String)] {
    static HONEST: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let printed = runtime.block_on(node("introspection.mjs", &[]));
        let queries: Vec<String> = serde_json::from_str(&printed).unwrap();
        assert_eq!(queries.len(), 3);
        operations::all()
            .into_iter()
            .chain(queries.into_iter().map(|text| ("introspection".to_owned(), text)))
            .collect()
    });
    &HONEST
}

/// The same document with the fields of each selection, and the arguments of each field, in another order.
fn reordered(text: &str, order: &[prop::sample::Index]) -> String {
    let mut document = Parser::new().parse_ast(text, "document").unwrap();
    let mut order = order.iter().cycle();
    for definition in &mut document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => reorder(&mut operation.make_mut().selection_set, &mut order),
            Definition::FragmentDefinition(fragment) => reorder(&mut fragment.make_mut().selection_set, &mut order),
            _ => {}
        }
    }
    document.to_string()
}

fn reorder<'a>(selections: &mut Vec<Selection>, order: &mut impl Iterator<Item = &'a prop::sample::Index>) {
    shuffle(selections, order);
    for selection in selections {
        match selection {
            Selection::Field(field) => {
                let field = field.make_mut();
                shuffle(&mut field.arguments, order);
                reorder(&mut field.selection_set, order);
            }
            Selection::InlineFragment(fragment) => reorder(&mut fragment.make_mut().selection_set, order),
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn shuffle<'a, T>(items: &mut [T], order: &mut impl Iterator<Item = &'a prop::sample::Index>) {
    for end in (2..=items.len()).rev() {
        items.swap(end - 1, order.next().unwrap().index(end));
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
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// The guard refuses none of our operations, nor those that ask for the schema, however they are laid out and ordered.
    #[test]
    fn honest_documents_pass(
        chosen in any::<prop::sample::Index>(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
        is_reordered in any::<bool>(),
        between in prop::collection::vec(prop::sample::select(vec!["", " ", "\n", ",", "\t\r\n", "# {{{ [[[ \"\n", " , ,\n"]), 1..20),
    ) {
        let (name, text) = chosen.get(honest());
        let text = spread(&if is_reordered { reordered(text, &order) } else { text.clone() }, &between);
        let refused = ENGINE.document(&text).err();
        prop_assert!(refused.is_none(), "{}: {:?}", name, refused.map(|answer| answer.errors));
    }
}
