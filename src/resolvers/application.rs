//! What every kind of application shares: finding one, sending it, taking it back.

use async_graphql::{Context, ID, Object, Result};

use super::context::{Ask, asked, bring, bring_last};
use super::errors::{answer, error, refusals};
use super::ids;
use crate::domain::actor::Role;
use crate::domain::application::Application as Loaded;
use crate::domain::ids::{FacilityId, UserId};
use crate::loaders::{AccountsOf, CaseOf, DecisionsOn, HistoryOf};
use crate::policy::Action;
use crate::schema::account::EligibilityAccount;
use crate::schema::application::{
    Application, ApplicationAction, SubmitApplicationInput, SubmitApplicationPayload, WithdrawApplicationInput,
    WithdrawApplicationPayload,
};
use crate::schema::event::ApplicationEvent;
use crate::schema::facility::Facility;
use crate::schema::person::User;
use crate::schema::review::Decision;
use crate::services::{Fault, IdempotencyKey, Outcome, applications};

/// Queries of applications.
#[derive(Default)]
pub struct ApplicationQuery;

#[Object]
impl ApplicationQuery {
    /// One application; null when there is none of this id for the viewer.
    async fn application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application's global id.")] id: ID,
    ) -> Result<Option<Application>> {
        let found = async {
            let (services, actor) = asked(ctx, Action::SeeApplication)?;
            applications::find(services, actor, ids::read(&id, "id")?).await
        };
        Ok(answer(ctx, found.await)?.map(Into::into))
    }
}

/// Mutations of every kind of application.
#[derive(Default)]
pub struct ApplicationMutation;

#[Object]
impl ApplicationMutation {
    /// Sends an application (送信), for the first time or corrected. Everything still missing comes back in `userErrors`.
    async fn submit_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to send.")] input: SubmitApplicationInput,
    ) -> Result<SubmitApplicationPayload> {
        let SubmitApplicationInput { application_id, expected_version, idempotency_key } = input;
        let submitted = async {
            let (services, actor) = asked(ctx, Action::Apply)?;
            let canonical = format!("{} {expected_version}", application_id.as_str());
            let key = read_key(ctx, idempotency_key, &canonical)?;
            let id = ids::read(&application_id, "input.applicationId")?;
            applications::submit(services, actor, id, expected_version, key.as_ref()).await
        };
        Ok(match refusals(ctx, submitted.await)? {
            Ok(application) => {
                SubmitApplicationPayload { application: Some(application.into()), user_errors: Vec::new() }
            }
            Err(user_errors) => SubmitApplicationPayload { application: None, user_errors },
        })
    }

    /// Takes an application back (取下げ), unless a reviewer has it. It stays readable; a new one may be begun.
    async fn withdraw_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to take back.")] input: WithdrawApplicationInput,
    ) -> Result<WithdrawApplicationPayload> {
        let WithdrawApplicationInput { application_id, expected_version } = input;
        let withdrawn = async {
            let (services, actor) = asked(ctx, Action::Apply)?;
            let id = ids::read(&application_id, "input.applicationId")?;
            applications::withdraw(services, actor, id, expected_version).await
        };
        Ok(match refusals(ctx, withdrawn.await)? {
            Ok(application) => {
                WithdrawApplicationPayload { application: Some(application.into()), user_errors: Vec::new() }
            }
            Err(user_errors) => WithdrawApplicationPayload { application: None, user_errors },
        })
    }
}

/// The idempotency key of the input, or else of the header.
pub(super) fn read_key(ctx: &Context<'_>, input: Option<String>, canonical: &str) -> Outcome<Option<IdempotencyKey>> {
    let header = ctx.request().map_err(|error| Fault::new(error.message))?.idempotency_key.clone();
    let key = input.or(header);
    Ok(key
        .map(|key| IdempotencyKey::parse(&key, canonical).map_err(|reason| reason.at("input.idempotencyKey")))
        .transpose()?)
}

/// The facility of an application, by way of the loader.
pub(super) async fn facility(ctx: &Context<'_>, id: FacilityId) -> Result<Facility> {
    let loaded = ctx.loaders()?.load_one(id).await.map_err(|failure| error(ctx, &failure))?;
    loaded.map(Facility).ok_or_else(|| error(ctx, &Fault::new("an application without its facility").into()))
}

/// A user, by way of the loader.
pub(super) async fn user(ctx: &Context<'_>, id: UserId) -> Result<User> {
    let loaded = ctx.loaders()?.load_one(id).await.map_err(|failure| error(ctx, &failure))?;
    loaded.map(User).ok_or_else(|| error(ctx, &Fault::new("a user who is not there for this actor").into()))
}

/// The latest decision on an application.
pub(super) async fn decision(ctx: &Context<'_>, application: &Loaded) -> Result<Option<Decision>> {
    let loaded = ctx.loaders()?.load_one(DecisionsOn(application.id)).await.map_err(|failure| error(ctx, &failure))?;
    Ok(loaded.and_then(|mut decisions| decisions.pop()).map(Decision))
}

/// What happened to an application, oldest first; the last of it.
pub(super) async fn history(ctx: &Context<'_>, application: &Loaded) -> Result<Vec<ApplicationEvent>> {
    let loaded = ctx.loaders()?.load_one(HistoryOf(application.id)).await.map_err(|failure| error(ctx, &failure))?;
    bring_last(ctx, loaded.into_iter().flatten().map(Into::into).collect())
}

/// The accounts that were issued for an application.
pub(super) async fn accounts(ctx: &Context<'_>, application: &Loaded) -> Result<Vec<EligibilityAccount>> {
    let loaded = ctx.loaders()?.load_one(AccountsOf(application.id)).await.map_err(|failure| error(ctx, &failure))?;
    bring(ctx, loaded.into_iter().flatten().map(EligibilityAccount).collect())
}

/// What whoever asks can do to an application now.
pub(super) async fn actions(ctx: &Context<'_>, application: &Loaded) -> Result<Vec<ApplicationAction>> {
    let actions = match (ctx.actor()?.role(), ctx.actor()?.user()) {
        (Some(Role::Applicant), _) => application.actions_of_applicant(),
        (Some(Role::Reviewer), Some(reviewer)) => {
            let case = ctx.loaders()?.load_one(CaseOf(application.id)).await.map_err(|failure| error(ctx, &failure))?;
            let now = ctx.services()?.world.now();
            let held = case.and_then(|case| case.held(now));
            application.actions_of_reviewer(reviewer, held.map(|claim| claim.by))
        }
        _ => Vec::new(),
    };
    Ok(actions.into_iter().map(Into::into).collect())
}
