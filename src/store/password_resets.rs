//! Requests to set a new password.

use chrono::{DateTime, Utc};
use entities::password_resets::{ActiveModel, Column, Entity};
use entities::users;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, JoinType, QueryFilter, QuerySelect,
    RelationDef, Set,
};

use super::{LOST_RACE, Transaction};
use crate::domain::clock::World;
use crate::domain::ids::{PasswordResetId, UserId};
use crate::domain::person::EmailAddress;

/// Writes a request down; `user` is `None` when the address has no login.
pub async fn insert(
    tx: &Transaction,
    world: &World,
    user: Option<UserId>,
    expires_at: DateTime<Utc>,
) -> Result<PasswordResetId, DbErr> {
    let id = world.id();
    let row = ActiveModel {
        id: Set(id),
        user_id: Set(user),
        created_at: Set(world.now()),
        expires_at: Set(expires_at),
        used_at: Set(None),
    };
    row.insert(&**tx).await?;
    Ok(id)
}

/// Whose password an open request may set, and their address; nobody when it was used, has expired or its user is disabled.
pub async fn owner(
    conn: &impl ConnectionTrait,
    id: PasswordResetId,
    now: DateTime<Utc>,
) -> Result<Option<(UserId, EmailAddress)>, DbErr> {
    let to_user: RelationDef = Entity::belongs_to(users::Entity).from(Column::UserId).to(users::Column::Id).into();
    let row: Option<(UserId, String)> = Entity::find_by_id(id)
        .select_only()
        .columns([users::Column::Id, users::Column::Email])
        .join(JoinType::InnerJoin, to_user)
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .filter(users::Column::DisabledAt.is_null())
        .into_tuple()
        .one(conn)
        .await?;
    Ok(row.map(|(user, email)| (user, EmailAddress::from_canonical(email))))
}

/// Uses up every open request of a user; a lost race when there is none any more.
pub async fn use_up(tx: &Transaction, user: UserId, now: DateTime<Utc>) -> Result<(), DbErr> {
    let used = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now))
        .filter(Column::UserId.eq(user))
        .filter(Column::UsedAt.is_null())
        .exec(&**tx)
        .await?;
    if used.rows_affected == 0 { Err(LOST_RACE) } else { Ok(()) }
}

/// Until when a request's link works; for the mail that carries it.
pub async fn expiry(conn: &impl ConnectionTrait, id: PasswordResetId) -> Result<Option<DateTime<Utc>>, DbErr> {
    Ok(Entity::find_by_id(id).one(conn).await?.map(|row| row.expires_at))
}

/// Takes away the requests whose links stopped working before an instant.
pub async fn delete_expired(tx: &Transaction, before: DateTime<Utc>) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::ExpiresAt.lt(before)).exec(&**tx).await.map(drop)
}
