//! Registrations that wait for their link to be followed. The link's token is not here: it is derived from the id.

use chrono::{DateTime, Utc};
use madoguchi_ids::RegistrationId;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registrations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RegistrationId,
    /// In lower case.
    pub email: String,
    pub display_name: String,
    pub phone_number: String,
    pub facility_kind: String,
    /// In canonical form.
    pub facility_code: String,
    pub facility_name: String,
    pub password_hash: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// Set once; a link works once.
    pub completed_at: Option<DateTime<Utc>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
