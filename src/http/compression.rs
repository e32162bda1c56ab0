//! Answers in gzip for who takes it. Streams are left as they are, since each message has to leave at once, and so are files, which
//! are compressed by what they are or by the build.

use axum::http::{Extensions, HeaderMap, StatusCode, Version, header};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, Predicate, SizeAbove};

/// In bytes: below it, an answer fits one packet either way.
const WORTH_IT: u16 = 1024;

type IsJson = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;

/// Compresses answers of GraphQL. The fastest level has most of the gain for a tenth of the work.
pub(super) fn layer() -> CompressionLayer<And<SizeAbove, IsJson>> {
    let is_json: IsJson = |_, _, headers, _| {
        let media_type = headers.get(header::CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
        media_type.starts_with(b"application/json") || media_type.starts_with(b"application/graphql-response+json")
    };
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(SizeAbove::new(WORTH_IT).and(is_json))
}
