//! Facilities and who holds them.

use std::collections::HashMap;

use entities::{facilities, facility_members};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, JoinType, PaginatorTrait,
    QueryFilter, QuerySelect, RelationDef, Set,
};

use super::columns::Stored;
use super::keys::Keys;
use super::page::{self, Keyset};
use super::{Transaction, scope};
use crate::domain::actor::Actor;
use crate::domain::clock::World;
use crate::domain::facility::{Facility, FacilityCode, FacilityKind};
use crate::domain::ids::{FacilityId, UserId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::prefecture::Prefecture;

/// One facility, when the actor may see it.
pub async fn find(conn: &impl ConnectionTrait, actor: &Actor, id: FacilityId) -> Result<Option<Facility>, DbErr> {
    let row = facilities::Entity::find_by_id(id).filter(scope::facilities(actor)).one(conn).await?;
    row.map(facility).transpose()
}

/// Those of these facilities that the actor may see.
pub async fn find_many(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    ids: &[FacilityId],
) -> Result<HashMap<FacilityId, Facility>, DbErr> {
    let wanted = Keys::ids(conn, ids).hold(facilities::Column::Id);
    let rows = facilities::Entity::find().filter(wanted).filter(scope::facilities(actor)).all(conn).await?;
    rows.into_iter().map(|row| facility(row).map(|facility| (facility.id, facility))).collect()
}

/// A page of the facilities that a user holds, in the order of their ids, as far as the actor may see them.
pub async fn held_by(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    user: UserId,
    request: PageRequest<FacilityId>,
) -> Result<Page<Facility>, DbErr> {
    let keyset = Keyset {
        columns: vec![Expr::col((facility_members::Entity, facility_members::Column::FacilityId))],
        descending: false,
    };
    let PageRequest { size, backward, after, before } = request;
    let key = |id: FacilityId| vec![id.into()];
    let request = PageRequest { size, backward, after: after.map(key), before: before.map(key) };
    let page = page::read(conn, held(actor, user), &keyset, request).await?;
    let Page { items, has_previous, has_next } = page;
    let items = items.into_iter().map(facility).collect::<Result<_, _>>()?;
    Ok(Page { items, has_previous, has_next })
}

/// How many facilities a user holds, as far as the actor may see them.
pub async fn count_held_by(conn: &impl ConnectionTrait, actor: &Actor, user: UserId) -> Result<u64, DbErr> {
    page::count(conn, held(actor, user)).await
}

fn held(actor: &Actor, user: UserId) -> sea_orm::Select<facilities::Entity> {
    // From the members on, whose key has the list's order.
    let of_member: RelationDef = facilities::Entity::belongs_to(facility_members::Entity)
        .from(facilities::Column::Id)
        .to(facility_members::Column::FacilityId)
        .into();
    facilities::Entity::find()
        .join(JoinType::InnerJoin, of_member)
        .filter(facility_members::Column::UserId.eq(user))
        .filter(scope::facilities(actor))
}

/// Whether a user holds a facility.
pub async fn is_held_by(conn: &impl ConnectionTrait, facility: FacilityId, user: UserId) -> Result<bool, DbErr> {
    Ok(facility_members::Entity::find_by_id((user, facility)).count(conn).await? > 0)
}

/// Who holds a facility.
pub async fn holders(conn: &impl ConnectionTrait, facility: FacilityId) -> Result<Vec<UserId>, DbErr> {
    let rows =
        facility_members::Entity::find().filter(facility_members::Column::FacilityId.eq(facility)).all(conn).await?;
    Ok(rows.into_iter().map(|row| row.user_id).collect())
}

/// Registers a facility for a user, or gives `None` when somebody holds it already.
pub async fn register(
    tx: &Transaction,
    world: &World,
    user: UserId,
    kind: FacilityKind,
    code: &FacilityCode,
    name: &str,
) -> Result<Option<FacilityId>, DbErr> {
    let id = world.id();
    let row = facilities::ActiveModel {
        id: Set(id),
        kind: Set(kind.to_text().to_owned()),
        code: Set(code.as_str().to_owned()),
        name: Set(name.to_owned()),
        prefecture: Set(code.prefecture(kind).map(|prefecture| i16::from(prefecture.number()))),
        event_sequence: Set(0),
        created_at: Set(world.now()),
    };
    let taken = OnConflict::columns([facilities::Column::Kind, facilities::Column::Code]).do_nothing().to_owned();
    if facilities::Entity::insert(row).on_conflict(taken).exec_without_returning(&**tx).await? == 0 {
        return Ok(None);
    }
    let member =
        facility_members::ActiveModel { user_id: Set(user), facility_id: Set(id), joined_at: Set(world.now()) };
    member.insert(&**tx).await?;
    Ok(Some(id))
}

/// Draws the next number of a facility's event sequence; the row stays locked until the transaction ends.
pub async fn next_event_sequence(tx: &Transaction, facility: FacilityId) -> Result<i64, DbErr> {
    let next = Expr::col(facilities::Column::EventSequence).add(1);
    let rows = facilities::Entity::update_many()
        .col_expr(facilities::Column::EventSequence, next)
        .filter(facilities::Column::Id.eq(facility))
        .exec_with_returning(&**tx)
        .await?;
    let row = rows.into_iter().next().ok_or_else(|| DbErr::RecordNotFound(facility.to_string()))?;
    Ok(row.event_sequence)
}

fn facility(row: facilities::Model) -> Result<Facility, DbErr> {
    let prefecture = row.prefecture.and_then(|number| u8::try_from(number).ok()).and_then(Prefecture::from_number);
    Ok(Facility {
        id: row.id,
        kind: FacilityKind::from_text(&row.kind)?,
        code: FacilityCode::from_canonical(row.code),
        name: row.name,
        prefecture,
    })
}
