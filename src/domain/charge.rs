//! What an operation was charged to its actor's budget, and what is left of that. How a cost is counted is the engine's, how a budget
//! fills again the wire's.

use std::time::Duration;

/// One operation's charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// What the operation cost, in points.
    pub cost: u64,
    /// What the budget holds when it is full, in points.
    pub limit: u32,
    /// What was left of it, in points.
    pub remaining: u32,
    /// After how long it is full again when nothing more is asked for.
    pub resets_in: Duration,
}

impl Charge {
    /// The time until the budget is full again in whole seconds, rounded up.
    pub fn resets_in_seconds(&self) -> u32 {
        let seconds = self.resets_in.as_secs() + u64::from(self.resets_in.subsec_nanos() > 0);
        seconds.try_into().unwrap_or(u32::MAX)
    }
}
