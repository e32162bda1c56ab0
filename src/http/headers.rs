//! Headers of every response that tell browsers what not to do. A page that needs something else sets its own.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

/// No guessing of types, no address of ours to other sites, no frames.
const SECURITY: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

pub(super) async fn secure(mut response: Response) -> Response {
    for (name, value) in SECURITY {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
