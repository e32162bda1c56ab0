//! The reviewers' side of an application that was sent.

use chrono::{DateTime, Utc};
use madoguchi_ids::{ApplicationId, UserId};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review_cases")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub application_id: ApplicationId,
    /// The application's, by which cases are listed.
    pub status: String,
    /// The facility's.
    pub facility_kind: String,
    /// When the application was last sent.
    pub waiting_since: DateTime<Utc>,
    pub claimed_by: Option<UserId>,
    pub claimed_until: Option<DateTime<Utc>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
