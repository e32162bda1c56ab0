//! Tries at method ①: counted before they are judged, so that no crash, retry or parallel request gives one away.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entities::verification_attempts::{ActiveModel, Column, Entity};
use entities::{facilities, users};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Set,
};

use super::keys::Keys;
use super::{Transaction, scope};
use crate::domain::actor::Actor;
use crate::domain::clock::World;
use crate::domain::ids::{FacilityId, UserId, VerificationAttemptId};

/// Not judged yet; counts as a failure like any other if it never is.
const PENDING: &str = "PENDING";
const MATCHED: &str = "MATCHED";
const NOT_MATCHED: &str = "NOT_MATCHED";

/// The advisory lock of PostgreSQL under which everybody's tries are counted: "全" in UTF-16.
const OVERALL: i32 = 0x5168;

/// Lets no other try of this user or at this facility be counted until the transaction ends. SQLite has one writer anyhow.
pub async fn hold(tx: &Transaction, user: UserId, facility: FacilityId) -> Result<(), DbErr> {
    if tx.get_database_backend() == DbBackend::Postgres {
        users::Entity::find_by_id(user).lock(LockType::NoKeyUpdate).one(&**tx).await?;
        facilities::Entity::find_by_id(facility).lock(LockType::NoKeyUpdate).one(&**tx).await?;
    }
    Ok(())
}

/// Lets no other try of anybody be counted until the transaction ends; for when few are left.
pub async fn hold_overall(tx: &Transaction) -> Result<(), DbErr> {
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({OVERALL})")).await?;
    }
    Ok(())
}

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

/// How many of a facility's tries that began since an instant are being judged.
pub async fn pending(conn: &impl ConnectionTrait, facility: FacilityId, since: DateTime<Utc>) -> Result<u64, DbErr> {
    Entity::find()
        .filter(Column::FacilityId.eq(facility))
        .filter(Column::AttemptedAt.gt(since))
        .filter(Column::Outcome.eq(PENDING))
        .count(conn)
        .await
}

/// When the tries of each of these facilities failed since an instant, oldest first; only facilities that the actor may see.
pub async fn failures_for_many(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    facilities: &[FacilityId],
    since: DateTime<Utc>,
) -> Result<HashMap<FacilityId, Vec<DateTime<Utc>>>, DbErr> {
    let rows = Entity::find()
        .filter(Keys::ids(conn, facilities).hold(Column::FacilityId))
        .filter(scope::beside(facilities::Column::Id, Column::FacilityId, scope::facilities(actor)))
        .filter(Column::AttemptedAt.gt(since))
        .filter(Column::Outcome.ne(MATCHED))
        .order_by_asc(Column::FacilityId)
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
