//! Reads a body whole, within a size and a time.
//!
//! What comes is held before anybody has paid for it. So a body is small, or takes its part of a room that all bodies share: however many
//! connections send, memory does not grow with them by what one body may be. Strangers have a room of their own, and nobody waits: over
//! HTTP/2 what is not read would keep the others of its connection from being read.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::BoxError;
use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::domain::actor::Actor;

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

/// Up to so many bytes a body is small, as the longest honest documents are with their variables; and by so many others take room.
const PART: usize = 64 * 1024;

/// The rooms for bodies that are not small. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Bodies {
    users: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
}

impl Bodies {
    /// Rooms of so many bytes for those who are logged in, and of a quarter of that for all others.
    pub(super) fn new(bytes: usize) -> Self {
        let room = |bytes: usize| Arc::new(Semaphore::new(bytes / PART));
        Self { users: room(bytes), strangers: room(bytes / 4) }
    }

    /// Reads a body of at most `limit` bytes within `time`. A body that announces more is refused unread.
    pub(super) async fn read(
        &self,
        actor: Actor,
        headers: &HeaderMap,
        body: Body,
        limit: usize,
        time: Duration,
    ) -> Result<Bytes, Refusal> {
        let announced = text(headers, &header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        if announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
            return Err(Refusal::new(HttpErrorCode::BodyTooLarge));
        }
        let room = if actor == Actor::Anonymous { &self.strangers } else { &self.users };
        let reading = whole(Limited::new(body, limit), room);
        timeout(time, reading).await.unwrap_or_else(|_| Err(Refusal::new(HttpErrorCode::BodyTimeout)))
    }
}

async fn whole(body: Limited<Body>, room: &Semaphore) -> Result<Bytes, Refusal> {
    let (mut body, mut taken) = (pin!(body), Vec::new());
    // Copied into one piece: many small ones would each hold more than they are.
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame.map_err(refused)?.into_data() else { continue };
        whole.extend_from_slice(&bytes);
        while whole.len() > PART * (taken.len() + 1) {
            taken.push(room.try_acquire().map_err(|_| Refusal::new(HttpErrorCode::Overloaded))?);
        }
    }
    Ok(whole.freeze())
}

fn refused(error: BoxError) -> Refusal {
    if error.is::<LengthLimitError>() {
        return Refusal::new(HttpErrorCode::BodyTooLarge);
    }
    // The connection broke off; nobody reads this answer.
    Refusal::malformed("body", "途中で切れました", "broke off")
}
