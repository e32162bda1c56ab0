//! Keyset pages: the one place that turns a page request into a statement.
//!
//! A key is one or two columns that order the list without ties; a page is found by comparing with the key, never by an offset.

use std::collections::HashMap;
use std::hash::Hash;

use sea_orm::sea_query::{Asterisk, Expr, ExprTrait, Func, Order, Query, SimpleExpr, Value, WindowStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select, TryGetable,
};

use crate::domain::page::{Page, PageRequest};

/// A row's place in its list.
const PLACE: &str = "place";

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

/// By which columns [`read_each`] tells rows and lists apart.
pub(super) struct Each<C> {
    /// A row's id.
    pub id: C,
    /// What a row's list belongs to.
    pub parent: C,
}

/// The outermost page of each of many lists, in one statement: the rows of `select` are those of all the lists. A list that has nothing
/// has no page.
pub(super) async fn read_each<E, P>(
    conn: &impl ConnectionTrait,
    select: Select<E>,
    each: Each<E::Column>,
    keyset: &Keyset,
    request: &PageRequest<Vec<Value>>,
    parent_of: impl Fn(&E::Model) -> P,
) -> Result<HashMap<P, Page<E::Model>>, DbErr>
where
    E: EntityTrait,
    E::Model: Send + Sync,
    P: Eq + Hash,
{
    let order = if keyset.descending == request.backward { Order::Asc } else { Order::Desc };
    let mut places = WindowStatement::partition_by(each.parent);
    for column in &keyset.columns {
        places.order_by_expr(column.clone(), order.clone());
    }
    let mut ranked = select.select_only().column(each.id).into_query();
    ranked.expr_window_as(Func::cust("ROW_NUMBER"), places, PLACE);
    let within = Expr::col(PLACE).lte(request.size + 1);
    let foremost = Query::select().column(each.id).from_subquery(ranked, "ranked").and_where(within).to_owned();
    let mut rows = E::find().filter(each.id.in_subquery(foremost));
    for column in &keyset.columns {
        rows = rows.order_by(column.clone(), order.clone());
    }
    let mut lists: HashMap<P, Vec<E::Model>> = HashMap::new();
    for row in rows.all(conn).await? {
        lists.entry(parent_of(&row)).or_default().push(row);
    }
    Ok(lists.into_iter().map(|(parent, rows)| (parent, Page::cut(rows, request))).collect())
}

/// How long each of many lists is; one that has nothing is not among them.
pub(super) async fn count_each<E, P>(
    conn: &impl ConnectionTrait,
    select: Select<E>,
    parent: E::Column,
) -> Result<HashMap<P, u64>, DbErr>
where
    E: EntityTrait,
    P: Eq + Hash + TryGetable,
{
    let counted = select.select_only().column(parent).expr(Expr::col(Asterisk).count()).group_by(parent);
    let rows: Vec<(P, i64)> = counted.into_tuple().all(conn).await?;
    Ok(rows.into_iter().map(|(parent, count)| (parent, count.unsigned_abs())).collect())
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
