//! Applications of every kind, and what a start-of-use application asks.

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
                    .table("applications")
                    .col(uuid("id").primary_key())
                    .col(string("number").unique_key())
                    .col(string("kind"))
                    .col(uuid("facility_id"))
                    .col(uuid("applicant_id"))
                    .col(string("status"))
                    .col(integer("version"))
                    .col(json("open_corrections"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone_null("submitted_at"))
                    .col(timestamp_with_time_zone_null("decided_at"))
                    .foreign_key(ForeignKey::create().from("applications", "facility_id").to("facilities", "id"))
                    .foreign_key(ForeignKey::create().from("applications", "applicant_id").to("users", "id"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("applications_facility_id_created_at_id_idx")
                    .table("applications")
                    .col("facility_id")
                    .col("created_at")
                    .col("id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("start_of_use_applications")
                    .col(uuid("application_id").primary_key())
                    .col(string_null("method"))
                    .col(uuid_null("matched_by"))
                    .col(string_null("matched_key_kind"))
                    .col(timestamp_with_time_zone_null("matched_at"))
                    .col(timestamp_with_time_zone_null("match_used_at"))
                    .col(integer_null("staff_count"))
                    .col(integer_null("device_count"))
                    .col(string_null("terms_version"))
                    .col(timestamp_with_time_zone_null("terms_accepted_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("start_of_use_applications", "application_id")
                            .to("applications", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("idempotency_keys")
                    .col(uuid("user_id"))
                    .col(string("operation"))
                    .col(string("key"))
                    .col(var_binary("request_hash", 32))
                    .col(uuid("application_id"))
                    .col(timestamp_with_time_zone("created_at"))
                    .primary_key(Index::create().col("user_id").col("operation").col("key"))
                    .foreign_key(ForeignKey::create().from("idempotency_keys", "user_id").to("users", "id"))
                    .foreign_key(
                        ForeignKey::create().from("idempotency_keys", "application_id").to("applications", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("idempotency_keys_created_at_idx")
                    .table("idempotency_keys")
                    .col("created_at")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create().table("counters").col(string("name").primary_key()).col(big_integer("last")).to_owned(),
            )
            .await?;
        // One application of a kind may be open or completed for a facility (E20): two submissions at once make one.
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("applications_one_open_key")
                    .table("applications")
                    .col("facility_id")
                    .col("kind")
                    .and_where(Expr::col("status").is_not_in(["REJECTED", "WITHDRAWN"]))
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["counters", "idempotency_keys", "start_of_use_applications", "applications"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
