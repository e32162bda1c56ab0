//! What the wire asks of the layers above it, over auth and services.

use std::collections::HashSet;

use async_graphql::Data;
use futures_util::future::BoxFuture;

use crate::auth;
use crate::domain::actor::Actor;
use crate::execution;
use crate::http::{Credential, CredentialError, RequestFacts, Sessions, Transport};
use crate::resolvers::RequestContext;
use crate::services::{Failure, Fault, Services};

/// Sessions as the services keep them.
pub struct OverServices {
    services: Services,
}

impl OverServices {
    /// Over these services.
    pub const fn new(services: Services) -> Self {
        Self { services }
    }
}

impl Sessions for OverServices {
    fn actor(&self, credential: Option<Credential>) -> BoxFuture<'_, Result<Actor, CredentialError>> {
        Box::pin(async move {
            let Some(Credential::Bearer(token) | Credential::Cookie(token)) = credential else {
                return Ok(Actor::Anonymous);
            };
            match auth::authenticate(&self.services, &token).await {
                Ok(Some(actor)) => Ok(actor),
                Ok(None) | Err(Failure::Refused(_)) => Err(CredentialError::Invalid),
                Err(Failure::Fault(fault)) => Err(unavailable(&fault)),
            }
        })
    }

    fn still_standing<'a>(&'a self, actors: &'a [Actor]) -> BoxFuture<'a, Result<HashSet<Actor>, CredentialError>> {
        Box::pin(async move {
            auth::still_standing(&self.services, actors).await.map_err(|failure| match failure {
                Failure::Refused(_) => CredentialError::Invalid,
                Failure::Fault(fault) => unavailable(&fault),
            })
        })
    }

    fn request_data(&self, actor: Actor, facts: RequestFacts) -> Data {
        let RequestFacts { request_id, language, transport, peer, idempotency_key, charge: _ } = facts;
        let mut request =
            RequestContext::new(self.services.clone(), actor, language, request_id.to_string(), execution::gather);
        request.client = peer;
        request.takes_cookies = transport == Transport::Http;
        request.idempotency_key = idempotency_key;
        let mut data = Data::default();
        data.insert(request);
        data
    }
}

fn unavailable(fault: &Fault) -> CredentialError {
    tracing::error!(cause = %fault, "a session could not be looked up");
    if fault.is_overload() { CredentialError::Overloaded } else { CredentialError::Unavailable }
}
