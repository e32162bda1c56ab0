//! The way out of a socket: a short queue and the task that writes it down, within a time for each write.
//!
//! The queue is bounded, so that a client that does not read slows its own subscriptions down and nobody's memory grows.

use std::time::Duration;

use axum::Error;
use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::protocol::{End, ServerMessage};

const LENGTH: usize = 8;

/// Where messages to the client go.
#[derive(Clone)]
pub(super) struct Outbox(mpsc::Sender<Message>);

impl Outbox {
    /// Starts the writer of a socket. It ends after a close frame, a failed write, or when the last outbox is dropped.
    pub(super) fn open(sink: SplitSink<WebSocket, Message>, write_timeout: Duration) -> Self {
        let (sender, queue) = mpsc::channel(LENGTH);
        drop(tokio::spawn(write(sink, queue, write_timeout)));
        Self(sender)
    }

    /// Sends a message; waits while the queue is full.
    pub(super) async fn send(&self, message: &ServerMessage<'_>) -> Result<(), End> {
        self.send_frame(message.write()?).await
    }

    /// Sends a frame; waits while the queue is full.
    pub(super) async fn send_frame(&self, frame: Message) -> Result<(), End> {
        self.0.send(frame).await.map_err(|_| End::Gone)
    }

    /// Waits until the writer has ended.
    pub(super) async fn closed(&self) {
        self.0.closed().await;
    }
}

async fn write(mut sink: SplitSink<WebSocket, Message>, mut queue: mpsc::Receiver<Message>, limit: Duration) {
    while let Some(frame) = queue.recv().await {
        match timeout(limit, write_waiting(&mut sink, frame, &mut queue)).await {
            Ok(Ok(is_last)) if !is_last => {}
            _ => return,
        }
    }
}

/// Writes a frame and those that wait behind it, then flushes once. True after a close frame.
async fn write_waiting(
    sink: &mut SplitSink<WebSocket, Message>,
    first: Message,
    queue: &mut mpsc::Receiver<Message>,
) -> Result<bool, Error> {
    let mut next = Some(first);
    let mut is_last = false;
    while let Some(frame) = next {
        is_last = matches!(frame, Message::Close(_));
        sink.feed(frame).await?;
        next = if is_last { None } else { queue.try_recv().ok() };
    }
    sink.flush().await?;
    Ok(is_last)
}
