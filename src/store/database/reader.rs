//! Connections for reads, kept at hand.
//!
//! A pool of sqlx takes a connection back in a task of its own and asks the server whether it still lives, each time: as much work
//! again as a short statement. Here a connection stays with the readers after an answer that was read to its end, and every answer is,
//! though whoever asked has hung up. What failed on its way, was idle or has become old goes through the pool, which looks at it,
//! closes it or opens another.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::{self, Database, Executor, IntoArguments, Pool, Postgres, Sqlite};
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr,
    Statement,
};
use sea_query_sqlx::SqlxValues;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::ACQUIRE_TIMEOUT;

/// After so long without use a connection may be dead: a balancer forgets it, a server restarts.
const IDLE: Duration = Duration::from_secs(5);
/// After so long a connection goes back to its pool, which closes it when its time has come.
const OLD: Duration = Duration::from_secs(600);

/// What hears of each statement.
type Ear = Arc<dyn Fn(&Statement) + Send + Sync>;

/// The readers of one database. Clones share them.
#[derive(Clone)]
pub struct Reader {
    pool: DatabaseConnection,
    kept: Kept,
    ear: Option<Ear>,
}

#[derive(Clone)]
enum Kept {
    Postgres(Arc<Shelf<Postgres>>),
    Sqlite(Arc<Shelf<Sqlite>>),
}

impl Reader {
    /// Over a pool that has so many connections.
    pub(super) fn new(pool: DatabaseConnection, connections: u32) -> Self {
        let places = connections as usize;
        let kept = match pool.get_database_backend() {
            DbBackend::Postgres => Kept::Postgres(Shelf::new(pool.get_postgres_connection_pool().clone(), places)),
            _ => Kept::Sqlite(Shelf::new(pool.get_sqlite_connection_pool().clone(), places)),
        };
        Self { pool, kept, ear: None }
    }

    /// The pool, with one of its connections for whoever holds the place, to begin a transaction on.
    pub(super) async fn lend(&self) -> Result<(&DatabaseConnection, OwnedSemaphorePermit), DbErr> {
        let place = match &self.kept {
            Kept::Postgres(shelf) => shelf.lend().await?,
            Kept::Sqlite(shelf) => shelf.lend().await?,
        };
        Ok((&self.pool, place))
    }

    /// Calls back for each statement that is sent.
    pub(super) fn on_statement(&mut self, callback: impl Fn(&Statement) + Send + Sync + 'static) {
        self.ear = Some(Arc::new(callback));
    }

    /// Closes the connections, those in use when they are done.
    pub(super) async fn close(self) -> Result<(), DbErr> {
        match &self.kept {
            Kept::Postgres(shelf) => shelf.clear(),
            Kept::Sqlite(shelf) => shelf.clear(),
        }
        self.pool.close().await
    }

    async fn query(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.ear.iter().for_each(|ear| ear(&statement));
        match &self.kept {
            Kept::Postgres(shelf) => shelf.query(statement).await,
            Kept::Sqlite(shelf) => shelf.query(statement).await,
        }
    }
}

#[sea_orm::prelude::async_trait::async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let (pool, _place) = self.lend().await?;
        pool.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let (pool, _place) = self.lend().await?;
        pool.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.query(statement).await?.into_iter().next())
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.query(statement).await
    }
}

/// Connections that are in order, and as many places as there may be connections.
struct Shelf<DB: Database> {
    pool: Pool<DB>,
    places: Arc<Semaphore>,
    connections: Mutex<Vec<Connection<DB>>>,
}

struct Connection<DB: Database> {
    inner: PoolConnection<DB>,
    taken_at: Instant,
    used_at: Instant,
}

impl<DB: Database> Shelf<DB> {
    fn new(pool: Pool<DB>, places: usize) -> Arc<Self> {
        Arc::new(Self { pool, places: Arc::new(Semaphore::new(places)), connections: Mutex::default() })
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit, DbErr> {
        match timeout(ACQUIRE_TIMEOUT, Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)),
            Err(_) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
        }
    }

    async fn lend(&self) -> Result<OwnedSemaphorePermit, DbErr> {
        let place = self.place().await?;
        drop(self.take());
        Ok(place)
    }

    fn take(&self) -> Option<Connection<DB>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn clear(&self) {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// One that was used a moment ago, or one that the pool has looked at or opened.
    async fn connection(&self) -> Result<Connection<DB>, DbErr> {
        while let Some(connection) = self.take() {
            if connection.used_at.elapsed() < IDLE && connection.taken_at.elapsed() < OLD {
                return Ok(connection);
            }
        }
        let inner = self.pool.acquire().await.map_err(|error| match error {
            sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
            sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
            error => DbErr::Conn(RuntimeErr::SqlxError(error.into())),
        })?;
        Ok(Connection { inner, taken_at: Instant::now(), used_at: Instant::now() })
    }

    /// The rows of a statement. It is finished whether or not anybody waits for it.
    async fn query(self: &Arc<Self>, statement: Statement) -> Result<Vec<QueryResult>, DbErr>
    where
        SqlxValues: IntoArguments<DB>,
        for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
        QueryResult: From<DB::Row>,
    {
        let place = self.place().await?;
        let lent = Lent { connection: Some(self.connection().await?) };
        Finishing::new(Arc::clone(self).rows(statement, lent, place)).await
    }

    /// Runs a statement on a connection that is put back once its answer was read to the end.
    async fn rows(
        self: Arc<Self>,
        statement: Statement,
        mut lent: Lent<DB>,
        _place: OwnedSemaphorePermit,
    ) -> Result<Vec<QueryResult>, DbErr>
    where
        SqlxValues: IntoArguments<DB>,
        for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
        QueryResult: From<DB::Row>,
    {
        let Statement { sql, values, .. } = statement;
        let values = SqlxValues(values.unwrap_or_else(|| sea_orm::Values(Vec::new())));
        let Some(connection) = &mut lent.connection else { return Ok(Vec::new()) };
        let rows = sqlx::query_with(sqlx::AssertSqlSafe(sql), values).fetch_all(&mut *connection.inner).await;
        match rows {
            Ok(rows) => {
                self.put_back(lent);
                Ok(rows.into_iter().map(QueryResult::from).collect())
            }
            Err(error) => {
                if matches!(error, sqlx::Error::Database(_)) {
                    // The server's own refusal: the connection is as good as before, which the pool sees to.
                    drop(lent.connection.take());
                }
                Err(DbErr::Query(RuntimeErr::SqlxError(error.into())))
            }
        }
    }

    fn put_back(&self, mut lent: Lent<DB>) {
        let Some(mut connection) = lent.connection.take().filter(|_| !self.pool.is_closed()) else { return };
        connection.used_at = Instant::now();
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

/// A statement that goes on by itself when whoever asked has gone: its connection would answer the next one with what is left of
/// this answer, and to close it would let a crowd that hangs up make the server open as many again, while it works on regardless.
struct Finishing<T: Send + 'static>(Option<Pin<Box<dyn Future<Output = T> + Send>>>);

impl<T: Send + 'static> Finishing<T> {
    fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl<T: Send + 'static> Future for Finishing<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Some(work) = &mut self.0 else { return Poll::Pending };
        let done = ready!(work.as_mut().poll(context));
        self.0 = None;
        Poll::Ready(done)
    }
}

impl<T: Send + 'static> Drop for Finishing<T> {
    fn drop(&mut self) {
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(work);
        }
    }
}

/// A connection while it is used; closed when that fails or is broken off, as nobody knows what it would answer next.
struct Lent<DB: Database> {
    connection: Option<Connection<DB>>,
}

impl<DB: Database> Drop for Lent<DB> {
    fn drop(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            connection.inner.close_on_drop();
        }
    }
}
