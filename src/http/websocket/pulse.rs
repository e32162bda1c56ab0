//! Whether the other end still lives: a ping after each interval, and a deadline for any sign of life after it.

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
    due: Instant,
    is_waiting: bool,
}

impl Pulse {
    pub(super) fn new(interval: Duration, patience: Duration) -> Self {
        Self { interval, patience, due: Instant::now() + interval, is_waiting: false }
    }

    /// Anything was heard. Any message counts, not only a pong: a busy client may answer late.
    pub(super) fn heard(&mut self) {
        if self.is_waiting {
            self.is_waiting = false;
            self.due = Instant::now() + self.interval;
        }
    }

    /// Waits for what is due next.
    pub(super) async fn next(&mut self) -> Beat {
        sleep_until(self.due).await;
        if self.is_waiting {
            return Beat::Dead;
        }
        self.is_waiting = true;
        self.due = Instant::now() + self.patience;
        Beat::Ping
    }
}
