//! Feeds: one for each facility that is watched, which loads what is new once and hands it to every subscriber.
//!
//! Delivering an event to N subscribers costs the same few statements as to one (invariant 5): the events, the applications they
//! are about, and who may see them. A subscriber that falls behind is told so and reads the log itself.

use std::collections::HashMap;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OnceCell, broadcast};
use tokio::time::sleep;

use super::Bus;
use crate::domain::ids::FacilityId;
use crate::services::applications::{self, News};
use crate::services::{Outcome, Services};

/// How many deliveries a subscriber may be behind before it must read the log itself.
const BACKLOG: usize = 16;

/// How long it rests before it looks again for news that could not be loaded.
const BREATH: Duration = Duration::from_secs(1);

/// What is new at a facility, shared by all who watch it.
pub type Delivery = Arc<News>;

/// The feeds of this gateway.
#[derive(Clone)]
pub struct Feeds(Arc<Inner>);

struct Inner {
    services: Services,
    bus: Bus,
    feeds: Mutex<HashMap<FacilityId, Arc<Feed>>>,
}

struct Feed {
    sender: broadcast::Sender<Delivery>,
    running: OnceCell<()>,
}

impl Feeds {
    /// Feeds that load through these services when the bus wakes them.
    pub fn new(services: Services, bus: Bus) -> Self {
        Self(Arc::new(Inner { services, bus, feeds: Mutex::default() }))
    }

    /// Watches a facility. Whatever is committed after this returns is delivered; what came before is in the log.
    pub async fn subscribe(&self, facility: FacilityId) -> Outcome<broadcast::Receiver<Delivery>> {
        let (feed, receiver) = {
            let mut feeds = self.0.feeds();
            let begin = || Arc::new(Feed { sender: broadcast::Sender::new(BACKLOG), running: OnceCell::new() });
            let feed = feeds.entry(facility).or_insert_with(begin).clone();
            let receiver = feed.sender.subscribe();
            (feed, receiver)
        };
        feed.running.get_or_try_init(|| self.begin(facility, &feed)).await?;
        Ok(receiver)
    }

    /// How many facilities are watched now.
    pub fn watched(&self) -> usize {
        self.0.feeds().len()
    }

    /// Notes where the log ends before anybody is told that the feed runs.
    async fn begin(&self, facility: FacilityId, feed: &Arc<Feed>) -> Outcome<()> {
        let watch = self.0.bus.watch(facility);
        let end = applications::end_of_log(&self.0.services, facility).await?;
        let (inner, feed) = (Arc::clone(&self.0), Arc::clone(feed));
        tokio::spawn(async move { inner.run(facility, &feed, watch, end).await });
        Ok(())
    }
}

impl Inner {
    fn feeds(&self) -> MutexGuard<'_, HashMap<FacilityId, Arc<Feed>>> {
        // Nothing that holds the lock can stop half-way.
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run(&self, facility: FacilityId, feed: &Arc<Feed>, mut watch: super::Watch, mut position: i64) {
        let (mut is_behind, mut is_full) = (false, false);
        loop {
            tokio::select! {
                // There may be another page.
                () = ready(()), if is_full => {}
                () = watch.woken() => {}
                () = sleep(BREATH), if is_behind => {}
                () = feed.sender.closed() => {
                    let mut feeds = self.feeds();
                    // Under the lock nobody can subscribe: either somebody did before, or nobody will to this feed.
                    if feed.sender.receiver_count() == 0 {
                        feeds.remove(&facility);
                        return;
                    }
                    continue;
                }
            }
            match applications::news(&self.services, facility, position).await {
                Ok(news) => {
                    (position, is_behind, is_full) = (news.position, false, news.is_full);
                    // Without a receiver there is nobody to tell.
                    let _ = feed.sender.send(Arc::new(news));
                }
                // The position stays, so that the next look finds all of it.
                Err(failure) => {
                    is_full = false;
                    if !std::mem::replace(&mut is_behind, true) {
                        tracing::error!(
                            ?failure,
                            "the news of a facility could not be loaded, and will be looked for again"
                        );
                    }
                }
            }
        }
    }
}
