//! Registrations that wait for their link to be followed.

use chrono::{DateTime, Utc};
use entities::registrations::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, Set};

use super::Transaction;
use super::columns::Stored;
use crate::domain::clock::World;
use crate::domain::facility::{FacilityCode, FacilityKind};
use crate::domain::ids::RegistrationId;
use crate::domain::person::EmailAddress;
use crate::domain::secret::Confidential;

/// What a visitor wants to be registered with, judged and in canonical form.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The person's name.
    pub display_name: String,
    /// Their address.
    pub email: EmailAddress,
    /// Their telephone number, digits only.
    pub phone_number: String,
    /// argon2id in PHC string form.
    pub password_hash: Confidential,
    /// The kind of their facility.
    pub facility_kind: FacilityKind,
    /// Its code.
    pub facility_code: FacilityCode,
    /// Its name.
    pub facility_name: String,
}

/// Writes a registration down; its link works until `expires_at`.
pub async fn insert(
    tx: &Transaction,
    world: &World,
    new: Registration,
    expires_at: DateTime<Utc>,
) -> Result<RegistrationId, DbErr> {
    let Registration { display_name, email, phone_number, password_hash, facility_kind, facility_code, facility_name } =
        new;
    let id = world.id();
    let row = ActiveModel {
        id: Set(id),
        email: Set(email.as_str().to_owned()),
        display_name: Set(display_name),
        phone_number: Set(phone_number),
        facility_kind: Set(facility_kind.to_text().to_owned()),
        facility_code: Set(facility_code.as_str().to_owned()),
        facility_name: Set(facility_name),
        password_hash: Set(password_hash.expose().to_owned()),
        created_at: Set(world.now()),
        expires_at: Set(expires_at),
        completed_at: Set(None),
    };
    row.insert(&**tx).await?;
    Ok(id)
}

/// Takes a registration whose link still works: from now on it works no more, unless the transaction is rolled back.
pub async fn complete(tx: &Transaction, id: RegistrationId, now: DateTime<Utc>) -> Result<Option<Registration>, DbErr> {
    let taken = Entity::update_many()
        .col_expr(Column::CompletedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::CompletedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .exec_with_returning(&**tx)
        .await?;
    taken.into_iter().next().map(registration).transpose()
}

/// Until when a registration's link works; for the mail that carries it.
pub async fn expiry(conn: &impl ConnectionTrait, id: RegistrationId) -> Result<Option<DateTime<Utc>>, DbErr> {
    Ok(Entity::find_by_id(id).one(conn).await?.map(|row| row.expires_at))
}

/// Takes away the registrations whose links stopped working before an instant.
pub async fn delete_expired(tx: &Transaction, before: DateTime<Utc>) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::ExpiresAt.lt(before)).exec(&**tx).await.map(drop)
}

fn registration(row: Model) -> Result<Registration, DbErr> {
    Ok(Registration {
        display_name: row.display_name,
        email: EmailAddress::from_canonical(row.email),
        phone_number: row.phone_number,
        password_hash: Confidential::new(row.password_hash),
        facility_kind: FacilityKind::from_text(&row.facility_kind)?,
        facility_code: FacilityCode::from_canonical(row.facility_code),
        facility_name: row.facility_name,
    })
}
