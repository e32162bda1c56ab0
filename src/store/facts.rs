//! Facts of the database itself, by name.

use entities::portal_facts::{ActiveModel, Column, Entity};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, Set};

use super::Transaction;

/// The fact that says which demonstration data the database was filled with.
pub const DEMONSTRATION: &str = "demonstration";

/// The fact that says how many applications were made beside the demonstration's story.
pub const APPLICATIONS: &str = "demonstration-applications";

/// The fact that says which key the database was made with: a fingerprint, from which no key can be had.
pub const SERVER_KEY: &str = "server-key";

/// The value of a fact, when it is known.
pub async fn get(conn: &impl ConnectionTrait, name: &str) -> Result<Option<String>, DbErr> {
    Ok(Entity::find_by_id(name.to_owned()).one(conn).await?.map(|row| row.value))
}

/// Writes a fact over what was known.
pub async fn put(tx: &Transaction, name: &str, value: &str) -> Result<(), DbErr> {
    let row = ActiveModel { name: Set(name.to_owned()), value: Set(value.to_owned()) };
    let replace = OnConflict::column(Column::Name).update_column(Column::Value).to_owned();
    Entity::insert(row).on_conflict(replace).exec_without_returning(&**tx).await.map(drop)
}
