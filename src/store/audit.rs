//! The audit trail: who did what to what, written in the same transaction as the change.

use entities::audit_entries;
use sea_orm::{DbErr, EntityTrait, Set};

use super::Transaction;
use crate::domain::actor::Actor;
use crate::domain::clock::World;

/// What was done: a stable word for the action, the id of its subject, and facts without personal data.
pub struct Entry<'a> {
    /// An imperative in kebab case: `submit-application`.
    pub action: &'static str,
    /// The id of what it was done to.
    pub subject: String,
    /// Facts that help later.
    pub detail: serde_json::Value,
    /// Who did it.
    pub actor: &'a Actor,
}

/// Adds one entry.
pub async fn record(tx: &Transaction, world: &World, entry: Entry<'_>) -> Result<(), DbErr> {
    let row = audit_entries::ActiveModel {
        id: Set(world.id()),
        occurred_at: Set(world.now()),
        actor_id: Set(entry.actor.user()),
        action: Set(entry.action.to_owned()),
        subject: Set(entry.subject),
        detail: Set(entry.detail),
    };
    audit_entries::Entity::insert(row).exec_without_returning(&**tx).await.map(drop)
}
