//! What every resolver finds in its context: the services, who asks, in which language, and the request's loaders.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use async_graphql::Context;
use async_graphql::parser::types::{Selection, SelectionSet};

use super::errors::error;
use crate::domain::actor::Actor;
use crate::domain::language::Language;
use crate::domain::refusal::Reason;
use crate::loaders::{self, Gather, Loaders};
use crate::policy::{Action, authorise};
use crate::services::place::Place;
use crate::services::{Fault, Outcome, Services};

/// One request, as the transport hands it over.
pub struct RequestContext {
    /// The use cases.
    pub services: Services,
    actor: Actor,
    /// Who asks from the moment that a login in this very operation succeeded.
    logged_in: Arc<OnceLock<Actor>>,
    /// In which language messages are wanted.
    pub language: Language,
    /// The request's id, as it stands in the log and in the answer's header.
    pub request_id: String,
    /// The header `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// Whether headers of the answer reach the client, a cookie among them: not over a WebSocket.
    pub takes_cookies: bool,
    /// The client's address, for counting tries.
    pub client: Option<IpAddr>,
    loaders: Loaders,
    /// What this operation, or this event of a subscription, has brought back of what grows with time, in bytes.
    pub(super) brought: Arc<AtomicUsize>,
}

/// How much it may bring back. The cost counts lists without pages and reviewers' words by what they usually hold: where they hold more,
/// they would multiply within each other far beyond what was paid for.
const MOST_BROUGHT: usize = 16 * 1024 * 1024;
/// How many items of a list that grows for ever are told: the last of them.
const LAST: usize = 100;
/// What a value counts as, beside its key.
const VALUE: usize = 48;

impl RequestContext {
    /// Opens the loaders of a new request.
    pub fn new(services: Services, actor: Actor, language: Language, request_id: String, gather: Gather) -> Self {
        let logged_in = Arc::new(OnceLock::new());
        let loaders = loaders::for_actor(services.clone(), actor, Arc::clone(&logged_in), gather);
        Self {
            services,
            actor,
            logged_in,
            language,
            request_id,
            idempotency_key: None,
            takes_cookies: true,
            client: None,
            loaders,
            brought: Arc::default(),
        }
    }

    /// Who asks.
    pub fn actor(&self) -> &Actor {
        self.logged_in.get().unwrap_or(&self.actor)
    }

    /// Lets the rest of the operation be asked by whoever has just logged in, so that `logIn { user { facilities } }` answers.
    pub(super) fn log_in(&self, actor: Actor) {
        // A second login of the same operation gives its token all the same; the first one goes on asking.
        let _ = self.logged_in.set(actor);
    }
}

/// The services and the actor, for use inside one outcome, once the policy lets the actor do this at all. The use case asks it again; before its
/// arguments are read it is asked here, so that whoever has no part in it hears of that and not of a wrong id.
pub(super) fn asked<'a>(ctx: &'a Context<'_>, action: Action) -> Outcome<(&'a Services, &'a Actor)> {
    let request = ctx.request().map_err(|error| Fault::new(error.message))?;
    authorise(request.actor(), action)?;
    Ok((&request.services, request.actor()))
}

/// A list without pages as an answer, unless the operation has brought back too much by now.
pub(super) fn bring<T>(ctx: &Context<'_>, items: Vec<T>) -> async_graphql::Result<Vec<T>> {
    count(ctx, items.len().saturating_mul(VALUE + below(&ctx.item.node.selection_set.node)))?;
    Ok(items)
}

/// What is selected of each item comes to in bytes, roughly. Lists below it count again when they are there.
fn below(selected: &SelectionSet) -> usize {
    let each = selected.items.iter().map(|selection| match &selection.node {
        Selection::Field(field) => VALUE + field.node.response_key().node.len() + below(&field.node.selection_set.node),
        Selection::InlineFragment(fragment) => below(&fragment.node.selection_set.node),
        // A normal form has none.
        Selection::FragmentSpread(_) => 0,
    });
    each.sum()
}

/// The same of one that grows for ever, of which the end is told: what stands below each item was paid for by what lists usually hold.
pub(super) fn bring_last<T>(ctx: &Context<'_>, mut items: Vec<T>) -> async_graphql::Result<Vec<T>> {
    items.drain(..items.len().saturating_sub(LAST));
    bring(ctx, items)
}

/// The same of words that somebody wrote.
pub(super) fn bring_words<'w>(ctx: &Context<'_>, words: Option<&'w str>) -> async_graphql::Result<Option<&'w str>> {
    count(ctx, words.map_or(0, str::len))?;
    Ok(words)
}

fn count(ctx: &Context<'_>, bytes: usize) -> async_graphql::Result<()> {
    let brought = ctx.request()?.brought.fetch_add(bytes, Ordering::Relaxed) + bytes;
    if brought > MOST_BROUGHT { Err(error(ctx, &Reason::AnswerTooLarge.into())) } else { Ok(()) }
}

/// Short names for what is in the context.
pub(super) trait Ask {
    fn request(&self) -> async_graphql::Result<&RequestContext>;

    fn services(&self) -> async_graphql::Result<&Services> {
        Ok(&self.request()?.services)
    }

    fn actor(&self) -> async_graphql::Result<&Actor> {
        Ok(self.request()?.actor())
    }

    fn language(&self) -> async_graphql::Result<Language> {
        Ok(self.request()?.language)
    }

    /// Gives the place among those that work back to the transport: what follows waits for something to happen.
    fn give_place_back(&self);

    fn loaders(&self) -> async_graphql::Result<&Loaders> {
        Ok(&self.request()?.loaders)
    }
}

impl Ask for Context<'_> {
    fn request(&self) -> async_graphql::Result<&RequestContext> {
        self.data()
    }

    fn give_place_back(&self) {
        if let Some(place) = self.data_opt::<Place>() {
            place.give_back();
        }
    }
}
