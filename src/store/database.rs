//! The connections: one writer whose transactions begin IMMEDIATE, and a pool of readers that cannot write.
//!
//! SQLite in WAL mode lets many read while one writes; a deferred transaction that turns into a write fails under contention, so
//! every write begins as one. Who holds a [`Transaction`] uses it for all statements and never touches the pools beside it.

use std::ops::Deref;
use std::path::Path;
use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use tokio::sync::watch;

const READERS: u32 = 8;
/// How long a writer of another process (the command line beside a running gateway) is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(20);

/// The database of one portal.
#[derive(Clone)]
pub struct Database {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    committed: watch::Sender<u64>,
}

impl Database {
    /// Opens the database file, making it when there is none. Nothing is migrated.
    pub async fn open(file: &Path) -> Result<Self, DbErr> {
        let writer = sea_orm::Database::connect(options(file, 1, false)).await?;
        let reader = sea_orm::Database::connect(options(file, READERS, true)).await?;
        Ok(Self { writer, reader, committed: watch::Sender::new(0) })
    }

    /// The connection for reads outside a transaction.
    pub const fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// The connection that migrations run on.
    pub const fn schema_connection(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Begins a write. Only one is open at a time; dropping it rolls back.
    pub async fn begin(&self) -> Result<Transaction, DbErr> {
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let inner = self.writer.begin_with_options(immediate).await?;
        Ok(Transaction { inner, committed: self.committed.clone() })
    }

    /// Changes with each commit of this process: what wakes the outbox.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.committed.subscribe()
    }

    /// Whether the database answers a read.
    pub async fn answers(&self) -> bool {
        self.reader.ping().await.is_ok()
    }

    /// Whether every migration that this program knows is applied, and none that it does not know.
    pub async fn is_current(&self) -> Result<bool, DbErr> {
        Ok(Migrator::get_pending_migrations(&self.writer).await?.is_empty())
    }

    /// Calls back for each statement that is sent, with its text; for tests that count.
    pub fn on_statement(&mut self, callback: impl Fn(&str) + Clone + Send + Sync + 'static) {
        let copy = callback.clone();
        self.writer.set_metric_callback(move |info| copy(&info.statement.sql));
        self.reader.set_metric_callback(move |info| callback(&info.statement.sql));
    }

    /// Closes every connection, after which the file can be copied.
    pub async fn close(self) -> Result<(), DbErr> {
        self.reader.close().await?;
        self.writer.close().await
    }
}

/// An open write: the change, its audit row and its event row go through it, and become true together.
pub struct Transaction {
    inner: DatabaseTransaction,
    committed: watch::Sender<u64>,
}

impl Transaction {
    /// Makes it all true, durably, and wakes whoever waits for commits.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.inner.commit().await?;
        self.committed.send_modify(|count| *count += 1);
        Ok(())
    }
}

impl Deref for Transaction {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.inner
    }
}

fn options(file: &Path, connections: u32, read_only: bool) -> ConnectOptions {
    // The path goes in as an option and not in the address, so that no character of it means anything.
    let file = file.to_owned();
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            let sqlite = sqlite
                .filename(&file)
                .in_memory(false)
                .shared_cache(false)
                .foreign_keys(true)
                .busy_timeout(BUSY_TIMEOUT);
            if read_only {
                return sqlite.read_only(true);
            }
            sqlite
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .pragma("journal_size_limit", "67108864")
        });
    options
}
