//! Applications of every kind: what they share.

use chrono::{DateTime, Utc};
use madoguchi_ids::{ApplicationId, FacilityId, UserId};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "applications")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApplicationId,
    /// 受付番号.
    #[sea_orm(unique)]
    pub number: String,
    pub kind: String,
    pub facility_id: FacilityId,
    pub applicant_id: UserId,
    pub status: String,
    /// Compared and raised by every change.
    pub version: i32,
    /// What the last return pinned; an array of targets.
    pub open_corrections: Json,
    pub created_at: DateTime<Utc>,
    pub submitted_at: Option<DateTime<Utc>>,
    pub decided_at: Option<DateTime<Utc>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
