//! JSON to a GraphQL request, the same for every transport (GraphQL-over-HTTP draft, section 5.1).
//!
//! Members are taken one by one so that the refusal names the wrong one; what a client sent is never repeated in it.

use serde_json::{Map, Value};

use crate::execution::GraphqlRequest;

use super::error_code::HttpErrorCode;
use super::refusal::Refusal;

/// Reads a request's body.
pub(super) fn from_body(body: &[u8]) -> Result<GraphqlRequest, Refusal> {
    from_members(members(body)?)
}

/// Reads JSON that must be one request.
pub(super) fn members(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(Value::Array(_)) => Err(Refusal::new(HttpErrorCode::BatchingNotSupported)),
        Ok(_) => Err(malformed("body: must be an object")),
        Err(_) => Err(Refusal::new(HttpErrorCode::MalformedJson)),
    }
}

/// Reads a request's members; those that the draft does not know are ignored, as it asks.
pub(super) fn from_members(mut members: Map<String, Value>) -> Result<GraphqlRequest, Refusal> {
    let query = match members.remove("query") {
        Some(Value::String(query)) => query,
        Some(_) => return Err(malformed("query: must be a string")),
        None => return Err(malformed("query: is missing")),
    };
    let operation_name = match members.remove("operationName") {
        Some(Value::String(name)) => Some(name),
        Some(Value::Null) | None => None,
        Some(_) => return Err(malformed("operationName: must be a string")),
    };
    let variables = object(members.remove("variables"), "variables: must be an object")?;
    let extensions = object(members.remove("extensions"), "extensions: must be an object")?;
    Ok(GraphqlRequest { query, operation_name, variables, extensions })
}

fn object(member: Option<Value>, complaint: &'static str) -> Result<Option<Map<String, Value>>, Refusal> {
    match member {
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(Value::Null) | None => Ok(None),
        Some(_) => Err(malformed(complaint)),
    }
}

fn malformed(place: &'static str) -> Refusal {
    Refusal::new(HttpErrorCode::MalformedRequest).at(place)
}
