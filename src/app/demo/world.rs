//! The demonstration's own time and ids: the same in every run.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::domain::clock::{Clock, IdMaker};

/// A clock that moves when it is told to.
pub(super) struct StoryClock(Mutex<DateTime<Utc>>);

impl StoryClock {
    pub(super) const fn new(start: DateTime<Utc>) -> Self {
        Self(Mutex::new(start))
    }

    pub(super) fn pass(&self, time: Duration) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += time;
    }
}

impl Clock for StoryClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Ids that look random and are counted.
#[derive(Default)]
pub(super) struct CountedIds(AtomicU64);

impl IdMaker for CountedIds {
    fn make(&self, now: DateTime<Utc>) -> Uuid {
        let count = self.0.fetch_add(1, Ordering::Relaxed);
        let noise = Sha256::digest(count.to_be_bytes());
        let mut random = [0; 10];
        // The count stands in front, so that ids of one millisecond sort in the order in which they were made.
        random[..4].copy_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
        random[4..].copy_from_slice(&noise[..6]);
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}
