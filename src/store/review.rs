//! Review cases and decisions. Staff only, by their scope; what an applicant may know of a decision is asked for by application.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entities::{applications, decisions, facilities, review_cases, users};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Set,
};

use super::applications::within;
use super::columns::Stored;
use super::page::{self, Keyset};
use super::{Transaction, scope};
use crate::domain::actor::Actor;
use crate::domain::ids::{ApplicationId, UserId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::review::{CaseFilter as Filter, CaseKey as Key, Claim, Decision, ReviewCase, Verdict};

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
    let wanted = review_cases::Column::ApplicationId.is_in(ids.iter().copied());
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
        columns: vec![Expr::col(review_cases::Column::WaitingSince), Expr::col(review_cases::Column::ApplicationId)],
        descending: newest_first,
    };
    let PageRequest { size, backward, after, before } = request;
    let key = |(at, id): Key| vec![at.into(), id.into()];
    let request = PageRequest { size, backward, after: after.map(key), before: before.map(key) };
    Ok(page::read(conn, listed(actor, filter), &keyset, request).await?.map(case))
}

/// How many cases match.
pub async fn count(conn: &impl ConnectionTrait, actor: &Actor, filter: &Filter) -> Result<u64, DbErr> {
    page::count(conn, listed(actor, filter)).await
}

fn listed(actor: &Actor, filter: &Filter) -> sea_orm::Select<review_cases::Entity> {
    let mut applications = scope::applications(actor);
    if !filter.statuses.is_empty() {
        let statuses = filter.statuses.iter().map(|status| status.to_text());
        applications = applications.add(applications::Column::Status.is_in(statuses));
    }
    if !filter.facility_kinds.is_empty() {
        let kinds = filter.facility_kinds.iter().map(|kind| kind.to_text());
        let of_kinds = facilities::Entity::find()
            .select_only()
            .column(facilities::Column::Id)
            .filter(facilities::Column::Kind.is_in(kinds))
            .into_query();
        applications = applications.add(applications::Column::FacilityId.in_subquery(of_kinds));
    }
    let mut condition = Condition::all().add(scope::review_cases(actor));
    condition = condition.add(within(review_cases::Column::ApplicationId, applications));
    if let Some(before) = filter.waiting_before {
        condition = condition.add(review_cases::Column::WaitingSince.lt(before));
    }
    review_cases::Entity::find().filter(condition)
}

/// Opens the case of an application that was sent, or opens it again with nobody's claim.
pub async fn open(tx: &Transaction, application: ApplicationId, now: DateTime<Utc>) -> Result<(), DbErr> {
    let row = review_cases::ActiveModel {
        application_id: Set(application),
        waiting_since: Set(now),
        claimed_by: Set(None),
        claimed_until: Set(None),
    };
    let again = OnConflict::column(review_cases::Column::ApplicationId)
        .update_columns([
            review_cases::Column::WaitingSince,
            review_cases::Column::ClaimedBy,
            review_cases::Column::ClaimedUntil,
        ])
        .to_owned();
    review_cases::Entity::insert(row).on_conflict(again).exec_without_returning(&**tx).await.map(drop)
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
    let rows = decisions::Entity::find()
        .filter(decisions::Column::ApplicationId.is_in(applications.iter().copied()))
        .filter(within(decisions::Column::ApplicationId, scope::applications(actor)))
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
