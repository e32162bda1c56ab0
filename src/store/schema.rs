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
    /// Migrations are applied that this program does not know: these.
    Newer(Vec<String>),
}

/// Compares the database with this program.
pub async fn standing(database: &Database) -> Result<Standing, DbErr> {
    let connection = database.schema_connection();
    Migrator::install(connection).await?;
    let known = known();
    let applied = Migrator::get_migration_models(connection).await?;
    let unknown: Vec<_> = applied.into_iter().map(|row| row.version).filter(|name| !known.contains(name)).collect();
    if !unknown.is_empty() {
        return Ok(Standing::Newer(unknown));
    }
    let pending = Migrator::get_pending_migrations(connection).await?;
    Ok(if pending.is_empty() { Standing::Current } else { Standing::Older })
}

/// Applies what is not applied yet, and tells how many that were.
pub async fn up(database: &Database) -> Result<usize, DbErr> {
    let pending = Migrator::get_pending_migrations(database.schema_connection()).await?.len();
    Migrator::up(database.schema_connection(), None).await?;
    Ok(pending)
}

/// Takes the last migrations back, and tells how many that were.
pub async fn down(database: &Database, steps: u32) -> Result<u32, DbErr> {
    let applied = Migrator::get_applied_migrations(database.schema_connection()).await?.len();
    let steps = u32::try_from(applied).map_or(steps, |applied| applied.min(steps));
    Migrator::down(database.schema_connection(), Some(steps)).await?;
    Ok(steps)
}

/// Every migration that this program knows, in order.
pub fn known() -> Vec<String> {
    Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect()
}

/// Every migration that this program knows, in order, and whether it is applied.
pub async fn status(database: &Database) -> Result<Vec<(String, bool)>, DbErr> {
    let migrations = Migrator::get_migration_with_status(database.schema_connection()).await?;
    Ok(migrations.iter().map(|one| (one.name().to_owned(), one.status() == MigrationStatus::Applied)).collect())
}
