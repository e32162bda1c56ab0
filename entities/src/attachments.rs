//! Files that were attached to applications; their bytes are objects in the storage.

use chrono::{DateTime, Utc};
use madoguchi_ids::{ApplicationId, AttachmentId, FacilityId, UserId};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttachmentId,
    pub application_id: ApplicationId,
    /// The application's, so that a scope needs no join.
    pub facility_id: FacilityId,
    pub kind: String,
    /// Cleaned; never a path.
    pub file_name: String,
    pub file_type: String,
    pub size: i64,
    pub sha256: Vec<u8>,
    /// The object's key.
    #[sea_orm(unique)]
    pub object: Uuid,
    pub uploaded_by: UserId,
    pub uploaded_at: DateTime<Utc>,
    /// When it stopped to count; until then null.
    pub replaced_at: Option<DateTime<Utc>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
