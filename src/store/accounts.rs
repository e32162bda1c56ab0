//! Accounts of the eligibility app.

use std::collections::HashMap;

use entities::eligibility_accounts::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Expr, Value};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, Select, Set};

use super::columns::Stored;
use super::keys::Keys;
use super::page::{self, Keyset};
use super::{LOST_RACE, Transaction, scope};
use crate::domain::account::{AccountStatus, EligibilityAccount};
use crate::domain::actor::Actor;
use crate::domain::ids::{ApplicationId, EligibilityAccountId, FacilityId};
use crate::domain::page::{Page, PageRequest};

/// Writes the accounts of one application with their sealed secrets, all or none; their ordinals run from 1.
pub async fn insert_many(tx: &Transaction, accounts: &[(EligibilityAccount, Vec<u8>)]) -> Result<(), DbErr> {
    let rows = accounts.iter().zip(1..).map(|((account, secret), ordinal)| ActiveModel {
        id: Set(account.id),
        account_name: Set(account.account_name.clone()),
        facility_id: Set(account.facility),
        application_id: Set(account.application),
        ordinal: Set(ordinal),
        status: Set(account.status.to_text().to_owned()),
        issued_at: Set(account.issued_at),
        sealed_secret: Set(Some(secret.clone())),
    });
    Entity::insert_many(rows).exec_without_returning(&**tx).await.map(drop)
}

/// Those of these accounts that the actor may see.
pub async fn find_many(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    ids: &[EligibilityAccountId],
) -> Result<HashMap<EligibilityAccountId, EligibilityAccount>, DbErr> {
    let wanted = Keys::ids(conn, ids).hold(Column::Id);
    let rows = Entity::find().filter(wanted).filter(scope::accounts(actor)).all(conn).await?;
    rows.into_iter().map(|row| account(row).map(|account| (account.id, account))).collect()
}

/// The accounts of each of these applications, in the order of issue.
pub async fn of_applications(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    applications: &[ApplicationId],
) -> Result<HashMap<ApplicationId, Vec<EligibilityAccount>>, DbErr> {
    let rows = Entity::find()
        .filter(Keys::ids(conn, applications).hold(Column::ApplicationId))
        .filter(scope::accounts(actor))
        .order_by_asc(Column::ApplicationId)
        .order_by_asc(Column::Ordinal)
        .all(conn)
        .await?;
    let mut accounts: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        accounts.entry(row.application_id).or_default().push(account(row)?);
    }
    Ok(accounts)
}

/// A page of a facility's accounts, by name.
pub async fn of_facility(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    facility: FacilityId,
    request: PageRequest<String>,
) -> Result<Page<EligibilityAccount>, DbErr> {
    told(page::read(conn, of(actor, facility), &by_name(), keyed(request)).await?)
}

/// The outermost page of each of these facilities' accounts, by name; one statement.
pub async fn of_facilities(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    facilities: &[FacilityId],
    request: PageRequest<String>,
) -> Result<HashMap<FacilityId, Page<EligibilityAccount>>, DbErr> {
    let lists = page::Lists { of: vec![(Column::FacilityId, Keys::ids(conn, facilities))] };
    let facility = |row: &Model| row.facility_id;
    let found = page::read_each(conn, visible(actor), lists, &by_name(), &keyed(request), |_| {}, facility).await?;
    found.into_iter().map(|(facility, page)| Ok((facility, told(page)?))).collect()
}

/// How many accounts each of these facilities has.
pub async fn count_of_facilities(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    facilities: &[FacilityId],
) -> Result<HashMap<FacilityId, u64>, DbErr> {
    page::count_each(conn, visible(actor), Keys::ids(conn, facilities), Column::FacilityId).await
}

fn by_name() -> Keyset {
    Keyset { columns: vec![Expr::col(Column::AccountName.as_column_ref())], descending: false }
}

fn keyed(request: PageRequest<String>) -> PageRequest<Vec<Value>> {
    let PageRequest { size, backward, after, before } = request;
    let key = |name: String| vec![name.into()];
    PageRequest { size, backward, after: after.map(key), before: before.map(key) }
}

fn told(page: Page<Model>) -> Result<Page<EligibilityAccount>, DbErr> {
    let Page { items, has_previous, has_next } = page;
    let items = items.into_iter().map(account).collect::<Result<_, _>>()?;
    Ok(Page { items, has_previous, has_next })
}

/// One account with its sealed secret, when the actor may see it; `None` beside it where it has no secret yet.
pub async fn find_sealed(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    id: EligibilityAccountId,
) -> Result<Option<(EligibilityAccount, Option<Vec<u8>>)>, DbErr> {
    let row = Entity::find_by_id(id).filter(scope::accounts(actor)).one(conn).await?;
    row.map(sealed).transpose()
}

/// A facility's accounts with their sealed secrets, by name.
pub async fn sealed_of_facility(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    facility: FacilityId,
) -> Result<Vec<(EligibilityAccount, Option<Vec<u8>>)>, DbErr> {
    let rows = of(actor, facility).order_by_asc(Column::AccountName).all(conn).await?;
    rows.into_iter().map(sealed).collect()
}

/// Takes every sealed secret away: the key that opens them is lost.
pub async fn forget_secrets(tx: &Transaction) -> Result<(), DbErr> {
    let none = Expr::value(Option::<Vec<u8>>::None);
    Entity::update_many().col_expr(Column::SealedSecret, none).exec(&**tx).await.map(drop)
}

/// Gives an account the secret that it has not yet; a lost race when it has one by now.
pub async fn set_secret(tx: &Transaction, id: EligibilityAccountId, secret: Vec<u8>) -> Result<(), DbErr> {
    let given = Entity::update_many()
        .col_expr(Column::SealedSecret, Expr::value(secret))
        .filter(Column::Id.eq(id))
        .filter(Column::SealedSecret.is_null())
        .exec(&**tx)
        .await?;
    if given.rows_affected == 0 { Err(LOST_RACE) } else { Ok(()) }
}

fn visible(actor: &Actor) -> Select<Entity> {
    Entity::find().filter(scope::accounts(actor))
}

fn of(actor: &Actor, facility: FacilityId) -> Select<Entity> {
    visible(actor).filter(Column::FacilityId.eq(facility))
}

fn sealed(mut row: Model) -> Result<(EligibilityAccount, Option<Vec<u8>>), DbErr> {
    let secret = row.sealed_secret.take();
    Ok((account(row)?, secret))
}

fn account(row: Model) -> Result<EligibilityAccount, DbErr> {
    Ok(EligibilityAccount {
        id: row.id,
        account_name: row.account_name,
        facility: row.facility_id,
        application: row.application_id,
        status: AccountStatus::from_text(&row.status)?,
        issued_at: row.issued_at,
    })
}
