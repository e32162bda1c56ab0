//! What is left of an actor's budget.

use async_graphql::SimpleObject;

use crate::domain::charge::Charge;

/// The budget by which the gateway shares itself out: points for what each operation can bring back, filling again steadily.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct RateLimit {
    /// What the budget holds when it is full: the points of one minute.
    pub limit: u32,
    /// What this operation cost.
    pub cost: u64,
    /// What was left when this operation was charged.
    pub remaining: u32,
    /// Seconds until the budget is full again when nothing more is asked for.
    pub reset_in_seconds: u32,
}

impl From<&Charge> for RateLimit {
    fn from(charge: &Charge) -> Self {
        let Charge { cost, limit, remaining, .. } = *charge;
        Self { limit, cost, remaining, reset_in_seconds: charge.resets_in_seconds() }
    }
}
