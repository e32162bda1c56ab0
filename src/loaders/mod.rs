//! Loaders: many look-ups of one kind in one statement, for the actor of one request.
//!
//! They know services and domain values, no GraphQL types. One batch serves a request and is dropped with it, so that nothing that
//! one actor may see is ever kept for another. A new key is a file here.

mod accounts;
mod applications;
mod attachments;
mod facilities;
mod pages;
mod review;
mod users;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_graphql::dataloader::{DataLoader, NoCache};
use futures_util::future::BoxFuture;

use crate::domain::actor::Actor;
use crate::services::{Failure, Services};

pub use accounts::AccountsOf;
pub use applications::{ApplicationNumbered, DecisionsOn, HistoryOf, ReadinessOf};
pub use attachments::AttachmentsOf;
pub use facilities::{ProgressOf, StandingOf};
pub use pages::{
    AccountCountOf, AccountPageOf, ApplicationCountOf, ApplicationPageOf, FacilityCountOf, FacilityPageOf,
};
pub use review::CaseOf;

/// The loaders of one request.
pub type Loaders = DataLoader<Batch, NoCache>;

/// Why a batch failed; shared by all that waited for it.
pub type BatchError = Arc<Failure>;

/// Has a batch loaded once all that belongs to it has come together.
pub type Gather = fn(BoxFuture<'static, ()>);

/// More keys than one page of any list; keeps a statement's parameters bounded.
const MOST_KEYS: usize = 1000;

/// What loads: the services, and for whom.
pub struct Batch {
    services: Services,
    actor: Actor,
    logged_in: Arc<OnceLock<Actor>>,
}

impl Batch {
    /// For whom it loads.
    fn actor(&self) -> &Actor {
        self.logged_in.get().unwrap_or(&self.actor)
    }
}

/// The loaders for one request of an actor, or of whoever logs in while it runs.
pub fn for_actor(services: Services, actor: Actor, logged_in: Arc<OnceLock<Actor>>, gather: Gather) -> Loaders {
    let batch = Batch { services, actor, logged_in };
    DataLoader::new(batch, gather).delay(Duration::ZERO).max_batch_size(MOST_KEYS)
}
