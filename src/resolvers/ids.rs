//! Global ids as clients write them.

use async_graphql::ID;

use crate::domain::ids::{Id, IdError, Kind};
use crate::domain::refusal::{Reason, Refusal};

/// Reads an id of one kind; the refusal says what was wanted and what came, at the argument's path.
pub(super) fn read<K: Kind>(id: &ID, path: &str) -> Result<Id<K>, Refusal> {
    id.parse().map_err(|error| {
        let reason = match error {
            IdError::WrongKind { expected, found } => Reason::InvalidId { expected, found: Some(found) },
            IdError::Malformed { expected } => Reason::InvalidId { expected, found: None },
        };
        reason.at(path)
    })
}
