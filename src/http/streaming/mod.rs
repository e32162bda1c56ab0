//! Answers that come one after another over HTTP: server-sent events and `multipart/mixed`.
//!
//! [`format`] writes them down, [`single`] keeps the streams that many operations share. A stream ends with its operation, with its
//! client, with the login that it was opened by, and with the gateway; a client that does not read loses its connection.

mod format;
mod reservations;
pub(super) mod single;

use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, timeout};
use tokio_util::sync::CancellationToken;

use crate::execution::{Answer, OperationKind};

use super::error_code::HttpErrorCode;
use super::refusal::Refusal;
use super::run::Addressee;
use super::seats::Seat;
use super::server::Connection;
use super::settings::StreamSettings;
use super::shutdown::Shutdown;
use super::vigil::Watch;

pub(super) use format::Format;
pub(super) use reservations::Reservations;

/// How many messages wait for a slow client, who then slows its own subscription down and nobody's memory grows.
const LENGTH: usize = 8;
/// How long the last words of a stream wait to be taken, when somebody else has ended it.
const FAREWELL: Duration = Duration::from_secs(1);
/// How much of a message is given at once. At the slowest pace that is waited for, the next piece is asked for after four seconds.
const PIECE: usize = 8 * 1024;
/// How long a stream that was broken off on a connection of several may take to go by itself.
const BREAKING: Duration = Duration::from_secs(10);

/// What a stream needs to know of the conversation that it is part of.
pub(super) struct Stage {
    pub(super) addressee: Addressee,
    /// Cut when the client does not read.
    pub(super) connection: Option<Connection>,
    /// Over the login that it was opened by.
    pub(super) watch: Watch,
    pub(super) shutdown: Shutdown,
    pub(super) settings: StreamSettings,
    pub(super) _seat: Seat,
}

/// The response that carries these answers. A stop of the gateway breaks those of a subscription off.
pub(super) fn respond(
    stage: Stage,
    format: Format,
    kind: OperationKind,
    answers: BoxStream<'static, Answer>,
) -> Response {
    let (sender, queue) = mpsc::channel(LENGTH);
    let pen = Pen::new(sender);
    stage.connection.iter().for_each(|connection| pen.is_read_on(connection.clone()));
    let shutdown = stage.shutdown.clone();
    let broken = pen.broken.clone();
    drop(shutdown.spawn(async move {
        let work = AssertUnwindSafe(write(&stage, format, kind, answers, &pen)).catch_unwind();
        if work.await.is_err() {
            tracing::error!(request_id = %stage.addressee.request_id, "an operation panicked");
            pen.end([format.broken_off(&stage.addressee.fault().into_answer())]).await;
        }
    }));
    response(format.content_type(), queue, broken)
}

/// A message on its way; without one, the stream ends here.
struct Entry {
    text: Option<Bytes>,
    /// The operation that it is of, when it is not to be sent once its client has stopped that.
    stopped: Option<CancellationToken>,
}

/// A response whose body is what comes through a queue, in pieces, until it is broken off.
fn response(content_type: HeaderValue, queue: mpsc::Receiver<Entry>, broken: CancellationToken) -> Response {
    let messages = stream::unfold((queue, Bytes::new()), move |(mut queue, mut rest)| {
        let broken = broken.clone();
        async move {
            while rest.is_empty() {
                let entry = tokio::select! {
                    biased;
                    () = broken.cancelled() => break,
                    entry = queue.recv() => entry?,
                };
                if !entry.stopped.is_some_and(|stopped| stopped.is_cancelled()) {
                    rest = entry.text?;
                }
            }
            if broken.is_cancelled() {
                return Some((Err(io::Error::other("the stream was broken off")), (queue, rest)));
            }
            let piece = rest.split_to(rest.len().min(PIECE));
            Some((Ok(piece), (queue, rest)))
        }
    });
    let mut response = Response::new(Body::from_stream(messages));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    headers.append(header::VARY, HeaderValue::from_static("accept, accept-language"));
    // Asks nginx, and who follows it, to pass each message on as it comes.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// Writes one operation's answers until they end, or nobody is to hear more of them.
async fn write(stage: &Stage, format: Format, kind: OperationKind, mut answers: BoxStream<'static, Answer>, pen: &Pen) {
    let Stage { watch, shutdown, settings, .. } = stage;
    let stays = kind == OperationKind::Subscription;
    let mut heart = heart(settings.heartbeat);
    if pen.write(format.opening()).await.is_err() {
        return;
    }
    loop {
        let message = tokio::select! {
            biased;
            // Without the end's mark, so that the client comes again: there may be another gateway.
            () = shutdown.begun(), if stays => return,
            () = pen.closed() => return,
            () = watch.over() => {
                part(stage, format, pen).await;
                return;
            }
            answer = answers.next() => match answer {
                Some(answer) => format.answer(&answer),
                None => {
                    drop(pen.write(format.end()).await);
                    return;
                }
            },
            _ = heart.tick() => format.heartbeat(),
        };
        // The queue may be full for as long as the client takes to read, and neither a login's end nor the gateway's waits for it.
        tokio::select! {
            biased;
            () = shutdown.begun(), if stays => return,
            () = watch.over() => {
                part(stage, format, pen).await;
                return;
            }
            written = pen.write(message) => if written.is_err() {
                return;
            }
        }
    }
}

/// Tells that the login is over.
async fn part(stage: &Stage, format: Format, pen: &Pen) {
    let refusal = stage.addressee.refused(Refusal::new(HttpErrorCode::Unauthenticated));
    pen.end([format.broken_off(&refusal.into_answer())]).await;
}

fn heart(every: Duration) -> tokio::time::Interval {
    interval_at(Instant::now() + every, every)
}

/// Where a stream's messages are written. Who does not take them loses the connection by the pace of its body.
#[derive(Clone)]
struct Pen {
    sender: mpsc::Sender<Entry>,
    connection: Arc<OnceLock<Connection>>,
    /// Told when the client is to get no more of it, be it in the middle of a message.
    broken: CancellationToken,
}

/// Nobody reads any more.
#[derive(Debug)]
struct Unread;

impl Pen {
    fn new(sender: mpsc::Sender<Entry>) -> Self {
        Self { sender, connection: Arc::default(), broken: CancellationToken::new() }
    }

    /// Writes a message; waits while others wait to be taken.
    async fn write(&self, text: Bytes) -> Result<(), Unread> {
        self.put(Entry { text: Some(text), stopped: None }).await
    }

    /// Writes a message of an operation, unless that is stopped before the message's turn comes.
    async fn write_unless(&self, stopped: &CancellationToken, text: Bytes) -> Result<(), Unread> {
        self.put(Entry { text: Some(text), stopped: Some(stopped.clone()) }).await
    }

    async fn put(&self, entry: Entry) -> Result<(), Unread> {
        self.sender.send(entry).await.map_err(|_| Unread)
    }

    /// Writes the last messages of a stream that must end. Where they are not taken soon, with all that stood before them, it is broken off. Its
    /// connection is cut unless others use it as well: then the stream goes by itself, as long as its client takes anything at all.
    async fn end(&self, messages: impl IntoIterator<Item = Bytes>) {
        let last = messages.into_iter().map(Some).chain([None]);
        let writing = async {
            for text in last {
                if self.put(Entry { text, stopped: None }).await.is_err() {
                    return;
                }
            }
            self.closed().await;
        };
        if timeout(FAREWELL, writing).await.is_ok() {
            return;
        }
        self.broken.cancel();
        let Some(connection) = self.connection.get() else { return };
        if !connection.is_shared() || timeout(BREAKING, self.closed()).await.is_err() {
            connection.cut();
        }
    }

    /// Names the connection by which the client reads.
    fn is_read_on(&self, connection: Connection) {
        // A stream is read by one connection from its beginning to its end.
        drop(self.connection.set(connection));
    }

    /// Waits until the client has gone.
    async fn closed(&self) {
        self.sender.closed().await;
    }
}
