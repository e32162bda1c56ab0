//! Fields of events.

use async_graphql::{Context, Object, Result};
use chrono::{DateTime, Utc};

use super::context::{Ask, bring_words};
use super::errors::error;
use crate::schema::application::{Application, ApplicationStatus};
use crate::schema::event::{ApplicationEvent, ApplicationEventKind, EventActor};
use crate::schema::scalars::EventCursor;
use crate::services::Fault;

/// One event in the life of an application; the same in its history and in subscriptions.
#[Object]
impl ApplicationEvent {
    /// Its place in the facility's sequence: give it as `after` to go on from here.
    async fn cursor(&self) -> EventCursor {
        EventCursor { facility: self.event.facility, sequence: self.event.sequence }
    }

    /// What happened.
    async fn kind(&self) -> ApplicationEventKind {
        self.event.kind.into()
    }

    /// When it happened.
    async fn occurred_at(&self) -> DateTime<Utc> {
        self.event.occurred_at
    }

    /// Who made it happen, by role.
    async fn actor(&self) -> EventActor {
        self.event.actor.into()
    }

    /// The application's status from then on.
    async fn status(&self) -> ApplicationStatus {
        self.event.status.into()
    }

    /// What happened, in a sentence.
    async fn message(&self, ctx: &Context<'_>) -> Result<&'static str> {
        Ok(self.event.message(ctx.language()?))
    }

    /// Why, in the reviewer's words, when there were any.
    async fn reason(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        bring_words(ctx, self.event.reason.as_deref())
    }

    /// What the applicant does next; null when there is nothing but to wait.
    async fn next_step(&self, ctx: &Context<'_>) -> Result<Option<&'static str>> {
        Ok(self.event.next_step(ctx.language()?))
    }

    /// The application as it now stands.
    async fn application(&self, ctx: &Context<'_>) -> Result<Application> {
        if let Some(application) = &self.application {
            return Ok(Application::from((**application).clone()));
        }
        let loaded = ctx.loaders()?.load_one(self.event.application).await.map_err(|failure| error(ctx, &failure))?;
        let missing = || error(ctx, &Fault::new("an event without its application").into());
        loaded.map(Application::from).ok_or_else(missing)
    }
}
