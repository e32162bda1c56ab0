//! The bus inside the process: it only wakes. Truth is in the database, so a lost, doubled or early wake-up changes nothing.
//!
//! One channel for each facility that is watched now; the last watch takes it along.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::domain::ids::FacilityId;

type Channels = HashMap<FacilityId, watch::Sender<u64>>;

/// Wakes whoever watches a facility.
#[derive(Debug, Clone, Default)]
pub struct Bus(Arc<Mutex<Channels>>);

impl Bus {
    /// Watches a facility from now on.
    pub fn watch(&self, facility: FacilityId) -> Watch {
        let receiver = self.channels().entry(facility).or_insert_with(|| watch::Sender::new(0)).subscribe();
        Watch { facility, receiver: Some(receiver), bus: self.clone() }
    }

    /// Wakes everybody who watches a facility. Several wake-ups that nobody has taken yet are one.
    pub fn wake(&self, facility: FacilityId) {
        if let Some(channel) = self.channels().get(&facility) {
            channel.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    /// How many facilities are watched now.
    pub fn watched(&self) -> usize {
        self.channels().len()
    }

    fn channels(&self) -> MutexGuard<'_, Channels> {
        // No code that holds the lock can stop half-way, so that a poisoned map is a whole one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A watch of one facility.
#[derive(Debug)]
pub struct Watch {
    facility: FacilityId,
    receiver: Option<watch::Receiver<u64>>,
    bus: Bus,
}

impl Watch {
    /// Waits until the facility was woken since the last call, or since the watch began. May be dropped at any point.
    pub async fn woken(&mut self) {
        if let Some(receiver) = &mut self.receiver
            && receiver.changed().await.is_ok()
        {
            return;
        }
        // The channel outlives its watches; without it there is nothing to be woken by.
        std::future::pending().await
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut channels = self.bus.channels();
        // Under the lock, so that of two last watches one sees that it is the last.
        drop(self.receiver.take());
        if let Entry::Occupied(channel) = channels.entry(self.facility)
            && channel.get().receiver_count() == 0
        {
            channel.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use uuid::Uuid;

    use super::*;

    fn facility(number: u128) -> FacilityId {
        FacilityId::from_uuid(Uuid::from_u128(number))
    }

    /// Every watch of the facility is woken, once for any number of wake-ups, and no watch of another.
    #[tokio::test]
    async fn watches_are_woken() {
        let bus = Bus::default();
        let (mut one, mut two, mut other) = (bus.watch(facility(1)), bus.watch(facility(1)), bus.watch(facility(2)));
        bus.wake(facility(1));
        bus.wake(facility(1));
        bus.wake(facility(3));
        assert!(one.woken().now_or_never().is_some() && two.woken().now_or_never().is_some());
        assert!(one.woken().now_or_never().is_none() && other.woken().now_or_never().is_none());
    }

    /// Nothing is kept of a facility that nobody watches any more, in whatever order its watches went.
    #[tokio::test]
    async fn nothing_is_kept_of_what_nobody_watches() {
        let bus = Bus::default();
        let watches: Vec<_> = (0..1000).map(|number| bus.watch(facility(number % 10))).collect();
        assert_eq!(bus.watched(), 10);
        let gone: Vec<_> = watches.into_iter().map(|watch| tokio::spawn(async move { drop(watch) })).collect();
        futures_util::future::join_all(gone).await;
        bus.wake(facility(1));
        assert_eq!(bus.watched(), 0);
    }
}
