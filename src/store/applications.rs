//! Applications: the shared row, and beside it the row of their kind.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entities::{applications, start_of_use_applications as start_of_use};
use sea_orm::sea_query::{Expr, ExprTrait, LockType, SelectStatement, SimpleExpr, Value};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, IdenStatic,
    Iterable, JoinType, QueryFilter, QueryResult, QueryTrait, Select, SelectModel, Selector, Set,
};

use super::columns::Stored;
use super::keys::Keys;
use super::page::{self, Keyset};
use super::{LOST_RACE, Transaction, scope};
use crate::domain::actor::Actor;
use crate::domain::application::{Application, ApplicationFilter as Filter, ApplicationKey as Key};
use crate::domain::ids::{ApplicationId, FacilityId};
use crate::domain::kinds::start_of_use::AcceptedTerms;
use crate::domain::kinds::{ApplicationKind, Details, StartOfUse};
use crate::domain::page::{Page, PageRequest};
use crate::domain::status::ApplicationStatus;
use crate::domain::verification::{RegistryMatch, VerificationKeyKind, VerificationMethod};

/// One application, when the actor may see it.
pub async fn find(conn: &impl ConnectionTrait, actor: &Actor, id: ApplicationId) -> Result<Option<Application>, DbErr> {
    first(conn, scope::applications(actor).add(applications::Column::Id.eq(id))).await
}

/// The same for a change: until the transaction ends nobody else changes it, and what is read after it belongs to it.
pub async fn find_to_change(tx: &Transaction, actor: &Actor, id: ApplicationId) -> Result<Option<Application>, DbErr> {
    let mut select =
        applications::Entity::find().filter(scope::applications(actor).add(applications::Column::Id.eq(id)));
    // Without effect on SQLite, which has one writer.
    QueryTrait::query(&mut select).lock_with_tables(LockType::NoKeyUpdate, [applications::Entity]);
    one(&**tx, select).await
}

/// Those of these applications, named by facility and reception number, that the actor may see. No two have one number, so that the
/// numbers find them; one of another facility is not among them.
pub async fn find_by_numbers(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    wanted: &[(FacilityId, String)],
) -> Result<HashMap<(FacilityId, String), Application>, DbErr> {
    let numbers: BTreeSet<_> = wanted.iter().map(|(_, number)| number.clone()).collect();
    let condition = scope::applications(actor).add(Keys::words(conn, numbers).hold(applications::Column::Number));
    let rows = whole(applications::Entity::find().filter(condition)).all(conn).await?;
    let wanted: HashSet<_> = wanted.iter().collect();
    let named = rows.into_iter().map(|row| row.told().map(|found| ((found.facility, found.number.clone()), found)));
    named.filter(|found| found.as_ref().map_or(true, |(name, _)| wanted.contains(name))).collect()
}

/// The application of a kind that keeps a facility from beginning another, when the actor may see it.
pub async fn blocking(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    facility: FacilityId,
    kind: ApplicationKind,
) -> Result<Option<Application>, DbErr> {
    let condition = scope::applications(actor)
        .add(applications::Column::FacilityId.eq(facility))
        .add(applications::Column::Kind.eq(kind.to_text()))
        .add(blocks_another(conn));
    first(conn, condition).await
}

fn blocks_another(conn: &impl ConnectionTrait) -> SimpleExpr {
    let blocking = ApplicationStatus::ALL.into_iter().filter(|status| status.blocks_another());
    Keys::words(conn, blocking.map(Stored::to_text)).hold(applications::Column::Status)
}

/// Those of these applications that the actor may see.
pub async fn find_many(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    ids: &[ApplicationId],
) -> Result<HashMap<ApplicationId, Application>, DbErr> {
    let condition = scope::applications(actor).add(Keys::ids(conn, ids).hold(applications::Column::Id));
    let rows = whole(applications::Entity::find().filter(condition)).all(conn).await?;
    rows.into_iter().map(|row| row.told().map(|application| (application.id, application))).collect()
}

/// Where a facility stands with one kind of application.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// The status of the newest application.
    pub newest: Option<ApplicationStatus>,
    /// The status of the one that keeps it from beginning another.
    pub blocking: Option<ApplicationStatus>,
}

/// Where each of these facilities stands with a kind; two statements whatever their number and that of their applications.
pub async fn standings_of(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    facilities: &[FacilityId],
    kind: ApplicationKind,
) -> Result<HashMap<FacilityId, Standing>, DbErr> {
    let of_kind = applications::Entity::find()
        .filter(scope::applications(actor))
        .filter(applications::Column::Kind.eq(kind.to_text()));
    let blocking = of_kind.clone().filter(Keys::ids(conn, facilities).hold(applications::Column::FacilityId));
    let blocking = blocking.filter(blocks_another(conn)).all(conn).await?;
    let request = PageRequest { size: 1, ..PageRequest::first() };
    let lists = by_facility(conn, facilities);
    let facility = |row: &applications::Model| row.facility_id;
    let newest = page::read_each(conn, of_kind, lists, &newest_first(), &request, |_| {}, facility).await?;
    let mut standings: HashMap<_, Standing> = HashMap::new();
    for row in newest.into_values().flat_map(|page| page.items) {
        standings.entry(row.facility_id).or_default().newest = Some(ApplicationStatus::from_text(&row.status)?);
    }
    for row in blocking {
        standings.entry(row.facility_id).or_default().blocking = Some(ApplicationStatus::from_text(&row.status)?);
    }
    Ok(standings)
}

/// A page of a facility's applications, newest first.
pub async fn of_facility(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    facility: FacilityId,
    filter: &Filter,
    request: PageRequest<Key>,
) -> Result<Page<Application>, DbErr> {
    let of_one = matching(conn, actor, filter).filter(applications::Column::FacilityId.eq(facility));
    told(page::read_as(conn, of_one, &newest_first(), keyed(request), with_details).await?)
}

/// The outermost page of each of these facilities' applications, newest first; one statement whatever their number.
pub async fn of_facilities(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    facilities: &[FacilityId],
    filter: &Filter,
    request: PageRequest<Key>,
) -> Result<HashMap<FacilityId, Page<Application>>, DbErr> {
    let (select, lists) = (matching(conn, actor, filter), by_facility(conn, facilities));
    let facility = |row: &Row| row.shared.facility_id;
    let pages = page::read_each(conn, select, lists, &newest_first(), &keyed(request), with_details, facility).await?;
    pages.into_iter().map(|(facility, page)| Ok((facility, told(page)?))).collect()
}

/// How many applications of each of these facilities match.
pub async fn count_of_facilities(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    facilities: &[FacilityId],
    filter: &Filter,
) -> Result<HashMap<FacilityId, u64>, DbErr> {
    let parents = Keys::ids(conn, facilities);
    page::count_each(conn, matching(conn, actor, filter), parents, applications::Column::FacilityId).await
}

fn newest_first() -> Keyset {
    let columns = [applications::Column::CreatedAt, applications::Column::Id]
        .map(|column| Expr::col(column.as_column_ref()))
        .to_vec();
    Keyset { columns, descending: true }
}

fn keyed(request: PageRequest<Key>) -> PageRequest<Vec<Value>> {
    let PageRequest { size, backward, after, before } = request;
    let key = |(at, id): Key| vec![at.into(), id.into()];
    PageRequest { size, backward, after: after.map(key), before: before.map(key) }
}

fn by_facility(conn: &impl ConnectionTrait, facilities: &[FacilityId]) -> page::Lists<applications::Column> {
    let of = vec![(applications::Column::FacilityId, Keys::ids(conn, facilities))];
    page::Lists { of }
}

fn matching(conn: &impl ConnectionTrait, actor: &Actor, filter: &Filter) -> Select<applications::Entity> {
    let visible = applications::Entity::find().filter(scope::applications(actor));
    if filter.statuses.is_empty() {
        return visible;
    }
    let wanted = Keys::words(conn, filter.statuses.iter().map(|status| status.to_text()));
    visible.filter(wanted.hold(applications::Column::Status))
}

/// Writes a new application; the database refuses a second open one of its kind for the facility.
pub async fn insert(tx: &Transaction, application: &Application) -> Result<(), DbErr> {
    shared_row(application)?.insert(&**tx).await?;
    match &application.details {
        Details::StartOfUse(details) => start_of_use_row(application.id, details).insert(&**tx).await.map(drop),
    }
}

/// Writes a changed application over the version it was read at; a lost race when somebody was faster.
pub async fn update(tx: &Transaction, application: &Application, read_at_version: i32) -> Result<(), DbErr> {
    write_over(tx, application, read_at_version).await?;
    super::review::follow(tx, application).await
}

/// The same for one that was sent: its case is opened, or opened again.
pub async fn submit(
    tx: &Transaction,
    application: &Application,
    read_at_version: i32,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    write_over(tx, application, read_at_version).await?;
    super::review::open(tx, application, now).await
}

async fn write_over(tx: &Transaction, application: &Application, read_at_version: i32) -> Result<(), DbErr> {
    let changed = applications::Entity::update_many()
        .set(shared_row(application)?)
        .filter(applications::Column::Id.eq(application.id))
        .filter(applications::Column::Version.eq(read_at_version))
        .exec(&**tx)
        .await?;
    if changed.rows_affected == 0 {
        return Err(LOST_RACE);
    }
    match &application.details {
        Details::StartOfUse(details) => start_of_use::Entity::update_many()
            .set(start_of_use_row(application.id, details))
            .filter(start_of_use::Column::ApplicationId.eq(application.id))
            .exec(&**tx)
            .await
            .map(drop),
    }
}

/// What stands before the columns of a row of this kind where they are read beside others.
const START_OF_USE: &str = "start_of_use_";

/// An application's shared row with the row of its kind, read by one statement.
struct Row {
    shared: applications::Model,
    start_of_use: Option<start_of_use::Model>,
}

impl FromQueryResult for Row {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let shared = applications::Model::from_query_result(row, prefix)?;
        Ok(Self { shared, start_of_use: Option::from_query_result(row, START_OF_USE)? })
    }
}

impl Row {
    fn told(self) -> Result<Application, DbErr> {
        let Self { shared, start_of_use } = self;
        let details = start_of_use.ok_or_else(|| DbErr::RecordNotFound(format!("details of {}", shared.id)))?;
        application(shared, Details::StartOfUse(start_of_use_details(details)?))
    }
}

/// Reads the rows of their kinds beside applications.
fn with_details(statement: &mut SelectStatement) {
    let of = start_of_use::Column::ApplicationId.as_column_ref();
    let is_of = Expr::col(of).equals(applications::Column::Id.as_column_ref());
    statement.join(JoinType::LeftJoin, start_of_use::Entity, is_of);
    for column in start_of_use::Column::iter() {
        statement.expr_as(Expr::col(column.as_column_ref()), format!("{START_OF_USE}{}", column.as_str()));
    }
}

fn whole(mut select: Select<applications::Entity>) -> Selector<SelectModel<Row>> {
    with_details(QueryTrait::query(&mut select));
    select.into_model()
}

async fn one(conn: &impl ConnectionTrait, select: Select<applications::Entity>) -> Result<Option<Application>, DbErr> {
    whole(select).one(conn).await?.map(Row::told).transpose()
}

async fn first(conn: &impl ConnectionTrait, condition: Condition) -> Result<Option<Application>, DbErr> {
    one(conn, applications::Entity::find().filter(condition)).await
}

fn told(page: Page<Row>) -> Result<Page<Application>, DbErr> {
    let Page { items, has_previous, has_next } = page;
    Ok(Page { items: items.into_iter().map(Row::told).collect::<Result<_, _>>()?, has_previous, has_next })
}

fn application(row: applications::Model, details: Details) -> Result<Application, DbErr> {
    Ok(Application {
        id: row.id,
        number: row.number,
        facility: row.facility_id,
        applicant: row.applicant_id,
        status: ApplicationStatus::from_text(&row.status)?,
        version: row.version,
        created_at: row.created_at,
        submitted_at: row.submitted_at,
        decided_at: row.decided_at,
        open_corrections: serde_json::from_value(row.open_corrections)
            .map_err(|error| DbErr::Json(error.to_string()))?,
        details,
    })
}

fn shared_row(application: &Application) -> Result<applications::ActiveModel, DbErr> {
    let corrections =
        serde_json::to_value(&application.open_corrections).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(applications::ActiveModel {
        id: Set(application.id),
        number: Set(application.number.clone()),
        kind: Set(application.details.kind().to_text().to_owned()),
        facility_id: Set(application.facility),
        applicant_id: Set(application.applicant),
        status: Set(application.status.to_text().to_owned()),
        version: Set(application.version),
        open_corrections: Set(corrections),
        created_at: Set(application.created_at),
        submitted_at: Set(application.submitted_at),
        decided_at: Set(application.decided_at),
    })
}

fn start_of_use_row(id: ApplicationId, details: &StartOfUse) -> start_of_use::ActiveModel {
    let found = details.registry_match.as_ref();
    let terms = details.accepted_terms.as_ref();
    let count = |count: Option<u32>| count.and_then(|count| i32::try_from(count).ok());
    start_of_use::ActiveModel {
        application_id: Set(id),
        method: Set(details.method.map(|method| method.to_text().to_owned())),
        matched_by: Set(found.map(|found| found.user)),
        matched_key_kind: Set(found.map(|found| found.key_kind.to_text().to_owned())),
        matched_at: Set(found.map(|found| found.verified_at)),
        match_used_at: Set(found.and_then(|found| found.used_at)),
        staff_count: Set(count(details.staff_count)),
        device_count: Set(count(details.device_count)),
        terms_version: Set(terms.map(|terms| terms.version.clone())),
        terms_accepted_at: Set(terms.map(|terms| terms.accepted_at)),
    }
}

fn start_of_use_details(row: start_of_use::Model) -> Result<StartOfUse, DbErr> {
    let count = |count: Option<i32>| count.and_then(|count| u32::try_from(count).ok());
    let registry_match = match (row.matched_by, row.matched_key_kind, row.matched_at) {
        (Some(user), Some(kind), Some(verified_at)) => Some(RegistryMatch {
            user,
            key_kind: VerificationKeyKind::from_text(&kind)?,
            verified_at,
            used_at: row.match_used_at,
        }),
        _ => None,
    };
    Ok(StartOfUse {
        method: row.method.as_deref().map(VerificationMethod::from_text).transpose()?,
        registry_match,
        staff_count: count(row.staff_count),
        device_count: count(row.device_count),
        accepted_terms: row
            .terms_version
            .zip(row.terms_accepted_at)
            .map(|(version, accepted_at)| AcceptedTerms { version, accepted_at }),
    })
}
