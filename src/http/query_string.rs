//! A GraphQL request in the query of an address, for reading by GET (GraphQL-over-HTTP draft, section 5.3).

use axum::http::Uri;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::json;
use super::refusal::Refusal;

/// Members that are texts.
const TEXTS: [&str; 3] = ["query", "operationName", "documentId"];
/// Members that are JSON.
const OBJECTS: [&str; 2] = ["variables", "extensions"];

/// The request's members, as they would stand in a body. An empty one says the same as none, but for the document.
pub(super) fn members(uri: &Uri) -> Result<Map<String, Value>, Refusal> {
    let mut members = Map::new();
    let query = uri.query().unwrap_or_default();
    if percent_decode_str(query).decode_utf8().is_err() {
        return Err(Refusal::malformed("URL", "UTF-8ではありません", "is not in UTF-8"));
    }
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        let value = match &*name {
            name if text.is_empty() && name != "query" => continue,
            name if TEXTS.contains(&name) => Value::String(text.into_owned()),
            name if OBJECTS.contains(&name) => json::read(text.as_bytes())?,
            _ => continue,
        };
        if members.insert(name.into_owned(), value).is_some() {
            let (ja, en) = ("同じパラメーターが2回あります", "has a parameter twice");
            return Err(Refusal::malformed("URL", ja, en));
        }
    }
    Ok(members)
}

/// A parameter that is not GraphQL's.
pub(super) fn parameter(uri: &Uri, wanted: &str) -> Option<String> {
    let mut all = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    all.find_map(|(name, value)| (name == wanted).then(|| value.into_owned()))
}
