//! The body as it comes: bounded in bytes and in time, a piece at a time however fast the sender is.
//!
//! The time runs only while we wait for the sender, not while we write to the disk. Every clone is the same body.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use hyper::body::Body as _;
use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::super::settings::UploadSettings;
use super::super::shutdown::{LAST_ANSWERS, Shutdown};
use crate::services::uploads::Broken;

/// A body on the wire.
#[derive(Clone)]
pub(in super::super) struct Line(Arc<Mutex<State>>);

struct State {
    body: Body,
    /// Bytes that are still accepted.
    left: u64,
    /// Bytes that may still come before the next part's content begins; what is in front of it is held in memory.
    head_left: Option<usize>,
    idle: Duration,
    silence: Pin<Box<Sleep>>,
    end: Pin<Box<Sleep>>,
    stop: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    has_begun: bool,
    is_waiting: bool,
    is_resting: bool,
}

impl Line {
    pub(super) fn new(body: Body, settings: &UploadSettings, shutdown: &Shutdown) -> Self {
        let (silence, end) = (Box::pin(sleep(settings.idle)), Box::pin(sleep(settings.deadline)));
        let stop = Some(Box::pin(shutdown.begun_owned()));
        let (left, idle) = (settings.body_limit(), settings.idle);
        Self(Arc::new(Mutex::new(State {
            body,
            left,
            head_left: None,
            idle,
            silence,
            end,
            stop,
            has_begun: false,
            is_waiting: false,
            is_resting: false,
        })))
    }

    /// Bounds what may come until the next part's content; `None` lets it flow.
    pub(super) fn bound_head(&self, bytes: Option<usize>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).head_left = bytes;
    }

    /// Hears out what is left, in the background and for as long as files may take: more than is heard of strangers
    /// ([`lingering`](super::super::lingering)). A sender that waits to be asked for the body (`Expect`) is not asked any more. Nobody else may
    /// read by then: of two readers each takes bytes of the other, and one alone is woken.
    fn hear_out(mut self, waits_to_be_asked: bool) {
        {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            state.head_left = None;
            if state.body.is_end_stream() || (waits_to_be_asked && !state.has_begun) {
                return;
            }
        }
        // Without a runtime there is nobody to be answered either.
        if let Ok(runtime) = Handle::try_current() {
            drop(runtime.spawn(async move { while let Some(Ok(_)) = self.next().await {} }));
        }
    }
}

/// The rest of a body, heard out when this is dropped.
pub(in super::super) struct Rest {
    line: Line,
    waits_to_be_asked: bool,
}

impl Rest {
    /// Of this body. `waits_to_be_asked` is whether its sender sends it only then (`Expect`).
    pub(in super::super) fn of(line: &Line, waits_to_be_asked: bool) -> Self {
        Self { line: line.clone(), waits_to_be_asked }
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        self.line.clone().hear_out(self.waits_to_be_asked);
    }
}

impl Stream for Line {
    type Item = Result<Bytes, Broken>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The parser takes all that it is offered into memory; so it is offered one piece, and the next when it asks again.
        if std::mem::take(&mut state.is_resting) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        state.poll_piece(context)
    }
}

impl State {
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Broken>>> {
        self.has_begun = true;
        loop {
            let frame = match Pin::new(&mut self.body).poll_frame(context) {
                Poll::Ready(frame) => frame,
                Poll::Pending => return self.poll_time(context).map(|broken| Some(Err(broken))),
            };
            self.is_waiting = false;
            return Poll::Ready(match frame {
                None => None,
                Some(Err(_)) => Some(Err(Broken::Line)),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) => Some(self.count(bytes)),
                    // Trailers.
                    Err(_) => continue,
                },
            });
        }
    }

    fn count(&mut self, bytes: Bytes) -> Result<Bytes, Broken> {
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or(Broken::Form)?;
        if let Some(left) = self.head_left {
            // The piece that crosses the bound is in memory already; only the next one is too much.
            if left == 0 {
                return Err(Broken::Form);
            }
            self.head_left = Some(left.saturating_sub(bytes.len()));
        }
        self.is_resting = true;
        Ok(bytes)
    }

    /// Ready when the sender has been silent for too long, or has taken too long.
    fn poll_time(&mut self, context: &mut Context<'_>) -> Poll<Broken> {
        if !std::mem::replace(&mut self.is_waiting, true) {
            self.silence.as_mut().reset(Instant::now() + self.idle);
        }
        if self.stop.as_mut().is_some_and(|stop| stop.as_mut().poll(context).is_ready()) {
            self.stop = None;
            let soon = Instant::now() + LAST_ANSWERS;
            let end = self.end.deadline().min(soon);
            self.end.as_mut().reset(end);
        }
        let is_over = self.silence.as_mut().poll(context).is_ready() | self.end.as_mut().poll(context).is_ready();
        if is_over { Poll::Ready(Broken::Time) } else { Poll::Pending }
    }
}
