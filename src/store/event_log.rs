//! The log of events: one sequence a facility, drawn under the facility's row, so without gaps and in commit order.

use std::collections::HashMap;
use std::iter;

use entities::application_events::{ActiveModel, Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use super::columns::Stored;
use super::keys::Keys;
use super::outbox::{self, Task};
use super::{Transaction, facilities, scope};
use crate::domain::actor::Actor;
use crate::domain::application::Application;
use crate::domain::clock::World;
use crate::domain::event::{ApplicationEvent, ApplicationEventKind, EventActor, EventSubject as Subject};
use crate::domain::ids::ApplicationId;
use crate::domain::mail::Mail;
use crate::domain::status::ApplicationStatus;

/// What happened to an application, by whom, and what is to be told of it.
pub struct NewEvent<'a> {
    kind: ApplicationEventKind,
    actor: EventActor,
    reason: Option<&'a str>,
    mail: Option<Mail>,
}

impl<'a> NewEvent<'a> {
    /// Something that its kind tells fully.
    pub const fn new(kind: ApplicationEventKind, actor: EventActor) -> Self {
        Self { kind, actor, reason: None, mail: None }
    }

    /// Adds the reason that was given.
    pub fn because(self, reason: &'a str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// Has a mail sent that tells of it.
    pub fn told_by(self, mail: Mail) -> Self {
        Self { mail: Some(mail), ..self }
    }
}

/// Writes an event of an application as it now stands, and what follows the commit: the wake-up, and the mail that tells of it.
pub async fn append(
    tx: &Transaction,
    world: &World,
    application: &Application,
    event: NewEvent<'_>,
) -> Result<(), DbErr> {
    let NewEvent { kind, actor, reason, mail } = event;
    let sequence = facilities::next_event_sequence(tx, application.facility).await?;
    let row = ActiveModel {
        id: Set(world.id()),
        application_id: Set(application.id),
        facility_id: Set(application.facility),
        sequence: Set(sequence),
        kind: Set(kind.to_text().to_owned()),
        status: Set(application.status.to_text().to_owned()),
        actor: Set(actor.to_text().to_owned()),
        reason: Set(reason.map(str::to_owned)),
        occurred_at: Set(world.now()),
    };
    Entity::insert(row).exec_without_returning(&**tx).await?;
    let tasks: Vec<_> = iter::once(Task::Wake(application.facility)).chain(mail.map(Task::Deliver)).collect();
    outbox::enqueue(tx, world, &tasks).await
}

/// The events after a place in the sequence, in order, at most `limit`.
pub async fn after(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    subject: Subject,
    sequence: i64,
    limit: u64,
) -> Result<Vec<ApplicationEvent>, DbErr> {
    let rows = Entity::find()
        .filter(about(actor, subject))
        .filter(Column::Sequence.gt(sequence))
        .order_by_asc(Column::Sequence)
        .limit(limit)
        .all(conn)
        .await?;
    rows.into_iter().map(event).collect()
}

/// The newest event: the current state.
pub async fn latest(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    subject: Subject,
) -> Result<Option<ApplicationEvent>, DbErr> {
    let row = Entity::find().filter(about(actor, subject)).order_by_desc(Column::Sequence).one(conn).await?;
    row.map(event).transpose()
}

/// The history of each of these applications, oldest first.
pub async fn of_applications(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    applications: &[ApplicationId],
) -> Result<HashMap<ApplicationId, Vec<ApplicationEvent>>, DbErr> {
    let wanted = Keys::ids(conn, applications);
    let rows = Entity::find()
        .filter(scope::beside_applications(Column::ApplicationId, &wanted, actor))
        .order_by_asc(Column::ApplicationId)
        .order_by_asc(Column::Sequence)
        .all(conn)
        .await?;
    let mut events: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        events.entry(row.application_id).or_default().push(event(row)?);
    }
    Ok(events)
}

fn about(actor: &Actor, subject: Subject) -> Condition {
    let subject = match subject {
        Subject::Application(id) => Column::ApplicationId.eq(id),
        Subject::Facility(id) => Column::FacilityId.eq(id),
    };
    Condition::all().add(subject).add(scope::beside_application(Column::ApplicationId, actor))
}

fn event(row: Model) -> Result<ApplicationEvent, DbErr> {
    Ok(ApplicationEvent {
        id: row.id,
        application: row.application_id,
        facility: row.facility_id,
        sequence: row.sequence,
        kind: ApplicationEventKind::from_text(&row.kind)?,
        status: ApplicationStatus::from_text(&row.status)?,
        actor: EventActor::from_text(&row.actor)?,
        reason: row.reason,
        occurred_at: row.occurred_at,
    })
}
