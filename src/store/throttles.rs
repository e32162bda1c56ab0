//! Counters of tries within a window of time, durable: a restart gives no try back.

use chrono::{DateTime, Duration, Utc};
use entities::throttles::{ActiveModel, Column, Entity};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, OnConflict, SimpleExpr};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, Set};

use super::Transaction;

/// How often something was tried in the window that runs now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// How often, this time included.
    pub count: i32,
    /// When the window began.
    pub since: DateTime<Utc>,
}

/// Counts one try; the first one after a window has passed, or of which none is left, begins the next. One statement, so that no try slips between.
pub async fn hit(tx: &Transaction, subject: &str, window: Duration, now: DateTime<Utc>) -> Result<Counted, DbErr> {
    let row = ActiveModel { subject: Set(subject.to_owned()), window_started_at: Set(now), count: Set(1) };
    // Qualified, as `count` alone could also mean the row that was to be inserted.
    let column = |column| Expr::col((Entity, column));
    let or_anew = |anew: SimpleExpr, running: SimpleExpr| -> SimpleExpr {
        // One of which every try was given back is none.
        let is_over = column(Column::WindowStartedAt).lte(now - window).or(column(Column::Count).lte(0));
        CaseStatement::new().case(is_over, anew).finally(running).into()
    };
    let counted = OnConflict::column(Column::Subject)
        .values([
            (Column::Count, or_anew(Expr::value(1), column(Column::Count).add(1))),
            (Column::WindowStartedAt, or_anew(Expr::value(now), column(Column::WindowStartedAt))),
        ])
        .to_owned();
    let row = Entity::insert(row).on_conflict(counted).exec_with_returning(&**tx).await?;
    Ok(Counted { count: row.count, since: row.window_started_at })
}

/// Gives one try back: it turned out not to be what is counted.
pub async fn take_back(tx: &Transaction, subject: &str) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::Count, Expr::col(Column::Count).sub(1))
        .filter(Column::Subject.eq(subject))
        .filter(Column::Count.gt(0))
        .exec(&**tx)
        .await
        .map(drop)
}

/// Takes away the counters whose windows began before an instant.
pub async fn delete_begun_before(tx: &Transaction, before: DateTime<Utc>) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::WindowStartedAt.lt(before)).exec(&**tx).await.map(drop)
}
