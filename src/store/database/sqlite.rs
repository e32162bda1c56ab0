//! SQLite in WAL mode: one writer, many readers, and writes that wait together committed together.
//!
//! A deferred transaction that turns into a write fails under contention, so the writer's begin IMMEDIATE. A commit waits for the disk
//! (`synchronous = FULL`), which a rush cannot afford once for each write: those that wait while another runs join its transaction, each
//! as a savepoint of its own, and one commit makes them durable. Nobody is answered before that commit.

use std::path::Path;
use std::sync::Arc;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use tokio::sync::{Mutex, watch};

use super::{ACQUIRE_TIMEOUT, Pools, Transaction, run};

/// The one writer and the readers.
pub(super) async fn connect(file: &Path, pools: Pools) -> Result<(DatabaseConnection, DatabaseConnection), DbErr> {
    let writer = sea_orm::Database::connect(options(file, 1, false)).await?;
    let reader = sea_orm::Database::connect(options(file, pools.readers, true)).await?;
    Ok((writer, reader))
}

/// The writer's turn: who holds it writes, in the transaction of the group that is open.
#[derive(Clone, Default)]
pub(super) struct Lane(Arc<Mutex<Option<Group>>>);

/// Writes that become durable together.
struct Group {
    outer: DatabaseTransaction,
    outcome: watch::Sender<Option<Result<(), Arc<DbErr>>>>,
}

impl Lane {
    /// Runs one write as a part of the group that is open, and waits for its commit. So does one that gives `Err`: what it saw, and
    /// answers by, may be of the same group.
    pub(super) async fn write<T, E, F>(
        &self,
        writer: &DatabaseConnection,
        work: &impl Fn(Transaction) -> F,
    ) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
        E: From<DbErr>,
    {
        let mut turn = self.0.lock().await;
        let group = match turn.take() {
            Some(group) => group,
            None => self.open(writer).await?,
        };
        let group = turn.insert(group);
        let mut outcome = group.outcome.subscribe();
        let (done, settled) = match group.outer.begin().await {
            Ok(part) => run(part, work).await,
            Err(error) => (Err(E::from(error.clone())), Err(error)),
        };
        if let Err(error) = settled
            && let Some(group) = turn.take()
        {
            // SQLite takes a whole transaction back when the disk is full: what is left of the group is not to be trusted.
            group.outcome.send_replace(Some(Err(Arc::new(error))));
        }
        drop(turn);
        let outcome = outcome.wait_for(Option::is_some).await.map(|outcome| outcome.clone());
        match outcome {
            Ok(Some(Ok(()))) => done,
            Ok(Some(Err(error))) => Err(DbErr::Custom(format!("the commit failed: {error}")).into()),
            Ok(None) | Err(_) => Err(DbErr::Custom("the commit was given up".to_owned()).into()),
        }
    }

    /// Opens a group. Its commit waits for its turn like everybody: behind the writes that wait now, before those that come later.
    async fn open(&self, writer: &DatabaseConnection) -> Result<Group, DbErr> {
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let outer = writer.begin_with_options(immediate).await?;
        let lane = self.clone();
        tokio::spawn(async move { lane.settle().await });
        Ok(Group { outer, outcome: watch::Sender::new(None) })
    }

    /// Commits the group that is open.
    pub(super) async fn settle(&self) {
        let mut turn = self.0.lock().await;
        if let Some(Group { outer, outcome }) = turn.take() {
            outcome.send_replace(Some(outer.commit().await.map_err(Arc::new)));
        }
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
                // A writer of another process: the command line beside a running gateway.
                .busy_timeout(ACQUIRE_TIMEOUT);
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
