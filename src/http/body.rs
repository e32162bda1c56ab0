//! Reads a body whole, within a size and a time.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::error_code::HttpErrorCode;
use super::negotiation::text;
use super::refusal::{CONTENT_ENCODING, Refusal};

/// Refuses a body that comes packed, which no client needs to: what is unpacked here would have to be bounded once more.
pub(super) fn expect_plain(headers: &HeaderMap) -> Result<(), Refusal> {
    let lines = headers.get_all(header::CONTENT_ENCODING).iter();
    let mut codings = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    if codings.all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity")) {
        return Ok(());
    }
    let (ja, en) = ("圧縮せずに送ってください", "send the body as it is");
    Err(Refusal::new(HttpErrorCode::UnsupportedMediaType).at(CONTENT_ENCODING, ja, en))
}

/// Reads a body of at most `limit` bytes within `time`. A body that announces more is refused unread.
pub(super) async fn read(headers: &HeaderMap, body: Body, limit: usize, time: Duration) -> Result<Bytes, Refusal> {
    let announced = text(headers, &header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
        return Err(Refusal::new(HttpErrorCode::BodyTooLarge));
    }
    match tokio::time::timeout(time, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::new(HttpErrorCode::BodyTooLarge)),
        // The connection broke off; nobody reads this answer.
        Ok(Err(_)) => Err(Refusal::malformed("body", "途中で切れました", "broke off")),
        Err(_) => Err(Refusal::new(HttpErrorCode::BodyTimeout)),
    }
}
