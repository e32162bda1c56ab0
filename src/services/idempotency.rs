//! Repeats of a request: the same key and the same input give the same answer for 24 hours (E19, T14).

use chrono::Duration;
use sha2::{Digest, Sha256};

use super::{Outcome, Services};
use crate::domain::ids::{ApplicationId, UserId};
use crate::domain::refusal::Reason;
use crate::store::idempotency::{self, Known, Request};
use crate::store::{ConnectionTrait, Transaction};

/// How long an answer is kept; older ones are tidied away.
pub(super) const KEPT: Duration = Duration::hours(24);

/// A client's key and a digest of the input that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    key: String,
    digest: Vec<u8>,
}

impl IdempotencyKey {
    /// Reads a key of 8 to 100 printable ASCII characters; `input` is the canonical form of what is asked.
    pub fn parse(key: &str, input: &str) -> Result<Self, Reason> {
        let fits = (8..=100).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        if !fits {
            return Err(Reason::InvalidIdempotencyKey);
        }
        Ok(Self { key: key.to_owned(), digest: Sha256::digest(input).to_vec() })
    }

    /// Binds the key to a user and an operation.
    pub(super) fn of(&self, user: UserId, operation: &'static str) -> Request {
        Request { user, operation, key: self.key.clone(), digest: self.digest.clone() }
    }
}

/// The application of an earlier, equal request; a refusal when the key stood for another request.
pub(super) async fn earlier_answer(
    services: &Services,
    conn: &impl ConnectionTrait,
    request: Option<&Request>,
) -> Outcome<Option<ApplicationId>> {
    let Some(request) = request else { return Ok(None) };
    match idempotency::look_up(conn, request, services.world.now() - KEPT).await? {
        Known::New => Ok(None),
        Known::Repeat(application) => Ok(Some(application)),
        Known::OtherRequest => Err(Reason::IdempotencyKeyReused.at("input.idempotencyKey").into()),
    }
}

/// Keeps the answer in the transaction that it answers.
pub(super) async fn keep_answer(
    services: &Services,
    tx: &Transaction,
    request: Option<&Request>,
    application: ApplicationId,
) -> Outcome<()> {
    if let Some(request) = request {
        idempotency::keep(tx, &services.world, request, application).await?;
    }
    Ok(())
}
