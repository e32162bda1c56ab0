//! What a transport hands over: the document's text and how it is to be run.

use serde::Deserialize;

/// A GraphQL request as the GraphQL-over-HTTP draft writes it (`query`, `operationName`, `variables`, `extensions`).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GraphqlRequest {
    /// The document's text.
    #[serde(default)]
    pub query: String,
    /// Which operation of the document runs; needed only when it holds several.
    #[serde(default)]
    pub operation_name: Option<String>,
    /// The values of the operation's variables.
    #[serde(default)]
    pub variables: Option<serde_json::Map<String, serde_json::Value>>,
    /// Anything a client and a server agreed upon beside the specification.
    #[serde(default)]
    pub extensions: Option<serde_json::Map<String, serde_json::Value>>,
}
