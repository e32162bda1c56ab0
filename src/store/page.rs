//! Keyset pages: the one place that turns a page request into a statement.
//!
//! A key is one or two columns that order the list without ties; a page is found by comparing with the key, never by an offset.

use sea_orm::sea_query::{Expr, ExprTrait, Order, SimpleExpr, Value};
use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::domain::page::{Page, PageRequest};

/// The columns that order a list, the first deciding, and the direction in which the list is read.
pub(super) struct Keyset {
    pub columns: Vec<SimpleExpr>,
    pub descending: bool,
}

/// Reads one page, in the list's order.
pub(super) async fn read<E, M>(
    conn: &impl ConnectionTrait,
    select: Select<E>,
    keyset: &Keyset,
    request: PageRequest<Vec<Value>>,
) -> Result<Page<M>, DbErr>
where
    E: EntityTrait<Model = M>,
    M: FromQueryResult + Sized + Send + Sync,
{
    let mut select = select;
    if let Some(after) = &request.after {
        select = select.filter(beyond(keyset, after, !keyset.descending));
    }
    if let Some(before) = &request.before {
        select = select.filter(beyond(keyset, before, keyset.descending));
    }
    let order = if keyset.descending == request.backward { Order::Asc } else { Order::Desc };
    for column in &keyset.columns {
        select = select.order_by(column.clone(), order.clone());
    }
    let rows = select.limit(u64::from(request.size) + 1).all(conn).await?;
    Ok(Page::cut(rows, &request))
}

/// How long the whole list is.
pub(super) async fn count<E>(conn: &impl ConnectionTrait, select: Select<E>) -> Result<u64, DbErr>
where
    E: EntityTrait,
    E::Model: Send + Sync,
{
    select.count(conn).await
}

/// `(a, b) > (x, y)` written as a row comparison, which both databases serve from an index.
fn beyond(keyset: &Keyset, key: &[Value], greater: bool) -> SimpleExpr {
    let row = Expr::tuple(keyset.columns.iter().cloned());
    let bound = Expr::tuple(key.iter().cloned().map(SimpleExpr::from));
    if greater { row.gt(bound) } else { row.lt(bound) }
}
