//! Review: claiming a case, putting it back, and deciding on it. Approval issues the accounts in its own transaction.

use std::collections::HashMap;

use super::applications::record;
use super::{Failure, Outcome, Services, accounts};
use crate::domain::actor::Actor;
use crate::domain::application::Application;
use crate::domain::event::{ApplicationEventKind, EventActor};
use crate::domain::ids::{ApplicationId, UserId};
use crate::domain::mail::Mail;
use crate::domain::page::{Page, PageRequest};
use crate::domain::refusal::Reason;
use crate::domain::review::{
    CLAIM_LEASE, CaseFilter, CaseKey, Claim, Correction, CorrectionTarget, Decision, MOST_COUNTED, ReviewCase, Verdict,
    note,
};
use crate::domain::status::{ApplicationStatus, Command};
use crate::policy::{Action, authorise};
use crate::store::event_log::{self, NewEvent};
use crate::store::outbox::{self, Task};
use crate::store::{Transaction, applications, attachments, review};

/// One case; `None` when it is not there for this actor.
pub async fn find(services: &Services, actor: &Actor, id: ApplicationId) -> Outcome<Option<ReviewCase>> {
    authorise(actor, Action::SeeReview)?;
    Ok(review::find(services.database.reader(), actor, id).await?)
}

/// Those of these cases that are there for this actor.
pub async fn find_for_many(
    services: &Services,
    actor: &Actor,
    ids: &[ApplicationId],
) -> Outcome<HashMap<ApplicationId, ReviewCase>> {
    authorise(actor, Action::SeeReview)?;
    Ok(review::find_many(services.database.reader(), actor, ids).await?)
}

/// A page of cases, by how long they wait.
pub async fn list(
    services: &Services,
    actor: &Actor,
    filter: &CaseFilter,
    newest_first: bool,
    page: PageRequest<CaseKey>,
) -> Outcome<Page<ReviewCase>> {
    authorise(actor, Action::SeeReview)?;
    Ok(review::list(services.database.reader(), actor, filter, newest_first, page).await?)
}

/// How many cases match, counted up to [`MOST_COUNTED`]; one more than that stands for all that is beyond.
pub async fn count(services: &Services, actor: &Actor, filter: &CaseFilter) -> Outcome<u64> {
    authorise(actor, Action::SeeReview)?;
    Ok(review::count(services.database.reader(), actor, filter, MOST_COUNTED + 1).await?)
}

/// Takes a case, or takes it again to keep it longer. Two at once: one wins, the other is told who has it and until when.
pub async fn claim(services: &Services, actor: &Actor, id: ApplicationId) -> Outcome<Application> {
    authorise(actor, Action::Review)?;
    services
        .write(|tx| async move {
            let Desk { mut application, case, reviewer, read_at } = open(&tx, actor, id).await?;
            if application.applicant == reviewer {
                return Err(Reason::OwnApplication.at("input.reviewCaseId").into());
            }
            let now = services.world.now();
            if let Some(held) = case.held(now).filter(|held| held.by != reviewer) {
                return Err(claimed_by_other(&tx, held).await?);
            }
            let before = application.status;
            if let Err(reason) = application.apply(Command::Claim) {
                return Err(decided(&tx, actor, &application)
                    .await?
                    .unwrap_or_else(|| reason.at("input.reviewCaseId").into()));
            }
            applications::update(&tx, &application, read_at).await?;
            review::set_claim(&tx, id, Some(Claim { by: reviewer, until: now + CLAIM_LEASE })).await?;
            if before == ApplicationStatus::Submitted {
                let event = NewEvent::new(ApplicationEventKind::ReviewStarted, EventActor::Reviewer);
                event_log::append(&tx, &services.world, &application, event).await?;
            }
            record(services, &tx, actor, "claim-review", &application).await?;
            Ok(application)
        })
        .await
}

/// Puts a case back for others.
pub async fn release(services: &Services, actor: &Actor, id: ApplicationId) -> Outcome<Application> {
    authorise(actor, Action::Review)?;
    services
        .write(|tx| async move {
            let desk = open(&tx, actor, id).await?;
            expect_claim(services, &tx, actor, &desk).await?;
            let Desk { mut application, read_at, .. } = desk;
            application.apply(Command::Release)?;
            applications::update(&tx, &application, read_at).await?;
            review::set_claim(&tx, id, None).await?;
            let event = NewEvent::new(ApplicationEventKind::ReviewReleased, EventActor::Reviewer);
            event_log::append(&tx, &services.world, &application, event).await?;
            record(services, &tx, actor, "release-review", &application).await?;
            Ok(application)
        })
        .await
}

/// Decides on a case that the reviewer has claimed. A verdict that was refused while it was read is told only to who may decide.
/// A repeat of the same decision by the same reviewer changes nothing.
pub async fn decide(
    services: &Services,
    actor: &Actor,
    id: ApplicationId,
    expected_version: i32,
    verdict: Outcome<Verdict>,
    internal_note: Option<String>,
) -> Outcome<Application> {
    authorise(actor, Action::Review)?;
    let internal_note =
        internal_note.as_deref().map(note).transpose().map_err(|reason| reason.at("input.internalNote"))?;
    let (verdict, internal_note) = (&verdict?, &internal_note);
    services
        .write(|tx| async move {
            let desk = open(&tx, actor, id).await?;
            if let Some(application) = repeated(&tx, actor, &desk, verdict).await? {
                return Ok(application);
            }
            expect_claim(services, &tx, actor, &desk).await?;
            let Desk { mut application, reviewer, read_at, .. } = desk;
            expect_attachments(&tx, actor, id, verdict).await?;
            application.expect_version(expected_version).map_err(|reason| reason.at("input.expectedVersion"))?;
            let decision = Decision {
                id: services.world.id(),
                application: id,
                by: reviewer,
                decided_at: services.world.now(),
                verdict: verdict.clone(),
                internal_note: internal_note.clone(),
            };
            carry_out(services, &tx, &mut application, &decision.verdict, EventActor::Reviewer).await?;
            applications::update(&tx, &application, read_at).await?;
            review::record(&tx, &decision).await?;
            tell(services, &tx, &decision).await?;
            review::set_claim(&tx, id, None).await?;
            record(services, &tx, actor, action_of(&decision.verdict), &application).await?;
            Ok(application)
        })
        .await
}

/// Refuses a correction that is pinned to a file which is none of the application's, or counts no longer.
async fn expect_attachments(tx: &Transaction, actor: &Actor, id: ApplicationId, verdict: &Verdict) -> Outcome<()> {
    let Verdict::Returned { corrections, .. } = verdict else { return Ok(()) };
    for (index, correction) in corrections.iter().enumerate() {
        let CorrectionTarget::Attachment(pinned) = correction.target else { continue };
        let found = attachments::find(&**tx, actor, pinned).await?;
        if !found.is_some_and(|found| found.application == id && found.is_current()) {
            return Err(Reason::NotFound.at(&format!("input.corrections.{index}.attachmentId")).into());
        }
    }
    Ok(())
}

/// Approves by the gateway itself what was verified by a registry match, when configured so.
pub(super) async fn approve_by_system(
    services: &Services,
    tx: &Transaction,
    application: &mut Application,
) -> Outcome<()> {
    let read_at = application.version;
    application.apply(Command::Claim)?;
    carry_out(services, tx, application, &Verdict::Approved, EventActor::System).await?;
    applications::update(tx, application, read_at).await?;
    record(services, tx, &Actor::System, "approve-application", application).await
}

/// Moves the application on, issues accounts on approval, and writes the events and the mail that tell of it.
async fn carry_out(
    services: &Services,
    tx: &Transaction,
    application: &mut Application,
    verdict: &Verdict,
    by: EventActor,
) -> Outcome<()> {
    let world = &services.world;
    application.decided_at = Some(world.now());
    match verdict {
        Verdict::Approved => {
            application.apply(Command::Approve)?;
            event_log::append(tx, world, application, NewEvent::new(ApplicationEventKind::Approved, by)).await?;
            accounts::issue(services, tx, application).await?;
            application.apply(Command::IssueAccounts)?;
            let completed = NewEvent::new(ApplicationEventKind::Completed, EventActor::System)
                .told_by(Mail::ApplicationCompleted { application: application.id });
            event_log::append(tx, world, application, completed).await?;
        }
        Verdict::Returned { reason, corrections } => {
            application.apply(Command::Return)?;
            application.open_corrections = corrections.iter().map(|Correction { target, .. }| *target).collect();
            application.details.reopen(&application.open_corrections);
            let event = NewEvent::new(ApplicationEventKind::Returned, by).because(reason);
            event_log::append(tx, world, application, event).await?;
        }
        Verdict::Rejected { reason } => {
            application.apply(Command::Reject)?;
            let event = NewEvent::new(ApplicationEventKind::Rejected, by).because(reason);
            event_log::append(tx, world, application, event).await?;
        }
    }
    Ok(())
}

/// The mail that tells of a return or a rejection; an approval is told when its accounts are issued.
async fn tell(services: &Services, tx: &Transaction, decision: &Decision) -> Outcome<()> {
    let Decision { id, application, .. } = *decision;
    let mail = match decision.verdict {
        Verdict::Approved => return Ok(()),
        Verdict::Returned { .. } => Mail::ApplicationReturned { application, decision: id },
        Verdict::Rejected { .. } => Mail::ApplicationRejected { application, decision: id },
    };
    Ok(outbox::enqueue(tx, &services.world, &[Task::Deliver(mail)]).await?)
}

/// A case on a reviewer's desk, with its application.
struct Desk {
    application: Application,
    case: ReviewCase,
    reviewer: UserId,
    read_at: i32,
}

async fn open(tx: &Transaction, actor: &Actor, id: ApplicationId) -> Outcome<Desk> {
    let reviewer = actor.user().ok_or(Reason::Unauthenticated)?;
    let missing = || Reason::NotFound.at("input.reviewCaseId");
    let application = applications::find_to_change(tx, actor, id).await?.ok_or_else(missing)?;
    let case = review::find(&**tx, actor, id).await?.ok_or_else(missing)?;
    Ok(Desk { read_at: application.version, application, case, reviewer })
}

/// Refuses unless the reviewer holds the case: decided by others, held by others, or held by nobody.
async fn expect_claim(services: &Services, tx: &Transaction, actor: &Actor, desk: &Desk) -> Outcome<()> {
    match desk.case.held(services.world.now()) {
        Some(held) if held.by == desk.reviewer => Ok(()),
        Some(held) => Err(claimed_by_other(tx, held).await?),
        None => {
            let decided = decided(tx, actor, &desk.application).await?;
            Err(decided.unwrap_or_else(|| Reason::NotClaimed.at("input.reviewCaseId").into()))
        }
    }
}

async fn claimed_by_other(tx: &Transaction, held: Claim) -> Outcome<Failure> {
    let by = review::reviewer_name(&**tx, held.by).await?;
    Ok(Reason::AlreadyClaimed { by, until: held.until }.at("input.reviewCaseId").into())
}

/// The refusal that says who decided and when, when the application is no longer in review because of a decision.
async fn decided(tx: &Transaction, actor: &Actor, application: &Application) -> Outcome<Option<Failure>> {
    if matches!(application.status, ApplicationStatus::Submitted | ApplicationStatus::InReview) {
        return Ok(None);
    }
    let Some(last) = last_decision(tx, actor, application.id).await? else { return Ok(None) };
    let by = review::reviewer_name(&**tx, last.by).await?;
    let reason = Reason::AlreadyDecided { by, at: last.decided_at, status: application.status };
    Ok(Some(reason.at("input.reviewCaseId").into()))
}

async fn repeated(tx: &Transaction, actor: &Actor, desk: &Desk, verdict: &Verdict) -> Outcome<Option<Application>> {
    let waiting = matches!(desk.application.status, ApplicationStatus::Submitted | ApplicationStatus::InReview);
    if waiting {
        return Ok(None);
    }
    let last = last_decision(tx, actor, desk.application.id).await?;
    let same = last.is_some_and(|last| last.by == desk.reviewer && last.verdict == *verdict);
    Ok(same.then(|| desk.application.clone()))
}

async fn last_decision(tx: &Transaction, actor: &Actor, id: ApplicationId) -> Outcome<Option<Decision>> {
    let mut decisions = review::decisions_on(&**tx, actor, &[id]).await?;
    Ok(decisions.remove(&id).and_then(|mut decisions| decisions.pop()))
}

const fn action_of(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Approved => "approve-application",
        Verdict::Returned { .. } => "return-application",
        Verdict::Rejected { .. } => "reject-application",
    }
}
