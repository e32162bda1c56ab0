//! How many sockets, streams or files a person holds on this gateway. Other gateways count their own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::actor::Actor;
use crate::domain::ids::UserId;

/// The seats of everybody.
#[derive(Clone)]
pub(super) struct Seats {
    each: usize,
    taken: Arc<Mutex<HashMap<UserId, usize>>>,
}

impl Seats {
    /// Gives each person so many.
    pub(super) fn new(each: usize) -> Self {
        Self { each, taken: Arc::default() }
    }

    /// Takes a seat until it is dropped; `None` when the person's are all taken. Strangers are bounded by the connections alone.
    pub(super) fn take(&self, actor: Actor) -> Option<Seat> {
        let Some(user) = actor.user() else { return Some(Seat { user: None, seats: self.clone() }) };
        let mut taken = self.lock();
        let count = taken.entry(user).or_insert(0);
        if *count >= self.each {
            return None;
        }
        *count += 1;
        Some(Seat { user: Some(user), seats: self.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        // A count is whole at every moment, so a panic elsewhere leaves nothing to distrust.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One seat.
pub(super) struct Seat {
    user: Option<UserId>,
    seats: Seats,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Some(user) = self.user else { return };
        let mut taken = self.seats.lock();
        match taken.get_mut(&user) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(taken.remove(&user)),
        }
    }
}
