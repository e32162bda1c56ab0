//! Subscriptions: what happened after the cursor, or the current state, first; then whatever happens, once and in order.
//!
//! The policy is checked when a subscription starts and again for each event. The log is the truth: live deliveries only save
//! reading it, and whenever one does not join what was told before, the log is read.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_graphql::{Context, ID, Result, Subscription};
use futures_util::{Stream, stream};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::sleep;

use super::context::{Ask, asked};
use super::errors::{answer, error};
use super::ids;
use crate::domain::actor::Actor;
use crate::domain::event::EventSubject;
use crate::domain::ids::FacilityId;
use crate::domain::refusal::Reason;
use crate::events::{Delivery, Feeds};
use crate::policy::Action;
use crate::schema::event::ApplicationEvent;
use crate::schema::scalars::EventCursor;
use crate::services::applications::{self, News};
use crate::services::{Failure, Outcome, Services, facilities};

/// How long it may take at most until the end of a login is noticed.
const END_OF_LOGIN: Duration = Duration::from_secs(3);

/// What can be watched.
#[derive(Default)]
pub struct EventSubscription;

#[Subscription]
impl EventSubscription {
    /// What happens to one application: first the events after `after`, or the latest one when there is no `after`; then each event
    /// as it happens, once and in order.
    async fn application_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application to watch.")] application_id: ID,
        #[graphql(desc = "The cursor of the last event that you saw.")] after: Option<EventCursor>,
    ) -> Result<impl Stream<Item = Result<ApplicationEvent>> + 'static> {
        let found = async {
            let (services, actor) = asked(ctx, Action::SeeApplication)?;
            let id = ids::read(&application_id, "applicationId")?;
            let found = applications::find(services, actor, id).await?;
            let application = found.ok_or_else(|| Reason::NotFound.at("applicationId"))?;
            Ok((application.facility, EventSubject::Application(id)))
        };
        let (facility, subject) = answer(ctx, found.await)?;
        watch(ctx, facility, subject, after).await
    }

    /// What happens to all applications of a facility, in the same manner.
    async fn facility_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The facility to watch.")] facility_id: ID,
        #[graphql(desc = "The cursor of the last event that you saw.")] after: Option<EventCursor>,
    ) -> Result<impl Stream<Item = Result<ApplicationEvent>> + 'static> {
        let found = async {
            let (services, actor) = asked(ctx, Action::SeeFacility)?;
            let facility = facilities::find(services, actor, ids::read(&facility_id, "facilityId")?).await?;
            Ok(facility.ok_or_else(|| Reason::NotFound.at("facilityId"))?.id)
        };
        let facility = answer(ctx, found.await)?;
        watch(ctx, facility, EventSubject::Facility(facility), after).await
    }
}

async fn watch(
    ctx: &Context<'_>,
    facility: FacilityId,
    subject: EventSubject,
    after: Option<EventCursor>,
) -> Result<impl Stream<Item = Result<ApplicationEvent>> + 'static> {
    if after.is_some_and(|cursor| cursor.facility != facility) {
        return answer(ctx, Err(Reason::InvalidEventCursor.at("after").into()));
    }
    // Subscribed before the log is read: what happens between the two arrives twice here and is told once.
    let deliveries = answer(ctx, ctx.data::<Feeds>()?.subscribe(facility).await)?;
    let (services, actor) = (ctx.services()?.clone(), *ctx.actor()?);
    let told = answer(ctx, Told::begin(services, actor, subject, deliveries, after).await)?;
    ctx.give_place_back();
    let internal = |failure: Failure| error(ctx, &failure);
    // Words for a fault later on; the context itself does not outlive this call.
    let broken = internal(Failure::Refused(vec![Reason::ServiceBusy.into()]));
    let brought = Arc::clone(&ctx.request()?.brought);
    Ok(stream::unfold(Some(told), move |told| {
        let (broken, brought) = (broken.clone(), Arc::clone(&brought));
        async move {
            let mut told = told?;
            let next = told.next().await;
            // An answer of its own: the one before is told by now.
            brought.store(0, Ordering::Relaxed);
            match next {
                Ok(Some(event)) => Some((Ok(event), Some(told))),
                Ok(None) => None,
                Err(failure) => {
                    tracing::error!(?failure, "a subscription ended");
                    Some((Err(broken), None))
                }
            }
        }
    }))
}

/// What one subscriber was told, and what it is told next.
struct Told {
    services: Services,
    actor: Actor,
    subject: EventSubject,
    deliveries: broadcast::Receiver<Delivery>,
    /// The place in the facility's sequence up to which everything was told or does not concern the subject.
    position: i64,
    /// Whether the log may hold more than was read: what comes live waits for that.
    is_behind: bool,
    waiting: VecDeque<ApplicationEvent>,
}

impl Told {
    async fn begin(
        services: Services,
        actor: Actor,
        subject: EventSubject,
        deliveries: broadcast::Receiver<Delivery>,
        after: Option<EventCursor>,
    ) -> Outcome<Self> {
        let waiting = VecDeque::new();
        let mut told = Self { services, actor, subject, deliveries, position: 0, is_behind: false, waiting };
        match after {
            Some(EventCursor { facility, sequence }) => {
                told.position = sequence;
                told.read_log().await?;
                // Events that were seen before the portal was restored from a backup are in no log any more.
                if told.waiting.is_empty() && sequence > applications::end_of_log(&told.services, facility).await? {
                    return Err(Reason::InvalidEventCursor.at("after").into());
                }
            }
            None => {
                let latest = applications::latest_event(&told.services, &told.actor, subject).await?;
                told.position = latest.as_ref().map_or(0, |event| event.sequence);
                told.waiting.extend(latest.map(Into::into));
            }
        }
        Ok(told)
    }

    async fn next(&mut self) -> Outcome<Option<ApplicationEvent>> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Ok(Some(event));
            }
            if self.is_behind {
                self.read_log().await?;
                continue;
            }
            match self.deliveries.recv().await {
                Ok(news) if !self.take(&news) => {
                    // Who is no longer who they were hears that first, by the end of their login; others hold the facility no more.
                    sleep(END_OF_LOGIN).await;
                    return Ok(None);
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => self.is_behind = true,
                Err(RecvError::Closed) => return Ok(None),
            }
        }
    }

    /// Takes what is new and about the subject; `false` when the actor may no longer hear of it.
    fn take(&mut self, news: &Delivery) -> bool {
        for (event, application) in news.events.iter().filter(|(event, _)| event.sequence > self.position) {
            let concerns = match self.subject {
                EventSubject::Application(id) => event.application == id,
                EventSubject::Facility(_) => true,
            };
            if !concerns {
                continue;
            }
            if !news.may_hear(&self.actor) {
                return false;
            }
            // To staff a draft does not exist, and neither does what happens to it.
            if !News::may_see(&self.actor, application) {
                continue;
            }
            self.waiting.push_back(ApplicationEvent { event: event.clone(), application: Some(application.clone()) });
        }
        self.position = self.position.max(news.position);
        true
    }

    /// Reads the next page after the position from the log: no more than its subscriber has been told, and paid for.
    async fn read_log(&mut self) -> Outcome<()> {
        let events = applications::events_after(&self.services, &self.actor, self.subject, self.position).await?;
        self.is_behind = !events.is_empty();
        if let Some(last) = events.last() {
            self.position = last.sequence;
        }
        self.waiting.extend(events.into_iter().map(Into::into));
        Ok(())
    }
}
