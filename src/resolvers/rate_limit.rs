//! What is left of the asker's budget, as the transport charged this very operation.

use async_graphql::{Context, Object};

use crate::domain::charge::Charge;
use crate::schema::rate_limit::RateLimit;

/// The query of the budget.
#[derive(Default)]
pub struct RateLimitQuery;

#[Object]
impl RateLimitQuery {
    /// The budget of whoever asks: their own when they are logged in, their network's otherwise. Null where the gateway counts none.
    async fn rate_limit(&self, ctx: &Context<'_>) -> Option<RateLimit> {
        ctx.data_opt::<Charge>().map(RateLimit::from)
    }
}
