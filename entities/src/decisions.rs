//! Decisions of reviewers; never changed once written.

use chrono::{DateTime, Utc};
use madoguchi_ids::{ApplicationId, DecisionId, UserId};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "decisions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DecisionId,
    pub application_id: ApplicationId,
    pub reviewer_id: UserId,
    pub verdict: String,
    /// In words for the applicant.
    pub reason: Option<String>,
    /// An array of target and message.
    pub corrections: Json,
    /// For staff only.
    pub internal_note: Option<String>,
    pub decided_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
