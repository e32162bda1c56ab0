//! The real clock and real ids: the only places that ask the machine for time and chance.

use std::sync::Mutex;

use chrono::{DateTime, SubsecRound, Utc};
use uuid::{ContextV7, Timestamp, Uuid};

use crate::domain::clock::{Clock, IdMaker};

/// The machine's clock, to the microsecond, which is what both databases keep.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// UUIDs of version 7, ordered within this process (RFC 9562, section 6.2).
#[derive(Debug, Default)]
pub struct RandomIds(Mutex<ContextV7>);

impl IdMaker for RandomIds {
    fn make(&self, now: DateTime<Utc>) -> Uuid {
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        Uuid::new_v7(Timestamp::from_unix(&self.0, seconds, now.timestamp_subsec_nanos()))
    }
}
