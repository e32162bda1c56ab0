//! Accounts of the eligibility app; never deleted, so that no name is given twice.

use chrono::{DateTime, Utc};
use madoguchi_ids::{ApplicationId, EligibilityAccountId, FacilityId};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "eligibility_accounts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EligibilityAccountId,
    /// W and seven digits.
    #[sea_orm(unique)]
    pub account_name: String,
    pub facility_id: FacilityId,
    pub application_id: ApplicationId,
    /// 1 to the application's device count; unique with the application.
    pub ordinal: i32,
    pub status: String,
    pub issued_at: DateTime<Utc>,
    /// The initial password under the server's key: 24 bytes of nonce, then XChaCha20-Poly1305 with the id as associated data.
    pub sealed_secret: Option<Vec<u8>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
