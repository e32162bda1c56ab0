//! What comes back: `data` and `errors` in the specification's form, and the HTTP headers that a resolver asked for.

use async_graphql::{ServerError, Value};
use axum::http::HeaderMap;
use serde::Serialize;

/// The answer to one operation, or one event of a subscription (GraphQL specification, section 7.1).
#[derive(Debug, Default)]
pub struct Answer {
    /// `None` on a request error: the key `data` is then left out.
    pub data: Option<Value>,
    /// In the order in which they arose, at most as many as the limits say.
    pub errors: Vec<ServerError>,
    /// Headers that resolvers appended (a session cookie).
    pub headers: HeaderMap,
}

/// A refusal of the request itself, before anything ran.
#[derive(Debug, Clone, Serialize)]
pub struct RequestError {
    /// What was wrong, stable for programs.
    pub code: RequestErrorCode,
    /// What was wrong, for people.
    pub message: String,
}

/// Codes of request errors, as they stand in `extensions.code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RequestErrorCode {
    /// The text is not a GraphQL document.
    GraphqlParseFailed,
    /// The document does not fit the schema.
    GraphqlValidationFailed,
    /// A variable's value does not fit its type.
    BadUserInput,
    /// The document is larger or deeper than the gateway accepts.
    DocumentTooLarge,
    /// The operation to run was not named, or is not in the document.
    OperationResolutionFailed,
}
