//! Documents made to cost more than they should, generated here: each is refused with a code, and no resolver runs.

use std::fmt::Write;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::toy::Toy;

/// Far above what a refusal takes on a slow machine, far below what an attack would take.
const SOON: Duration = Duration::from_secs(2);

fn refused(toy: &Toy, what: &str, query: &str, variables: Value) {
    let begun = Instant::now();
    let code = toy.refusal(query, variables);
    let known =
        ["DOCUMENT_TOO_LARGE", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "OPERATION_RESOLUTION_FAILED"];
    assert!(known.contains(&&*code), "{what}: {code}");
    assert!(begun.elapsed() < SOON, "{what} took {:?}", begun.elapsed());
    assert_eq!(toy.count(), 0, "{what}: a resolver ran");
}

fn nested(open: &str, close: &str, depth: usize) -> String {
    open.repeat(depth) + "1" + &close.repeat(depth)
}

/// Literals thousands of levels deep, as arguments, defaults of variables and in directives.
#[tokio::test]
async fn deep_literals_are_refused() {
    let toy = Toy::new();
    for depth in [70, 500, 1_500, 2_000, 10_000, 30_000, 100_000] {
        for (open, close) in [("[", "]"), ("{inner:", "}"), ("[{inner:", "}]")] {
            let value = nested(open, close, depth);
            refused(&toy, "argument", &format!("{{ sum(of: {value}) }}"), json!({}));
            refused(&toy, "default", &format!("query ($a: [Int!]! = {value}) {{ sum(of: $a) }}"), json!({}));
            refused(&toy, "directive", &format!("{{ node @skip(if: {value}) {{ a }} }}"), json!({}));
            refused(&toy, "unclosed", &format!("{{ sum(of: {}", open.repeat(depth)), json!({}));
        }
    }
}

/// Selections, types and inline fragments thousands of levels deep.
#[tokio::test]
async fn deep_selections_are_refused() {
    let toy = Toy::new();
    for depth in [70, 2_000, 10_000, 100_000] {
        let (fields, fragments) = ("child {".repeat(depth), "... {".repeat(depth));
        let close = "}".repeat(depth);
        refused(&toy, "fields", &format!("{{ node {{ {fields} a {close} }} }}"), json!({}));
        refused(&toy, "fragments", &format!("{{ node {{ {fragments} a {close} }} }}"), json!({}));
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        refused(&toy, "types", &format!("query ($a: {open}Int{close}) {{ sum(of: $a) }}"), json!({}));
    }
}

/// Fragments that spread the next one twice, at one level and with a field between.
#[tokio::test]
async fn fragments_that_multiply_are_refused() {
    let toy = Toy::new();
    for (levels, width) in [(20, 2), (24, 2), (40, 2), (5, 40), (6, 10)] {
        let mut query = String::from("{ node { ...F0 } }");
        for level in 0..levels {
            write!(query, " fragment F{level} on Node {{").unwrap();
            for at in 0..width {
                write!(query, " k{at}: child {{ ...F{} }}", level + 1).unwrap();
            }
            query.push_str(" }");
        }
        write!(query, " fragment F{levels} on Node {{ a }}").unwrap();
        refused(&toy, "with fields between", &query, json!({}));
    }
}

/// Fragments in a circle, one alone and a long chain.
#[tokio::test]
async fn circles_of_fragments_are_refused() {
    let toy = Toy::new();
    refused(&toy, "one", "{ node { ...F } } fragment F on Node { child { ...F } }", json!({}));
    let mut query = String::from("{ node { ...F0 } }");
    for level in 0..500 {
        write!(query, " fragment F{level} on Node {{ ...F{} }}", (level + 1) % 500).unwrap();
    }
    refused(&toy, "a chain", &query, json!({}));
}

/// Chains of fragments that are long but end, deeper than any stack should follow.
#[tokio::test]
async fn long_chains_of_fragments_are_harmless() {
    let toy = Toy::new();
    for length in [100, 600, 900] {
        let mut query = String::from("{ leaf { ...F0 } }");
        for level in 0..length {
            write!(query, " fragment F{level} on Leaf {{ ...F{} }}", level + 1).unwrap();
        }
        write!(query, " fragment F{length} on Leaf {{ a }}").unwrap();
        let begun = Instant::now();
        let answer = toy.answer(&query, json!({})).await;
        assert!(answer.data.is_some() || answer.is_request_error());
        assert!(begun.elapsed() < SOON, "{length}: {:?}", begun.elapsed());
    }
}

/// Floods of aliases, directives, variables, operations, fields and of text.
#[tokio::test]
async fn floods_are_refused() {
    let toy = Toy::new();
    let many = |count: usize, item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<String>();
    for count in [300, 2_000, 50_000] {
        let aliases = many(count, &|at| format!(" a{at}: number"));
        refused(&toy, "aliases", &format!("{{ {aliases} }}"), json!({}));
        let directives = " @skip(if: false)".repeat(count);
        refused(&toy, "directives", &format!("{{ node {directives} {{ a }} }}"), json!({}));
        let unknown = many(count, &|at| format!(" @d{at}"));
        refused(&toy, "unknown directives", &format!("{{ number {unknown} }}"), json!({}));
        let declared = many(count, &|at| format!(" $v{at}: Int"));
        refused(&toy, "variables", &format!("query ({declared}) {{ number }}"), json!({}));
        let operations = many(count, &|at| format!(" query Q{at} {{ number }}"));
        refused(&toy, "operations", &operations, json!({}));
    }
    refused(
        &toy,
        "mutations",
        "mutation { next a: next b: next c: next d: next e: next f: next g: next h: next i: next j: next }",
        json!({}),
    );
    refused(&toy, "text", &format!("{{ number }} #{}", "x".repeat(70_000)), json!({}));
    refused(&toy, "spaces", &" ".repeat(1_000_000), json!({}));
    refused(&toy, "equal fields", &format!("{{ {} }}", "node { a } ".repeat(5_000)), json!({}));
}

/// A document full of wrong fields does not echo them all.
#[tokio::test]
async fn errors_of_a_document_are_bounded() {
    let fields: String = (0..900).map(|at| format!(" nothing{at}")).collect();
    let answer = Toy::new().answer(&format!("{{ {fields} }}"), json!({})).await;
    assert!(answer.is_request_error());
    assert_eq!(answer.errors.len(), 20);
}

/// Variables that no operation declares are ignored, however many; large lists are read once.
#[tokio::test]
async fn many_values_of_variables_are_harmless() {
    let toy = Toy::new();
    let values: Map<String, Value> = (0..50_000).map(|at| (format!("v{at}"), json!(at))).collect();
    let begun = Instant::now();
    assert_eq!(toy.data_of("{ number }", Value::Object(values)).await, r#"{"number":7}"#);
    let query = "query ($of: [Int!]!) { sum(of: $of) }";
    let data = toy.data_of(query, json!({ "of": vec![1_u32; 100_000] })).await;
    assert_eq!(data, r#"{"sum":100000}"#);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert_eq!(toy.refusal(query, json!({ "of": vec![1_u32; 200_000] })), "DOCUMENT_TOO_LARGE");
}

/// Types that refer to each other without end are followed three lists deep.
#[tokio::test]
async fn circles_in_introspection_are_refused() {
    let toy = Toy::new();
    let circle = "fields { type { ".repeat(4) + "name" + &" } }".repeat(4);
    refused(&toy, "introspection", &format!("{{ __schema {{ types {{ {circle} }} }} }}"), json!({}));
}
