//! Password hashes: argon2id, 19 MiB and two passes, off the async threads and on half of the cores at most.
//!
//! Each hash takes some 40 ms of a core and its memory; without a bound, a hundred logins at once would take both from everybody.
//! Who finds the queue full is told to come again in a few seconds.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use tokio::sync::Semaphore;

use super::failure::{Fault, Outcome};
use crate::domain::refusal::Reason;
use crate::domain::secret::Confidential;

/// A second's work of one core.
const WAITING: usize = 20;

/// Verified when there is no user, so that the work is the same; no password is known to have this hash.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bWFkb2d1Y2hpLW5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Makes and checks password hashes, a few at a time.
#[derive(Debug, Clone)]
pub struct PasswordHasher {
    admitted: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

impl Default for PasswordHasher {
    fn default() -> Self {
        let at_once = at_once();
        Self { admitted: Arc::new(Semaphore::new(at_once + WAITING)), running: Arc::new(Semaphore::new(at_once)) }
    }
}

/// Half of the cores: the others answer queries meanwhile.
fn at_once() -> usize {
    (available_parallelism().map_or(1, NonZero::get) / 2).max(1)
}

impl PasswordHasher {
    /// Hashes a new password with a fresh salt, in PHC string form.
    pub(super) async fn hash(&self, password: Confidential) -> Outcome<Confidential> {
        let hash = self.run(move || Argon2::default().hash_password(password.expose().as_bytes())).await?;
        Ok(Confidential::new(hash.map_err(|error| Fault::new(error.to_string()))?.to_string()))
    }

    /// Whether a password has this hash; with no hash the same work is done and the answer is no.
    pub(super) async fn verify(&self, password: Confidential, hash: Option<Confidential>) -> Outcome<bool> {
        let is_somebody = hash.is_some();
        let is_right = self
            .run(move || {
                let hash = PasswordHash::new(hash.as_ref().map_or(NOBODY, Confidential::expose))?;
                match Argon2::default().verify_password(password.expose().as_bytes(), &hash) {
                    Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                    outcome => outcome.map(|()| true),
                }
            })
            .await?
            .map_err(|error| Fault::new(error.to_string()))?;
        Ok(is_right && is_somebody)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Outcome<T> {
        let admitted = self.admitted.clone().try_acquire_owned().map_err(|_| Reason::ServiceBusy)?;
        let running = self.running.clone().acquire_owned().await.map_err(Fault::new)?;
        let outcome = tokio::task::spawn_blocking(move || {
            let outcome = work();
            // The places go with the work and not with the request, which may have been given up meanwhile.
            drop((admitted, running));
            outcome
        });
        Ok(outcome.await.map_err(Fault::new)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::Failure;

    fn secret(text: &str) -> Confidential {
        Confidential::new(text.to_owned())
    }

    /// A hash is argon2id as decided, fits its password alone, and the stand-in for nobody costs the same and fits none.
    #[tokio::test]
    async fn hashes_are_made_and_checked() {
        let hasher = PasswordHasher::default();
        let hash = hasher.hash(secret("madoguchi-demo-2026")).await.expect("a hash");
        let parameters = "$argon2id$v=19$m=19456,t=2,p=1$";
        assert!(hash.expose().starts_with(parameters) && NOBODY.starts_with(parameters), "{}", hash.expose());
        assert!(hasher.verify(secret("madoguchi-demo-2026"), Some(hash.clone())).await.expect("a verdict"));
        assert!(!hasher.verify(secret("madoguchi-demo-2027"), Some(hash)).await.expect("a verdict"));
        assert!(!hasher.verify(secret("madoguchi-demo-2026"), None).await.expect("a verdict"));
    }

    /// Beyond the queue the answer is at once that the service is busy; those in the queue are served.
    #[tokio::test]
    async fn the_queue_is_bounded() {
        let hasher = PasswordHasher::default();
        let tries = (0..at_once() + WAITING + 5).map(|_| hasher.hash(secret("madoguchi-demo-2026")));
        let outcomes = futures_util::future::join_all(tries).await;
        let refused = outcomes.iter().filter(
            |outcome| matches!(outcome, Err(Failure::Refused(refusals)) if refusals[0].reason == Reason::ServiceBusy),
        );
        assert_eq!(refused.count(), 5);
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), at_once() + WAITING);
    }
}
