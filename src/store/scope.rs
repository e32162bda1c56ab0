//! Who may see which rows: one predicate of the actor for each readable type, written here and nowhere else (invariant 2).
//!
//! Every read of the store that answers to a person goes through one of these, so that what an actor may not see does not exist:
//! the same empty answer, by the same statement, as for an id that was never given out.

use entities::{
    applications, attachments, eligibility_accounts, facilities, facility_members, review_cases,
    start_of_use_applications as start_of_use, users,
};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::columns::Stored;
use super::keys::Keys;
use crate::domain::actor::Actor;
use crate::domain::ids::UserId;
use crate::domain::verification::VerificationMethod;

/// Facilities: those that the user holds; all of them for staff.
pub fn facilities(actor: &Actor) -> Condition {
    by_standing(actor, everything, |user| facilities::Column::Id.in_subquery(held_by(user)).into())
}

/// Who holds which facility: of the facilities that the actor may see.
pub fn facility_members(actor: &Actor) -> Condition {
    by_standing(actor, everything, |user| facility_members::Column::FacilityId.in_subquery(held_by(user)).into())
}

/// Applications: those of the user's facilities; for staff those that were ever sent.
pub fn applications(actor: &Actor) -> Condition {
    by_standing(
        actor,
        || applications::Column::SubmittedAt.is_not_null().into(),
        |user| applications::Column::FacilityId.in_subquery(held_by(user)).into(),
    )
}

/// Accounts: those of the user's facilities; all of them for staff.
pub fn accounts(actor: &Actor) -> Condition {
    by_standing(actor, everything, |user| eligibility_accounts::Column::FacilityId.in_subquery(held_by(user)).into())
}

/// Files: those of the user's facilities; for staff those that were sent as evidence. A file that was left over when its applicant
/// went back to method ① was not sent (E15).
pub fn attachments(actor: &Actor) -> Condition {
    by_standing(actor, sent_as_evidence, |user| attachments::Column::FacilityId.in_subquery(held_by(user)).into())
}

fn sent_as_evidence() -> Condition {
    let by_documents =
        Condition::all().add(start_of_use::Column::Method.eq(VerificationMethod::DocumentEvidence.to_text()));
    let sent = Condition::all().add(applications::Column::SubmittedAt.is_not_null());
    let of = attachments::Column::ApplicationId;
    Condition::all().add(beside(start_of_use::Column::ApplicationId, of, by_documents)).add(beside(
        applications::Column::Id,
        of,
        sent,
    ))
}

/// Users: oneself and those who hold a facility together with one; all of them for staff.
pub fn users(actor: &Actor) -> Condition {
    by_standing(actor, everything, |user| {
        let colleagues = facility_members::Entity::find()
            .select_only()
            .column(facility_members::Column::UserId)
            .filter(facility_members::Column::FacilityId.in_subquery(held_by(user)))
            .into_query();
        Condition::any().add(users::Column::Id.eq(user)).add(users::Column::Id.in_subquery(colleagues))
    })
}

/// Review cases and decisions with their notes: staff only.
pub fn review_cases(actor: &Actor) -> Condition {
    by_standing(actor, || review_cases::Column::ApplicationId.is_not_null().into(), |_| nothing())
}

/// Rows that stand beside applications: those whose application the actor may see.
pub fn beside_application(column: impl ColumnTrait, actor: &Actor) -> SimpleExpr {
    beside(applications::Column::Id, column, applications(actor))
}

/// Rows that stand beside these applications, where the actor may see them. The keys stand in the scope once more, as PostgreSQL would
/// otherwise gather all that it lets through, a chain's whole list, to look for the few in it.
pub(super) fn beside_applications(column: impl ColumnTrait, keys: &Keys, actor: &Actor) -> Condition {
    let visible = applications(actor).add(keys.hold(applications::Column::Id));
    Condition::all().add(keys.hold(column)).add(beside(applications::Column::Id, column, visible))
}

/// Rows of which a column names a row, by its id, that a scope lets through. Asked row by row: SQLite would make a list of everything
/// that the scope lets through out of a subquery that stands for itself.
pub fn beside(id: impl ColumnTrait, column: impl ColumnTrait, scope: Condition) -> SimpleExpr {
    let named = Expr::col(id.as_column_ref()).equals(column.as_column_ref());
    let visible = Query::select().expr(Expr::val(1)).from(id.entity_name()).and_where(named).cond_where(scope).take();
    Expr::exists(visible)
}

/// The facilities that a user holds, as a subquery of ids.
pub fn held_by(user: UserId) -> SelectStatement {
    facility_members::Entity::find()
        .select_only()
        .column(facility_members::Column::FacilityId)
        .filter(facility_members::Column::UserId.eq(user))
        .into_query()
}

fn by_standing(actor: &Actor, staff: impl Fn() -> Condition, applicant: impl Fn(UserId) -> Condition) -> Condition {
    match actor {
        Actor::Anonymous => nothing(),
        Actor::System => everything(),
        Actor::User { role, .. } if role.is_staff() => staff(),
        Actor::User { user, .. } => applicant(*user),
    }
}

fn everything() -> Condition {
    Condition::all()
}

fn nothing() -> Condition {
    Condition::all().add(Expr::val(1).eq(0))
}
