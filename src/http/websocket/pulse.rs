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
    state: State,
}

enum State {
    /// All is well until then.
    Resting(Instant),
    /// A ping is on its way to the client. It has no deadline: it may stand behind much that the client is taking, which has a time
    /// of its own.
    Leaving { was_heard: bool },
    /// A ping has left, and a sign of life is due.
    Waiting(Instant),
}

impl Pulse {
    pub(super) fn new(interval: Duration, patience: Duration) -> Self {
        Self { interval, patience, state: State::Resting(Instant::now() + interval) }
    }

    /// Anything was heard. Any message counts, not only a pong: a busy client may answer late.
    pub(super) fn heard(&mut self) {
        match &mut self.state {
            State::Resting(_) => {}
            State::Leaving { was_heard } => *was_heard = true,
            State::Waiting(_) => self.rest(),
        }
    }

    /// The ping has left; it may take so long to arrive.
    pub(super) fn sent(&mut self, delay: Duration) {
        match self.state {
            State::Leaving { was_heard: false } => self.state = State::Waiting(Instant::now() + delay + self.patience),
            State::Leaving { was_heard: true } => self.rest(),
            State::Resting(_) | State::Waiting(_) => {}
        }
    }

    /// Waits for what is due next.
    pub(super) async fn next(&mut self) -> Beat {
        match self.state {
            State::Resting(due) => {
                sleep_until(due).await;
                self.state = State::Leaving { was_heard: false };
                Beat::Ping
            }
            State::Leaving { .. } => pending().await,
            State::Waiting(due) => {
                sleep_until(due).await;
                Beat::Dead
            }
        }
    }

    fn rest(&mut self) {
        self.state = State::Resting(Instant::now() + self.interval);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(10);
    const PATIENCE: Duration = Duration::from_secs(5);

    async fn after(pulse: &mut Pulse) -> (Beat, Duration) {
        let begun = Instant::now();
        (pulse.next().await, begun.elapsed())
    }

    /// The deadline runs from the moment at which the ping has left, and a sign of life before it begins another interval.
    #[tokio::test(start_paused = true)]
    async fn a_deadline_begins_with_what_has_left() {
        let mut pulse = Pulse::new(INTERVAL, PATIENCE);
        assert_eq!(after(&mut pulse).await, (Beat::Ping, INTERVAL));
        assert!(tokio::time::timeout(INTERVAL * 9, pulse.next()).await.is_err(), "a deadline before the ping has left");
        pulse.sent(Duration::ZERO);
        pulse.heard();
        assert_eq!(after(&mut pulse).await, (Beat::Ping, INTERVAL));
        pulse.sent(INTERVAL);
        assert!(tokio::time::timeout(INTERVAL, pulse.next()).await.is_err(), "a deadline before it can have arrived");
        assert_eq!(after(&mut pulse).await, (Beat::Dead, PATIENCE));
    }

    /// A ping that stands in a long queue is followed by no other, whose deadline it would begin.
    #[tokio::test(start_paused = true)]
    async fn one_ping_is_on_its_way_at_a_time() {
        let mut pulse = Pulse::new(INTERVAL, PATIENCE);
        assert_eq!(after(&mut pulse).await, (Beat::Ping, INTERVAL));
        pulse.heard();
        assert!(tokio::time::timeout(INTERVAL * 9, pulse.next()).await.is_err(), "a second ping behind the first");
        pulse.sent(Duration::ZERO);
        assert_eq!(after(&mut pulse).await, (Beat::Ping, INTERVAL));
    }
}
