//! 利用開始申請: beginning a draft and filling it in. Sending and taking back are every application's, see `applications`.

use super::applications::{self as shared, Edit};
use super::idempotency::{earlier_answer, keep_answer};
use super::{Failure, Fault, IdempotencyKey, Outcome, Services};
use crate::domain::actor::Actor;
use crate::domain::application::Application;
use crate::domain::event::{ApplicationEventKind, EventActor};
use crate::domain::ids::{ApplicationId, FacilityId};
use crate::domain::kinds::start_of_use::Changes;
use crate::domain::kinds::{ApplicationKind, Details, StartOfUse};
use crate::domain::refusal::Reason;
use crate::domain::status::ApplicationStatus;
use crate::policy::{Action, authorise};
use crate::store::audit::{self, Entry};
use crate::store::counters::{self, Counter};
use crate::store::event_log::{self, NewEvent};
use crate::store::{Transaction, applications, facilities};

/// Begins a draft for a facility, or gives the one that is open (E19, E20).
pub async fn create(
    services: &Services,
    actor: &Actor,
    facility: FacilityId,
    key: Option<&IdempotencyKey>,
) -> Outcome<Application> {
    authorise(actor, Action::Apply)?;
    let user = actor.user().ok_or(Reason::Unauthenticated)?;
    let request = key.map(|key| key.of(user, "create-start-of-use"));
    let request = request.as_ref();
    services
        .write(|tx| async move {
            if let Some(id) = earlier_answer(services, &*tx, request).await? {
                return shared::reload(&tx, actor, id).await;
            }
            let held = facilities::find(&*tx, actor, facility).await?;
            let facility = held.ok_or_else(|| Reason::NotFound.at("input.facilityId"))?;
            let application =
                match applications::blocking(&*tx, actor, facility.id, ApplicationKind::StartOfUse).await? {
                    None => begin(services, &tx, actor, facility.id).await?,
                    Some(draft) if draft.status == ApplicationStatus::Draft => draft,
                    Some(other) => return Err(duplicate(&other)),
                };
            keep_answer(services, &tx, request, application.id).await?;
            Ok(application)
        })
        .await
}

fn duplicate(other: &Application) -> Failure {
    let reason = Reason::DuplicateApplication { number: other.number.clone(), status: other.status };
    reason.at("input.facilityId").into()
}

async fn begin(services: &Services, tx: &Transaction, actor: &Actor, facility: FacilityId) -> Outcome<Application> {
    let drawn = counters::draw(tx, Counter::ApplicationNumber, 1).await?;
    let number = drawn.first().ok_or_else(|| Fault::new("no number was drawn"))?;
    let application = Application {
        id: services.world.id(),
        number: format!("S{number:07}"),
        facility,
        applicant: actor.user().ok_or(Reason::Unauthenticated)?,
        status: ApplicationStatus::Draft,
        version: 1,
        created_at: services.world.now(),
        submitted_at: None,
        decided_at: None,
        open_corrections: Vec::new(),
        details: Details::StartOfUse(StartOfUse::default()),
    };
    applications::insert(tx, &application).await?;
    let event = ApplicationEventKind::Created;
    event_log::append(tx, &services.world, &application, NewEvent::new(event, EventActor::Applicant)).await?;
    let subject = application.id.to_string();
    let detail = serde_json::json!({ "facility": facility });
    audit::record(tx, &services.world, Entry { action: "create-application", subject, detail, actor }).await?;
    Ok(application)
}

/// Changes what a draft, or the pinned part of a returned application, says: all of the changes or none.
pub async fn update(
    services: &Services,
    actor: &Actor,
    id: ApplicationId,
    expected_version: i32,
    changes: Changes,
) -> Outcome<Application> {
    authorise(actor, Action::Apply)?;
    let changes = &changes;
    services
        .write(|tx| async move {
            let Edit { mut application, read_at } = shared::open_for_edit(&tx, actor, id, expected_version).await?;
            let now = services.world.now();
            let in_force =
                services.content.terms_in_force(now).map(|terms| terms.version.clone()).ok_or_else(shared::no_terms)?;
            StartOfUse::update(&mut application, changes.clone(), &in_force, now)?;
            applications::update(&tx, &application, read_at).await?;
            let detail = serde_json::json!({ "version": application.version });
            let subject = application.id.to_string();
            audit::record(&tx, &services.world, Entry { action: "update-application", subject, detail, actor }).await?;
            Ok(application)
        })
        .await
}
