//! Numbers given out in order: reception numbers of applications, account names.

use entities::counters::{ActiveModel, Column, Entity};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, Set};

use super::Transaction;

/// What is numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// 受付番号.
    ApplicationNumber,
    /// Names of accounts.
    AccountName,
}

/// Draws `count` numbers and gives the first; they are consecutive. A transaction that rolls back gives them back.
pub async fn draw(tx: &Transaction, counter: Counter, count: u32) -> Result<i64, DbErr> {
    let name = match counter {
        Counter::ApplicationNumber => "application-number",
        Counter::AccountName => "account-name",
    };
    let none = ActiveModel { name: Set(name.to_owned()), last: Set(0) };
    let keep = OnConflict::column(Column::Name).do_nothing().to_owned();
    Entity::insert(none).on_conflict(keep).exec_without_returning(&**tx).await?;
    let rows = Entity::update_many()
        .col_expr(Column::Last, Expr::col(Column::Last).add(i64::from(count)))
        .filter(Column::Name.eq(name))
        .exec_with_returning(&**tx)
        .await?;
    let row = rows.into_iter().next().ok_or_else(|| DbErr::RecordNotFound(name.to_owned()))?;
    Ok(row.last - i64::from(count) + 1)
}
