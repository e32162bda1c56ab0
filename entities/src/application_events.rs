//! What happened to applications, numbered by facility without gaps.

use chrono::{DateTime, Utc};
use madoguchi_ids::{ApplicationEventId, ApplicationId, FacilityId};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "application_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApplicationEventId,
    pub application_id: ApplicationId,
    pub facility_id: FacilityId,
    /// Unique with the facility.
    pub sequence: i64,
    pub kind: String,
    pub status: String,
    /// The role, not the person.
    pub actor: String,
    pub reason: Option<String>,
    pub occurred_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
