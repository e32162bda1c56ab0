//! Reads a body whole, within a size and a time.
//!
//! What comes is held before anybody has paid for it. So a body is small, or has one of few places: however many connections send, memory does
//! not grow with them by what one body may be.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::BoxError;
use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

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

/// Up to so many bytes a body is small: as the longest honest documents are, with their variables.
const SMALL: usize = 64 * 1024;
/// How long a larger one waits for a place.
const WAIT: Duration = Duration::from_secs(2);

/// The places of bodies that are not small. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Bodies(Arc<Semaphore>);

impl Bodies {
    /// So many may be under way.
    pub(super) fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }

    /// Reads a body of at most `limit` bytes within `time`. A body that announces more is refused unread.
    pub(super) async fn read(
        &self,
        headers: &HeaderMap,
        body: Body,
        limit: usize,
        time: Duration,
    ) -> Result<Bytes, Refusal> {
        let announced = text(headers, &header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        if announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
            return Err(Refusal::new(HttpErrorCode::BodyTooLarge));
        }
        let reading = self.whole(Limited::new(body, limit));
        timeout(time, reading).await.unwrap_or_else(|_| Err(Refusal::new(HttpErrorCode::BodyTimeout)))
    }

    async fn whole(&self, body: Limited<Body>) -> Result<Bytes, Refusal> {
        let (mut body, mut place) = (pin!(body), None);
        // Copied into one piece: many small ones would each hold more than they are.
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(bytes) = frame.map_err(refused)?.into_data() else { continue };
            if place.is_none() && whole.len() + bytes.len() > SMALL {
                place = Some(self.place().await?);
            }
            whole.extend_from_slice(&bytes);
        }
        Ok(whole.freeze())
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let place = timeout(WAIT, Arc::clone(&self.0).acquire_owned()).await;
        place.ok().and_then(Result::ok).ok_or_else(|| Refusal::new(HttpErrorCode::Overloaded))
    }
}

fn refused(error: BoxError) -> Refusal {
    if error.is::<LengthLimitError>() {
        return Refusal::new(HttpErrorCode::BodyTooLarge);
    }
    // The connection broke off; nobody reads this answer.
    Refusal::malformed("body", "途中で切れました", "broke off")
}
