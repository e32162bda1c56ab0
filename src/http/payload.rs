//! JSON to a GraphQL request, the same for every transport (GraphQL-over-HTTP draft, section 5.1).
//!
//! Members are taken one by one so that the refusal names the wrong one; what a client sent is never repeated in it.

use serde_json::{Map, Value};

use super::error_code::HttpErrorCode;
use super::json;
use super::refusal::Refusal;

/// The members of a request that protocols know; `query` is also where one is missed that has no id either.
pub(super) const PROTOCOL: [&str; 4] = ["query", "operationName", "variables", "extensions"];

/// What a client asks for.
pub(super) struct Asked {
    pub(super) document: Document,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Option<Map<String, Value>>,
    pub(super) extensions: Option<Map<String, Value>>,
}

/// A document that is there, or named.
pub(super) enum Document {
    /// Its text, and the digest that Apollo's automatic persisted queries send beside it, or the id that a client's tool has given it.
    Whole { text: String, id: Option<String> },
    /// The id of a document that both sides know: its digest or another.
    Known(String),
}

/// Reads a request's body.
pub(super) fn from_body(body: &[u8]) -> Result<Asked, Refusal> {
    from_members(members(body)?)
}

/// Reads JSON that must be one request.
pub(super) fn members(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    match json::read(body)? {
        Value::Object(members) => Ok(members),
        Value::Array(_) => Err(Refusal::new(HttpErrorCode::BatchingNotSupported)),
        _ => Err(object_wanted("body")),
    }
}

/// Reads a request's members; those that the draft does not know are ignored, as it asks.
pub(super) fn from_members(mut members: Map<String, Value>) -> Result<Asked, Refusal> {
    let query = text(&mut members, "query")?;
    let document_id = text(&mut members, "documentId")?.filter(|id| !id.is_empty());
    // Some clients send the member always. No operation has an empty name.
    let operation_name = text(&mut members, "operationName")?.filter(|name| !name.is_empty());
    let variables = object(&mut members, "variables")?;
    let extensions = object(&mut members, "extensions")?;
    let digest = digest(extensions.as_ref())?;
    let is_named = document_id.is_some() || digest.is_some();
    // graphql-ws sends no request without the member, and an empty one beside an id.
    let query = query.filter(|text| !(text.is_empty() && is_named));
    let document = match (query, document_id, digest) {
        (Some(text), None, id) => Document::Whole { text, id },
        (None, Some(id), None) | (None, None, Some(id)) => Document::Known(id),
        (None, None, None) => return Err(Refusal::malformed("query", "ありません", "is missing")),
        (_, Some(_), _) => {
            let ja = "query や persistedQuery と一緒には使えません";
            return Err(Refusal::malformed("documentId", ja, "must not stand beside query or persistedQuery"));
        }
    };
    Ok(Asked { document, operation_name, variables, extensions })
}

/// `extensions.persistedQuery.sha256Hash`, of version 1. Links of clients send there whatever id their tool has given a document.
fn digest(extensions: Option<&Map<String, Value>>) -> Result<Option<String>, Refusal> {
    let malformed = || {
        let ja = "version 1 と文字列の sha256Hash を持つオブジェクトにしてください";
        let en = "must be an object with version 1 and a sha256Hash that is a string";
        Refusal::malformed("extensions.persistedQuery", ja, en)
    };
    let named = extensions.and_then(|extensions| extensions.get("persistedQuery")).filter(|named| !named.is_null());
    let Some(named) = named else { return Ok(None) };
    let id = named.get("sha256Hash").and_then(Value::as_str).filter(|id| !id.is_empty());
    let id = id.filter(|_| named.get("version") == Some(&Value::from(1)));
    id.map(|id| Some(id.to_owned())).ok_or_else(malformed)
}

fn text(members: &mut Map<String, Value>, name: &'static str) -> Result<Option<String>, Refusal> {
    match members.remove(name) {
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Null) | None => Ok(None),
        Some(_) => Err(Refusal::malformed(name, "文字列にしてください", "must be a string")),
    }
}

fn object(members: &mut Map<String, Value>, name: &'static str) -> Result<Option<Map<String, Value>>, Refusal> {
    match members.remove(name) {
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(Value::Null) | None => Ok(None),
        Some(_) => Err(object_wanted(name)),
    }
}

fn object_wanted(place: &'static str) -> Refusal {
    Refusal::malformed(place, "オブジェクトにしてください", "must be an object")
}
