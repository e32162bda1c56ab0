//! Whether the other end still lives: a ping after each interval, and a deadline for any sign of life after it.

use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// What is due.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Send a ping.
    Ping,
    /// Nothing was heard since the last one.
    Dead,
}

pub(super) struct Pulse {
    interval: Duration,
    patience: Duration,
    /// Nothing while a ping is on its way: it may stand behind much that the client is taking, which has a time of its own.
    due: Option<Instant>,
    is_waiting: bool,
}

impl Pulse {
    pub(super) fn new(interval: Duration, patience: Duration) -> Self {
        Self { interval, patience, due: Some(Instant::now() + interval), is_waiting: false }
    }

    /// Anything was heard. Any message counts, not only a pong: a busy client may answer late.
    pub(super) fn heard(&mut self) {
        if self.is_waiting {
            self.is_waiting = false;
            self.due = Some(Instant::now() + self.interval);
        }
    }

    /// The ping has left.
    pub(super) fn sent(&mut self) {
        if self.is_waiting {
            self.due = Some(Instant::now() + self.patience);
        }
    }

    /// Waits for what is due next.
    pub(super) async fn next(&mut self) -> Beat {
        match self.due {
            Some(due) => sleep_until(due).await,
            None => pending().await,
        }
        if self.is_waiting {
            return Beat::Dead;
        }
        self.is_waiting = true;
        self.due = None;
        Beat::Ping
    }
}
