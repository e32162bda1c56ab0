//! Streams that several operations share, by the token of whoever reserved them. They are in this process alone: a balancer has to send
//! a token's requests to the same gateway, or its client falls back to distinct connections.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use rand::TryRng;
use rand::rngs::SysRng;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::domain::actor::Actor;
use crate::execution::{Answer, OperationKind};
use crate::http::error_code::HttpErrorCode;
use crate::http::refusal::Refusal;
use crate::http::seats::Seat;
use crate::http::vigil::Watch;

use super::format::{complete, next};
use super::{Entry, LENGTH, Pen, Unread};

/// All streams that are reserved or open. Clones are the same.
#[derive(Clone, Default)]
pub(in crate::http) struct Reservations(Arc<Mutex<HashMap<String, Arc<Reservation>>>>);

/// One stream.
pub(super) struct Reservation {
    /// Who reserved it.
    pub(super) actor: Actor,
    pub(super) pen: Pen,
    /// Told when it is opened.
    pub(super) opened: Notify,
    /// Over the login that it was reserved by.
    pub(super) watch: Watch,
    /// The messages, until somebody opens the stream.
    queue: Mutex<Option<mpsc::Receiver<Entry>>>,
    operations: Mutex<HashMap<String, Arc<Running>>>,
    /// No more may begin; told and read with the operations.
    over: CancellationToken,
    /// Those that ended lately, whose last messages may still wait: no more than there is room for.
    lately: Mutex<VecDeque<(String, CancellationToken)>>,
    /// Told when one of them has ended.
    ended: Notify,
    reserved_at: Instant,
    seat: Mutex<Option<Seat>>,
}

/// An operation on a stream.
struct Running {
    is_subscription: bool,
    /// Whether its client was told that its answers come by the stream.
    is_accepted: AtomicBool,
    /// Told when the client wants no more of it: what still waits is not sent.
    stopped: CancellationToken,
    /// Told when it is to end; it is with `stopped`.
    over: CancellationToken,
}

/// The id of an operation, taken until this is dropped.
pub(super) struct Begun {
    reservation: Arc<Reservation>,
    id: String,
    running: Arc<Running>,
}

impl Begun {
    /// Its answers come from now on.
    pub(super) fn accept(&self) {
        self.running.is_accepted.store(true, Ordering::Relaxed);
    }

    /// Waits until it is to end.
    pub(super) async fn over(&self) {
        self.running.over.cancelled().await;
    }

    /// Writes its next answer.
    pub(super) async fn next(&self, answer: &Answer) -> Result<(), Unread> {
        self.write(next(&self.id, answer)).await
    }

    /// Writes that there are no more.
    pub(super) async fn complete(&self) -> Result<(), Unread> {
        self.write(complete(&self.id)).await
    }

    async fn write(&self, message: Bytes) -> Result<(), Unread> {
        self.reservation.pen.write_unless(&self.running.stopped, message).await
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.reservation.end(&self.id, &self.running);
    }
}

impl Reservations {
    /// Reserves a stream; gives its token, which nobody can guess.
    pub(super) fn reserve(
        &self,
        actor: Actor,
        pen: Pen,
        watch: Watch,
        seat: Seat,
    ) -> Option<(String, Arc<Reservation>)> {
        let mut bytes = [0; 32];
        SysRng.try_fill_bytes(&mut bytes).ok()?;
        let token = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let reservation = Arc::new(Reservation {
            actor,
            queue: Mutex::new(None),
            opened: Notify::new(),
            watch,
            operations: Mutex::default(),
            over: CancellationToken::new(),
            lately: Mutex::default(),
            ended: Notify::new(),
            reserved_at: Instant::now(),
            pen,
            seat: Mutex::new(Some(seat)),
        });
        lock(&self.0).insert(token.clone(), Arc::clone(&reservation));
        Some((token, reservation))
    }

    /// The stream of a token.
    pub(super) fn find(&self, token: &str) -> Result<Arc<Reservation>, Refusal> {
        lock(&self.0).get(token).cloned().ok_or_else(|| Refusal::new(HttpErrorCode::StreamNotFound))
    }

    /// Forgets a stream, ends what runs on it, and gives its seat back.
    pub(super) fn remove(&self, token: &str) {
        let removed = lock(&self.0).remove(token);
        if let Some(reservation) = removed {
            reservation.end_all();
            lock(&reservation.queue).take();
            lock(&reservation.seat).take();
        }
    }

    /// Forgets the oldest stream that this person has reserved and never opened, in whichever login. True when there was one.
    pub(in crate::http) fn give_up_one(&self, actor: Actor) -> bool {
        let oldest = {
            let all = lock(&self.0);
            let unopened = all.iter().filter(|(_, one)| one.actor.user() == actor.user() && lock(&one.queue).is_some());
            unopened.min_by_key(|(_, one)| one.reserved_at).map(|(token, _)| token.clone())
        };
        oldest.inspect(|token| self.remove(token)).is_some()
    }
}

impl Reservation {
    /// Keeps the messages for whoever opens the stream.
    pub(super) fn keep(&self, queue: mpsc::Receiver<Entry>) {
        *lock(&self.queue) = Some(queue);
    }

    /// Opens it: only one connection may.
    pub(super) fn open(&self) -> Result<mpsc::Receiver<Entry>, Refusal> {
        let queue = lock(&self.queue).take().ok_or_else(|| Refusal::new(HttpErrorCode::StreamTaken))?;
        self.opened.notify_one();
        Ok(queue)
    }

    /// Waits until it is over.
    pub(super) async fn over(&self) {
        self.over.cancelled().await;
    }

    /// Takes an id for an operation of at most `most`.
    pub(super) fn begin(self: &Arc<Self>, id: String, kind: OperationKind, most: usize) -> Result<Begun, Refusal> {
        let mut operations = lock(&self.operations);
        // Its request's body may have come after the stream's end.
        if self.over.is_cancelled() {
            return Err(Refusal::new(HttpErrorCode::StreamNotFound));
        }
        if operations.contains_key(&id) {
            return Err(Refusal::new(HttpErrorCode::StreamTaken));
        }
        if operations.len() >= most {
            return Err(Refusal::new(HttpErrorCode::TooManySubscriptions));
        }
        let is_subscription = kind == OperationKind::Subscription;
        let stopped = CancellationToken::new();
        let over = stopped.child_token();
        let running = Arc::new(Running { is_subscription, is_accepted: AtomicBool::new(false), stopped, over });
        operations.insert(id.clone(), Arc::clone(&running));
        drop(operations);
        Ok(Begun { reservation: Arc::clone(self), id, running })
    }

    /// Ends all operations, for ever; gives the ids of those whose client waits for answers.
    pub(super) fn end_all(&self) -> Vec<String> {
        let ended = {
            let mut operations = lock(&self.operations);
            self.over.cancel();
            operations.drain().collect::<Vec<_>>()
        };
        ended.iter().for_each(|(_, running)| running.over.cancel());
        let accepted = ended.into_iter().filter(|(_, running)| running.is_accepted.load(Ordering::Relaxed));
        accepted.map(|(id, _)| id).collect()
    }

    /// Ends what would never end by itself, and waits until the rest has.
    pub(super) async fn settle(&self) {
        let lasting = lock(&self.operations).extract_if(|_, running| running.is_subscription).collect::<Vec<_>>();
        lasting.iter().for_each(|(_, running)| running.over.cancel());
        while !lock(&self.operations).is_empty() {
            self.ended.notified().await;
        }
    }

    /// The client wants no more of an operation: neither what would come nor what waits. One that is unknown has ended before.
    pub(super) fn stop(&self, id: &str) {
        let stopped = lock(&self.operations).remove(id);
        match stopped {
            Some(running) => running.stopped.cancel(),
            None => {
                let lately = lock(&self.lately);
                lately.iter().filter(|(ended, _)| ended == id).for_each(|(_, stopped)| stopped.cancel());
            }
        }
        self.ended.notify_one();
    }

    /// An operation has ended. If it did not by itself, its id may be another's by now.
    fn end(&self, id: &str, ended: &Arc<Running>) {
        let mut operations = lock(&self.operations);
        if operations.get(id).is_some_and(|running| Arc::ptr_eq(running, ended)) {
            operations.remove(id);
            let mut lately = lock(&self.lately);
            lately.push_back((id.to_owned(), ended.stopped.clone()));
            if lately.len() > LENGTH {
                lately.pop_front();
            }
        }
        drop(operations);
        self.ended.notify_one();
    }
}

/// The way into a stream and the way out of it.
pub(super) fn queue() -> (mpsc::Sender<Entry>, mpsc::Receiver<Entry>) {
    mpsc::channel(LENGTH)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change is one step, so a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
