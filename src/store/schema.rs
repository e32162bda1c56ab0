//! The database's schema: which migrations are applied, and applying them.

use migration::{MigrationStatus, Migrator, MigratorTrait};
use sea_orm::DbErr;

use super::Database;

/// How the schema stands to this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Just as this program knows it.
    Current,
    /// Some migrations are not applied yet.
    Older,
    /// Migrations are applied that this program does not know.
    Newer,
}

/// Compares the database with this program.
pub async fn standing(database: &Database) -> Result<Standing, DbErr> {
    let connection = database.schema_connection();
    Migrator::install(connection).await?;
    let known: Vec<_> = Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    let applied = Migrator::get_migration_models(connection).await?;
    if applied.iter().any(|row| !known.contains(&row.version)) {
        return Ok(Standing::Newer);
    }
    Ok(if applied.len() == known.len() { Standing::Current } else { Standing::Older })
}

/// Applies what is not applied yet, and tells how many that were.
pub async fn up(database: &Database) -> Result<usize, DbErr> {
    let pending = Migrator::get_pending_migrations(database.schema_connection()).await?.len();
    Migrator::up(database.schema_connection(), None).await?;
    Ok(pending)
}

/// Takes the last migrations back.
pub async fn down(database: &Database, steps: u32) -> Result<(), DbErr> {
    Migrator::down(database.schema_connection(), Some(steps)).await
}

/// Every migration that this program knows, in order, and whether it is applied.
pub async fn status(database: &Database) -> Result<Vec<(String, bool)>, DbErr> {
    let migrations = Migrator::get_migration_with_status(database.schema_connection()).await?;
    Ok(migrations.iter().map(|one| (one.name().to_owned(), one.status() == MigrationStatus::Applied)).collect())
}
