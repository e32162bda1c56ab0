//! Reads a body whole, within a size and a time.
//!
//! What comes is held before anybody has paid for it. So a body that is not there at once takes its part of a room that all bodies share:
//! however many come, memory does not grow with them by what one body may be. A little of each connection takes none, however many come on
//! it. Strangers have a room of their own, and nobody waits: over HTTP/2 what is not read would keep the others of its connection from
//! being read.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::BoxError;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::domain::actor::Actor;

use super::error_code::HttpErrorCode;
use super::negotiation::announced_length;
use super::refusal::{CONTENT_ENCODING, Refusal};
use super::server::Connection;

/// What the bodies of one connection may hold of their own, in bytes: as much as a WebSocket's message, and the longest honest document with
/// its variables.
const OWN: usize = 64 * 1024;
/// Shared room is taken in parts of so many bytes.
const PART: usize = 4 * 1024;

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

/// What a connection's bodies hold of their own.
pub(super) fn own_room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(OWN))
}

/// The rooms that bodies share. Clones are the same rooms.
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

    /// Room for the body of a request, of which nothing is taken yet.
    pub(super) fn room(&self, actor: Actor, parts: &Parts) -> Room {
        let shared = if actor == Actor::Anonymous { &self.strangers } else { &self.users };
        let own = parts.extensions.get::<Connection>().map(Connection::room);
        Room { own, shared: Arc::clone(shared), of_own: Held::default(), of_shared: Held::default(), bytes: 0 }
    }
}

/// The room of one body. It is kept until the request is answered or its stream has begun: what was read waits for a place with it.
pub(super) struct Room {
    /// The connection's, in bytes; none where there is no connection.
    own: Option<Arc<Semaphore>>,
    /// Of all, in parts.
    shared: Arc<Semaphore>,
    of_own: Held,
    of_shared: Held,
    /// Bytes that the parts are for.
    bytes: usize,
}

/// What is taken of a room, in one piece however many times it was.
#[derive(Default)]
struct Held(Option<OwnedSemaphorePermit>);

impl Held {
    fn take(&mut self, room: &Arc<Semaphore>, count: usize) -> bool {
        let permit = u32::try_from(count).ok().and_then(|count| Arc::clone(room).try_acquire_many_owned(count).ok());
        let Some(permit) = permit else { return false };
        match &mut self.0 {
            Some(held) => held.merge(permit),
            None => self.0 = Some(permit),
        }
        true
    }

    fn count(&self) -> usize {
        self.0.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }
}

impl Room {
    /// Takes room for so many bytes more: the connection's as long as there is any.
    pub(super) fn hold(&mut self, bytes: usize) -> Result<(), Refusal> {
        if self.own.as_ref().is_some_and(|own| self.of_own.take(own, bytes)) {
            return Ok(());
        }
        self.bytes += bytes;
        let missing = self.bytes.div_ceil(PART).saturating_sub(self.of_shared.count());
        match self.of_shared.take(&self.shared, missing) {
            true => Ok(()),
            false => Err(Refusal::new(HttpErrorCode::Overloaded)),
        }
    }
}

/// Reads a body of at most `limit` bytes within `time`. A body that announces more is refused unread.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    room: &mut Room,
    limit: usize,
    time: Duration,
) -> Result<Bytes, Refusal> {
    if announced_length(headers).is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
        return Err(Refusal::new(HttpErrorCode::BodyTooLarge));
    }
    let reading = whole(Limited::new(body, limit), room);
    timeout(time, reading).await.unwrap_or_else(|_| Err(Refusal::new(HttpErrorCode::BodyTimeout)))
}

async fn whole(body: Limited<Body>, room: &mut Room) -> Result<Bytes, Refusal> {
    let mut body = pin!(body);
    // Copied into one piece: many small ones would each hold more than they are.
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame.map_err(refused)?.into_data() else { continue };
        whole.extend_from_slice(&bytes);
        // What comes in one piece has not been waited for.
        if whole.len() > bytes.len() || !body.is_end_stream() {
            room.hold(bytes.len())?;
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
