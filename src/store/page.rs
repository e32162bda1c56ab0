//! Keyset pages: the one place that turns a page request into a statement.
//!
//! A key is one or two columns that order the list without ties; a page is found by comparing with the key, never by an offset.

use std::collections::HashMap;
use std::hash::Hash;

use sea_orm::sea_query::{Asterisk, Expr, ExprTrait, Order, Query, SelectStatement, SimpleExpr, Value};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, Iterable, JoinType, PaginatorTrait,
    PrimaryKeyToColumn, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, TryGetable,
};

use super::keys::Keys;
use crate::domain::page::{Page, PageRequest};

/// The names under which keys stand among the tables of a statement.
const KEYS: [&str; 2] = ["keys", "keys_beside"];

/// The columns that order a list, the first deciding, and the direction in which the list is read.
pub(super) struct Keyset {
    /// With their table's name, as the keys of lists have columns of their own.
    pub columns: Vec<SimpleExpr>,
    pub descending: bool,
}

impl Keyset {
    /// The direction in which a page is read off.
    fn order(&self, request: &PageRequest<Vec<Value>>) -> Order {
        if self.descending == request.backward { Order::Asc } else { Order::Desc }
    }
}

/// Reads one page, in the list's order.
pub(super) async fn read<E>(
    conn: &impl ConnectionTrait,
    select: Select<E>,
    keyset: &Keyset,
    request: PageRequest<Vec<Value>>,
) -> Result<Page<E::Model>, DbErr>
where
    E: EntityTrait,
    E::Model: Send + Sync,
{
    read_as(conn, select, keyset, request, |_| {}).await
}

/// The same with what stands beside each row, which `beside` adds to the statement.
pub(super) async fn read_as<E, R>(
    conn: &impl ConnectionTrait,
    select: Select<E>,
    keyset: &Keyset,
    request: PageRequest<Vec<Value>>,
    beside: impl FnOnce(&mut SelectStatement),
) -> Result<Page<R>, DbErr>
where
    E: EntityTrait,
    R: FromQueryResult + Send + Sync,
{
    let mut select = within(select, keyset, &request);
    let order = keyset.order(&request);
    for column in &keyset.columns {
        select = select.order_by(column.clone(), order.clone());
    }
    let mut select = select.limit(u64::from(request.size) + 1);
    beside(QueryTrait::query(&mut select));
    Ok(Page::cut(select.into_model().all(conn).await?, &request))
}

/// Many lists in one table: a list for each combination of the keys of these columns.
pub(super) struct Lists<C> {
    /// The columns that tell lists apart, each with its keys.
    pub of: Vec<(C, Keys)>,
}

impl<C: ColumnTrait> Lists<C> {
    /// The rows of the only list.
    fn only<E: EntityTrait>(&self, select: &Select<E>) -> Option<Select<E>> {
        let keys: Option<Vec<_>> = self.of.iter().map(|(column, keys)| Some((column, keys.only()?))).collect();
        Some(keys?.into_iter().fold(select.clone(), |select, (column, key)| select.filter(column.eq(key))))
    }
}

/// The outermost page of each of many lists, in one statement: the rows of `select` are those of all the lists, with what `beside` adds
/// to each. A list that has nothing has no page.
pub(super) async fn read_each<E, R, P>(
    conn: &impl ConnectionTrait,
    select: Select<E>,
    lists: Lists<E::Column>,
    keyset: &Keyset,
    request: &PageRequest<Vec<Value>>,
    beside: impl FnOnce(&mut SelectStatement),
    parent_of: impl Fn(&R) -> P,
) -> Result<HashMap<P, Page<R>>, DbErr>
where
    E: EntityTrait,
    R: FromQueryResult + Send + Sync,
    P: Eq + Hash,
{
    if let Some(of_one) = lists.only(&select) {
        // Most pages ask for one list. PostgreSQL keeps this statement's plan, and would make that of the other anew each time.
        let page = read_as(conn, of_one, keyset, request.clone(), beside).await?;
        let parent = page.items.first().map(parent_of);
        return Ok(parent.map(|parent| (parent, page)).into_iter().collect());
    }
    let mut rows = pages(conn, select, &lists, keyset, request);
    beside(&mut rows);
    let rows = conn.get_database_backend().build(&rows);
    let mut found: HashMap<P, Vec<R>> = HashMap::new();
    for row in R::find_by_statement(rows).all(conn).await? {
        found.entry(parent_of(&row)).or_default().push(row);
    }
    Ok(found.into_iter().map(|(parent, rows)| (parent, Page::cut(rows, request))).collect())
}

/// One page of a list that many lists make together: the page of each, merged. For lists that are few whatever they hold.
pub(super) async fn read_merged<E>(
    conn: &impl ConnectionTrait,
    select: Select<E>,
    lists: Lists<E::Column>,
    keyset: &Keyset,
    request: &PageRequest<Vec<Value>>,
) -> Result<Page<E::Model>, DbErr>
where
    E: EntityTrait,
    E::Model: Send + Sync,
{
    let select = within(select, keyset, request);
    let rows = pages(conn, select, &lists, keyset, request).limit(u64::from(request.size) + 1).take();
    let rows = E::Model::find_by_statement(conn.get_database_backend().build(&rows)).all(conn).await?;
    Ok(Page::cut(rows, request))
}

/// The pages of many lists in one order. Each is read off the index that has its list's order, and no list is read to its end; what is
/// sorted is no more than the pages.
fn pages<E: EntityTrait>(
    conn: &impl ConnectionTrait,
    select: Select<E>,
    lists: &Lists<E::Column>,
    keyset: &Keyset,
    request: &PageRequest<Vec<Value>>,
) -> SelectStatement {
    let order = keyset.order(request);
    let mut page = select.into_query();
    for (name, (column, keys)) in KEYS.into_iter().zip(&lists.of) {
        page.and_where(Expr::col(column.as_column_ref()).eq(keys.each(name)));
    }
    for column in &keyset.columns {
        page.order_by_expr(column.clone(), order.clone());
    }
    page.limit(u64::from(request.size) + 1);
    let mut rows = match conn.get_database_backend() {
        DbBackend::Postgres => Query::select().column((E::default(), Asterisk)).take(),
        _ => E::find().into_query(),
    };
    for (name, (_, keys)) in KEYS.into_iter().zip(&lists.of) {
        rows.from_function(keys.table(), name);
    }
    match conn.get_database_backend() {
        DbBackend::Postgres => {
            rows.join_lateral(JoinType::InnerJoin, page, E::default(), Expr::val(true));
        }
        // SQLite has no lateral joins: the rows whose primary keys are in the page.
        _ => {
            let key = || E::PrimaryKey::iter().map(|key| key.into_column().as_column_ref());
            page.clear_selects().columns(key());
            rows.and_where(Expr::tuple(key().map(Expr::col)).in_subquery(page));
        }
    }
    for column in &keyset.columns {
        rows.order_by_expr(column.clone(), order.clone());
    }
    rows
}

/// How long each of many lists is, counted list by list.
pub(super) async fn count_each<E, P>(
    conn: &impl ConnectionTrait,
    select: Select<E>,
    parents: Keys,
    parent: E::Column,
) -> Result<HashMap<P, u64>, DbErr>
where
    E: EntityTrait,
    P: Eq + Hash + TryGetable,
{
    let mut list = select.select_only().expr(Expr::col(Asterisk).count()).into_query();
    list.and_where(Expr::col(parent.as_column_ref()).eq(parents.each(KEYS[0])));
    let counted = Query::select()
        .expr_as(parents.each(KEYS[0]), "parent")
        .expr_as(SimpleExpr::SubQuery(None, Box::new(list.into())), "length")
        .from_function(parents.table(), KEYS[0])
        .take();
    let rows = conn.query_all(&counted).await?;
    rows.iter().map(|row| Ok((row.try_get("", "parent")?, row.try_get::<i64>("", "length")?.unsigned_abs()))).collect()
}

/// How long the whole list is.
pub(super) async fn count<E>(conn: &impl ConnectionTrait, select: Select<E>) -> Result<u64, DbErr>
where
    E: EntityTrait,
    E::Model: Send + Sync,
{
    select.count(conn).await
}

/// Only what is between the cursors.
fn within<E: EntityTrait>(select: Select<E>, keyset: &Keyset, request: &PageRequest<Vec<Value>>) -> Select<E> {
    let mut select = select;
    if let Some(after) = &request.after {
        select = select.filter(beyond(keyset, after, !keyset.descending));
    }
    if let Some(before) = &request.before {
        select = select.filter(beyond(keyset, before, keyset.descending));
    }
    select
}

/// `(a, b) > (x, y)` written as a row comparison, which both databases serve from an index.
fn beyond(keyset: &Keyset, key: &[Value], greater: bool) -> SimpleExpr {
    let row = Expr::tuple(keyset.columns.iter().cloned());
    let bound = Expr::tuple(key.iter().cloned().map(SimpleExpr::from));
    if greater { row.gt(bound) } else { row.lt(bound) }
}
