//! The initial passwords of accounts, encrypted with a key that is not in the database.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Null for accounts that were issued before: they get one when their document is first made.
        manager
            .alter_table(
                Table::alter()
                    .table("eligibility_accounts")
                    .add_column(ColumnDef::new("sealed_secret").blob().null())
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("eligibility_accounts").drop_column("sealed_secret").to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
