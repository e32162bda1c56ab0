//! What is asked of the headers of every request, and what those of every response tell browsers not to do.

use axum::Extension;
use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::observe::RequestId;
use super::refusal::Refusal;

/// No guessing of types, no address of ours to other sites, no frames.
const SECURITY: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Asks the request for its host and how it is framed, and dresses its response. A page that needs something else of the response sets
/// its own.
pub(super) async fn keep(Extension(request_id): Extension<RequestId>, request: Request, next: Next) -> Response {
    let mut response = match refused(&request) {
        None => next.run(request).await,
        Some(refusal) => {
            let mut response = refusal.in_language_of(request.headers()).of(&request_id).into_response();
            if request.version() == Version::HTTP_11 {
                // What follows on the connection may not be what it seems.
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            response
        }
    };
    for (name, value) in SECURITY {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

fn refused(request: &Request) -> Option<Refusal> {
    if !names_one_host(request) {
        return Some(Refusal::malformed("Host", "ホスト名を1つ指定してください", "one host must be named"));
    }
    if !is_framed_plainly(request.headers()) {
        let (ja, en) = ("chunked のみ使えます", "only chunked is understood");
        return Some(Refusal::malformed("Transfer-Encoding", ja, en));
    }
    None
}

/// Of none, or of several, everybody on the way may believe another (RFC 9112, section 3.2; RFC 9113, section 8.3.1). HTTP/2 has a name
/// of its own for it, and HTTP/1.0 none.
fn names_one_host(request: &Request) -> bool {
    let authority = request.uri().authority();
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => authority.is_some() || request.version() == Version::HTTP_10,
        (Some(host), None) => {
            let host = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
            // A host and a port, and nobody on it.
            let host = host.filter(|host| !host.as_str().contains('@'));
            // A proxy is asked with an address of its own, which then counts (RFC 9112, section 3.2.2).
            host.is_some_and(|host| {
                request.version() != Version::HTTP_2 || authority.is_none_or(|named| *named == host)
            })
        }
        (Some(_), Some(_)) => false,
    }
}

/// Whether a body is framed in a way that everybody on the way understands alike (RFC 9112, section 6.1).
fn is_framed_plainly(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), others) => coding.as_bytes().eq_ignore_ascii_case(b"chunked") && others.is_none(),
    }
}
