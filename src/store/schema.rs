//! The database's schema: which migrations are applied, and applying them.

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use super::{Database, Transaction};

/// The advisory lock of PostgreSQL under which migrations run; any number will do that nobody else uses: "窓口" in UTF-16.
const MIGRATING: u32 = 0x7a93_53e3;

/// How the schema stands to this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Just as this program knows it.
    Current,
    /// No migration was ever applied.
    Empty,
    /// These migrations are not applied yet.
    Older(Vec<String>),
    /// Migrations are applied that this program does not know: these.
    Newer(Vec<String>),
}

/// Compares the database with this program.
pub async fn standing(database: &Database) -> Result<Standing, DbErr> {
    Ok(compared(&migration::applied(database.pool()).await?))
}

/// Compares migrations that some database has seen with this program.
pub(super) fn compared(applied: &[String]) -> Standing {
    let known = known();
    let unknown: Vec<_> = applied.iter().filter(|name| !known.contains(name)).cloned().collect();
    if !unknown.is_empty() {
        return Standing::Newer(unknown);
    }
    match applied.len() {
        0 => Standing::Empty,
        count if count == known.len() => Standing::Current,
        _ => Standing::Older(known.into_iter().filter(|name| !applied.contains(name)).collect()),
    }
}

/// Applies what is not applied yet, all of it or nothing, and tells how many that were. Of processes that begin at once, one does
/// the work while the others wait for its transaction.
pub async fn up(database: &Database) -> Result<usize, DbErr> {
    let work = |tx: Transaction| async move {
        hold(&tx).await?;
        let pending = Migrator::get_pending_migrations(&*tx).await?.len();
        Migrator::up(&*tx, None).await?;
        Ok(pending)
    };
    database.write(work).await
}

/// Takes the last migrations back, all of these or none, and tells how many that were.
pub async fn down(database: &Database, steps: u32) -> Result<u32, DbErr> {
    let work = |tx: Transaction| async move {
        hold(&tx).await?;
        let applied = Migrator::get_applied_migrations(&*tx).await?.len();
        let steps = u32::try_from(applied).map_or(steps, |applied| applied.min(steps));
        Migrator::down(&*tx, Some(steps)).await?;
        Ok(steps)
    };
    database.write(work).await
}

/// Keeps every other process from migrating until the transaction ends. On SQLite the transaction itself does.
async fn hold(tx: &Transaction) -> Result<(), DbErr> {
    if tx.get_database_backend() == DbBackend::Postgres {
        // Building an index on a large table takes its time, and so does waiting for who is at it.
        tx.execute_unprepared("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0").await?;
        tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATING})")).await?;
    }
    Ok(())
}

/// Every migration that this program knows, in order.
pub fn known() -> Vec<String> {
    Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect()
}

/// Every migration that this program knows, in order, and whether it is applied.
pub async fn status(database: &Database) -> Result<Vec<(String, bool)>, DbErr> {
    let applied = migration::applied(database.pool()).await?;
    let with_standing = |name: String| {
        let is_applied = applied.contains(&name);
        (name, is_applied)
    };
    Ok(known().into_iter().map(with_standing).collect())
}
