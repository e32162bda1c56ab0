//! The gate in front of the engine: so many operations work at once, so many wait in their order, and who comes beyond that is told at
//! once when to come again (ADR 14). What the database gets to do is bounded here, and its own queues stay short.
//!
//! A place is held while an operation works, never while a client's network is waited for. No rule of a client's own share is here.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{ServerError, Value};
use axum::http::{StatusCode, header};
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::error_code::HttpErrorCode;
use super::refusal::Refusal;
use super::settings::AdmissionSettings;
use crate::execution::{Answer, OperationKind};
use crate::services::place::Place;
use crate::services::uploads::{Broken, Files, IncomingFile, Uploads};

/// Credentials that are looked up at once: each is one statement by an index, and fewer than the readers of the database leave room.
const LOOK_UPS_AT_ONCE: usize = 8;
/// Look-ups that wait for each operation that may.
const LOOK_UPS_FOR_AN_OPERATION: usize = 16;
/// After how many seconds who was refused may come again; by chance, so that they do not all come together.
const RETRY_AFTER: std::ops::RangeInclusive<u64> = 1..=4;

/// Who works and who waits. Clones are the same gate.
#[derive(Clone)]
pub(super) struct Gate(Arc<Inner>);

struct Inner {
    /// Its waiters are served in their order; one that is dropped is out of it.
    working: Arc<Semaphore>,
    queue: Semaphore,
    patience: Duration,
}

impl Gate {
    /// The gate that operations go through.
    pub(super) fn of_operations(settings: &AdmissionSettings) -> Self {
        Self::new(settings.at_once, settings.waiting, settings.patience)
    }

    /// A gate of its own for credentials, which are looked up before a body is read: in one queue with operations they would be
    /// served twice, and refused twice. More may wait, as each is done soon: those who have none that is worth anything wait here too.
    pub(super) fn of_look_ups(settings: &AdmissionSettings) -> Self {
        let waiting = settings.waiting.saturating_mul(LOOK_UPS_FOR_AN_OPERATION).min(Semaphore::MAX_PERMITS);
        Self::new(settings.at_once.min(LOOK_UPS_AT_ONCE), waiting, settings.patience)
    }

    fn new(at_once: usize, waiting: usize, patience: Duration) -> Self {
        let (working, queue) = (Arc::new(Semaphore::new(at_once)), Semaphore::new(waiting));
        Self(Arc::new(Inner { working, queue, patience }))
    }

    /// Waits for a place, in order; refuses where too many wait already, and when it took too long. Dropped, it leaves the queue.
    pub(super) async fn enter(&self) -> Result<Place, Refusal> {
        let Inner { working, queue, patience } = &*self.0;
        // A place that comes free goes to who waits: this takes one only when nobody does.
        if let Ok(permit) = Arc::clone(working).try_acquire_owned() {
            return Ok(Place::new(permit));
        }
        let Ok(_waiting) = queue.try_acquire() else { return Err(refused("as many as may be are waiting")) };
        match timeout(*patience, Arc::clone(working).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Place::new(permit)),
            Ok(Err(_)) | Err(_) => Err(refused("no place came free in time")),
        }
    }
}

fn refused(why: &str) -> Refusal {
    tracing::debug!(why, "turned away at the gate");
    Refusal::new(HttpErrorCode::Overloaded)
}

/// After how many seconds to come again.
pub(super) fn retry_after() -> u64 {
    rand::random_range(RETRY_AFTER)
}

/// Whether a refusal says when to come again: each of 429 and 503 does (RFC 6585, section 4; RFC 9110, section 15.6.4).
pub(super) fn asks_to_wait(code: HttpErrorCode) -> bool {
    matches!(code.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}

/// Gives the place back when the first file is wanted: by then the use case has said that it wants it, and its sender has a seat among
/// those who send files.
pub(super) fn give_back_before_files(files: Uploads, place: Place) -> Uploads {
    Arc::new(PlaceForFiles { files, place })
}

struct PlaceForFiles {
    files: Uploads,
    place: Place,
}

impl Files for PlaceForFiles {
    fn open<'a>(&'a self, part: &'a str) -> BoxFuture<'a, Result<IncomingFile, Broken>> {
        self.place.give_back();
        self.files.open(part)
    }
}

/// Makes one refusal without data of an answer that the database had no time for, which says when to come again, so that it can be repeated
/// as a whole. A mutation of which anything may have been done keeps its data, and the error its path; and so does an event.
pub(super) fn settle(answer: &mut Answer, kind: OperationKind) {
    let mut overloads = answer.errors.iter().filter(|error| is_overload(error));
    let Some(first) = overloads.next() else { return };
    let is_below_root = |error: &ServerError| error.path.len() > 1;
    let is_begun = match kind {
        OperationKind::Query => false,
        OperationKind::Mutation => {
            is_below_root(first) || overloads.any(is_below_root) || answer.data.as_ref().is_some_and(tells)
        }
        OperationKind::Subscription => answer.data.is_some(),
    };
    if is_begun {
        return;
    }
    let seconds = retry_after();
    let mut error = ServerError { path: Vec::new(), locations: Vec::new(), ..first.clone() };
    error.extensions.get_or_insert_default().set("retryAfter", seconds);
    answer.headers.insert(header::RETRY_AFTER, seconds.into());
    (answer.data, answer.errors) = (None, vec![error]);
}

fn is_overload(error: &ServerError) -> bool {
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    matches!(code, Some(Value::String(code)) if code == HttpErrorCode::Overloaded.as_str())
}

/// Whether a root field came back with anything.
fn tells(data: &Value) -> bool {
    matches!(data, Value::Object(fields) if fields.values().any(|value| *value != Value::Null))
}

#[cfg(test)]
mod tests {
    use async_graphql::{ErrorExtensionValues, PathSegment, value};
    use futures_util::FutureExt;

    use super::*;

    fn gate(at_once: usize, waiting: usize, milliseconds: u64) -> Gate {
        let patience = Duration::from_millis(milliseconds);
        Gate::of_operations(&AdmissionSettings { at_once, waiting, patience })
    }

    /// Who waits too long is refused and leaves the queue; the place itself is still held.
    #[tokio::test]
    async fn patience_ends() {
        let gate = gate(1, 1, 20);
        let place = gate.enter().await.expect("a place");
        for _ in 0..2 {
            assert_eq!(gate.enter().await.expect_err("too long").code(), HttpErrorCode::Overloaded);
        }
        drop(place);
        assert!(gate.enter().now_or_never().is_some_and(|place| place.is_ok()));
    }

    /// A place that comes free is its first waiter's, whoever comes by at that moment; one that was given back is free although somebody
    /// still knows of it.
    #[tokio::test]
    async fn nobody_jumps_the_queue() {
        let gate = gate(1, 2, 10_000);
        let place = gate.enter().await.expect("a place");
        let mut first = Box::pin(gate.enter());
        assert!(first.as_mut().now_or_never().is_none());
        place.give_back();
        assert!(gate.enter().now_or_never().is_none(), "the place is the first waiter's");
        let second = first.await.expect("a place");
        place.give_back();
        assert!(gate.enter().now_or_never().is_none());
        drop(second);
        assert!(gate.enter().now_or_never().is_some());
    }

    fn answer(data: Value, path: &[&str]) -> Answer {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", "OVERLOADED");
        let path = path.iter().map(|name| PathSegment::Field((*name).to_owned())).collect();
        let error = ServerError { path, extensions: Some(extensions), ..ServerError::new("", None) };
        Answer { data: Some(data), errors: vec![error], ..Answer::default() }
    }

    /// What can be repeated as a whole becomes a refusal of the whole; a mutation that may have done something does not.
    #[test]
    fn only_what_did_nothing_is_refused_as_a_whole() {
        use OperationKind::{Mutation, Query, Subscription};
        for (kind, data, path, expected) in [
            (Query, value!({ "a": 1, "b": null }), &["b"][..], true),
            (Query, Value::Null, &["a", "b"], true),
            (Mutation, value!({ "a": null }), &["a"], true),
            (Mutation, Value::Null, &["a"], true),
            (Mutation, value!({ "a": { "b": 1 }, "c": null }), &["c"], false),
            (Mutation, Value::Null, &["a", "b"], false),
            (Subscription, value!({ "a": { "b": null } }), &["a", "b"], false),
        ] {
            let mut answer = answer(data.clone(), path);
            settle(&mut answer, kind);
            assert_eq!(answer.data.is_none(), expected, "{kind:?} {data} {path:?}");
            assert_eq!(answer.headers.contains_key(header::RETRY_AFTER), expected);
            let told = answer.errors[0].extensions.as_ref().and_then(|extensions| extensions.get("retryAfter"));
            assert_eq!(told.is_some(), expected, "{kind:?} {data} {path:?}");
            assert_eq!(answer.errors[0].path.is_empty(), expected);
        }
    }
}
