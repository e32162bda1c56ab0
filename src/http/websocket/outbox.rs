//! The way out of a socket: a short queue and the task that writes it down, as long as the client keeps taking it.
//!
//! The queue is bounded, so that a client that does not read slows its own subscriptions down and nobody's memory grows. The pongs that the
//! WebSocket layer answers pings with do not come this way: whoever reads a ping waits here until it can be followed by a flush.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Error;
use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use tokio::sync::{Notify, mpsc};
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::http::meter::Meter;

use super::protocol::{End, ServerMessage};

/// How many messages wait.
pub(super) const LENGTH: usize = 8;
/// A write that takes longer finds the kernel full.
const WAIT: Duration = Duration::from_millis(500);
/// How long the kernels on the way may take to empty at the slowest pace that is waited for: 128 KiB.
pub(super) const BACKLOG: Duration = Duration::from_secs(60);

/// Where messages to the client go.
#[derive(Clone)]
pub(super) struct Outbox {
    queue: mpsc::Sender<Entry>,
    pinged: Arc<Pinged>,
}

/// That a ping has left.
#[derive(Default)]
struct Pinged {
    left: Notify,
    /// Whether the client is slow to take what stands before it.
    is_behind: AtomicBool,
}

/// A frame on its way; without one, what the WebSocket layer has to say is flushed.
struct Entry {
    frame: Option<Message>,
    /// The operation that it is of, when it is not to be sent once its client has stopped that.
    stopped: Option<CancellationToken>,
}

impl Outbox {
    /// Starts the writer of a socket. It ends after a close frame, a failed write, when the last outbox is dropped, or by its handle.
    pub(super) fn open(sink: SplitSink<WebSocket, Message>, patience: Duration, meter: Meter) -> (Self, AbortHandle) {
        let (sender, queue) = mpsc::channel(LENGTH);
        let pinged = Arc::<Pinged>::default();
        let writer = Writer { sink, queue, patience, meter, pinged: Arc::clone(&pinged), waited_at: None };
        let writer = tokio::spawn(writer.run()).abort_handle();
        (Self { queue: sender, pinged }, writer)
    }

    /// Sends a message; waits while the queue is full.
    pub(super) async fn send(&self, message: &ServerMessage<'_>) -> Result<(), End> {
        self.send_frame(message.write()?).await
    }

    /// Sends a message of an operation, unless that is stopped before the message's turn comes.
    pub(super) async fn send_unless(
        &self,
        stopped: &CancellationToken,
        message: &ServerMessage<'_>,
    ) -> Result<(), End> {
        self.put(Entry { frame: Some(message.write()?), stopped: Some(stopped.clone()) }).await
    }

    /// Sends a frame; waits while the queue is full.
    pub(super) async fn send_frame(&self, frame: Message) -> Result<(), End> {
        self.put(Entry { frame: Some(frame), stopped: None }).await
    }

    /// Lets what the WebSocket layer has answered by itself be written; waits while the queue is full.
    pub(super) async fn flush(&self) -> Result<(), End> {
        self.put(Entry { frame: None, stopped: None }).await
    }

    async fn put(&self, entry: Entry) -> Result<(), End> {
        self.queue.send(entry).await.map_err(|_| End::Gone)
    }

    /// Waits until the kernel has taken a ping. True when the client may meet it only after much else that the kernels on the way hold.
    pub(super) async fn pinged(&self) -> bool {
        self.pinged.left.notified().await;
        self.pinged.is_behind.load(Ordering::Relaxed)
    }

    /// Waits until the writer has ended.
    pub(super) async fn closed(&self) {
        self.queue.closed().await;
    }
}

struct Writer {
    sink: SplitSink<WebSocket, Message>,
    queue: mpsc::Receiver<Entry>,
    patience: Duration,
    meter: Meter,
    pinged: Arc<Pinged>,
    /// When the kernel last would take no more for a while.
    waited_at: Option<Instant>,
}

impl Writer {
    async fn run(mut self) {
        while let Some(entry) = self.queue.recv().await {
            let meter = self.meter.clone();
            let Some(Ok(false)) = meter.watch(self.patience, self.write_waiting(entry)).await else { return };
        }
    }

    /// Writes a message and those that wait behind it, then flushes once. True after a close frame.
    async fn write_waiting(&mut self, first: Entry) -> Result<bool, Error> {
        let began = Instant::now();
        let mut next = Some(first);
        let (mut is_last, mut has_pinged) = (false, false);
        while let Some(Entry { frame, stopped }) = next {
            is_last = matches!(frame, Some(Message::Close(_)));
            has_pinged |= matches!(frame, Some(Message::Ping(_)));
            let frame = frame.filter(|_| !stopped.is_some_and(|stopped| stopped.is_cancelled()));
            if let Some(frame) = frame {
                self.sink.feed(frame).await?;
            }
            next = if is_last { None } else { self.queue.try_recv().ok() };
        }
        self.sink.flush().await?;
        if began.elapsed() > WAIT {
            self.waited_at = Some(Instant::now());
        }
        if has_pinged {
            let is_behind = self.waited_at.is_some_and(|waited_at| waited_at.elapsed() < BACKLOG);
            self.pinged.is_behind.store(is_behind, Ordering::Relaxed);
            self.pinged.left.notify_one();
        }
        Ok(is_last)
    }
}
