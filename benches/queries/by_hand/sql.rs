//! The statements: those of the gateway, with its scopes, and only the columns that are shown.

use chrono::{DateTime, Utc};
use sea_orm::sqlx::postgres::PgRow;
use sea_orm::sqlx::{self, FromRow, PgPool};
use uuid::Uuid;

/// Who asks.
pub enum Actor {
    /// Whoever holds facilities.
    Applicant(Uuid),
    /// Reviewers and operators.
    Staff,
}

/// id, kind, code, name
pub type Facility = (Uuid, String, String, String);
/// id, number, facility, status, version, created, submitted, decided
pub type Application = (Uuid, String, Uuid, String, i32, DateTime<Utc>, Option<DateTime<Utc>>, Option<DateTime<Utc>>);
/// id, application, kind, name, type, size, uploaded
pub type Attachment = (Uuid, Uuid, String, String, String, i64, DateTime<Utc>);
/// id, application, name, status, issued
pub type Account = (Uuid, Uuid, String, String, DateTime<Utc>);
/// application, waiting since
pub type Case = (Uuid, DateTime<Utc>);

pub const ACTOR: &str = "SELECT sessions.user_id, users.role FROM sessions JOIN users ON users.id = sessions.user_id \
    WHERE sessions.token_hash = $1 AND sessions.expires_at > $2 AND users.disabled_at IS NULL";

macro_rules! held {
    ($parameter:literal) => {
        concat!(" IN (SELECT facility_id FROM facility_members WHERE user_id = ", $parameter, ") ")
    };
}

macro_rules! facilities {
    ($scope:expr) => {
        concat!("SELECT id, kind, code, name FROM facilities WHERE id = ANY($1) AND ", $scope)
    };
}

macro_rules! applications {
    ($scope:expr, $wanted:literal) => {
        concat!(
            "SELECT id, number, facility_id, status, version, created_at, submitted_at, decided_at FROM applications WHERE ",
            $scope,
            $wanted
        )
    };
}

macro_rules! attachments {
    ($scope:expr) => {
        concat!(
            "SELECT id, application_id, kind, file_name, file_type, size, uploaded_at FROM attachments \
             WHERE application_id = ANY($1) AND replaced_at IS NULL AND ",
            $scope,
            " ORDER BY application_id, id"
        )
    };
}

macro_rules! accounts {
    ($scope:expr) => {
        concat!(
            "SELECT id, application_id, account_name, status, issued_at FROM eligibility_accounts \
             WHERE application_id = ANY($1) AND ",
            $scope,
            " ORDER BY application_id, ordinal"
        )
    };
}

const SENT_AS_EVIDENCE: &str = attachments!(
    "EXISTS (SELECT 1 FROM start_of_use_applications WHERE application_id = attachments.application_id \
     AND method = 'DOCUMENT_EVIDENCE') \
     AND EXISTS (SELECT 1 FROM applications WHERE id = attachments.application_id AND submitted_at IS NOT NULL)"
);

/// Rows whose scope is the user's or the staff's; its parameter comes last.
async fn all<T, A>(
    pool: &PgPool,
    actor: &Actor,
    staff: &'static str,
    applicant: &'static str,
    given: A,
) -> Result<Vec<T>, sqlx::Error>
where
    T: Send + Unpin + for<'r> FromRow<'r, PgRow>,
    A: for<'q> FnOnce(Query<'q, T>) -> Query<'q, T>,
{
    match actor {
        Actor::Staff => given(sqlx::query_as(staff)).fetch_all(pool).await,
        Actor::Applicant(user) => given(sqlx::query_as(applicant)).bind(*user).fetch_all(pool).await,
    }
}

type Query<'q, T> = sqlx::query::QueryAs<'q, sqlx::Postgres, T, sqlx::postgres::PgArguments>;

pub async fn facilities(pool: &PgPool, actor: &Actor, ids: &[Uuid]) -> Result<Vec<Facility>, sqlx::Error> {
    let applicant = facilities!(concat!("id", held!("$2")));
    all(pool, actor, facilities!("true"), applicant, |query| query.bind(ids.to_vec())).await
}

pub async fn applications(pool: &PgPool, actor: &Actor, ids: &[Uuid]) -> Result<Vec<Application>, sqlx::Error> {
    let staff = applications!("submitted_at IS NOT NULL", " AND id = ANY($1)");
    let applicant = applications!(concat!("facility_id", held!("$2")), " AND id = ANY($1)");
    all(pool, actor, staff, applicant, |query| query.bind(ids.to_vec())).await
}

/// A facility's newest applications.
pub async fn newest(pool: &PgPool, actor: &Actor, facility: Uuid, count: i64) -> Result<Vec<Application>, sqlx::Error> {
    let staff =
        applications!("submitted_at IS NOT NULL", " AND facility_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2");
    let applicant = applications!(
        concat!("facility_id", held!("$3")),
        " AND facility_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2"
    );
    all(pool, actor, staff, applicant, |query| query.bind(facility).bind(count)).await
}

pub async fn attachments(pool: &PgPool, actor: &Actor, of: &[Uuid]) -> Result<Vec<Attachment>, sqlx::Error> {
    let applicant = attachments!(concat!("facility_id", held!("$2")));
    all(pool, actor, SENT_AS_EVIDENCE, applicant, |query| query.bind(of.to_vec())).await
}

pub async fn accounts(pool: &PgPool, actor: &Actor, of: &[Uuid]) -> Result<Vec<Account>, sqlx::Error> {
    let applicant = accounts!(concat!("facility_id", held!("$2")));
    all(pool, actor, accounts!("true"), applicant, |query| query.bind(of.to_vec())).await
}

/// The cases that wait longest. Nobody but staff sees one.
pub async fn cases(
    pool: &PgPool,
    actor: &Actor,
    statuses: &[String],
    kinds: &[String],
    count: i64,
) -> Result<Vec<Case>, sqlx::Error> {
    const CASES: &str = "SELECT page.* FROM unnest($1::text[]) AS wanted, unnest($2::text[]) AS kind, LATERAL ( \
           SELECT application_id, waiting_since FROM review_cases \
           WHERE application_id IS NOT NULL AND status = wanted AND facility_kind = kind \
           ORDER BY waiting_since, application_id LIMIT $3) AS page \
         ORDER BY waiting_since, application_id LIMIT $3";
    match actor {
        Actor::Applicant(_) => Ok(Vec::new()),
        Actor::Staff => sqlx::query_as(CASES).bind(statuses).bind(kinds).bind(count).fetch_all(pool).await,
    }
}
