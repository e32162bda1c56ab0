//! How fast a client must take what is sent to it, so that nobody holds a connection, a file and memory by reading a byte at a time.
//!
//! The connection's own time-out sees only whether anything at all passes: an HTTP/2 client that gives no window still answers pings, and
//! who takes a few bytes now and then is never silent. So bodies are given in pieces, and the time until the next one is asked for counts.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::http::Version;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Body as _, Frame, SizeHint};
use tokio::time::{Instant, sleep};
use tokio_util::task::AbortOnDropHandle;

use super::server::Connection;

/// What a client has to take each time within its patience, in bytes; also the largest piece that is given at once. With 30 seconds it
/// makes two kilobytes a second, which the slowest mobile network carries.
const PIECE: usize = 64 * 1024;
/// What is enough of it: the kernel takes it in jumps.
const ENOUGH: usize = PIECE / 2;
/// Up to so many bytes, a body is left to the buffers of a connection that has one answer on its way at a time.
const SMALL: u64 = 16 * 1024;

/// A response whose body must be taken piece by piece, or its connection is cut.
pub(super) fn paced(response: Response, request: Version, connection: &Connection, patience: Duration) -> Response {
    // Over HTTP/2 a hundred small ones may wait beside each other, and the pings go on.
    let small = if request < Version::HTTP_2 { SMALL } else { 0 };
    if response.body().size_hint().upper().is_some_and(|size| size <= small) {
        return response;
    }
    let (account, connection) = (Arc::<Account>::default(), connection.clone());
    let watched = Arc::clone(&account);
    let watch = tokio::spawn(async move {
        while let Some(left) = watched.left(patience) {
            sleep(left).await;
        }
        connection.cut();
    });
    response.map(|body| Body::new(Paced { body, rest: Bytes::new(), account, _watch: AbortOnDropHandle::new(watch) }))
}

/// What a client has been given since it last had taken a whole piece.
#[derive(Default)]
struct Account(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    bytes: usize,
    /// How long it let us wait for that.
    waited: Duration,
    /// Since when it has had something that it has not yet taken.
    given: Option<Instant>,
}

impl Account {
    fn give(&self, bytes: usize) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.bytes += bytes;
        entries.given = Some(Instant::now());
    }

    /// More is asked for: what was given has been taken.
    fn take(&self) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(given) = entries.given.take() else { return };
        entries.waited += given.elapsed();
        if entries.bytes >= ENOUGH {
            *entries = Entries::default();
        }
    }

    /// How long it may still take at least; none when its time is over.
    fn left(&self, patience: Duration) -> Option<Duration> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = entries.waited + entries.given.map_or(Duration::ZERO, |given| given.elapsed());
        // Time counts only while something waits to be taken.
        match patience.saturating_sub(waited) {
            Duration::ZERO if entries.given.is_some() => None,
            Duration::ZERO => Some(patience),
            left => Some(left),
        }
    }
}

struct Paced {
    body: Body,
    /// Of the last frame, what is still to be given.
    rest: Bytes,
    account: Arc<Account>,
    /// Ends with the body.
    _watch: AbortOnDropHandle<()>,
}

impl hyper::body::Body for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.account.take();
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        self.account.give(length);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    // The end is told only when it is asked for: by then the last piece has been taken.
    fn size_hint(&self) -> SizeHint {
        let (rest, mut hint) = (self.rest.len() as u64, self.body.size_hint());
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}
