//! Counts what the kernel has taken of a connection's bytes: the only sign that the other end reads which no buffer of ours gives.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;

/// What a client has to take each time within its patience, in bytes. Clients are promised that twice as much is enough: the kernel takes
/// it in jumps.
const PIECE: u64 = 32 * 1024;

/// What has left so far. Clones count together.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter(Arc<AtomicU64>);

impl Meter {
    /// Waits for work that writes, as long as the client keeps taking; `None` when it takes too little of it.
    pub(super) async fn watch<T>(&self, patience: Duration, work: impl Future<Output = T>) -> Option<T> {
        let mut work = std::pin::pin!(work);
        loop {
            let before = self.0.load(Ordering::Relaxed);
            if let Ok(done) = timeout(patience, work.as_mut()).await {
                return Some(done);
            }
            if self.0.load(Ordering::Relaxed) - before < PIECE {
                return None;
            }
        }
    }
}

/// A connection whose bytes are counted.
pub(super) struct Metered<S> {
    inner: S,
    meter: Meter,
}

impl<S> Metered<S> {
    pub(super) fn new(inner: S, meter: Meter) -> Self {
        Self { inner, meter }
    }

    fn count(&self, written: usize) -> Poll<io::Result<usize>> {
        self.meter.0.fetch_add(written as u64, Ordering::Relaxed);
        Poll::Ready(Ok(written))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes))?;
        self.count(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write_vectored(cx, buffers))?;
        self.count(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// Who takes a little more than the least each time is waited for to the end, and who takes less is not.
    #[tokio::test(start_paused = true)]
    async fn who_keeps_taking_is_waited_for() {
        for (each, expected) in [(40 * 1024, true), (20 * 1024, false)] {
            let meter = Meter::default();
            let mut sink = Metered::new(tokio::io::sink(), meter.clone());
            let work = async {
                for _ in 0..10 {
                    tokio::time::sleep(PATIENCE).await;
                    sink.write_all(&vec![0; each]).await.expect("written");
                }
            };
            let done = meter.watch(PATIENCE + Duration::from_secs(1), work).await;
            assert_eq!(done.is_some(), expected, "{each} bytes each time");
        }
    }
}
