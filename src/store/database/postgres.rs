//! PostgreSQL: two pools, READ COMMITTED, and a look at the server before anything depends on it.
//!
//! Writes are judged by conditional updates and unique keys, never by what was read a moment ago without a lock. The server commits
//! together what waits together.

use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::{self, Connection, Executor};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement, TransactionTrait,
};

use super::{ACQUIRE_TIMEOUT, Pools, Transaction, run};

/// PostgreSQL 15, as it names its versions.
const OLDEST: i32 = 150_000;
/// How often the look at the pooler is repeated: it may give the same server to two clients by luck only when it shares them.
const LOOKS: u32 = 4;

/// What each session is set to. Limits are generous: they end what hangs, not what is slow.
const SESSION: &str = "SET default_transaction_isolation = 'read committed'; SET statement_timeout = '60s'; \
                       SET lock_timeout = '20s'; SET client_min_messages = warning; SET idle_in_transaction_session_timeout = '60s'";

/// The pool of writers and the one of readers.
pub(super) async fn connect(address: &str, pools: Pools) -> Result<(DatabaseConnection, DatabaseConnection), DbErr> {
    let writer = sea_orm::Database::connect(options(address, pools.writers, SESSION.to_owned())).await?;
    let read_only = format!("{SESSION}; SET default_transaction_read_only = on");
    let reader = sea_orm::Database::connect(options(address, pools.readers, read_only)).await?;
    Ok((writer, reader))
}

fn options(address: &str, connections: u32, session: String) -> ConnectOptions {
    let mut options = ConnectOptions::new(address);
    options
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire_if_idle_for(Duration::from_secs(5))
        .sqlx_logging(false)
        .map_sqlx_postgres_opts(|postgres| postgres.application_name("madoguchi"))
        // Not as parameters of the start: poolers that keep sessions refuse those.
        .map_sqlx_postgres_pool_opts(move |pool| {
            let session = session.clone();
            pool.after_connect(move |connection, _| {
                let session = session.clone();
                Box::pin(async move { connection.execute(sqlx::AssertSqlSafe(session)).await.map(drop) })
            })
        });
    options
}

/// Runs one write.
pub(super) async fn write<T, E, F>(writer: &DatabaseConnection, work: &impl Fn(Transaction) -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
    E: From<DbErr>,
{
    // In a task of its own: a begin that is cancelled half way leaves its transaction open in the pool (sqlx issue 4385).
    let writer = writer.clone();
    let begun = tokio::spawn(async move { writer.begin().await }).await;
    let inner = begun.map_err(|error| DbErr::Custom(error.to_string()))??;
    let (done, settled) = run(inner, work).await;
    let done = done?;
    settled?;
    Ok(done)
}

/// Vacuums and analyses every table, each in a statement of its own as the server wants it.
pub(super) async fn vacuum(writer: &DatabaseConnection) -> Result<(), DbErr> {
    let tables =
        Statement::from_string(DbBackend::Postgres, "SELECT quote_ident(relname) AS name FROM pg_stat_user_tables");
    for row in writer.query_all_raw(tables).await? {
        let name: String = row.try_get("", "name")?;
        writer.execute_unprepared(&format!("VACUUM (ANALYZE) {name}")).await?;
    }
    Ok(())
}

/// Says why the gateway cannot work with the server, if so: not there, too old, or behind a pooler that shares its sessions.
pub(super) async fn expect_fit(address: &str) -> Result<(), DbErr> {
    let options: PgConnectOptions = address.parse().map_err(unfit)?;
    let mut here = PgConnection::connect_with(&options).await.map_err(unfit)?;
    let (version, encoding): (i32, String) =
        sqlx::query_as("SELECT current_setting('server_version_num')::int, current_setting('server_encoding')")
            .fetch_one(&mut here)
            .await
            .map_err(unfit)?;
    if version < OLDEST {
        return Err(DbErr::Custom(format!("this is PostgreSQL {}; 15 or later is needed", version / 10_000)));
    }
    if encoding != "UTF8" {
        return Err(DbErr::Custom(format!("the database is in {encoding}; make it with ENCODING 'UTF8'")));
    }
    let mut there = PgConnection::connect_with(&options).await.map_err(unfit)?;
    for _ in 0..LOOKS {
        if is_shared(&mut here, &mut there).await.map_err(unfit)? {
            return Err(DbErr::Custom(
                "between the gateway and PostgreSQL stands a pooler in transaction or statement mode, which breaks prepared \
                 statements and locks; connect directly, or set pool_mode = session for this database"
                    .to_owned(),
            ));
        }
        std::mem::swap(&mut here, &mut there);
    }
    here.close().await.map_err(unfit)?;
    there.close().await.map_err(unfit)
}

/// Whether two connections that are both open are served by one session, or one of them by two.
async fn is_shared(here: &mut PgConnection, there: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let mine = session_of(here).await?;
    // While this one is kept busy, a pooler that shares has to send the other one elsewhere.
    match there.execute("BEGIN").await {
        // A pooler by statements refuses any transaction.
        Err(sqlx::Error::Database(_)) => return Ok(true),
        begun => begun?,
    };
    let theirs = session_of(there).await?;
    let mine_now = session_of(here).await?;
    there.execute("ROLLBACK").await?;
    Ok(mine == theirs || mine != mine_now)
}

async fn session_of(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar("SELECT pg_backend_pid()").persistent(false).fetch_one(connection).await
}

fn unfit(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(error.into()))
}
