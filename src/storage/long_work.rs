//! Work that takes minutes, as seen from outside: how far it has come, and a way to stop it.
//!
//! Whoever does the work counts here; whoever waits for it looks when they like. It neither prints nor decides.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

/// One piece of long work. A clone is the same one.
#[derive(Debug, Clone, Default)]
pub struct LongWork(Arc<State>);

#[derive(Debug, Default)]
struct State {
    step: Mutex<Step>,
    files: AtomicU64,
    bytes: AtomicU64,
    stop: CancellationToken,
}

/// What is being done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Step {
    /// In words: "copying objects".
    pub name: &'static str,
    /// How many bytes it will be in all, as far as anybody knows; 0 when nobody does.
    pub total: u64,
}

/// How far the work has come in its step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SoFar {
    /// The step.
    pub step: Step,
    /// Files that are done.
    pub files: u64,
    /// Bytes that are done.
    pub bytes: u64,
}

impl LongWork {
    /// Begins the next step, from zero.
    pub fn begin(&self, name: &'static str, total: u64) {
        let mut step = self.0.step.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.files.store(0, Ordering::Relaxed);
        self.0.bytes.store(0, Ordering::Relaxed);
        *step = Step { name, total };
    }

    /// Counts bytes.
    pub fn add_bytes(&self, count: u64) {
        self.0.bytes.fetch_add(count, Ordering::Relaxed);
    }

    /// Says how many bytes there are, where somebody else writes them.
    pub fn set_bytes(&self, count: u64) {
        self.0.bytes.store(count, Ordering::Relaxed);
    }

    /// Counts a file.
    pub fn add_file(&self) {
        self.0.files.fetch_add(1, Ordering::Relaxed);
    }

    /// How far it has come.
    pub fn so_far(&self) -> SoFar {
        let step = *self.0.step.lock().unwrap_or_else(PoisonError::into_inner);
        let (files, bytes) = (self.0.files.load(Ordering::Relaxed), self.0.bytes.load(Ordering::Relaxed));
        SoFar { step, files, bytes }
    }

    /// Asks the work to end without its result.
    pub fn stop(&self) {
        self.0.stop.cancel();
    }

    /// Whether it was asked to.
    pub fn is_stopped(&self) -> bool {
        self.0.stop.is_cancelled()
    }

    /// Waits until it is asked to.
    pub async fn stopped(&self) {
        self.0.stop.cancelled().await;
    }
}
