//! The guard, by `Engine::prepare` over the portal's own schema.

use std::sync::LazyLock;

use madoguchi::app;
use madoguchi::execution::{Engine, GraphqlRequest, RequestErrorCode};

/// The most errors that one answer carries.
const MOST_ERRORS: usize = 20;

/// A document and, after a NUL, the JSON of its variables: it is prepared, or refused with a code of the list.
pub fn guard(input: &[u8]) {
    static ENGINE: LazyLock<Engine> = LazyLock::new(|| app::judge_of_documents().expect("an engine"));
    let mut members = input.splitn(2, |byte| *byte == 0);
    // JSON carries nothing but UTF-8.
    let Some(Ok(query)) = members.next().map(std::str::from_utf8) else { return };
    let variables = members.next().and_then(|json| serde_json::from_slice(json).ok());
    let request = GraphqlRequest { query: query.to_owned(), variables, ..GraphqlRequest::default() };
    let Err(refusal) = ENGINE.prepare(&request) else { return };
    assert!(refusal.is_request_error(), "neither prepared nor refused: {refusal:?}");
    assert!(refusal.errors.len() <= MOST_ERRORS, "{} errors", refusal.errors.len());
    let errors = serde_json::to_value(&refusal.errors).expect("JSON");
    for error in errors.as_array().into_iter().flatten() {
        let code = error["extensions"]["code"].as_str();
        assert!(RequestErrorCode::ALL.iter().any(|known| Some(known.as_str()) == code), "no code of the list: {error}");
    }
}
