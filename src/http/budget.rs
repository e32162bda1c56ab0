//! What each actor may ask for in a minute, in points of cost: one budget for a person, whatever they come by, and one for a stranger's
//! network. It fills again steadily (GCRA, by `governor`). Each gateway counts for itself.
//!
//! A charge is made once for an operation, before it takes a place at the gate, and is never given back; and for each further event of a
//! subscription, which is told when it is paid.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_graphql::Value;
use async_graphql::indexmap::IndexMap;
use governor::clock::{Clock, MonotonicClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio::time::sleep;

use crate::domain::actor::Actor;
use crate::domain::charge::Charge;
use crate::domain::ids::UserId;

use super::error_code::HttpErrorCode;
use super::refusal::Refusal;

const MINUTE: Duration = Duration::from_secs(60);
/// After so many charges those who have their whole budget again are forgotten.
const TIDY_AFTER: u32 = 4_096;

/// Who pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Payer {
    User(UserId),
    /// An address of IPv4, or a network of IPv6, of which one household has many addresses.
    Network(IpAddr),
    Nowhere,
}

impl Payer {
    pub(super) fn of(actor: Actor, peer: Option<IpAddr>) -> Self {
        match (actor.user(), peer.map(|peer| peer.to_canonical())) {
            (Some(user), _) => Self::User(user),
            (None, Some(IpAddr::V6(address))) => {
                Self::Network(IpAddr::V6((u128::from(address) & (u128::MAX << 64)).into()))
            }
            (None, Some(address)) => Self::Network(address),
            (None, None) => Self::Nowhere,
        }
    }
}

type Limiter = RateLimiter<Payer, DashMapStateStore<Payer>, MonotonicClock, StateInformationMiddleware>;

/// The budgets of everybody. Without one nothing is counted.
pub(super) struct Budgets {
    limiter: Option<(Limiter, NonZeroU32)>,
    charges: AtomicU32,
}

impl Budgets {
    /// Gives each actor so many points a minute; with none there are no budgets.
    pub(super) fn new(points: u32) -> Self {
        let limiter = NonZeroU32::new(points).map(|points| {
            (Limiter::new(Quota::per_minute(points), DashMapStateStore::default(), MonotonicClock), points)
        });
        Self { limiter, charges: AtomicU32::new(0) }
    }

    /// Charges an operation; refuses it where the budget does not reach, and says when it will.
    pub(super) fn charge(&self, payer: Payer, cost: u64) -> Result<Option<Charge>, Refusal> {
        self.take(payer, cost).map_err(|wait| Refusal::new(HttpErrorCode::RateLimited).after(wait.as_secs() + 1))
    }

    /// Charges what goes on: waits until the budget holds it.
    pub(super) async fn pay(&self, payer: Payer, cost: u64) {
        while let Err(wait) = self.take(payer, cost) {
            sleep(wait).await;
        }
    }

    /// Takes points off a budget, or says how long they are to be waited for.
    fn take(&self, payer: Payer, cost: u64) -> Result<Option<Charge>, Duration> {
        let Some((limiter, limit)) = &self.limiter else { return Ok(None) };
        self.tidy(limiter);
        // What costs more than the whole budget is let in by a full one, and takes all of it.
        let points = u32::try_from(cost).ok().and_then(NonZeroU32::new).map_or(*limit, |points| points.min(*limit));
        match limiter.check_key_n(&payer, points) {
            Ok(Ok(snapshot)) => {
                let remaining = snapshot.remaining_burst_capacity();
                let resets_in = MINUTE.mul_f64(f64::from(limit.get() - remaining) / f64::from(limit.get()));
                Ok(Some(Charge { cost, limit: limit.get(), remaining, resets_in }))
            }
            Ok(Err(not_until)) => Err(not_until.wait_time_from(MonotonicClock.now())),
            // There is no more than the limit in `points`.
            Err(_) => Err(MINUTE),
        }
    }

    fn tidy(&self, limiter: &Limiter) {
        if self.charges.fetch_add(1, Ordering::Relaxed) % TIDY_AFTER == TIDY_AFTER - 1 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

/// The charge as `extensions.cost` tells it, with the members of the schema's `RateLimit`.
pub(super) fn told(charge: &Charge) -> Value {
    let members = [
        ("limit", u64::from(charge.limit)),
        ("cost", charge.cost),
        ("remaining", charge.remaining.into()),
        ("resetInSeconds", charge.resets_in_seconds().into()),
    ];
    let members = members.map(|(name, number)| (async_graphql::Name::new(name), Value::from(number)));
    let cost = Value::Object(IndexMap::from_iter(members));
    Value::Object(IndexMap::from_iter([(async_graphql::Name::new("cost"), cost)]))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const PEER: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));

    fn remaining(budgets: &Budgets, peer: Option<IpAddr>, cost: u64) -> Result<u32, HttpErrorCode> {
        let charge = budgets.charge(Payer::of(Actor::Anonymous, peer), cost).map_err(|refusal| refusal.code())?;
        Ok(charge.expect("there are budgets").remaining)
    }

    /// Each has a budget of their own, and what it does not hold is refused and charged to nobody.
    #[test]
    fn a_budget_ends() {
        let budgets = Budgets::new(10);
        assert_eq!(remaining(&budgets, PEER, 6), Ok(4));
        assert_eq!(remaining(&budgets, PEER, 5), Err(HttpErrorCode::RateLimited));
        assert_eq!(remaining(&budgets, PEER, 4), Ok(0));
        let home = |last: u16| Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]));
        assert_eq!(remaining(&budgets, home(1), 6), Ok(4));
        assert_eq!(remaining(&budgets, home(2), 5), Err(HttpErrorCode::RateLimited), "the same network");
    }

    /// What costs more than a whole budget takes all of it.
    #[test]
    fn the_dearest_takes_a_whole_budget() {
        let budgets = Budgets::new(10);
        assert_eq!(remaining(&budgets, PEER, u64::MAX), Ok(0));
        assert_eq!(remaining(&budgets, PEER, 1), Err(HttpErrorCode::RateLimited));
    }

    #[test]
    fn without_points_nothing_is_counted() {
        assert_eq!(Budgets::new(0).charge(Payer::of(Actor::Anonymous, PEER), u64::MAX).ok(), Some(None));
    }
}
