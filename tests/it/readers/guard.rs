//! The guard, by `Engine::prepare` over the portal's own schema.

use std::sync::LazyLock;

use madoguchi::app;
use madoguchi::execution::{Engine, GraphqlRequest, RequestErrorCode};

/// The most errors that one answer carries.
const MOST_ERRORS: usize = 20;

/// A document and, after a NUL, the JSON of its variables: it is prepared, or refused with a code of the list. Gives the first code.
pub fn guard(input: &[u8]) -> Option<String> {
    static ENGINE: LazyLock<Engine> = LazyLock::new(|| app::judge_of_documents().expect("an engine"));
    let mut members = input.splitn(2, |byte| *byte == 0);
    // JSON carries nothing but UTF-8.
    let query = std::str::from_utf8(members.next()?).ok()?;
    let variables = members.next().and_then(|json| serde_json::from_slice(json).ok());
    let request = GraphqlRequest { query: query.to_owned(), variables, ..GraphqlRequest::default() };
    let refusal = ENGINE.prepare(&request).err()?;
    assert!(refusal.is_request_error(), "neither prepared nor refused: {refusal:?}");
    assert!(refusal.errors.len() <= MOST_ERRORS, "{} errors", refusal.errors.len());
    let errors = serde_json::to_value(&refusal.errors).expect("JSON");
    let codes: Vec<_> = errors.as_array()?.iter().map(|error| error["extensions"]["code"].as_str()).collect();
    let is_known = |code: &Option<&str>| RequestErrorCode::ALL.iter().any(|known| Some(known.as_str()) == *code);
    assert!(!codes.is_empty() && codes.iter().all(is_known), "not all of the list: {codes:?}");
    codes[0].map(str::to_owned)
}
