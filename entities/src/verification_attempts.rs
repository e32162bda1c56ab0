//! Tries at method ①: when and by whom, never what was typed.

use chrono::{DateTime, Utc};
use madoguchi_ids::{FacilityId, UserId, VerificationAttemptId};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "verification_attempts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VerificationAttemptId,
    pub facility_id: FacilityId,
    pub user_id: UserId,
    /// PENDING until the comparison is done; a pending try counts as a failure.
    pub outcome: String,
    pub attempted_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
