//! What comes back: `data` and `errors` in the specification's form, and the HTTP headers that a resolver asked for.
//!
//! A new kind of request error is one row of `codes!` and one in docs/errors.md.

use async_graphql::{ErrorExtensionValues, Pos, ServerError, Value};
use axum::http::HeaderMap;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::limits::Bound;

/// The answer to one operation, or one event of a subscription (GraphQL specification, section 7.1).
#[derive(Debug, Default)]
pub struct Answer {
    /// `None` on a request error: the key `data` is then left out.
    pub data: Option<Value>,
    /// In the order in which they arose, at most as many as the limits say.
    pub errors: Vec<ServerError>,
    /// What the gateway tells beside the answer itself.
    pub extensions: Option<Value>,
    /// Headers that resolvers appended (a session cookie).
    pub headers: HeaderMap,
}

impl Answer {
    /// The answer to a request that is refused before anything runs.
    pub fn request_error(code: RequestErrorCode, message: impl Into<String>) -> Self {
        RequestError::new(code, message).into()
    }

    /// Whether nothing ran.
    pub fn is_request_error(&self) -> bool {
        self.data.is_none() && !self.errors.is_empty()
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut answer = serializer.serialize_map(None)?;
        if !self.errors.is_empty() {
            answer.serialize_entry("errors", &self.errors)?;
        }
        if let Some(data) = &self.data {
            answer.serialize_entry("data", data)?;
        }
        if let Some(extensions) = &self.extensions {
            answer.serialize_entry("extensions", extensions)?;
        }
        answer.end()
    }
}

/// A refusal of the request itself, before anything ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestError {
    /// What was wrong, stable for programs.
    pub code: RequestErrorCode,
    /// What was wrong, for people. Never a value that the client sent.
    pub message: String,
    /// Where in the document, if there is a place.
    pub location: Option<Pos>,
    /// The bound that was passed, and what it is.
    pub bound: Option<(Bound, usize)>,
}

impl RequestError {
    /// An error without a place in the document.
    pub fn new(code: RequestErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), location: None, bound: None }
    }

    /// Names the place in the document.
    #[must_use]
    pub fn at(self, location: Option<Pos>) -> Self {
        Self { location, ..self }
    }
}

impl From<RequestError> for ServerError {
    fn from(error: RequestError) -> Self {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", error.code.as_str());
        if let Some((bound, most)) = error.bound {
            extensions.set("limit", bound.as_str());
            extensions.set("maximum", most as u64);
        }
        Self { extensions: Some(extensions), ..Self::new(error.message, error.location) }
    }
}

impl From<RequestError> for Answer {
    fn from(error: RequestError) -> Self {
        Self { errors: vec![error.into()], ..Self::default() }
    }
}

/// Declares the codes with all that belongs to each.
macro_rules! codes {
    ($($name:ident, $text:literal, $meaning:literal;)+) => {
        /// Codes of request errors, as they stand in `extensions.code`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum RequestErrorCode {
            $(#[doc = $meaning] $name,)+
        }

        impl RequestErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Every code.
            pub const fn all() -> &'static [Self] {
                Self::ALL
            }

            /// As it stands in `extensions.code`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// When it is sent and what to do about it, in one sentence; for docs/errors.md.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning),+ }
            }
        }
    };
}

codes! {
    GraphqlParseFailed, "GRAPHQL_PARSE_FAILED", "The text is not a GraphQL document; mend the syntax at the place named.";
    GraphqlValidationFailed, "GRAPHQL_VALIDATION_FAILED",
        "The document does not fit the schema. Mend what is named, or stands where `locations` leads to.";
    BadUserInput, "BAD_USER_INPUT",
        "A value given for a variable or an argument does not fit its type, or is out of its bounds. The message names the variable, or the \
         type and the bound; `path` and `locations` lead to the argument.";
    DocumentTooLarge, "DOCUMENT_TOO_LARGE",
        "The document, or the values of its variables, are more than the gateway accepts: `extensions.limit` names what of it, and \
         `extensions.maximum` how much is accepted. Split it.";
    OperationResolutionFailed, "OPERATION_RESOLUTION_FAILED",
        "`operationName` names no operation of the document, or is missing where there are several.";
    IntrospectionDisabled, "INTROSPECTION_DISABLED",
        "The gateway does not describe its schema to clients; read the committed SDL.";
}

impl Serialize for RequestErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
