//! Facilities, who holds them, the registry that they are matched with, and the tries at a match.

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
                    .table("facilities")
                    .col(uuid("id").primary_key())
                    .col(string("kind"))
                    .col(string("code"))
                    .col(string("name"))
                    .col(small_integer_null("prefecture"))
                    .col(big_integer("event_sequence"))
                    .col(timestamp_with_time_zone("created_at"))
                    .index(Index::create().unique().name("facilities_kind_code_key").col("kind").col("code"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("facility_members")
                    .col(uuid("user_id"))
                    .col(uuid("facility_id"))
                    .col(timestamp_with_time_zone("joined_at"))
                    .primary_key(Index::create().col("user_id").col("facility_id"))
                    .foreign_key(ForeignKey::create().from("facility_members", "user_id").to("users", "id"))
                    .foreign_key(ForeignKey::create().from("facility_members", "facility_id").to("facilities", "id"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("facility_members_facility_id_idx")
                    .table("facility_members")
                    .col("facility_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("registry_records")
                    .col(string("kind"))
                    .col(string("code"))
                    .col(string("name"))
                    .col(small_integer("prefecture"))
                    .col(var_binary("key_digest", 32))
                    .col(timestamp_with_time_zone("imported_at"))
                    .primary_key(Index::create().col("kind").col("code"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("verification_attempts")
                    .col(uuid("id").primary_key())
                    .col(uuid("facility_id"))
                    .col(uuid("user_id"))
                    .col(string("outcome"))
                    .col(timestamp_with_time_zone("attempted_at"))
                    .foreign_key(
                        ForeignKey::create().from("verification_attempts", "facility_id").to("facilities", "id"),
                    )
                    .foreign_key(ForeignKey::create().from("verification_attempts", "user_id").to("users", "id"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("verification_attempts_facility_id_attempted_at_idx")
                    .table("verification_attempts")
                    .col("facility_id")
                    .col("attempted_at")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("verification_attempts_user_id_attempted_at_idx")
                    .table("verification_attempts")
                    .col("user_id")
                    .col("attempted_at")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("verification_attempts_attempted_at_idx")
                    .table("verification_attempts")
                    .col("attempted_at")
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["verification_attempts", "registry_records", "facility_members", "facilities"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
