//! What the headers agree upon: the answer's media type, the body's, and the language.
//!
//! After the GraphQL-over-HTTP draft, section 6: `application/graphql-response+json` tells by its status whether the request was
//! good; `application/json` says 200 to every well-formed request, as older clients expect, but to one that was not taken on.

use async_graphql::Value;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use crate::domain::language::Language;
use crate::execution::{Answer, RequestErrorCode};

use super::error_code::HttpErrorCode;
use super::{accept, admission, streaming};

/// What a client takes: an answer at once, answers one after another, or either.
#[derive(Debug, Clone, Copy)]
pub(super) struct Accepted {
    pub(super) once: Option<Format>,
    pub(super) stream: Option<streaming::Format>,
}

impl Accepted {
    /// Reads `Accept`; `None` when it takes nothing that we write.
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let accepted = Self { once: Format::negotiate(headers), stream: streaming::Format::negotiate(headers) };
        (accepted.once.is_some() || accepted.stream.is_some()).then_some(accepted)
    }

    /// How a refusal is written, whatever is accepted.
    pub(super) fn refusals(headers: &HeaderMap) -> Format {
        Self::read(headers).map_or(Format::Json, Self::format)
    }

    /// How a refusal is written, also for who wanted a stream.
    pub(super) fn format(self) -> Format {
        self.once.unwrap_or(Format::Json)
    }
}

/// A media type of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// `application/graphql-response+json`.
    GraphqlResponse,
    /// `application/json`: also for clients that accept anything, as the draft asks for the sake of older ones.
    Json,
}

impl Format {
    /// The best of the two under `Accept`; `None` when it takes neither. Each is judged by the range that names it most closely (RFC 9110,
    /// section 12.5.1). Of equal qualities the format made for GraphQL goes first where it is named, and plain JSON where it is not.
    pub(super) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        if !headers.contains_key(header::ACCEPT) {
            return Some(Self::Json);
        }
        let mut ranges = accept::ranges(headers);
        ranges.retain(|range| range.parameter("charset").is_none_or(is_utf8));
        let quality = |essence: &str| {
            let named = ranges.iter().filter(|range| range.essence == essence).map(|range| range.quality);
            named.reduce(f32::max)
        };
        let open = quality("application/*").or_else(|| quality("*/*")).unwrap_or(0.0);
        let (json, response) = (quality("application/json"), quality("application/graphql-response+json"));
        let is_named = response.is_some();
        let (json, response) = (json.unwrap_or(open), response.unwrap_or(open));
        match () {
            () if response > json || is_named && response == json && response > 0.0 => Some(Self::GraphqlResponse),
            () if json > 0.0 => Some(Self::Json),
            () => None,
        }
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        })
    }

    /// The status of an operation's answer.
    pub(super) fn status(self, answer: &Answer) -> StatusCode {
        let asked_to_wait = HttpErrorCode::all()
            .iter()
            .find(|code| admission::asks_to_wait(**code) && is_refused_with(answer, code.as_str()));
        match self {
            _ if let Some(code) = asked_to_wait => code.status(),
            Self::GraphqlResponse if is_refused_with(answer, UNNAMED) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::GraphqlResponse if answer.is_request_error() => StatusCode::BAD_REQUEST,
            _ => StatusCode::OK,
        }
    }

    /// Writes an answer down, with the headers that resolvers asked for.
    pub(super) fn respond(self, status: StatusCode, answer: &Answer) -> Response<Body> {
        let (status, body) = match serde_json::to_vec(answer) {
            Ok(body) => (status, body),
            Err(error) => {
                tracing::error!(%error, "an answer could not be written as JSON");
                (StatusCode::INTERNAL_SERVER_ERROR, UNWRITABLE.to_vec())
            }
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.clone_from(&answer.headers);
        headers.insert(header::CONTENT_TYPE, self.content_type());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.append(header::VARY, HeaderValue::from_static("accept, accept-language"));
        response
    }
}

/// The document was good, and the choice of its operation was not.
const UNNAMED: &str = RequestErrorCode::OperationResolutionFailed.as_str();

fn is_refused_with(answer: &Answer, code: &str) -> bool {
    let first = answer.errors.first().and_then(|error| error.extensions.as_ref());
    let told = first.and_then(|extensions| extensions.get("code"));
    answer.is_request_error() && matches!(told, Some(Value::String(told)) if told == code)
}

const UNWRITABLE: &[u8] = br#"{"errors":[{"message":"INTERNAL","extensions":{"code":"INTERNAL"}}]}"#;

/// Whether the body calls itself JSON in UTF-8. A form of a foreign page cannot say so without asking first (CORS preflight).
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = content_type(headers) else { return false };
    let mut parts = accept::unquoted(value, ';').map(str::trim);
    let essence = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    essence && parts.filter_map(|p| p.split_once('=')).all(|(n, v)| !n.eq_ignore_ascii_case("charset") || is_utf8(v))
}

/// What the body calls itself; nothing when it says several things, of which another reader may believe another.
pub(super) fn content_type(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (value, others) = (values.next()?, values.next());
    if others.is_none() { value.to_str().ok() } else { None }
}

/// A quoted string says the same with backslashes (RFC 9110, section 5.6.4), and `utf8` is a label of UTF-8 (Encoding standard, section 4.2).
fn is_utf8(charset: &str) -> bool {
    let label = charset.trim_matches('"').replace('\\', "");
    ["utf-8", "utf8"].iter().any(|name| label.eq_ignore_ascii_case(name))
}

/// The language that the client prefers.
pub(super) fn language(headers: &HeaderMap) -> Language {
    let lines = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|line| line.to_str().ok());
    Language::from_accept_language(lines)
}

/// Whether `If-Match` or `If-None-Match` names an entity tag, of which the second alone compares weakly (RFC 9110, sections 13.1.1 and
/// 13.1.2); `None` when the header is absent.
pub(super) fn names_tag(headers: &HeaderMap, name: &HeaderName, tag: &str) -> Option<bool> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim).filter(|tag| !tag.is_empty()).peekable();
    let is_weak = *name == header::IF_NONE_MATCH;
    let bare = |known| if is_weak { str::strip_prefix(known, "W/").unwrap_or(known) } else { known };
    tags.peek().is_some().then(|| tags.any(|known| known == "*" || bare(known) == tag))
}

/// The length that a body announces.
pub(super) fn announced_length(headers: &HeaderMap) -> Option<u64> {
    text(headers, &header::CONTENT_LENGTH)?.parse().ok()
}

/// A header as text; `None` when it is absent or not visible ASCII.
pub(super) fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &'static str) -> Option<Format> {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(value))]);
        Format::negotiate(&headers)
    }

    /// The table of `Accept` values, with the draft's defaults for absent and open ones.
    #[test]
    fn the_answers_media_type_is_negotiated() {
        assert_eq!(Format::negotiate(&HeaderMap::new()), Some(Format::Json));
        for (value, expected) in [
            ("*/*", Some(Format::Json)),
            ("application/*", Some(Format::Json)),
            ("application/json", Some(Format::Json)),
            ("application/json; charset=utf-8", Some(Format::Json)),
            ("application/graphql-response+json", Some(Format::GraphqlResponse)),
            ("application/json, application/graphql-response+json", Some(Format::GraphqlResponse)),
            ("application/graphql-response+json;q=0.5, application/json", Some(Format::Json)),
            ("application/graphql-response+json, application/json;q=0.9", Some(Format::GraphqlResponse)),
            ("text/html, */*;q=0.1", Some(Format::Json)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json;q=0, */*", Some(Format::GraphqlResponse)),
            ("application/*, application/json;q=0", Some(Format::GraphqlResponse)),
            ("application/json;q=0.1, */*", Some(Format::GraphqlResponse)),
            ("application/graphql-response+json;q=0, */*", Some(Format::Json)),
            ("application/graphql-response+json, */*", Some(Format::GraphqlResponse)),
            ("application/*;q=0, */*", None),
            ("application/json; charset=shift_jis", None),
            ("text/html; title=\"a, application/json\"", None),
            ("text/html; title=\"a \\\" b\", application/json", Some(Format::Json)),
            ("", None),
        ] {
            assert_eq!(accept(value), expected, "{value}");
        }
    }

    /// JSON in UTF-8 under each way to write it, and nothing else.
    #[test]
    fn a_body_says_what_it_is() {
        for (value, expected) in [
            ("application/json", true),
            ("Application/JSON; Charset=UTF-8", true),
            ("application/json;charset=\"utf\\-8\"", true),
            ("application/json;a=\"b;charset=latin1\"", true),
            ("application/json;charset=latin1", false),
            ("text/plain;a=application/json", false),
            ("application/json, text/plain", false),
        ] {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(value))]);
            assert_eq!(is_json(&headers), expected, "{value}");
        }
    }
}
