//! Attachments: what the gateway knows of each file; its bytes are an object in the storage.

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
                    .table("attachments")
                    .col(uuid("id").primary_key())
                    .col(uuid("application_id"))
                    .col(uuid("facility_id"))
                    .col(string("kind"))
                    .col(string("file_name"))
                    .col(string("file_type"))
                    .col(big_integer("size"))
                    .col(binary("sha256"))
                    .col(uuid("object").unique_key())
                    .col(uuid("uploaded_by"))
                    .col(timestamp_with_time_zone("uploaded_at"))
                    .col(timestamp_with_time_zone_null("replaced_at"))
                    .foreign_key(ForeignKey::create().from("attachments", "application_id").to("applications", "id"))
                    .foreign_key(ForeignKey::create().from("attachments", "facility_id").to("facilities", "id"))
                    .foreign_key(ForeignKey::create().from("attachments", "uploaded_by").to("users", "id"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("attachments_application_id_id_idx")
                    .table("attachments")
                    .col("application_id")
                    .col("id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("attachments").to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
