//! Tries at method ①: counted before they are judged, so that no crash, retry or parallel request gives one away.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entities::verification_attempts::{ActiveModel, Column, Entity};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Set,
};

use super::{Transaction, scope};
use crate::domain::actor::Actor;
use crate::domain::clock::World;
use crate::domain::ids::{FacilityId, UserId, VerificationAttemptId};

/// Not judged yet; counts as a failure like any other if it never is.
const PENDING: &str = "PENDING";
const MATCHED: &str = "MATCHED";
const NOT_MATCHED: &str = "NOT_MATCHED";

/// Writes down a try that is about to be judged.
pub async fn begin(
    tx: &Transaction,
    world: &World,
    facility: FacilityId,
    user: UserId,
) -> Result<VerificationAttemptId, DbErr> {
    let id = world.id();
    let row = ActiveModel {
        id: Set(id),
        facility_id: Set(facility),
        user_id: Set(user),
        outcome: Set(PENDING.to_owned()),
        attempted_at: Set(world.now()),
    };
    row.insert(&**tx).await?;
    Ok(id)
}

/// Writes down how a try was judged.
pub async fn finish(tx: &Transaction, id: VerificationAttemptId, matched: bool) -> Result<(), DbErr> {
    let outcome = if matched { MATCHED } else { NOT_MATCHED };
    let update = Entity::update_many().col_expr(Column::Outcome, Expr::value(outcome)).filter(Column::Id.eq(id));
    update.exec(&**tx).await.map(drop)
}

/// When a facility's tries failed since an instant, oldest first; pending ones are among them.
pub async fn failures(
    conn: &impl ConnectionTrait,
    facility: FacilityId,
    since: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>, DbErr> {
    let rows = Entity::find()
        .filter(Column::FacilityId.eq(facility))
        .filter(Column::AttemptedAt.gt(since))
        .filter(Column::Outcome.ne(MATCHED))
        .order_by_asc(Column::AttemptedAt)
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.attempted_at).collect())
}

/// When the tries of each of these facilities failed since an instant, oldest first; only facilities that the actor may see.
pub async fn failures_for_many(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    facilities: &[FacilityId],
    since: DateTime<Utc>,
) -> Result<HashMap<FacilityId, Vec<DateTime<Utc>>>, DbErr> {
    let visible = entities::facilities::Entity::find()
        .select_only()
        .column(entities::facilities::Column::Id)
        .filter(entities::facilities::Column::Id.is_in(facilities.iter().copied()))
        .filter(scope::facilities(actor))
        .into_query();
    let rows = Entity::find()
        .filter(Column::FacilityId.in_subquery(visible))
        .filter(Column::AttemptedAt.gt(since))
        .filter(Column::Outcome.ne(MATCHED))
        .order_by_asc(Column::AttemptedAt)
        .all(conn)
        .await?;
    let mut failures: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        failures.entry(row.facility_id).or_default().push(row.attempted_at);
    }
    Ok(failures)
}

/// When a user's tries were made since an instant, whatever came of them, oldest first.
pub async fn of_user(
    conn: &impl ConnectionTrait,
    user: UserId,
    since: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>, DbErr> {
    let rows = Entity::find()
        .filter(Column::UserId.eq(user))
        .filter(Column::AttemptedAt.gt(since))
        .order_by_asc(Column::AttemptedAt)
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.attempted_at).collect())
}

/// How many tries of everybody failed since an instant.
pub async fn failures_overall(conn: &impl ConnectionTrait, since: DateTime<Utc>) -> Result<u64, DbErr> {
    Entity::find().filter(Column::AttemptedAt.gt(since)).filter(Column::Outcome.ne(MATCHED)).count(conn).await
}
