//! Tickets for a single fetch, by the id that each carries.

use chrono::{DateTime, Utc};
use entities::used_tickets::{ActiveModel, Column, Entity};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, Set};

use super::Transaction;
use crate::domain::ids::TicketId;

/// Whether a ticket was used.
pub async fn is_used(conn: &impl ConnectionTrait, id: TicketId) -> Result<bool, DbErr> {
    Ok(Entity::find_by_id(id).one(conn).await?.is_some())
}

/// Uses a ticket up; `false` when it was used before.
pub async fn use_up(tx: &Transaction, id: TicketId, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let row = ActiveModel { id: Set(id), used_at: Set(now) };
    let keep = OnConflict::column(Column::Id).do_nothing().to_owned();
    Ok(Entity::insert(row).on_conflict(keep).exec_without_returning(&**tx).await? == 1)
}

/// Forgets the tickets that were used before an instant, which must lie a ticket's lifetime back.
pub async fn delete_used_before(tx: &Transaction, before: DateTime<Utc>) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::UsedAt.lt(before)).exec(&**tx).await.map(drop)
}
