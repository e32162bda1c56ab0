//! Use cases, one feature a file: authorise, load, decide by the domain, write change, audit and outbox in one transaction.
//!
//! Every public function takes [`Services`] and the actor, and its first statement is the policy check. Nothing here knows
//! GraphQL, HTTP or who waits for events. A new feature is a file here and a row in `policy.rs`.

mod account_secrets;
pub mod accounts;
pub mod applications;
pub mod attachments;
pub mod backup;
pub mod copy;
pub mod downloads;
pub mod facilities;
mod failure;
#[cfg(test)]
pub(crate) mod fixture;
mod idempotency;
mod keys;
mod limits;
pub mod links;
pub mod login;
pub mod mails;
pub mod objects;
pub mod papers;
pub mod password_reset;
mod passwords;
pub mod place;
pub mod public_pages;
pub mod registration;
pub mod registry;
mod registry_file;
pub mod registry_import;
pub mod restore;
pub mod review;
pub mod start_of_use;
pub mod tidying;
pub mod uploads;
pub mod users;
pub mod verification;

use std::sync::Arc;

pub use failure::{Failure, Fault, Outcome};
pub use idempotency::IdempotencyKey;
pub use keys::{KeyPurpose, ServerKey};
pub use passwords::PasswordHasher;

use crate::config::Config;
use crate::domain::clock::World;
use crate::domain::content::Content;
use crate::storage::Objects;
use crate::store::{Database, Transaction};

/// What every use case works with.
#[derive(Clone)]
pub struct Services {
    /// The database.
    pub database: Database,
    /// The bytes of files.
    pub objects: Objects,
    /// Who sends files now.
    pub seats: uploads::Seats,
    /// Time and ids.
    pub world: World,
    /// What the operator set.
    pub config: Arc<Config>,
    /// The public pages.
    pub content: Arc<Content>,
    /// The key that stays outside the database.
    pub key: ServerKey,
    /// Makes and checks password hashes, a few at a time.
    pub passwords: PasswordHasher,
}

impl Services {
    /// Runs a write of a use case; see [`Database::write`].
    async fn write<T, F>(&self, work: impl Fn(Transaction) -> F) -> Outcome<T>
    where
        F: Future<Output = Outcome<T>>,
    {
        self.database.write(work).await
    }
}
