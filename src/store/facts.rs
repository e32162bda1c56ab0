//! Facts of the database itself, by name.

use entities::portal_facts::{ActiveModel, Entity};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, Set};

use super::Transaction;

/// The fact that says which demonstration data the database was filled with.
pub const DEMONSTRATION: &str = "demonstration";

/// The value of a fact, when it is known.
pub async fn get(conn: &impl ConnectionTrait, name: &str) -> Result<Option<String>, DbErr> {
    Ok(Entity::find_by_id(name.to_owned()).one(conn).await?.map(|row| row.value))
}

/// Writes a fact that is not known yet.
pub async fn put(tx: &Transaction, name: &str, value: &str) -> Result<(), DbErr> {
    ActiveModel { name: Set(name.to_owned()), value: Set(value.to_owned()) }.insert(&**tx).await.map(drop)
}
