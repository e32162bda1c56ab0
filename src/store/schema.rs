//! The database's schema: which migrations are applied, and applying them.

use migration::{Migrator, MigratorTrait};
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
    let (known, applied) = (known(), applied(database).await?);
    let unknown: Vec<_> = applied.iter().filter(|name| !known.contains(name)).cloned().collect();
    if !unknown.is_empty() {
        return Ok(Standing::Newer(unknown));
    }
    Ok(if applied.len() == known.len() { Standing::Current } else { Standing::Older })
}

/// Applies what is not applied yet, all of it or nothing, and tells how many that were. Of processes that begin at once, one does
/// the work while the others wait for its transaction.
pub async fn up(database: &Database) -> Result<usize, DbErr> {
    let tx = database.begin().await?;
    let pending = Migrator::get_pending_migrations(&*tx).await?.len();
    Migrator::up(&*tx, None).await?;
    tx.commit().await?;
    Ok(pending)
}

/// Takes the last migrations back, all of these or none, and tells how many that were.
pub async fn down(database: &Database, steps: u32) -> Result<u32, DbErr> {
    let tx = database.begin().await?;
    let applied = Migrator::get_applied_migrations(&*tx).await?.len();
    let steps = u32::try_from(applied).map_or(steps, |applied| applied.min(steps));
    Migrator::down(&*tx, Some(steps)).await?;
    tx.commit().await?;
    Ok(steps)
}

/// Every migration that this program knows, in order.
pub fn known() -> Vec<String> {
    Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect()
}

/// Every migration that this program knows, in order, and whether it is applied.
pub async fn status(database: &Database) -> Result<Vec<(String, bool)>, DbErr> {
    let applied = applied(database).await?;
    let with_standing = |name: String| {
        let is_applied = applied.contains(&name);
        (name, is_applied)
    };
    Ok(known().into_iter().map(with_standing).collect())
}

/// The names of the migrations that the database has seen, known to this program or not.
async fn applied(database: &Database) -> Result<Vec<String>, DbErr> {
    Migrator::install(database.schema_connection()).await?;
    let rows = Migrator::get_migration_models(database.schema_connection()).await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}
