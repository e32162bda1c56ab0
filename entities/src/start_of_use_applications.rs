//! What a start-of-use application asks, beside the shared row.

use chrono::{DateTime, Utc};
use madoguchi_ids::{ApplicationId, UserId};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "start_of_use_applications")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub application_id: ApplicationId,
    pub method: Option<String>,
    /// Who passed the facility check; set with the next two.
    pub matched_by: Option<UserId>,
    pub matched_key_kind: Option<String>,
    pub matched_at: Option<DateTime<Utc>>,
    pub match_used_at: Option<DateTime<Utc>>,
    pub staff_count: Option<i32>,
    pub device_count: Option<i32>,
    pub terms_version: Option<String>,
    pub terms_accepted_at: Option<DateTime<Utc>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
