//! What every resolver finds in its context: the services, who asks, in which language, and the request's loaders.

use std::net::IpAddr;

use async_graphql::Context;

use crate::domain::actor::Actor;
use crate::domain::language::Language;
use crate::loaders::{self, Loaders};
use crate::services::Services;

/// One request, as the transport hands it over.
pub struct RequestContext {
    /// The use cases.
    pub services: Services,
    /// Who asks.
    pub actor: Actor,
    /// In which language messages are wanted.
    pub language: Language,
    /// The request's id, as it stands in the log and in the answer's header.
    pub request_id: String,
    /// The header `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// The client's address, for counting tries.
    pub client: Option<IpAddr>,
    loaders: Loaders,
}

impl RequestContext {
    /// Opens the loaders of a new request.
    pub fn new(services: Services, actor: Actor, language: Language, request_id: String) -> Self {
        let loaders = loaders::for_actor(services.clone(), actor);
        Self { services, actor, language, request_id, idempotency_key: None, client: None, loaders }
    }
}

/// Short names for what is in the context.
pub(super) trait Ask {
    fn request(&self) -> async_graphql::Result<&RequestContext>;

    fn services(&self) -> async_graphql::Result<&Services> {
        Ok(&self.request()?.services)
    }

    fn actor(&self) -> async_graphql::Result<&Actor> {
        Ok(&self.request()?.actor)
    }

    fn language(&self) -> async_graphql::Result<Language> {
        Ok(self.request()?.language)
    }

    fn loaders(&self) -> async_graphql::Result<&Loaders> {
        Ok(&self.request()?.loaders)
    }
}

impl Ask for Context<'_> {
    fn request(&self) -> async_graphql::Result<&RequestContext> {
        self.data()
    }
}
