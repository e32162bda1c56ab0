//! Who did what, when; only ever added to.

use chrono::{DateTime, Utc};
use madoguchi_ids::{AuditEntryId, UserId};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditEntryId,
    pub occurred_at: DateTime<Utc>,
    /// Null for the gateway itself.
    pub actor_id: Option<UserId>,
    pub action: String,
    /// The id of what it was done to.
    pub subject: String,
    /// Facts that help later; no personal data.
    pub detail: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
