//! The registry: what the operating bodies know of each facility. Of its key only a keyed digest.

use chrono::{DateTime, Utc};
use entities::registry_records::{ActiveModel, Column, Entity};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, Set};

use super::Transaction;
use super::columns::Stored;
use crate::domain::facility::{FacilityCode, FacilityKind};
use crate::domain::prefecture::Prefecture;

/// One record, its key already digested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The kind of facility.
    pub kind: FacilityKind,
    /// Its code; unique with the kind.
    pub code: FacilityCode,
    /// Its name as filed.
    pub name: String,
    /// Its prefecture.
    pub prefecture: Prefecture,
    /// HMAC-SHA-256 over kind, code and normalised key.
    pub key_digest: [u8; 32],
}

/// The digest that a facility's key must have; `None` when the registry does not know the facility.
pub async fn key_digest(
    conn: &impl ConnectionTrait,
    kind: FacilityKind,
    code: &FacilityCode,
) -> Result<Option<Vec<u8>>, DbErr> {
    let row = Entity::find_by_id((kind.to_text().to_owned(), code.as_str().to_owned())).one(conn).await?;
    Ok(row.map(|row| row.key_digest))
}

/// Adds records, or replaces those that are known by kind and code. At most a few thousand at once: six values each.
pub async fn put_many(tx: &Transaction, records: &[Record], now: DateTime<Utc>) -> Result<(), DbErr> {
    let rows = records.iter().map(|record| ActiveModel {
        kind: Set(record.kind.to_text().to_owned()),
        code: Set(record.code.as_str().to_owned()),
        name: Set(record.name.clone()),
        prefecture: Set(i16::from(record.prefecture.number())),
        key_digest: Set(record.key_digest.to_vec()),
        imported_at: Set(now),
    });
    let replace = OnConflict::columns([Column::Kind, Column::Code])
        .update_columns([Column::Name, Column::Prefecture, Column::KeyDigest, Column::ImportedAt])
        .to_owned();
    Entity::insert_many(rows).on_conflict(replace).exec_without_returning(&**tx).await.map(drop)
}

/// How many records the registry holds.
pub async fn count(conn: &impl ConnectionTrait) -> Result<u64, DbErr> {
    Entity::find().count(conn).await
}
