//! Review: cases, decisions, and the accounts that approval issues.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("review_cases")
                    .col(uuid("application_id").primary_key())
                    .col(timestamp_with_time_zone("waiting_since"))
                    .col(uuid_null("claimed_by"))
                    .col(timestamp_with_time_zone_null("claimed_until"))
                    .foreign_key(ForeignKey::create().from("review_cases", "application_id").to("applications", "id"))
                    .foreign_key(ForeignKey::create().from("review_cases", "claimed_by").to("users", "id"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("review_cases_waiting_since_application_id_idx")
                    .table("review_cases")
                    .col("waiting_since")
                    .col("application_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("decisions")
                    .col(uuid("id").primary_key())
                    .col(uuid("application_id"))
                    .col(uuid("reviewer_id"))
                    .col(string("verdict"))
                    .col(text_null("reason"))
                    .col(json("corrections"))
                    .col(text_null("internal_note"))
                    .col(timestamp_with_time_zone("decided_at"))
                    .foreign_key(ForeignKey::create().from("decisions", "application_id").to("applications", "id"))
                    .foreign_key(ForeignKey::create().from("decisions", "reviewer_id").to("users", "id"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("decisions_application_id_decided_at_idx")
                    .table("decisions")
                    .col("application_id")
                    .col("decided_at")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("eligibility_accounts")
                    .col(uuid("id").primary_key())
                    .col(string("account_name").unique_key())
                    .col(uuid("facility_id"))
                    .col(uuid("application_id"))
                    .col(integer("ordinal"))
                    .col(string("status"))
                    .col(timestamp_with_time_zone("issued_at"))
                    .foreign_key(
                        ForeignKey::create().from("eligibility_accounts", "facility_id").to("facilities", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create().from("eligibility_accounts", "application_id").to("applications", "id"),
                    )
                    .index(
                        Index::create()
                            .unique()
                            .name("eligibility_accounts_application_id_ordinal_key")
                            .col("application_id")
                            .col("ordinal"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("eligibility_accounts_facility_id_account_name_idx")
                    .table("eligibility_accounts")
                    .col("facility_id")
                    .col("account_name")
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["eligibility_accounts", "decisions", "review_cases"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
