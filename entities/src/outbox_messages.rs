//! What must follow a commit: mails and wake-ups. Written with the change, done after it.

use chrono::{DateTime, Utc};
use madoguchi_ids::OutboxMessageId;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_messages")]
pub struct Model {
    /// For a mail also its Message-ID.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OutboxMessageId,
    pub topic: String,
    pub payload: Json,
    pub created_at: DateTime<Utc>,
    pub next_attempt_at: DateTime<Utc>,
    pub attempts: i32,
    pub done_at: Option<DateTime<Utc>>,
    /// Why the last try failed: a word of ours, never a server's reply, which may repeat an address.
    pub last_error: Option<String>,
    /// Since when it is given up.
    pub dead_at: Option<DateTime<Utc>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
