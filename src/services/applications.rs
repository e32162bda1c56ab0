//! Applications of every kind: reading, sending, taking back, and what happened to them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::idempotency::{earlier_answer, keep_answer};
use super::{Failure, Fault, IdempotencyKey, Outcome, Services, review};
use crate::domain::actor::{Actor, Role};
use crate::domain::application::Application;
use crate::domain::event::{ApplicationEvent, ApplicationEventKind, EventActor, EventSubject};
use crate::domain::facility::Facility;
use crate::domain::ids::{ApplicationId, FacilityId, UserId};
use crate::domain::kinds::start_of_use::Circumstances;
use crate::domain::mail::Mail;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::review::Decision;
use crate::domain::status::{ApplicationStatus, Command};
use crate::policy::{Action, authorise};
use crate::store::audit::{self, Entry};
use crate::store::event_log::{self, NewEvent};
use crate::store::{ConnectionTrait, Transaction, applications, attachments, facilities, users};

/// One application; `None` when it is not there for this actor.
pub async fn find(services: &Services, actor: &Actor, id: ApplicationId) -> Outcome<Option<Application>> {
    authorise(actor, Action::SeeApplication)?;
    Ok(applications::find(services.database.reader(), actor, id).await?)
}

/// Those of these applications that are there for this actor.
pub async fn find_for_many(
    services: &Services,
    actor: &Actor,
    ids: &[ApplicationId],
) -> Outcome<HashMap<ApplicationId, Application>> {
    authorise(actor, Action::SeeApplication)?;
    Ok(applications::find_many(services.database.reader(), actor, ids).await?)
}

/// The history of each of these applications, oldest first.
pub async fn history_for_many(
    services: &Services,
    actor: &Actor,
    ids: &[ApplicationId],
) -> Outcome<HashMap<ApplicationId, Vec<ApplicationEvent>>> {
    authorise(actor, Action::SeeApplication)?;
    Ok(event_log::of_applications(services.database.reader(), actor, ids).await?)
}

/// The decisions on each of these applications, oldest first.
pub async fn decisions_for_many(
    services: &Services,
    actor: &Actor,
    ids: &[ApplicationId],
) -> Outcome<HashMap<ApplicationId, Vec<Decision>>> {
    authorise(actor, Action::SeeApplication)?;
    Ok(crate::store::review::decisions_on(services.database.reader(), actor, ids).await?)
}

/// What keeps each of these applications, in their order, from being sent now (必須情報, R48): the same judgement that `submit` makes.
pub async fn readiness_for_many(
    services: &Services,
    actor: &Actor,
    applications: &[&Application],
) -> Outcome<Vec<Vec<Refusal>>> {
    authorise(actor, Action::SeeApplication)?;
    let grounds = Grounds::of(services, services.database.reader(), actor, applications).await?;
    let applicant = |application: &Application| actor.user().unwrap_or(application.applicant);
    applications.iter().map(|application| grounds.judge(application, applicant(application))).collect()
}

/// Sends an application, for the first time or corrected. Everything still missing comes back as refusals.
pub async fn submit(
    services: &Services,
    actor: &Actor,
    id: ApplicationId,
    expected_version: i32,
    key: Option<&IdempotencyKey>,
) -> Outcome<Application> {
    authorise(actor, Action::Apply)?;
    let user = actor.user().ok_or(Reason::Unauthenticated)?;
    let request = key.map(|key| key.of(user, "submit"));
    let request = request.as_ref();
    services
        .write(|tx| async move {
            let mut application = reload(&tx, actor, id).await?;
            // Only now, when the same request beside this one is over.
            if earlier_answer(services, &*tx, request).await?.is_some() {
                return Ok(application);
            }
            let (read_at, before) = (application.version, application.status);
            // The status first: who sends twice is told that it was sent, not that the version moved on.
            before.after(Command::Submit).map_err(|reason| reason.at("input.applicationId"))?;
            application.expect_version(expected_version).map_err(|reason| reason.at("input.expectedVersion"))?;
            let missing = Grounds::of(services, &*tx, actor, &[&application]).await?.judge(&application, user)?;
            if !missing.is_empty() {
                return Err(missing.into());
            }
            let now = services.world.now();
            application.details.mark_submitted(now);
            application.apply(Command::Submit)?;
            application.submitted_at = Some(now);
            applications::submit(&tx, &application, read_at, now).await?;
            let kind = match before {
                ApplicationStatus::Returned => ApplicationEventKind::Resubmitted,
                _ => ApplicationEventKind::Submitted,
            };
            let approved_at_once =
                services.config.approve_registry_matches && application.details.takes_registry_match();
            let mut event = NewEvent::new(kind, EventActor::Applicant);
            if !approved_at_once {
                // Otherwise the completion mail says it all.
                event = event.told_by(Mail::ApplicationSubmitted { application: application.id });
            }
            event_log::append(&tx, &services.world, &application, event).await?;
            record(services, &tx, actor, "submit-application", &application).await?;
            if approved_at_once {
                review::approve_by_system(services, &tx, &mut application).await?;
            }
            keep_answer(services, &tx, request, application.id).await?;
            Ok(application)
        })
        .await
}

/// Takes an application back. It stays readable; a new one may be begun.
pub async fn withdraw(
    services: &Services,
    actor: &Actor,
    id: ApplicationId,
    expected_version: i32,
) -> Outcome<Application> {
    authorise(actor, Action::Apply)?;
    services
        .write(|tx| async move {
            let mut application = reload(&tx, actor, id).await?;
            let read_at = application.version;
            application.status.after(Command::Withdraw).map_err(|reason| reason.at("input.applicationId"))?;
            application.expect_version(expected_version).map_err(|reason| reason.at("input.expectedVersion"))?;
            application.apply(Command::Withdraw)?;
            applications::update(&tx, &application, read_at).await?;
            let event = NewEvent::new(ApplicationEventKind::Withdrawn, EventActor::Applicant);
            event_log::append(&tx, &services.world, &application, event).await?;
            record(services, &tx, actor, "withdraw-application", &application).await?;
            Ok(application)
        })
        .await
}

/// Events that are loaded at once.
const PAGE: u64 = 100;

/// The events of a subject after a place in its facility's sequence, in order; at most a hundred at once.
pub async fn events_after(
    services: &Services,
    actor: &Actor,
    subject: EventSubject,
    sequence: i64,
) -> Outcome<Vec<ApplicationEvent>> {
    authorise(actor, Action::SeeApplication)?;
    Ok(event_log::after(services.database.reader(), actor, subject, sequence, PAGE).await?)
}

/// The newest event of a subject: its current state.
pub async fn latest_event(
    services: &Services,
    actor: &Actor,
    subject: EventSubject,
) -> Outcome<Option<ApplicationEvent>> {
    authorise(actor, Action::SeeApplication)?;
    Ok(event_log::latest(services.database.reader(), actor, subject).await?)
}

/// What is new at a facility, and who may hear it.
#[derive(Debug)]
pub struct News {
    /// The events in order, each with its application as it stood when they were loaded.
    pub events: Vec<(ApplicationEvent, Arc<Application>)>,
    /// The place in the sequence after them.
    pub position: i64,
    /// Whether there may be more behind it.
    pub is_full: bool,
    audience: HashMap<UserId, Role>,
}

impl News {
    /// Whether an actor may hear of the facility's applications at all. A role that changed since the login counts as none.
    pub fn may_hear(&self, actor: &Actor) -> bool {
        matches!(actor, Actor::User { user, role, .. } if self.audience.get(user) == Some(role))
    }

    /// Whether somebody who may hear of them sees this one: the scope of `store::scope::applications`, judged for all subscribers at once.
    pub fn may_see(actor: &Actor, application: &Application) -> bool {
        matches!(actor, Actor::User { role, .. } if !role.is_staff() || application.submitted_at.is_some())
    }
}

/// Loads what is new at a facility after a place in its sequence, for everybody who watches it; the gateway's own, not an actor's.
pub async fn news(services: &Services, facility: FacilityId, after: i64) -> Outcome<News> {
    let (reader, system) = (services.database.reader(), &Actor::System);
    let events = event_log::after(reader, system, EventSubject::Facility(facility), after, PAGE).await?;
    let is_full = events.len() as u64 == PAGE;
    let position = events.last().map_or(after, |event| event.sequence);
    let mut ids: Vec<_> = events.iter().map(|event| event.application).collect();
    ids.dedup();
    let found = applications::find_many(reader, system, &ids).await?;
    let found: HashMap<_, _> = found.into_iter().map(|(id, application)| (id, Arc::new(application))).collect();
    let events = events.into_iter().filter_map(|event| Some((found.get(&event.application)?.clone(), event)));
    let events = events.map(|(application, event)| (event, application)).collect();
    Ok(News { events, position, is_full, audience: users::audience_of(reader, facility).await? })
}

/// The number of a facility's last event.
pub async fn end_of_log(services: &Services, facility: FacilityId) -> Outcome<i64> {
    let latest =
        event_log::latest(services.database.reader(), &Actor::System, EventSubject::Facility(facility)).await?;
    Ok(latest.map_or(0, |event| event.sequence))
}

/// An application that is open for changes, and the version at which it was read.
pub(super) struct Edit {
    pub application: Application,
    pub read_at: i32,
}

/// Loads an application for a change by its applicant: there, editable, and at the version that the client saw.
pub(super) async fn open_for_edit(tx: &Transaction, actor: &Actor, id: ApplicationId, expected: i32) -> Outcome<Edit> {
    let application = reload(tx, actor, id).await?;
    if !application.status.is_editable() {
        return Err(Reason::NotEditable { status: application.status }.at("input.applicationId").into());
    }
    application.expect_version(expected).map_err(|reason| reason.at("input.expectedVersion"))?;
    Ok(Edit { read_at: application.version, application })
}

/// Loads an application inside a transaction; a refusal when it is not there for this actor.
pub(super) async fn reload(tx: &Transaction, actor: &Actor, id: ApplicationId) -> Outcome<Application> {
    let found = applications::find_to_change(tx, actor, id).await?;
    found.ok_or_else(|| Reason::NotFound.at("input.applicationId").into())
}

/// Adds an audit row about an application.
pub(super) async fn record(
    services: &Services,
    tx: &Transaction,
    actor: &Actor,
    action: &'static str,
    application: &Application,
) -> Outcome<()> {
    let detail = serde_json::json!({ "version": application.version });
    let subject = application.id.to_string();
    Ok(audit::record(tx, &services.world, Entry { action, subject, detail, actor }).await?)
}

/// A portal without terms cannot take applications: the content is ours to mend.
pub(super) fn no_terms() -> Failure {
    Fault::new("the content folder holds no terms of use").into()
}

/// What applications are judged by before they are sent.
struct Grounds<'a> {
    facilities: HashMap<FacilityId, Facility>,
    attachments: HashMap<ApplicationId, u32>,
    terms_in_force: &'a str,
    now: DateTime<Utc>,
}

impl<'a> Grounds<'a> {
    async fn of(
        services: &'a Services,
        conn: &impl ConnectionTrait,
        actor: &Actor,
        applications: &[&Application],
    ) -> Outcome<Self> {
        let now = services.world.now();
        let terms = services.content.terms_in_force(now).ok_or_else(no_terms)?;
        let facilities: HashSet<_> = applications.iter().map(|application| application.facility).collect();
        let facilities: Vec<_> = facilities.into_iter().collect();
        let with_evidence = applications.iter().filter(|application| application.details.takes_evidence());
        let with_evidence: Vec<_> = with_evidence.map(|application| application.id).collect();
        Ok(Self {
            facilities: facilities::find_many(conn, actor, &facilities).await?,
            attachments: match with_evidence.is_empty() {
                true => HashMap::new(),
                false => attachments::counts(conn, &with_evidence).await?,
            },
            terms_in_force: &terms.version,
            now,
        })
    }

    /// What this one still misses for its applicant to send it.
    fn judge(&self, application: &Application, applicant: UserId) -> Outcome<Vec<Refusal>> {
        let facility = self.facilities.get(&application.facility).ok_or(Reason::NotFound)?;
        Ok(application.details.readiness(&Circumstances {
            facility_kind: facility.kind,
            applicant,
            terms_in_force: self.terms_in_force,
            attachments: self.attachments.get(&application.id).copied().unwrap_or_default(),
            now: self.now,
        }))
    }
}
