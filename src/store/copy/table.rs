//! One table of a copy, whatever its columns: its rows go through the entity's model, which both databases read and write alike.

use std::marker::PhantomData;

use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, TryStreamExt};
use sea_orm::sea_query::{ColumnType, Expr};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait,
    IntoActiveModel, Iterable, ModelTrait, Order, PaginatorTrait, PrimaryKeyToColumn, QueryOrder, QuerySelect, Select,
    Value,
};

use crate::store::Transaction;

/// Values of one statement: SQLite takes 32,766, PostgreSQL 65,535.
const MOST_VALUES: usize = 32_000;
/// Rows of one statement; larger ones are hardly faster and only take memory.
const MOST_ROWS: usize = 1000;
/// After how many rows it is told how far it is; whole chunks.
const TOLD_EVERY: u64 = 10_000;

/// A row that two databases do not have alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its primary key.
    pub key: String,
}

/// A table as a copy sees it. `told` hears how many rows are done.
pub trait Table {
    /// Its name.
    fn name(&self) -> &'static str;

    /// How many rows it has.
    fn count<'a>(&'a self, conn: &'a DatabaseTransaction) -> LocalBoxFuture<'a, Result<u64, DbErr>>;

    /// Whether it has none.
    fn is_empty<'a>(&'a self, conn: &'a DatabaseTransaction) -> LocalBoxFuture<'a, Result<bool, DbErr>>;

    /// Writes every row of one database into another, a thousand in memory at a time, and gives their number.
    fn copy<'a>(
        &'a self,
        from: &'a DatabaseTransaction,
        to: &'a Transaction,
        told: &'a dyn Fn(u64),
    ) -> LocalBoxFuture<'a, Result<u64, DbErr>>;

    /// Reads both databases in the order of the primary key, row beside row, to the first that differs or is in one of them only.
    fn difference<'a>(
        &'a self,
        from: &'a DatabaseTransaction,
        to: &'a Transaction,
        told: &'a dyn Fn(u64),
    ) -> LocalBoxFuture<'a, Result<Option<Difference>, DbErr>>;
}

/// The table of an entity.
pub(super) const fn of<E>() -> &'static dyn Table
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel> + PartialEq + Send + Sync,
    E::ActiveModel: Send,
{
    &Of::<E>(PhantomData)
}

struct Of<E>(PhantomData<E>);

impl<E> Table for Of<E>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel> + PartialEq + Send + Sync,
    E::ActiveModel: Send,
{
    fn name(&self) -> &'static str {
        E::default().table_name()
    }

    fn count<'a>(&'a self, conn: &'a DatabaseTransaction) -> LocalBoxFuture<'a, Result<u64, DbErr>> {
        E::find().count(conn).boxed_local()
    }

    fn is_empty<'a>(&'a self, conn: &'a DatabaseTransaction) -> LocalBoxFuture<'a, Result<bool, DbErr>> {
        async { Ok(E::find().limit(1).one(conn).await?.is_none()) }.boxed_local()
    }

    fn copy<'a>(
        &'a self,
        from: &'a DatabaseTransaction,
        to: &'a Transaction,
        told: &'a dyn Fn(u64),
    ) -> LocalBoxFuture<'a, Result<u64, DbErr>> {
        copy::<E>(from, to, told).boxed_local()
    }

    fn difference<'a>(
        &'a self,
        from: &'a DatabaseTransaction,
        to: &'a Transaction,
        told: &'a dyn Fn(u64),
    ) -> LocalBoxFuture<'a, Result<Option<Difference>, DbErr>> {
        difference::<E>(from, to, told).boxed_local()
    }
}

async fn copy<E>(from: &DatabaseTransaction, to: &Transaction, told: &dyn Fn(u64)) -> Result<u64, DbErr>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel> + Send + Sync,
    E::ActiveModel: Send,
{
    let most = (MOST_VALUES / E::Column::iter().count()).min(MOST_ROWS);
    let mut rows = E::find().stream(from).await?;
    let (mut written, mut chunk) = (0, Vec::with_capacity(most));
    loop {
        let row = rows.try_next().await?;
        let is_last = row.is_none();
        chunk.extend(row.map(|row| row.into_active_model().reset_all()));
        if chunk.len() == most || (is_last && !chunk.is_empty()) {
            written += chunk.len() as u64;
            let chunk = std::mem::replace(&mut chunk, Vec::with_capacity(most));
            E::insert_many(chunk).exec_without_returning(&**to).await?;
            if is_last || written % TOLD_EVERY == 0 {
                told(written);
            }
        }
        if is_last {
            return Ok(written);
        }
    }
}

async fn difference<E>(
    from: &DatabaseTransaction,
    to: &Transaction,
    told: &dyn Fn(u64),
) -> Result<Option<Difference>, DbErr>
where
    E: EntityTrait,
    E::Model: PartialEq + Send + Sync,
{
    let mut source = in_order::<E>(from.get_database_backend()).stream(from).await?;
    let mut target = in_order::<E>(to.get_database_backend()).stream(&**to).await?;
    for row in 1.. {
        match futures_util::try_join!(source.try_next(), target.try_next())? {
            (None, None) => break,
            (source, target) if source != target => {
                return Ok(source.or(target).map(|row| Difference { key: key_of::<E>(&row) }));
            }
            _ if row % TOLD_EVERY == 0 => told(row),
            _ => {}
        }
    }
    Ok(None)
}

/// Every row, in an order that is the same in both databases: that of the bytes, whatever language a server sorts words in.
fn in_order<E: EntityTrait>(backend: DbBackend) -> Select<E> {
    E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).fold(E::find(), |rows, column| {
        let is_text = matches!(column.def().get_column_type(), ColumnType::String(_) | ColumnType::Text);
        let expression = Expr::col(column.as_column_ref());
        rows.order_by(
            if is_text && backend == DbBackend::Postgres {
                Expr::cust_with_expr(r#"$1 COLLATE "C""#, expression)
            } else {
                expression
            },
            Order::Asc,
        )
    })
}

fn key_of<E: EntityTrait>(row: &E::Model) -> String {
    let values = E::PrimaryKey::iter().map(|key| match row.get(key.into_column()) {
        Value::Uuid(Some(uuid)) => uuid.to_string(),
        Value::String(Some(text)) => text,
        // No other type is a key of ours.
        other => format!("{other:?}"),
    });
    values.collect::<Vec<_>>().join(" ")
}
