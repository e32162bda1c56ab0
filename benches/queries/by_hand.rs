//! The three pages written by hand: axum, the same scoped SQL, and JSON put together as it goes out. No GraphQL: what a page costs at
//! least.

mod json;
mod sql;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use chrono::{DateTime, Utc};
use madoguchi_ids::{ApplicationId, FacilityId};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::{self, ConnectOptions as _, PgPool};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use uuid::Uuid;

use self::json::{Json, Rows};
use self::sql::Actor;
use super::Error;

/// Serves until it is ended.
pub async fn serve(port: u16, database: &str, connections: u32) -> Result<(), Error> {
    let options: PgConnectOptions = database.parse()?;
    let pool = PgPoolOptions::new().max_connections(connections).test_before_acquire(false);
    let pool = pool.connect_with(options.disable_statement_logging()).await?;
    let routes = Router::new().route("/Q1", post(facility)).route("/Q2", post(application)).route("/Q3", post(queue));
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    Ok(axum::serve(listener, routes.with_state(pool)).await?)
}

type Answer = Result<([(header::HeaderName, &'static str); 1], Vec<u8>), StatusCode>;

#[derive(Deserialize)]
struct Asked<V> {
    variables: V,
}

#[derive(Deserialize)]
struct One {
    id: String,
}

#[derive(Deserialize)]
struct Queue {
    first: i64,
    filter: Filter,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    statuses: Vec<String>,
    facility_kinds: Vec<String>,
}

fn read<'a, V: Deserialize<'a>>(body: &'a [u8]) -> Result<V, StatusCode> {
    serde_json::from_slice(body).map(|asked: Asked<V>| asked.variables).map_err(|_| StatusCode::BAD_REQUEST)
}

fn broken(_: sqlx::Error) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

fn told(json: Json) -> Answer {
    Ok(([(header::CONTENT_TYPE, "application/json")], json.end()))
}

#[expect(clippy::disallowed_methods, reason = "a program of its own, which has no world")]
async fn actor_of(pool: &PgPool, headers: &HeaderMap) -> Result<Actor, StatusCode> {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    let digest: [u8; 32] = Sha256::digest(token.ok_or(StatusCode::UNAUTHORIZED)?).into();
    let found: Option<(Uuid, String)> =
        sqlx::query_as(sql::ACTOR).bind(&digest[..]).bind(Utc::now()).fetch_optional(pool).await.map_err(broken)?;
    let (user, role) = found.ok_or(StatusCode::UNAUTHORIZED)?;
    Ok(if role == "APPLICANT" { Actor::Applicant(user) } else { Actor::Staff })
}

/// Q1.
async fn facility(State(pool): State<PgPool>, headers: HeaderMap, body: Bytes) -> Answer {
    let One { id } = read(&body)?;
    let id: FacilityId = id.parse().map_err(|_| StatusCode::BAD_REQUEST)?;
    let actor = actor_of(&pool, &headers).await?;
    let found = sql::facilities(&pool, &actor, &[id.uuid()]).await.map_err(broken)?;
    let mut json = Json::begin("facility");
    let Some(facility) = found.first() else { return told(json.null()) };
    let mut applications = sql::newest(&pool, &actor, id.uuid(), 21).await.map_err(broken)?;
    let has_next = applications.len() > 20;
    applications.truncate(20);
    let ids: Vec<Uuid> = applications.iter().map(|row| row.0).collect();
    let (attachments, accounts) =
        tokio::try_join!(sql::attachments(&pool, &actor, &ids), sql::accounts(&pool, &actor, &ids)).map_err(broken)?;
    let (attachments, accounts) = (Rows::by(&attachments, |row| row.1), Rows::by(&accounts, |row| row.1));
    json.facility(facility);
    let end = applications.last().map(|last| cursor("applications", last.5, ApplicationId::from_uuid(last.0)));
    json.key("applications");
    json.page(has_next, end.as_deref());
    for application in &applications {
        json.application(application);
        json.attachments(attachments.of(application.0));
        json.accounts(accounts.of(application.0));
        json.end_object();
    }
    json.end_page();
    json.end_object();
    told(json)
}

/// Q2.
async fn application(State(pool): State<PgPool>, headers: HeaderMap, body: Bytes) -> Answer {
    let One { id } = read(&body)?;
    let id: ApplicationId = id.parse().map_err(|_| StatusCode::BAD_REQUEST)?;
    let actor = actor_of(&pool, &headers).await?;
    let found = sql::applications(&pool, &actor, &[id.uuid()]).await.map_err(broken)?;
    let mut json = Json::begin("application");
    let Some(application) = found.first() else { return told(json.null()) };
    let found = sql::facilities(&pool, &actor, &[application.2]).await.map_err(broken)?;
    json.application(application);
    json.key("facility");
    json.facility(found.first().ok_or(StatusCode::INTERNAL_SERVER_ERROR)?);
    json.end_object();
    json.end_object();
    told(json)
}

/// Q3.
async fn queue(State(pool): State<PgPool>, headers: HeaderMap, body: Bytes) -> Answer {
    let Queue { first, filter } = read(&body)?;
    let actor = actor_of(&pool, &headers).await?;
    let found = sql::cases(&pool, &actor, &filter.statuses, &filter.facility_kinds, first + 1).await;
    let mut cases = found.map_err(broken)?;
    let taken = usize::try_from(first).map_err(|_| StatusCode::BAD_REQUEST)?;
    let has_next = cases.len() > taken;
    cases.truncate(taken);
    let ids: Vec<Uuid> = cases.iter().map(|case| case.0).collect();
    let (applications, attachments) =
        tokio::try_join!(sql::applications(&pool, &actor, &ids), sql::attachments(&pool, &actor, &ids))
            .map_err(broken)?;
    let facilities: Vec<Uuid> = applications.iter().map(|row| row.2).collect();
    let facilities = sql::facilities(&pool, &actor, &facilities).await.map_err(broken)?;
    let attachments = Rows::by(&attachments, |row| row.1);
    let (applications, facilities) = (Rows::by(&applications, |row| row.0), Rows::by(&facilities, |row| row.0));
    let mut json = Json::begin("reviewCases");
    let end = cases.last().map(|last| cursor("cases-longest", last.1, ApplicationId::from_uuid(last.0)));
    json.page(has_next, end.as_deref());
    for (id, since) in &cases {
        let application = applications.of(*id).next().ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
        json.case(*id, *since, application);
        json.key("facility");
        json.facility(facilities.of(application.2).next().ok_or(StatusCode::INTERNAL_SERVER_ERROR)?);
        json.end_object();
        json.attachments(attachments.of(*id));
        json.end_object();
        json.end_object();
    }
    json.end_page();
    told(json)
}

fn cursor(list: &str, at: DateTime<Utc>, id: ApplicationId) -> String {
    use base64::Engine as _;
    // A tuple of texts always serialises.
    let text = serde_json::to_string(&(list, (at, id))).unwrap_or_default();
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(text)
}
