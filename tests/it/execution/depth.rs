//! Documents that nest fragments within fields within fragments: shallow to the parser, deep once expanded.

use std::fmt::Write;

use serde_json::json;

use super::toy::Toy;

/// A chain of fragments, each with as many levels of fields.
fn chain(fragments: usize, levels: usize) -> String {
    let mut query = "{ sure { ...F0 } }".to_owned();
    for fragment in 0..fragments {
        let (open, close) = ("sureChild{".repeat(levels), "}".repeat(levels));
        write!(query, " fragment F{fragment} on Node{{{open}...F{}{close}}}", fragment + 1).unwrap();
    }
    write!(query, " fragment F{fragments} on Node {{ b }}").unwrap();
    query
}

/// The stack does not grow with what a document expands to: deep ones are refused before a resolver runs.
#[tokio::test]
async fn what_is_deep_once_expanded_is_refused() {
    assert_eq!(Toy::new().refusal(&chain(40, 38), json!({})), "DOCUMENT_TOO_LARGE");
    assert_eq!(Toy::new().refusal(&chain(30, 1), json!({})), "DOCUMENT_TOO_LARGE");
    let text = Toy::new().text(&chain(3, 5)).await;
    assert!(text.contains(r#"{"b":2}"#), "{text}");
}

/// A worker's stack bears the deepest document that is accepted, and one level more is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_deepest_document_runs_on_a_workers_stack() {
    let deep =
        |levels: usize| format!("{{ sure {}{{ b }}{} }}", "{ sureChild ".repeat(levels - 2), "}".repeat(levels - 2));
    let text = tokio::spawn(async move { Toy::new().text(&deep(24)).await }).await.unwrap();
    assert!(text.ends_with(&format!("{{\"b\":2}}{}", "}".repeat(24))), "{text}");
    assert_eq!(Toy::new().refusal(&deep(25), json!({})), "DOCUMENT_TOO_LARGE");
}
