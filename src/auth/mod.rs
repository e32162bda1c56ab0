//! From a credential to an actor.
//!
//! Transports read a credential's form from the wire and ask here whose it is. A further way to log in is a file here.

use crate::domain::actor::Actor;
use crate::domain::secret::Confidential;
use crate::services::{Outcome, Services, login};

/// Whose session a token proves; nobody's when it is unknown, has expired or was revoked. One indexed statement.
pub async fn authenticate(services: &Services, token: &Confidential) -> Outcome<Option<Actor>> {
    login::actor_of(services, token).await
}
