//! Numbers given out in order: reception numbers of applications, account names. None is given twice; some may be left out.

use entities::counters::{ActiveModel, Column, Entity};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait, FromQueryResult, Set, Statement};

use super::Transaction;

/// What is numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// 受付番号.
    ApplicationNumber,
    /// Names of accounts.
    AccountName,
}

impl Counter {
    /// Every counter.
    pub const ALL: [Self; 2] = [Self::ApplicationNumber, Self::AccountName];

    /// Its row of the counters, on SQLite.
    const fn row(self) -> &'static str {
        match self {
            Self::ApplicationNumber => "application-number",
            Self::AccountName => "account-name",
        }
    }

    /// Its sequence, on PostgreSQL.
    const fn sequence(self) -> &'static str {
        match self {
            Self::ApplicationNumber => "application_numbers",
            Self::AccountName => "account_names",
        }
    }
}

/// Draws so many numbers, in order. They are consecutive unless somebody draws at the same moment.
pub async fn draw(tx: &Transaction, counter: Counter, count: u32) -> Result<Vec<i64>, DbErr> {
    match tx.get_database_backend() {
        DbBackend::Postgres => draw_from_sequence(tx, counter, count).await,
        _ => draw_from_row(tx, counter, count).await,
    }
}

/// Draws so many consecutive numbers at once, and gives the first: for as many as nobody wants to see one by one.
pub async fn skip(tx: &Transaction, counter: Counter, count: i64) -> Result<i64, DbErr> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(last_of_row(tx, counter, count).await? - count + 1);
    }
    let sql = "SELECT setval($1::text::regclass, nextval($1::text::regclass) + $2 - 1) AS number";
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, [counter.sequence().into(), count.into()]);
    let last = Drawn::find_by_statement(statement).one(&**tx).await?;
    last.map(|last| last.number - count + 1).ok_or_else(|| DbErr::RecordNotFound(counter.sequence().to_owned()))
}

/// The number given last; 0 when none was.
pub async fn last(conn: &impl ConnectionTrait, counter: Counter) -> Result<i64, DbErr> {
    if conn.get_database_backend() != DbBackend::Postgres {
        let row = Entity::find_by_id(counter.row().to_owned()).one(conn).await?;
        return Ok(row.map_or(0, |row| row.last));
    }
    let sql = format!("SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS number FROM {}", counter.sequence());
    let found = Drawn::find_by_statement(Statement::from_string(DbBackend::Postgres, sql)).one(conn).await?;
    Ok(found.map_or(0, |found| found.number))
}

/// Lets the numbers go on after one that was given elsewhere, where none was given yet.
pub async fn go_on_after(tx: &Transaction, counter: Counter, last: i64) -> Result<(), DbErr> {
    if tx.get_database_backend() != DbBackend::Postgres {
        // No row says the same as 0.
        if last > 0 {
            let row = ActiveModel { name: Set(counter.row().to_owned()), last: Set(last) };
            Entity::insert(row).exec_without_returning(&**tx).await?;
        }
        return Ok(());
    }
    // A sequence begins at 1, and what a transaction does to it stays when that is taken back.
    let sql = "SELECT setval($1::text::regclass, greatest($2, 1), $2 > 0)";
    let values = [counter.sequence().into(), last.into()];
    tx.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await.map(drop)
}

#[derive(FromQueryResult)]
struct Drawn {
    number: i64,
}

async fn draw_from_sequence(tx: &Transaction, counter: Counter, count: u32) -> Result<Vec<i64>, DbErr> {
    let sql = "SELECT nextval($1::text::regclass) AS number FROM generate_series(1, $2)";
    let values = [counter.sequence().into(), i64::from(count).into()];
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    let drawn = Drawn::find_by_statement(statement).all(&**tx).await?;
    let mut numbers: Vec<_> = drawn.into_iter().map(|drawn| drawn.number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// A transaction that rolls back gives its numbers back.
async fn draw_from_row(tx: &Transaction, counter: Counter, count: u32) -> Result<Vec<i64>, DbErr> {
    let last = last_of_row(tx, counter, count.into()).await?;
    Ok((last - i64::from(count) + 1..=last).collect())
}

async fn last_of_row(tx: &Transaction, counter: Counter, count: i64) -> Result<i64, DbErr> {
    let first = ActiveModel { name: Set(counter.row().to_owned()), last: Set(count) };
    let more = Expr::col((Entity, Column::Last)).add(count);
    let counted = OnConflict::column(Column::Name).value(Column::Last, more).to_owned();
    Ok(Entity::insert(first).on_conflict(counted).exec_with_returning(&**tx).await?.last)
}
