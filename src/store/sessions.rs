//! Logins, found by the digest of their token.

use chrono::{DateTime, Utc};
use entities::sessions::{ActiveModel, Column, Entity};
use entities::users;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, JoinType, QueryFilter, QuerySelect,
    RelationDef, Set,
};

use super::Transaction;
use super::columns::Stored;
use super::keys::Keys;
use crate::domain::actor::{Actor, Role};
use crate::domain::clock::World;
use crate::domain::ids::{SessionId, UserId};

/// Writes a login down.
pub async fn insert(
    tx: &Transaction,
    world: &World,
    user: UserId,
    token_hash: &[u8; 32],
    expires_at: DateTime<Utc>,
) -> Result<SessionId, DbErr> {
    let id = world.id();
    let row = ActiveModel {
        id: Set(id),
        user_id: Set(user),
        token_hash: Set(token_hash.to_vec()),
        created_at: Set(world.now()),
        expires_at: Set(expires_at),
    };
    row.insert(&**tx).await?;
    Ok(id)
}

/// Who stands behind a token: nobody when it is unknown or expired, or its user disabled. One statement.
pub async fn actor_of(
    conn: &impl ConnectionTrait,
    token_hash: &[u8; 32],
    now: DateTime<Utc>,
) -> Result<Option<Actor>, DbErr> {
    actors_where(conn, Column::TokenHash.eq(token_hash.to_vec()), now).await?.pop().transpose()
}

/// Who is behind a login that still lasts; as [`actor_of`].
pub async fn actor_in(
    conn: &impl ConnectionTrait,
    session: SessionId,
    now: DateTime<Utc>,
) -> Result<Option<Actor>, DbErr> {
    actors_where(conn, Column::Id.eq(session), now).await?.pop().transpose()
}

/// Who is behind those of these logins that still last; as [`actor_of`]. Whoever cannot be read is left out: nobody else's end waits for a row
/// that only a newer program knows.
pub async fn actors_in(
    conn: &impl ConnectionTrait,
    sessions: &[SessionId],
    now: DateTime<Utc>,
) -> Result<Vec<Actor>, DbErr> {
    let found = actors_where(conn, Keys::ids(conn, sessions).hold(Column::Id), now).await?;
    let read = found.into_iter().filter_map(|actor| {
        actor.inspect_err(|error| tracing::warn!(cause = %error, "a login could not be read")).ok()
    });
    Ok(read.collect())
}

async fn actors_where(
    conn: &impl ConnectionTrait,
    are_they: SimpleExpr,
    now: DateTime<Utc>,
) -> Result<Vec<Result<Actor, DbErr>>, DbErr> {
    let to_user: RelationDef = Entity::belongs_to(users::Entity).from(Column::UserId).to(users::Column::Id).into();
    let rows: Vec<(SessionId, UserId, String)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::UserId])
        .column(users::Column::Role)
        .join(JoinType::InnerJoin, to_user)
        .filter(are_they)
        .filter(Column::ExpiresAt.gt(now))
        .filter(users::Column::DisabledAt.is_null())
        .into_tuple()
        .all(conn)
        .await?;
    let actor =
        |(session, user, role): (_, _, String)| Ok(Actor::User { user, role: Role::from_text(&role)?, session });
    Ok(rows.into_iter().map(actor).collect())
}

/// Ends one login.
pub async fn delete(tx: &Transaction, id: SessionId) -> Result<(), DbErr> {
    Entity::delete_by_id(id).exec(&**tx).await.map(drop)
}

/// Ends every login of a user; gives how many there were.
pub async fn delete_of_user(tx: &Transaction, user: UserId) -> Result<u64, DbErr> {
    let done = Entity::delete_many().filter(Column::UserId.eq(user)).exec(&**tx).await?;
    Ok(done.rows_affected)
}

/// Takes away the logins that have ended by themselves.
pub async fn delete_expired(tx: &Transaction, now: DateTime<Utc>) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::ExpiresAt.lte(now)).exec(&**tx).await.map(drop)
}
