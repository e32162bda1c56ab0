//! Counts a connection's bytes: what the kernel has taken is the only sign that the other end reads which no buffer of ours gives, and what
//! has come the only one of a message that is not there yet.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::timeout;

/// What a client has to take within one and a half times its patience, in bytes: a third of what it is promised to be enough, as the kernel
/// takes in jumps.
const PIECE: u64 = 32 * 1024;
/// Looks within a patience. Half of them in a row without a byte are too many, as are half as many again with less than a piece.
const LOOKS: u32 = 6;

/// What has left and come so far. Clones count together.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    taken: AtomicU64,
    heard: AtomicU64,
}

impl Meter {
    /// Counts bytes that the kernel has taken.
    pub(super) fn count_taken(&self, bytes: &[u8]) {
        self.0.taken.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }

    /// Counts bytes that came.
    pub(super) fn count_heard(&self, bytes: &[u8]) {
        self.0.heard.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }

    /// How many bytes have left.
    pub(super) fn taken(&self) -> u64 {
        self.0.taken.load(Ordering::Relaxed)
    }

    /// How many bytes have come.
    pub(super) fn heard(&self) -> u64 {
        self.0.heard.load(Ordering::Relaxed)
    }

    /// Waits for work that writes, as long as the client keeps taking; `None` when it takes nothing for half its patience, or too little
    /// for longer.
    pub(super) async fn watch<T>(&self, patience: Duration, work: impl Future<Output = T>) -> Option<T> {
        let mut work = std::pin::pin!(work);
        let (silence, long) = (LOOKS as usize / 2, LOOKS as usize * 3 / 2);
        // What had been taken at each of the last looks, the latest first.
        let mut looks = VecDeque::with_capacity(long + 1);
        loop {
            looks.push_front(self.taken());
            if let Ok(done) = timeout(patience / LOOKS, work.as_mut()).await {
                return Some(done);
            }
            let now = self.taken();
            let since = |look: usize| looks.get(look).map(|before| now - before);
            if since(silence - 1) == Some(0) || since(long - 1).is_some_and(|taken| taken < PIECE) {
                return None;
            }
            looks.truncate(long);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// How long a client is waited for who takes so many bytes after each of these times, ten times over; nothing when to the end.
    async fn waited(each: usize, after: Duration) -> Option<Duration> {
        let meter = Meter::default();
        let work = async {
            for _ in 0..10 {
                meter.count_taken(&vec![0; each]);
                tokio::time::sleep(after).await;
            }
        };
        let begun = Instant::now();
        meter.watch(PATIENCE, work).await.is_none().then(|| begun.elapsed())
    }

    /// Who takes enough is waited for to the end, also in jumps; who takes nothing for half the patience, or a few bytes now and then, is not.
    #[tokio::test(start_paused = true)]
    async fn who_keeps_taking_is_waited_for() {
        let seconds = Duration::from_secs;
        assert_eq!(waited(64 * 1024, seconds(14)).await, None);
        assert_eq!(waited(8 * 1024, seconds(5)).await, None);
        assert_eq!(waited(64 * 1024, seconds(60)).await, Some(seconds(20)));
        assert_eq!(waited(1024, seconds(10)).await, Some(seconds(45)));
    }
}
