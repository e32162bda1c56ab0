//! Password hashes: argon2id, 19 MiB and two passes, on half of the cores at most.
//!
//! A hash takes some 20 ms of a core. So that a storm of logins slows nobody's queries, its threads let every other go first, and keep
//! their memory for the next hash: to take 19 MiB from the system and to give them back costs as much again, and holds up all cores.
//! Who finds the queue full is told to come again in a few seconds.

use std::cell::RefCell;
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{self, CustomizedPasswordHasher, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

use super::failure::{Fault, Outcome};
use crate::domain::refusal::Reason;
use crate::domain::secret::Confidential;

/// A third of a second's work of one core. Each of them holds a place at the gate of operations, too.
const WAITING: usize = 20;
/// How long a thread waits for the next hash before it goes, with its memory.
const IDLE: Duration = Duration::from_secs(5);
/// The least claim to a core that Linux knows (nice(2)).
#[cfg(target_os = "linux")]
const NICEST: i32 = 19;

/// Verified when there is no user, so that the work is the same; no password is known to have this hash.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bWFkb2d1Y2hpLW5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Makes and checks password hashes, a few at a time.
#[derive(Debug, Clone)]
pub struct PasswordHasher {
    admitted: Arc<Semaphore>,
    threads: Arc<Threads>,
}

impl PasswordHasher {
    /// Starts no thread yet.
    pub fn new() -> std::io::Result<Self> {
        let at_once = at_once();
        let threads = Arc::new(Threads::new(at_once)?);
        Ok(Self { admitted: Arc::new(Semaphore::new(at_once + WAITING)), threads })
    }

    /// Hashes a new password with a fresh salt, in PHC string form.
    pub(super) async fn hash(&self, password: Confidential) -> Outcome<Confidential> {
        let hashing = move || {
            let (password, salt) = (password.expose().as_bytes(), Salt::generate());
            Argon2id.hash_password_customized(password, &salt, None, None, Params::default())
        };
        let hash = self.run(hashing).await?;
        Ok(Confidential::new(hash.map_err(|error| Fault::new(error.to_string()))?.to_string()))
    }

    /// Whether a password has this hash; with no hash the same work is done and the answer is no.
    pub(super) async fn verify(&self, password: Confidential, hash: Option<Confidential>) -> Outcome<bool> {
        let is_somebody = hash.is_some();
        let is_right = self
            .run(move || {
                let hash = PasswordHash::new(hash.as_ref().map_or(NOBODY, Confidential::expose))?;
                match Argon2id.verify_password(password.expose().as_bytes(), &hash) {
                    Err(password_hash::Error::PasswordInvalid) => Ok(false),
                    outcome => outcome.map(|()| true),
                }
            })
            .await?
            .map_err(|error: password_hash::Error| Fault::new(error.to_string()))?;
        Ok(is_right && is_somebody)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Outcome<T> {
        let admitted = self.admitted.clone().try_acquire_owned().map_err(|_| Reason::ServiceBusy)?;
        let Some(threads) = &self.threads.0 else { return Err(Reason::ServiceBusy.into()) };
        let outcome = threads.spawn_blocking(move || {
            let outcome = work();
            // The place goes with the work and not with the request, which may have been given up meanwhile.
            drop(admitted);
            outcome
        });
        Ok(outcome.await.map_err(Fault::new)?)
    }
}

/// Half of the cores: the others answer queries meanwhile.
fn at_once() -> usize {
    (available_parallelism().map_or(1, NonZero::get) / 2).max(1)
}

/// The threads of hashes, apart from those that other work waits for. Nothing is there only while it is dropped.
#[derive(Debug)]
struct Threads(Option<Runtime>);

impl Threads {
    fn new(at_once: usize) -> std::io::Result<Self> {
        let mut threads = Builder::new_current_thread();
        threads.max_blocking_threads(at_once).thread_keep_alive(IDLE);
        threads.thread_name("password").on_thread_start(step_back);
        Ok(Self(Some(threads.build()?)))
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // Waiting for a hash that nobody needs any more would block the thread of whoever drops this.
        if let Some(threads) = self.0.take() {
            threads.shutdown_background();
        }
    }
}

/// Lets the kernel prefer every other thread to this one. Where it does not (Linux alone has a priority for each thread), hashes are as
/// right and queries a little slower.
fn step_back() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, NICEST);
}

thread_local! {
    /// What argon2 works in; it goes with the thread.
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// argon2id in the memory of its thread.
struct Argon2id;

impl CustomizedPasswordHasher<PasswordHash> for Argon2id {
    type Params = Params;

    fn hash_password_customized(
        &self,
        password: &[u8],
        salt: &[u8],
        algorithm: Option<&str>,
        version: Option<u32>,
        params: Params,
    ) -> password_hash::Result<PasswordHash> {
        let algorithm = algorithm.map(Algorithm::try_from).transpose()?.unwrap_or_default();
        let version = version.map(Version::try_from).transpose()?.unwrap_or_default();
        let salt = Salt::new(salt)?;
        let (blocks, written) = (params.block_count(), ParamsString::try_from(&params)?);
        let mut hash = vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
        let argon2 = Argon2::new(algorithm, version, params);
        MEMORY.with_borrow_mut(|memory| {
            memory.resize(blocks, Block::default());
            argon2.hash_password_into_with_memory(password, &salt, &mut hash, memory)
        })?;
        Ok(PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: written,
            salt: Some(salt),
            hash: Some(Output::new(&hash)?),
        })
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
        let hasher = PasswordHasher::new().expect("threads");
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
        let hasher = PasswordHasher::new().expect("threads");
        let tries = (0..at_once() + WAITING + 5).map(|_| hasher.hash(secret("madoguchi-demo-2026")));
        let outcomes = futures_util::future::join_all(tries).await;
        let refused = outcomes.iter().filter(
            |outcome| matches!(outcome, Err(Failure::Refused(refusals)) if refusals[0].reason == Reason::ServiceBusy),
        );
        assert_eq!(refused.count(), 5);
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), at_once() + WAITING);
    }

    /// Hashes let all other work go first.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn its_threads_step_back() {
        let (hasher, own) = (PasswordHasher::new().expect("threads"), rustix::process::getpriority_process(None));
        let priority = hasher.run(|| rustix::process::getpriority_process(None)).await.expect("an answer");
        assert_eq!(priority.expect("a priority"), NICEST);
        assert_eq!(rustix::process::getpriority_process(None), own, "nobody else does");
    }
}
