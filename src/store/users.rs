//! Users and what they log in with.
//!
//! Reads that answer to a person go through the scope. A login, a registration and a reset begin with an address and no actor:
//! their finders say so in their names.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entities::facility_members;
use entities::users::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Expr, LockType, OnConflict, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Set};

use super::columns::Stored;
use super::keys::Keys;
use super::{Transaction, scope};
use crate::domain::actor::{Actor, Role};
use crate::domain::clock::World;
use crate::domain::ids::{FacilityId, UserId};
use crate::domain::person::{EmailAddress, User};
use crate::domain::secret::Confidential;

/// What is known of a user beyond what others see.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Their name.
    pub display_name: String,
    /// Their address, by which they log in.
    pub email: EmailAddress,
    /// Their telephone number, digits only.
    pub phone_number: String,
    /// argon2id in PHC string form.
    pub password_hash: Confidential,
    /// What they are to the counter.
    pub role: Role,
}

/// A user with what proves that it is them.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user.
    pub user: User,
    /// argon2id in PHC string form.
    pub password_hash: Confidential,
    /// Whether they may no longer log in.
    pub is_disabled: bool,
}

/// One user, when the actor may see them.
pub async fn find(conn: &impl ConnectionTrait, actor: &Actor, id: UserId) -> Result<Option<User>, DbErr> {
    let row = Entity::find_by_id(id).filter(scope::users(actor)).one(conn).await?;
    row.map(user).transpose()
}

/// Those of these users whom the actor may see.
pub async fn find_many(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    ids: &[UserId],
) -> Result<HashMap<UserId, User>, DbErr> {
    let rows =
        Entity::find().filter(Keys::ids(conn, ids).hold(Column::Id)).filter(scope::users(actor)).all(conn).await?;
    rows.into_iter().map(|row| user(row).map(|user| (user.id, user))).collect()
}

/// Whoever logs in with an address, whoever asks: for logins, registrations and resets, whose answers do not depend on it.
pub async fn find_credentials_by_email_unscoped(
    conn: &impl ConnectionTrait,
    email: &EmailAddress,
) -> Result<Option<Credentials>, DbErr> {
    let Some(row) = Entity::find().filter(Column::Email.eq(email.as_str())).one(conn).await? else { return Ok(None) };
    let password_hash = Confidential::new(row.password_hash.clone());
    let is_disabled = row.disabled_at.is_some();
    Ok(Some(Credentials { user: user(row)?, password_hash, is_disabled }))
}

/// Whether somebody may still log in by these credentials; if so, neither a reset nor anything else changes that before the transaction ends.
pub async fn hold_credentials(tx: &Transaction, known: &Credentials) -> Result<bool, DbErr> {
    // The lock is without effect on SQLite, which has one writer.
    let row = Entity::find_by_id(known.user.id).lock(LockType::Share).one(&**tx).await?;
    Ok(row.is_some_and(|row| row.disabled_at.is_none() && row.password_hash == known.password_hash.expose()))
}

/// Who may hear of a facility's applications now, with their roles: its holders, and all staff. Disabled users are not among them.
pub async fn audience_of(conn: &impl ConnectionTrait, facility: FacilityId) -> Result<HashMap<UserId, Role>, DbErr> {
    let mut holders = facility_members::Entity::find()
        .select_only()
        .column(facility_members::Column::UserId)
        .filter(facility_members::Column::FacilityId.eq(facility))
        .into_query();
    let staff = Keys::words(conn, [Role::Reviewer, Role::Operator].map(Role::to_text));
    let staff = Entity::find().select_only().column(Column::Id).filter(staff.hold(Column::Role)).into_query();
    // Two ways in, each by its index; an OR of them would read all users.
    let hears = Column::Id.in_subquery(holders.union(UnionType::Distinct, staff).take());
    let rows: Vec<(UserId, String)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::Role])
        .filter(hears)
        .filter(Column::DisabledAt.is_null())
        .into_tuple()
        .all(conn)
        .await?;
    rows.into_iter().map(|(id, role)| Role::from_text(&role).map(|role| (id, role))).collect()
}

/// Whether anybody can log in at all.
pub async fn exist(conn: &impl ConnectionTrait) -> Result<bool, DbErr> {
    Ok(Entity::find().one(conn).await?.is_some())
}

/// Writes a user down, or gives `None` when the address has a login already.
pub async fn insert(tx: &Transaction, world: &World, new: NewUser) -> Result<Option<User>, DbErr> {
    let NewUser { display_name, email, phone_number, password_hash, role } = new;
    let row = ActiveModel {
        id: Set(world.id()),
        email: Set(email.as_str().to_owned()),
        display_name: Set(display_name),
        phone_number: Set(phone_number),
        password_hash: Set(password_hash.expose().to_owned()),
        role: Set(role.to_text().to_owned()),
        created_at: Set(world.now()),
        disabled_at: Set(None),
    };
    let taken = OnConflict::column(Column::Email).do_nothing().to_owned();
    if Entity::insert(row).on_conflict(taken).exec_without_returning(&**tx).await? == 0 {
        return Ok(None);
    }
    // Read back rather than built, so that there is one way from a row to a user.
    let row = Entity::find().filter(Column::Email.eq(email.as_str())).one(&**tx).await?;
    row.map(user).transpose()
}

/// Sets the password of a user.
pub async fn set_password(tx: &Transaction, id: UserId, hash: &Confidential) -> Result<(), DbErr> {
    let update = Entity::update_many().col_expr(Column::PasswordHash, Expr::value(hash.expose()));
    update.filter(Column::Id.eq(id)).exec(&**tx).await.map(drop)
}

/// Disables a user from an instant on, or enables them again; their sessions are another matter.
pub async fn set_disabled(tx: &Transaction, id: UserId, since: Option<DateTime<Utc>>) -> Result<(), DbErr> {
    let update = Entity::update_many().col_expr(Column::DisabledAt, Expr::value(since));
    update.filter(Column::Id.eq(id)).exec(&**tx).await.map(drop)
}

fn user(row: Model) -> Result<User, DbErr> {
    Ok(User {
        id: row.id,
        display_name: row.display_name,
        email: EmailAddress::from_canonical(row.email),
        role: Role::from_text(&row.role)?,
    })
}
