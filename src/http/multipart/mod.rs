//! The GraphQL multipart request specification: `operations`, then `map`, then the files in the map's order.
//!
//! Only the first two are read here, within bounds; the files stay on the wire until a resolver asks for them ([`parts`]). The body
//! is bounded in bytes and in time ([`line`]), and what is left of it after an answer is heard out, so that the answer arrives.

mod line;
mod map;
mod name;
mod parts;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName};
use tokio::time::timeout;

use crate::services::uploads::Uploads;

use super::accept;
use super::body::Room;
use super::error_code::HttpErrorCode;
use super::negotiation::{announced_length, content_type};
use super::payload::{self, Asked};
use super::refusal::Refusal;
use super::settings::{HttpSettings, UploadSettings};
use super::shutdown::Shutdown;

pub(super) use line::{Line, Rest};

/// Headers that no form of a foreign page can send without asking first (CORS preflight); one of them must be there.
const PROOFS: [HeaderName; 3] = [
    HeaderName::from_static("apollo-require-preflight"),
    HeaderName::from_static("x-apollo-operation-name"),
    HeaderName::from_static("graphql-require-preflight"),
];
/// The largest `map` in bytes: five entries have a few hundred.
const LONGEST_MAP: usize = 16 * 1024;

/// Whether the body is of this form.
pub(super) fn is_multipart(headers: &HeaderMap) -> bool {
    let essence = content_type(headers).and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("multipart/form-data"))
}

/// What the headers must say before the body is touched: a boundary, a proof that no form of a foreign page sent it, and a length
/// that is not beyond all bounds.
pub(super) fn boundary(headers: &HeaderMap, settings: &UploadSettings) -> Result<String, Refusal> {
    if !PROOFS.iter().any(|proof| headers.get(proof).is_some_and(|value| !value.is_empty())) {
        return Err(Refusal::new(HttpErrorCode::PreflightRequired));
    }
    if announced_length(headers).is_some_and(|length| length > settings.body_limit()) {
        return Err(Refusal::new(HttpErrorCode::BodyTooLarge));
    }
    let content_type = content_type(headers).unwrap_or_default();
    let parameters = accept::unquoted(content_type, ';').filter_map(|parameter| parameter.split_once('='));
    let mut boundaries = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"));
    // Of two, another reader may believe the other.
    match (boundaries.next().map(|(_, value)| plain(value)), boundaries.next()) {
        (Some(boundary), None) if !boundary.is_empty() => Ok(boundary),
        _ => Err(Refusal::malformed("Content-Type", "boundary を1つ付けてください", "needs one boundary")),
    }
}

/// A parameter's value, be it quoted or not (RFC 9110, section 5.6.6).
fn plain(value: &str) -> String {
    let value = value.trim();
    let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    quoted.map_or_else(|| value.to_owned(), |quoted| quoted.replace('\\', ""))
}

/// A body on the wire, of which nothing has been read.
pub(super) fn line(body: Body, settings: &UploadSettings, shutdown: &Shutdown) -> Line {
    Line::new(body, settings, shutdown)
}

/// Reads the request and leaves its files where they are. `operations` may be as large as a JSON body, in as much time, and takes the same
/// room. The rest of the body is let go with the files, when no resolver reads them any more: with a stream as answer, that is long after
/// its head.
pub(super) async fn read(
    line: Line,
    rest: Rest,
    boundary: String,
    room: &mut Room,
    settings: &HttpSettings,
) -> Result<(Asked, Uploads), Refusal> {
    let mut parts = parts::Parts::new(line, boundary);
    let reading = async {
        let operations = parts.text("operations", settings.body_limit, room).await?;
        let members = payload::members(&operations)?;
        let map = parts.text("map", LONGEST_MAP, room).await?;
        map::apply(members, &map)
    };
    let read = timeout(settings.body_timeout, reading).await;
    let (members, names) = read.unwrap_or_else(|_| Err(Refusal::new(HttpErrorCode::BodyTimeout)))?;
    let request = payload::from_members(members)?;
    let uploads: Uploads = Arc::new(parts.into_files(names, rest));
    Ok((request, uploads))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    /// One boundary, as RFC 9110 lets parameters be written.
    #[test]
    fn a_boundary_is_one() {
        for (content_type, expected) in [
            ("multipart/form-data; boundary=x", Some("x")),
            ("Multipart/Form-Data ; charset=utf-8 ;Boundary=\"a b:c\"", Some("a b:c")),
            ("multipart/form-data; boundary=\"a\\\"b\"", Some("a\"b")),
            ("multipart/form-data; a=\"boundary=y\"; boundary=x", Some("x")),
            ("multipart/form-data", None),
            ("multipart/form-data; boundary=", None),
            ("multipart/form-data; boundary=\"\"", None),
            ("multipart/form-data; boundary=x; boundary=y", None),
        ] {
            let headers = HeaderMap::from_iter([
                (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
                (PROOFS[0].clone(), HeaderValue::from_static("true")),
            ]);
            assert!(is_multipart(&headers), "{content_type}");
            assert_eq!(boundary(&headers, &UploadSettings::default()).ok().as_deref(), expected, "{content_type}");
        }
    }
}
