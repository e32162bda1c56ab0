//! A database looked at as a whole, for who moves it elsewhere: as it was at one moment, or held still.

use std::ops::Deref;

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseTransaction, DbErr, IsolationLevel, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};

use tokio::sync::OwnedSemaphorePermit;

use super::Database;

/// A transaction that only reads. When it is dropped it is over.
pub struct View {
    transaction: DatabaseTransaction,
    /// Among the readers, whose connection it has.
    _place: Option<OwnedSemaphorePermit>,
}

impl Deref for View {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.transaction
    }
}

impl Database {
    /// All that is committed now; what is written later does not show.
    pub async fn snapshot(&self) -> Result<View, DbErr> {
        let (pool, place) = self.reader.lend().await?;
        let view = if self.is_embedded() {
            pool.begin().await?
        } else {
            pool.begin_with_config(Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly)).await?
        };
        take_time(&view).await?;
        // Either database takes its snapshot at the first read and not at the beginning.
        view.execute_unprepared("SELECT count(*) FROM portal_facts").await?;
        Ok(View { transaction: view, _place: Some(place) })
    }

    /// The writer's place, taken by one who writes nothing: on SQLite nobody can write until it is dropped. On PostgreSQL that
    /// takes locks as well.
    pub(in crate::store) async fn writers_place(&self) -> Result<View, DbErr> {
        let immediate = TransactionOptions {
            sqlite_transaction_mode: self.is_embedded().then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let view = self.writer.begin_with_options(immediate).await?;
        take_time(&view).await?;
        Ok(View { transaction: view, _place: None })
    }
}

/// Lifts the limits that end what hangs: a whole table takes its time, and so does the other side of a copy. The limit on waiting for
/// a lock stays.
pub(in crate::store) async fn take_time(conn: &DatabaseTransaction) -> Result<(), DbErr> {
    if conn.get_database_backend() == sea_orm::DbBackend::Postgres {
        let limits = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";
        conn.execute_unprepared(limits).await?;
    }
    Ok(())
}
