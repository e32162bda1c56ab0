//! The stop: one switch that everything on the wire watches, and the count of what is still under way.

use std::io;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal as listen};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture, WaitForCancellationFutureOwned};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// How long answers and uploads may still take once the stop has begun; below the stop's grace.
pub(super) const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// The switch. Clones are the same switch.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    begun: CancellationToken,
    work: TaskTracker,
}

impl Shutdown {
    /// Begins the stop: nothing new is accepted, requests finish, sockets are closed with 1001.
    pub fn begin(&self) {
        self.begun.cancel();
    }

    /// Waits until the stop begins.
    pub fn begun(&self) -> WaitForCancellationFuture<'_> {
        self.begun.cancelled()
    }

    /// The same for what outlives the borrow.
    pub(super) fn begun_owned(&self) -> WaitForCancellationFutureOwned {
        self.begun.clone().cancelled_owned()
    }

    /// Waits until it is too late even for last answers and uploads.
    pub(super) async fn late(&self) {
        self.begun().await;
        sleep(LAST_ANSWERS).await;
    }

    /// Whether the stop has begun.
    pub fn has_begun(&self) -> bool {
        self.begun.is_cancelled()
    }

    /// Runs work that a stop waits for.
    pub(super) fn spawn<F>(&self, work: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.work.spawn(work)
    }

    /// The same from where there may be no runtime any more.
    pub(super) fn spawn_on<F>(&self, work: F, runtime: &Handle) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.work.spawn_on(work, runtime)
    }

    /// Makes a stop wait until the token is dropped, for work that somebody else spawns.
    pub(super) fn hold(&self) -> TaskTrackerToken {
        self.work.token()
    }

    /// Waits until no work is left.
    pub(super) async fn finished(&self) {
        self.work.close();
        self.work.wait().await;
    }
}

/// Waits for SIGTERM or SIGINT. Called again, it waits for the next one, which may then end the process at once.
///
/// # Errors
/// When the process may not listen for signals.
pub async fn signal() -> io::Result<()> {
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
