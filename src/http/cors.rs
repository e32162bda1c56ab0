//! What pages of other origins may do (Fetch standard, "CORS protocol"): those that the configuration names may all that our own may.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

/// Headers of answers that a page may read.
const TOLD: [HeaderName; 6] = [
    header::ACCEPT_RANGES,
    header::CONTENT_DISPOSITION,
    header::CONTENT_RANGE,
    header::ETAG,
    header::RETRY_AFTER,
    HeaderName::from_static("x-request-id"),
];
/// How long a browser may remember what it was told; longer than this none does.
const REMEMBERED: Duration = Duration::from_secs(7200);

/// Answers browsers that ask whether a page may send something. `None` where no other origin is allowed anything.
pub(super) fn layer(origins: &[String]) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> =
        origins.iter().filter_map(|origin| origin.trim_end_matches('/').parse().ok()).collect();
    let methods = [Method::GET, Method::POST, Method::PUT, Method::DELETE];
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_credentials(true)
            .allow_methods(methods)
            // Whatever they ask for: monitoring of browsers adds headers of its own, and none of them does what a token or a cookie does.
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers(TOLD)
            .max_age(REMEMBERED)
    })
}
