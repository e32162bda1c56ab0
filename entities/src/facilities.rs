//! Facilities that users have registered.

use chrono::{DateTime, Utc};
use madoguchi_ids::FacilityId;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "facilities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FacilityId,
    pub kind: String,
    /// In canonical form; unique with the kind.
    pub code: String,
    pub name: String,
    /// 1 to 47.
    pub prefecture: Option<i16>,
    /// The number of the facility's last event.
    pub event_sequence: i64,
    pub created_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
