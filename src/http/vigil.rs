//! Whether those who hold something open are still who they were: a logout, an expiry, a disabled user or a changed role ends it.
//!
//! One look a second for everybody together, by one statement for a thousand of them, and none while nothing is open. Sessions are in
//! the database, so that a logout on another gateway is seen as soon as one on this.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::domain::actor::Actor;

use super::sessions::Sessions;

/// How many actors one statement asks for.
const AT_ONCE: usize = 1_000;

/// Who is watched. Clones are the same vigil.
#[derive(Clone)]
pub(super) struct Vigil(Arc<Inner>);

struct Inner {
    sessions: Arc<dyn Sessions>,
    interval: Duration,
    watched: Mutex<Watched>,
}

#[derive(Default)]
struct Watched {
    standing: HashMap<Actor, Standing>,
    /// Tells a standing from an earlier one of the same actor, of which something may still be held.
    begun: u64,
    /// Whether somebody looks at them.
    is_kept: bool,
}

/// An actor, and how many things they hold open.
struct Standing {
    number: u64,
    holds: usize,
    over: CancellationToken,
}

impl Vigil {
    /// Looks once in each interval.
    pub(super) fn new(sessions: Arc<dyn Sessions>, interval: Duration) -> Self {
        Self(Arc::new(Inner { sessions, interval, watched: Mutex::default() }))
    }

    /// Watches an actor until the watch is dropped. Nobody need watch a stranger.
    pub(super) fn watch(&self, actor: Actor) -> Watch {
        if actor.session().is_none() {
            return Watch { vigil: self.clone(), actor, number: 0, over: CancellationToken::new() };
        }
        let mut guard = self.lock();
        let watched = &mut *guard;
        let standing = watched.standing.entry(actor).or_insert_with(|| {
            watched.begun += 1;
            Standing { number: watched.begun, holds: 0, over: CancellationToken::new() }
        });
        standing.holds += 1;
        let (number, over) = (standing.number, standing.over.clone());
        if !std::mem::replace(&mut watched.is_kept, true) {
            drop(tokio::spawn(self.clone().keep()));
        }
        drop(guard);
        Watch { vigil: self.clone(), actor, number, over }
    }

    /// Looks at all of them again and again, until there is nobody left.
    async fn keep(self) {
        loop {
            sleep(self.0.interval).await;
            let actors: Vec<Actor> = {
                let mut watched = self.lock();
                if watched.standing.is_empty() {
                    watched.is_kept = false;
                    return;
                }
                watched.standing.keys().copied().collect()
            };
            for some in actors.chunks(AT_ONCE) {
                // Nobody is sent away for a fault of ours, be it a panic; the next look decides.
                let look = AssertUnwindSafe(self.0.sessions.still_standing(some)).catch_unwind();
                if let Ok(Ok(standing)) = look.await {
                    self.end_those_not_in(some, &standing);
                }
            }
        }
    }

    fn end_those_not_in(&self, looked_at: &[Actor], standing: &HashSet<Actor>) {
        let mut watched = self.lock();
        for gone in looked_at.iter().filter(|actor| !standing.contains(actor)) {
            // Whoever comes anew has just been found to be who they are.
            if let Some(standing) = watched.standing.remove(gone) {
                standing.over.cancel();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Watched> {
        // Counts are whole at every moment, so a panic elsewhere leaves nothing to distrust.
        self.0.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One thing that an actor holds open.
pub(super) struct Watch {
    vigil: Vigil,
    actor: Actor,
    number: u64,
    over: CancellationToken,
}

impl Watch {
    /// Waits until the actor is no longer who they were.
    pub(super) async fn over(&self) {
        self.over.cancelled().await;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watched = self.vigil.lock();
        match watched.standing.get_mut(&self.actor) {
            Some(standing) if standing.number != self.number => {}
            Some(standing) if standing.holds > 1 => standing.holds -= 1,
            _ => drop(watched.standing.remove(&self.actor)),
        }
    }
}
