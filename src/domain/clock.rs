//! Time and chance as parameters, so that a test decides both.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use uuid::Uuid;

use super::ids::Id;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// This instant, in UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// Makes UUIDs of version 7.
pub trait IdMaker: Send + Sync {
    /// A UUID that was never made before, for something made at `now`.
    fn make(&self, now: DateTime<Utc>) -> Uuid;
}

/// The time and the ids that a service works with.
#[derive(Clone)]
pub struct World {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdMaker>,
}

impl World {
    /// Joins a clock and an id maker.
    pub fn new(clock: Arc<dyn Clock>, ids: Arc<dyn IdMaker>) -> Self {
        Self { clock, ids }
    }

    /// This instant, in UTC.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A new id of any kind.
    pub fn id<K>(&self) -> Id<K> {
        Id::from_uuid(self.ids.make(self.clock.now()))
    }
}

/// Japan Standard Time, UTC+9 all year (E35).
pub const fn japan() -> FixedOffset {
    match FixedOffset::east_opt(9 * 3600) {
        Some(offset) => offset,
        None => unreachable!(),
    }
}

/// The calendar day in Japan at an instant.
pub fn day_in_japan(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&japan()).date_naive()
}
