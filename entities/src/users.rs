//! Users: people who can log in.

use chrono::{DateTime, Utc};
use madoguchi_ids::UserId;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// In lower case; the login (R03).
    #[sea_orm(unique)]
    pub email: String,
    /// As the person wrote it.
    pub display_name: String,
    /// Digits only.
    pub phone_number: String,
    /// argon2id in PHC string form.
    pub password_hash: String,
    /// See `store::columns`.
    pub role: String,
    pub created_at: DateTime<Utc>,
    /// A disabled user cannot log in and has no sessions.
    pub disabled_at: Option<DateTime<Utc>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
