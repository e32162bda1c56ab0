//! From a credential to an actor.
//!
//! Transports read a credential's form from the wire and ask here whose it is. A further way to log in is a file here.

use std::collections::HashSet;

use crate::domain::actor::Actor;
use crate::domain::secret::Confidential;
use crate::services::{Outcome, Services, login};

/// Whose session a token proves; nobody's when it is unknown, has expired or was revoked. One indexed statement.
pub async fn authenticate(services: &Services, token: &Confidential) -> Outcome<Option<Actor>> {
    login::actor_of(services, token).await
}

/// Those of these actors whose login still lasts and whose role is still the same. One indexed statement for all of them.
pub async fn still_standing(services: &Services, actors: &[Actor]) -> Outcome<HashSet<Actor>> {
    login::still_standing(services, actors).await
}
