//! What the wire asks of the layers above it: who stands behind a credential, and what the resolvers find in their context.
//!
//! Implemented by the composition root over auth and services, so that no transport knows a session table.

use std::collections::HashSet;
use std::net::IpAddr;

use async_graphql::Data;
use futures_util::future::BoxFuture;

use crate::domain::actor::Actor;
use crate::domain::charge::Charge;
use crate::domain::language::Language;

use super::credential::Credential;
use super::observe::RequestId;
use super::run::Addressee;

/// Who stands behind a credential, and what one operation carries into the resolvers.
pub trait Sessions: Send + Sync + 'static {
    /// The actor of a credential; without one, [`Actor::Anonymous`].
    fn actor(&self, credential: Option<Credential>) -> BoxFuture<'_, Result<Actor, CredentialError>>;

    /// Those of these actors who are still what they were when their credential was looked up: logged in, not disabled, in the same role.
    fn still_standing<'a>(&'a self, actors: &'a [Actor]) -> BoxFuture<'a, Result<HashSet<Actor>, CredentialError>>;

    /// The context data of one operation (loaders are made here, so that they live as long as it does).
    fn request_data(&self, actor: Actor, facts: RequestFacts) -> Data;
}

/// Why a credential names no actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialError {
    /// Unknown, expired or revoked.
    Invalid,
    /// It could not be looked up now, as there is too much to do; the implementation has logged it.
    Overloaded,
    /// It could not be looked up: a fault, whose cause the implementation has logged.
    Unavailable,
}

/// What the wire knows of one operation beside its actor.
#[derive(Debug, Clone)]
pub struct RequestFacts {
    /// Names the operation in answers and logs.
    pub request_id: RequestId,
    /// The language that the client prefers.
    pub language: Language,
    /// How the operation came.
    pub transport: Transport,
    /// The other end of the connection, or the client that a trusted proxy names there.
    pub peer: Option<IpAddr>,
    /// The `Idempotency-Key` header: 8 to 100 visible ASCII characters.
    pub idempotency_key: Option<String>,
    /// What it was charged, where budgets are counted.
    pub charge: Option<Charge>,
}

impl RequestFacts {
    /// Whom the answer is for.
    pub(super) fn addressee(&self) -> Addressee {
        Addressee { request_id: self.request_id.clone(), language: self.language }
    }
}

/// How an operation came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// One request, one answer; response headers (a cookie) reach the client.
    Http,
    /// A socket or a stream of events; response headers reach nobody.
    Stream,
}
