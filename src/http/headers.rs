//! What is asked of the headers of every request, and what those of every response tell browsers not to do.

use axum::Extension;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error_code::HttpErrorCode;
use super::observe::RequestId;
use super::refusal::Refusal;

/// No guessing of types, no address of ours to other sites, no frames.
const SECURITY: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Asks the request for its host, and dresses its response. A page that needs something else of the response sets its own.
pub(super) async fn keep(Extension(request_id): Extension<RequestId>, request: Request, next: Next) -> Response {
    let mut response = match names_one_host(&request) {
        true => next.run(request).await,
        false => {
            let refusal = Refusal::new(HttpErrorCode::MalformedRequest).at("Host: one is needed");
            refusal.in_language_of(request.headers()).of(&request_id).into_response()
        }
    };
    for (name, value) in SECURITY {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Of none, or of several, everybody on the way may believe another (RFC 9112, section 3.2). HTTP/2 has a name of its own for it, and
/// HTTP/1.0 none.
fn names_one_host(request: &Request) -> bool {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    hosts == 1 || hosts == 0 && request.version() != Version::HTTP_11
}
