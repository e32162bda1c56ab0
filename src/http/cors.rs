//! What pages of other origins may do (Fetch standard, "CORS protocol"): those that the configuration names may all that our own may.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// Headers that clients of ours send and that browsers ask about first.
const ASKED: [HeaderName; 13] = [
    header::ACCEPT,
    header::ACCEPT_LANGUAGE,
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::IF_RANGE,
    header::RANGE,
    HeaderName::from_static("apollo-require-preflight"),
    HeaderName::from_static("apollographql-client-name"),
    HeaderName::from_static("apollographql-client-version"),
    HeaderName::from_static("graphql-require-preflight"),
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("x-apollo-operation-name"),
    HeaderName::from_static("x-graphql-event-stream-token"),
];
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
            .allow_headers(ASKED)
            .expose_headers(TOLD)
            .max_age(REMEMBERED)
    })
}
