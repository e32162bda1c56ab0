//! Facilities and who holds them.

use std::collections::HashMap;

use entities::{facilities, facility_members};
use sea_orm::sea_query::{Asterisk, Expr, OnConflict, Query, SelectStatement, Value};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait, FromQueryResult,
    IdenStatic, Iterable, JoinType, PaginatorTrait, QueryFilter, QueryResult, Select, Set,
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
    let of_one = visible_members(actor).filter(facility_members::Column::UserId.eq(user));
    told(page::read_as(conn, of_one, &by_facility(), keyed(request), with_facility(conn.get_database_backend())).await?)
}

/// The outermost page of the facilities that each of these users holds; one statement whatever their number.
pub async fn held_by_many(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    users: &[UserId],
    request: PageRequest<FacilityId>,
) -> Result<HashMap<UserId, Page<Facility>>, DbErr> {
    let lists = page::Lists { of: vec![(facility_members::Column::UserId, Keys::ids(conn, users))] };
    let (select, user) = (visible_members(actor), |row: &Held| row.member.user_id);
    let beside = with_facility(conn.get_database_backend());
    let pages = page::read_each(conn, select, lists, &by_facility(), &keyed(request), beside, user).await?;
    pages.into_iter().map(|(user, page)| Ok((user, told(page)?))).collect()
}

/// How many facilities each of these users holds, as far as the actor may see them.
pub async fn count_held_by_many(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    users: &[UserId],
) -> Result<HashMap<UserId, u64>, DbErr> {
    page::count_each(conn, visible_members(actor), Keys::ids(conn, users), facility_members::Column::UserId).await
}

/// Read from the members on, whose key has the order of a user's list.
fn visible_members(actor: &Actor) -> Select<facility_members::Entity> {
    facility_members::Entity::find().filter(scope::facility_members(actor))
}

fn by_facility() -> Keyset {
    Keyset { columns: vec![Expr::col(facility_members::Column::FacilityId.as_column_ref())], descending: false }
}

fn keyed(request: PageRequest<FacilityId>) -> PageRequest<Vec<Value>> {
    let PageRequest { size, backward, after, before } = request;
    let key = |id: FacilityId| vec![id.into()];
    PageRequest { size, backward, after: after.map(key), before: before.map(key) }
}

/// What stands before the columns of a facility where they are read beside its member.
const HELD: &str = "held_";

/// A user's hold on a facility with the facility, read by one statement.
struct Held {
    member: facility_members::Model,
    facility: facilities::Model,
}

impl FromQueryResult for Held {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let member = facility_members::Model::from_query_result(row, prefix)?;
        Ok(Self { member, facility: facilities::Model::from_query_result(row, HELD)? })
    }
}

/// Reads the facilities beside their members.
fn with_facility(backend: DbBackend) -> impl FnOnce(&mut SelectStatement) {
    let is_held =
        Expr::col(facilities::Column::Id.as_column_ref()).equals(facility_members::Column::FacilityId.as_column_ref());
    move |statement| {
        match backend {
            // Looked up one by one. Joined as it likes, PostgreSQL would merge the two in the order of ids, and read the facilities of
            // others from the first on.
            DbBackend::Postgres => {
                let held = Query::select().column(Asterisk).from(facilities::Entity).and_where(is_held).limit(1).take();
                statement.join_lateral(JoinType::InnerJoin, held, facilities::Entity, Expr::val(true));
            }
            _ => {
                statement.join(JoinType::InnerJoin, facilities::Entity, is_held);
            }
        }
        for column in facilities::Column::iter() {
            statement.expr_as(Expr::col(column.as_column_ref()), format!("{HELD}{}", column.as_str()));
        }
    }
}

fn told(page: Page<Held>) -> Result<Page<Facility>, DbErr> {
    let Page { items, has_previous, has_next } = page;
    let items = items.into_iter().map(|held| facility(held.facility)).collect::<Result<_, _>>()?;
    Ok(Page { items, has_previous, has_next })
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
