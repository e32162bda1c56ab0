//! Answers kept for repeats of a request: who, which operation, which key, and what it made.

use chrono::{DateTime, Utc};
use entities::idempotency_keys::{ActiveModel, Column, Entity};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, Set};

use super::Transaction;
use crate::domain::clock::World;
use crate::domain::ids::{ApplicationId, UserId};

/// A key as a user gave it for an operation, with the digest of what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub user: UserId,
    /// Which operation.
    pub operation: &'static str,
    /// The key.
    pub key: String,
    /// SHA-256 of the canonical input.
    pub digest: Vec<u8>,
}

/// What is known of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Nothing: go on.
    New,
    /// The same request was answered before, about this application.
    Repeat(ApplicationId),
    /// The key was used for something else.
    OtherRequest,
}

/// Looks a key up; one older than `since` is forgotten.
pub async fn look_up(conn: &impl ConnectionTrait, request: &Request, since: DateTime<Utc>) -> Result<Known, DbErr> {
    let id = (request.user, request.operation.to_owned(), request.key.clone());
    let row = Entity::find_by_id(id).filter(Column::CreatedAt.gt(since)).one(conn).await?;
    Ok(match row {
        None => Known::New,
        Some(row) if row.request_hash == request.digest => Known::Repeat(row.application_id),
        Some(_) => Known::OtherRequest,
    })
}

/// Keeps the answer, in the transaction that it answers; takes the place of a forgotten one.
pub async fn keep(tx: &Transaction, world: &World, request: &Request, application: ApplicationId) -> Result<(), DbErr> {
    Entity::delete_by_id((request.user, request.operation.to_owned(), request.key.clone())).exec(&**tx).await?;
    let row = ActiveModel {
        user_id: Set(request.user),
        operation: Set(request.operation.to_owned()),
        key: Set(request.key.clone()),
        request_hash: Set(request.digest.clone()),
        application_id: Set(application),
        created_at: Set(world.now()),
    };
    row.insert(&**tx).await.map(drop)
}

/// Deletes what is forgotten anyway.
pub async fn forget(tx: &Transaction, before: DateTime<Utc>) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::CreatedAt.lte(before)).exec(&**tx).await.map(drop)
}
