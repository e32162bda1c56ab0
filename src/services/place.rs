//! A place among those that work at once, which a transport lends to an operation.
//!
//! It lies in the operation's data and goes back with it. What has to wait for the world outside (a file that is still being sent, the
//! next event) gives it back before, so that nobody stands in line behind a slow network.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedSemaphorePermit;

/// A place, free again when it is given back or its last clone is dropped.
#[derive(Debug, Clone)]
pub struct Place(Arc<Mutex<Option<OwnedSemaphorePermit>>>);

impl Place {
    /// The place that a permit stands for.
    pub fn new(permit: OwnedSemaphorePermit) -> Self {
        Self(Arc::new(Mutex::new(Some(permit))))
    }

    /// Gives the place back, whoever else still knows of it.
    pub fn give_back(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
