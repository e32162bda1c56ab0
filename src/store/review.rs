//! Review cases and decisions. Staff only, by their scope; what an applicant may know of a decision is asked for by application.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entities::{decisions, facilities, review_cases, users};
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    RuntimeErr, Select, Set,
};

use super::columns::Stored;
use super::keys::Keys;
use super::page::{self, Keyset};
use super::{Transaction, scope};
use crate::domain::actor::Actor;
use crate::domain::application::Application;
use crate::domain::facility::FacilityKind;
use crate::domain::ids::{ApplicationId, UserId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::review::{CaseFilter as Filter, CaseKey as Key, Claim, Decision, ReviewCase, Verdict};
use crate::domain::status::ApplicationStatus;

/// One case, when the actor may see it.
pub async fn find(conn: &impl ConnectionTrait, actor: &Actor, id: ApplicationId) -> Result<Option<ReviewCase>, DbErr> {
    let row = review_cases::Entity::find_by_id(id).filter(scope::review_cases(actor)).one(conn).await?;
    Ok(row.map(case))
}

/// Those of these cases that the actor may see.
pub async fn find_many(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    ids: &[ApplicationId],
) -> Result<HashMap<ApplicationId, ReviewCase>, DbErr> {
    let wanted = Keys::ids(conn, ids).hold(review_cases::Column::ApplicationId);
    let rows = review_cases::Entity::find().filter(wanted).filter(scope::review_cases(actor)).all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.application_id, case(row))).collect())
}

/// A page of cases, the longest-waiting first, or last when `newest_first`.
pub async fn list(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    filter: &Filter,
    newest_first: bool,
    request: PageRequest<Key>,
) -> Result<Page<ReviewCase>, DbErr> {
    let keyset = Keyset {
        columns: [review_cases::Column::WaitingSince, review_cases::Column::ApplicationId]
            .map(|column| Expr::col(column.as_column_ref()))
            .to_vec(),
        descending: newest_first,
    };
    let PageRequest { size, backward, after, before } = request;
    let key = |(at, id): Key| vec![at.into(), id.into()];
    let request = PageRequest { size, backward, after: after.map(key), before: before.map(key) };
    let page = if filter.statuses.is_empty() && filter.facility_kinds.is_empty() {
        page::read(conn, waiting(actor, filter), &keyset, request).await?
    } else {
        let lists = page::Lists { of: ranges(conn, filter).into() };
        page::read_merged(conn, waiting(actor, filter), lists, &keyset, &request).await?
    };
    Ok(page.map(case))
}

/// How many cases match, at most `limit`: no more are looked at.
pub async fn count(conn: &impl ConnectionTrait, actor: &Actor, filter: &Filter, limit: u64) -> Result<u64, DbErr> {
    let mut matching = waiting(actor, filter);
    if !filter.statuses.is_empty() || !filter.facility_kinds.is_empty() {
        for (column, keys) in ranges(conn, filter) {
            matching = matching.filter(keys.hold(column));
        }
    }
    // Of the index alone.
    let key = matching.select_only().column(review_cases::Column::ApplicationId);
    page::count(conn, key.limit(limit)).await
}

fn waiting(actor: &Actor, filter: &Filter) -> Select<review_cases::Entity> {
    let visible = review_cases::Entity::find().filter(scope::review_cases(actor));
    match filter.waiting_before {
        Some(before) => visible.filter(review_cases::Column::WaitingSince.lt(before)),
        None => visible,
    }
}

/// The ranges of the index that a filter asks for: of each status and each kind one, in which the cases stand as long as they wait.
fn ranges(conn: &impl ConnectionTrait, filter: &Filter) -> [(review_cases::Column, Keys); 2] {
    let (mut statuses, mut kinds) = (filter.statuses.clone(), filter.facility_kinds.clone());
    if statuses.is_empty() {
        statuses = ApplicationStatus::ALL.to_vec();
    }
    if kinds.is_empty() {
        kinds = FacilityKind::ALL.to_vec();
    }
    // One that was named twice would be read twice.
    statuses.sort_unstable();
    statuses.dedup();
    kinds.sort_unstable();
    kinds.dedup();
    [
        (review_cases::Column::Status, Keys::words(conn, statuses.into_iter().map(Stored::to_text))),
        (review_cases::Column::FacilityKind, Keys::words(conn, kinds.into_iter().map(Stored::to_text))),
    ]
}

/// Opens the case of an application that was sent, or opens it again with nobody's claim.
pub(super) async fn open(tx: &Transaction, application: &Application, now: DateTime<Utc>) -> Result<(), DbErr> {
    use review_cases::Column::{ApplicationId, ClaimedBy, ClaimedUntil, FacilityKind, Status, WaitingSince};
    let row = Query::select()
        .expr(Expr::value(application.id))
        .expr(Expr::value(application.status.to_text()))
        .column(facilities::Column::Kind)
        .expr(Expr::value(now))
        .from(facilities::Entity)
        .and_where(facilities::Column::Id.eq(application.facility))
        .take();
    let again =
        OnConflict::column(ApplicationId).update_columns([Status, WaitingSince, ClaimedBy, ClaimedUntil]).to_owned();
    let mut insert = Query::insert();
    insert.into_table(review_cases::Entity).columns([ApplicationId, Status, FacilityKind, WaitingSince]);
    insert.select_from(row).map_err(|error| DbErr::Query(RuntimeErr::Internal(error.to_string())))?;
    tx.execute(insert.on_conflict(again)).await.map(drop)
}

/// Lets a case follow its application's status, by which cases are listed.
pub(super) async fn follow(tx: &Transaction, application: &Application) -> Result<(), DbErr> {
    if application.submitted_at.is_none() {
        return Ok(());
    }
    review_cases::Entity::update_many()
        .col_expr(review_cases::Column::Status, Expr::value(application.status.to_text()))
        .filter(review_cases::Column::ApplicationId.eq(application.id))
        .filter(review_cases::Column::Status.ne(application.status.to_text()))
        .exec(&**tx)
        .await
        .map(drop)
}

/// Gives a case to a reviewer, or to nobody. The caller holds the application at a version, so two claims cannot both pass.
pub async fn set_claim(tx: &Transaction, application: ApplicationId, claim: Option<Claim>) -> Result<(), DbErr> {
    review_cases::Entity::update_many()
        .col_expr(review_cases::Column::ClaimedBy, Expr::value(claim.map(|claim| claim.by)))
        .col_expr(review_cases::Column::ClaimedUntil, Expr::value(claim.map(|claim| claim.until)))
        .filter(review_cases::Column::ApplicationId.eq(application))
        .exec(&**tx)
        .await
        .map(drop)
}

/// Writes a decision down.
pub async fn record(tx: &Transaction, decision: &Decision) -> Result<(), DbErr> {
    let (verdict, reason, corrections) = match &decision.verdict {
        Verdict::Approved => ("APPROVED", None, None),
        Verdict::Returned { reason, corrections } => ("RETURNED", Some(reason.clone()), Some(corrections)),
        Verdict::Rejected { reason } => ("REJECTED", Some(reason.clone()), None),
    };
    let corrections = serde_json::to_value(corrections.map_or(&[][..], Vec::as_slice));
    let row = decisions::ActiveModel {
        id: Set(decision.id),
        application_id: Set(decision.application),
        reviewer_id: Set(decision.by),
        verdict: Set(verdict.to_owned()),
        reason: Set(reason),
        corrections: Set(corrections.map_err(|error| DbErr::Json(error.to_string()))?),
        internal_note: Set(decision.internal_note.clone()),
        decided_at: Set(decision.decided_at),
    };
    row.insert(&**tx).await.map(drop)
}

/// The decisions on each of these applications, oldest first, for whoever may see the application.
///
/// What of a decision is for staff only (who decided, the internal note) is kept back by the types that tell it.
pub async fn decisions_on(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    applications: &[ApplicationId],
) -> Result<HashMap<ApplicationId, Vec<Decision>>, DbErr> {
    let wanted = Keys::ids(conn, applications);
    let rows = decisions::Entity::find()
        .filter(scope::beside_applications(decisions::Column::ApplicationId, &wanted, actor))
        .order_by_asc(decisions::Column::ApplicationId)
        .order_by_asc(decisions::Column::DecidedAt)
        .order_by_asc(decisions::Column::Id)
        .all(conn)
        .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        found.entry(row.application_id).or_default().push(decision(row)?);
    }
    Ok(found)
}

/// A reviewer's name, for telling another reviewer who has a case or decided on it.
pub async fn reviewer_name(conn: &impl ConnectionTrait, reviewer: UserId) -> Result<String, DbErr> {
    let row = users::Entity::find_by_id(reviewer).one(conn).await?;
    row.map(|row| row.display_name).ok_or_else(|| DbErr::RecordNotFound(reviewer.to_string()))
}

fn case(row: review_cases::Model) -> ReviewCase {
    ReviewCase {
        application: row.application_id,
        waiting_since: row.waiting_since,
        claim: row.claimed_by.zip(row.claimed_until).map(|(by, until)| Claim { by, until }),
    }
}

fn decision(row: decisions::Model) -> Result<Decision, DbErr> {
    let reason = row.reason.unwrap_or_default();
    let verdict = match row.verdict.as_str() {
        "APPROVED" => Verdict::Approved,
        "REJECTED" => Verdict::Rejected { reason },
        _ => Verdict::Returned {
            reason,
            corrections: serde_json::from_value(row.corrections).map_err(|error| DbErr::Json(error.to_string()))?,
        },
    };
    Ok(Decision {
        id: row.id,
        application: row.application_id,
        by: row.reviewer_id,
        decided_at: row.decided_at,
        verdict,
        internal_note: row.internal_note,
    })
}
