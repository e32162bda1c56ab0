//! Events, the outbox, the audit trail, and facts of the database itself.

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
                    .table("application_events")
                    .col(uuid("id").primary_key())
                    .col(uuid("application_id"))
                    .col(uuid("facility_id"))
                    .col(big_integer("sequence"))
                    .col(string("kind"))
                    .col(string("status"))
                    .col(string("actor"))
                    .col(text_null("reason"))
                    .col(timestamp_with_time_zone("occurred_at"))
                    .foreign_key(
                        ForeignKey::create().from("application_events", "application_id").to("applications", "id"),
                    )
                    .foreign_key(ForeignKey::create().from("application_events", "facility_id").to("facilities", "id"))
                    .index(
                        Index::create()
                            .unique()
                            .name("application_events_facility_id_sequence_key")
                            .col("facility_id")
                            .col("sequence"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("application_events_application_id_sequence_idx")
                    .table("application_events")
                    .col("application_id")
                    .col("sequence")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("outbox_messages")
                    .col(uuid("id").primary_key())
                    .col(string("topic"))
                    .col(json("payload"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("next_attempt_at"))
                    .col(integer("attempts"))
                    .col(timestamp_with_time_zone_null("done_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("outbox_messages_done_at_next_attempt_at_idx")
                    .table("outbox_messages")
                    .col("done_at")
                    .col("next_attempt_at")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("audit_entries")
                    .col(uuid("id").primary_key())
                    .col(timestamp_with_time_zone("occurred_at"))
                    .col(uuid_null("actor_id"))
                    .col(string("action"))
                    .col(string("subject"))
                    .col(json("detail"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("audit_entries_subject_idx").table("audit_entries").col("subject").to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create().table("portal_facts").col(string("name").primary_key()).col(string("value")).to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["portal_facts", "audit_entries", "outbox_messages", "application_events"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
