//! The connections: writes one transaction at a time or many, reads on connections that cannot write; SQLite or PostgreSQL.
//!
//! A write is a closure, so that a lost race can be run again and transactions that wait together can be committed together. Inside
//! one, the open [`Transaction`] is the only way to the database: a pool that is asked for a second connection by who holds one already
//! is how gateways come to a stop.

mod postgres;
mod reader;
mod sqlite;
mod views;

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr, Statement};
use tokio::sync::watch;

pub use reader::Reader;
pub use views::View;
pub(super) use views::take_time;

/// How long a connection, or on SQLite a writer of another process, is waited for.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(20);
/// How often a transaction that lost a race is begun in all.
const TRIES: u32 = 8;

tokio::task_local! {
    /// Set while the task is inside a write.
    static WRITING: ();
}

/// How many connections a database is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pools {
    /// For writes; SQLite has one whatever is said here.
    pub writers: u32,
    /// For reads.
    pub readers: u32,
}

/// The database of one portal.
#[derive(Clone)]
pub struct Database {
    writer: DatabaseConnection,
    reader: Reader,
    /// Where writes of SQLite are committed together; PostgreSQL does that by itself.
    lane: Option<sqlite::Lane>,
    committed: watch::Sender<u64>,
}

impl Database {
    /// Opens a database file of SQLite, making it when there is none. Nothing is migrated.
    pub async fn open_sqlite(file: &Path, pools: Pools) -> Result<Self, DbErr> {
        let (writer, reader) = sqlite::connect(file, pools).await?;
        let reader = Reader::new(reader, pools.readers);
        Ok(Self { writer, reader, lane: Some(sqlite::Lane::default()), committed: watch::Sender::new(0) })
    }

    /// Connects to a database of PostgreSQL 15 or later, directly or through a pooler that keeps sessions. Nothing is migrated.
    pub async fn open_postgres(address: &str, pools: Pools) -> Result<Self, DbErr> {
        postgres::expect_fit(address).await?;
        let (writer, reader) = postgres::connect(address, pools).await?;
        let reader = Reader::new(reader, pools.readers);
        Ok(Self { writer, reader, lane: None, committed: watch::Sender::new(0) })
    }

    /// The connections for reads outside a transaction.
    pub fn reader(&self) -> &Reader {
        debug_assert!(WRITING.try_with(|()| ()).is_err(), "a write reads through its transaction");
        &self.reader
    }

    /// A pool of sea-orm's own, which its migrator asks for.
    pub(super) fn pool(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Runs a write in a transaction of its own: what it changed becomes true when it gives `Ok`, durably and all of it, before this
    /// returns; nothing of it does when it gives `Err`. One that loses a race against another is run again from the beginning, so
    /// it must change nothing but the database.
    pub async fn write<T, E, F>(&self, work: impl Fn(Transaction) -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
        E: From<DbErr> + Cause,
    {
        let mut tries = 1;
        loop {
            match self.write_once(&work).await {
                Err(error) if tries < TRIES && error.cause().is_some_and(is_lost_race) => {
                    tokio::time::sleep(Duration::from_millis(rand::random_range(1..=5 << tries))).await;
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// The same without a second try, for a write that nobody races against.
    pub async fn write_once<T, E, F>(&self, work: impl Fn(Transaction) -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
        E: From<DbErr>,
    {
        if WRITING.try_with(|()| ()).is_ok() {
            return Err(DbErr::Custom("a write was begun inside a write".to_owned()).into());
        }
        let done = match &self.lane {
            Some(lane) => lane.write(&self.writer, &work).await?,
            None => postgres::write(&self.writer, &work).await?,
        };
        self.committed.send_modify(|count| *count += 1);
        Ok(done)
    }

    /// Changes with each commit of this process: what wakes the outbox.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.committed.subscribe()
    }

    /// Whether this is SQLite, which one process at a time may serve.
    pub fn is_embedded(&self) -> bool {
        self.writer.get_database_backend() == DbBackend::Sqlite
    }

    /// Lets PostgreSQL look over what was written at once and in bulk, as it does by itself after a while: its plans and the reads that
    /// an index alone can answer depend on it. SQLite plans by its indexes and needs no such thing.
    pub async fn vacuum(&self) -> Result<(), DbErr> {
        if self.is_embedded() { Ok(()) } else { postgres::vacuum(&self.writer).await }
    }

    /// Whether the database answers a read.
    pub async fn answers(&self) -> bool {
        self.reader.execute_unprepared("SELECT 1").await.is_ok()
    }

    /// Calls back for each statement that is sent, with its values; for tests that count and that ask for plans.
    pub fn on_statement(&mut self, callback: impl Fn(&Statement) + Clone + Send + Sync + 'static) {
        let copy = callback.clone();
        self.writer.set_metric_callback(move |info| copy(info.statement));
        self.reader.on_statement(callback);
    }

    /// Closes every connection once the writes that have begun are done.
    pub async fn close(self) -> Result<(), DbErr> {
        if let Some(lane) = &self.lane {
            lane.settle().await;
        }
        self.reader.close().await?;
        self.writer.close().await
    }
}

/// An open write: the change, its audit row and its event row go through it, and become true together.
pub struct Transaction(Arc<DatabaseTransaction>);

/// Runs a write in a transaction that was begun for it, then commits or takes back; beside its outcome, whether that went well.
async fn run<T, E, F>(inner: DatabaseTransaction, work: &impl Fn(Transaction) -> F) -> (Result<T, E>, Result<(), DbErr>)
where
    F: Future<Output = Result<T, E>>,
{
    let inner = Arc::new(inner);
    let done = WRITING.scope((), work(Transaction(Arc::clone(&inner)))).await;
    let Some(inner) = Arc::into_inner(inner) else {
        return (done, Err(DbErr::Custom("a write kept its transaction".to_owned())));
    };
    let settled = if done.is_ok() { inner.commit().await } else { inner.rollback().await };
    (done, settled)
}

impl Deref for Transaction {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.0
    }
}

/// An error that may come from the database: what decides whether a write is run again.
pub trait Cause {
    /// The database's own error, when that is what it is.
    fn cause(&self) -> Option<&DbErr>;
}

impl Cause for DbErr {
    fn cause(&self) -> Option<&DbErr> {
        Some(self)
    }
}

/// SQLite's code of what another connection keeps from being done.
const SQLITE_BUSY: u32 = 5;

/// What a conditional update gives when another transaction was faster.
pub(super) const LOST_RACE: DbErr = DbErr::RecordNotUpdated;

/// Whether SQLite's one turn to write was not to be had in time (SQLITE_BUSY, with what its extended codes add).
pub fn is_busy(error: &DbErr) -> bool {
    let code = code_of(error).and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xFF == SQLITE_BUSY)
}

fn code_of(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))
    | DbErr::Conn(RuntimeErr::SqlxError(error))) = error
    else {
        return None;
    };
    error.as_database_error().and_then(|error| error.code()).map(Into::into)
}

/// Whether another transaction was faster: a row that changed since it was read, one that was not there when it was looked for, a
/// deadlock, a serialisation failure. Run again, the write finds what the other one left and decides by that.
fn is_lost_race(error: &DbErr) -> bool {
    if matches!(error, DbErr::RecordNotUpdated) {
        return true;
    }
    matches!(code_of(error).as_deref(), Some("40001" | "40P01" | "23505"))
}
