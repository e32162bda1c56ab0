//! On PostgreSQL, numbers come from sequences: a counter's row would be locked from the draw to the commit, and so let one write go at a
//! time. SQLite has one writer anyhow and keeps its counters.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Each sequence and the counter that it takes over.
const SEQUENCES: [(&str, &str); 2] = [("application_numbers", "application-number"), ("account_names", "account-name")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        for (sequence, counter) in SEQUENCES {
            let statements = format!(
                "CREATE SEQUENCE {sequence}; \
                 SELECT setval('{sequence}', last) FROM counters WHERE name = '{counter}' AND last > 0; \
                 DELETE FROM counters WHERE name = '{counter}'"
            );
            manager.get_connection().execute_unprepared(&statements).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        for (sequence, counter) in SEQUENCES {
            let statements = format!(
                "INSERT INTO counters (name, last) SELECT '{counter}', last_value FROM {sequence} WHERE is_called; \
                 DROP SEQUENCE {sequence}"
            );
            manager.get_connection().execute_unprepared(&statements).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
