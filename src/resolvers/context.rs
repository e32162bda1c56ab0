//! What every resolver finds in its context: the services, who asks, in which language, and the request's loaders.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use async_graphql::Context;

use crate::domain::actor::Actor;
use crate::domain::language::Language;
use crate::loaders::{self, Gather, Loaders};
use crate::services::Services;
use crate::services::place::Place;

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
}

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
