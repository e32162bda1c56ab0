//! `/healthz`: the process answers. `/readyz`: it can serve, which balancers ask before they send anybody.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::time::timeout;

use super::{Desk, admission};

/// Whether what the gateway rests on (the database) answers. Given by the composition root.
pub type Readiness = Arc<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

/// A check that takes longer is a no.
const PATIENCE: Duration = Duration::from_secs(2);

/// The checks, of which one is under way at a time, for all who ask meanwhile: those who ask often cost no more than those who ask now and then.
pub(super) struct Health {
    readiness: Readiness,
    under_way: Mutex<Option<Shared<BoxFuture<'static, bool>>>>,
}

impl Health {
    pub(super) fn new(readiness: Readiness) -> Self {
        Self { readiness, under_way: Mutex::default() }
    }

    async fn is_ready(&self) -> bool {
        let check = {
            let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
            match &*under_way {
                Some(check) if check.peek().is_none() => check.clone(),
                _ => {
                    let check = timeout(PATIENCE, (self.readiness)()).map(|answer| matches!(answer, Ok(true)));
                    under_way.insert(check.boxed().shared()).clone()
                }
            }
        };
        check.await
    }
}

pub(super) async fn alive() -> &'static str {
    "ok\n"
}

pub(super) async fn ready(State(desk): State<Arc<Desk>>) -> Response {
    match () {
        () if desk.gateway.shutdown.has_begun() => not_yet("stopping\n"),
        () if desk.health.is_ready().await => "ready\n".into_response(),
        () => not_yet("not ready\n"),
    }
}

fn not_yet(why: &'static str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, HeaderValue::from(admission::retry_after()))], why)
        .into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use tokio::sync::Notify;

    use super::*;

    /// Hundreds who ask at once share one check; who asks later has another.
    #[tokio::test]
    async fn a_check_is_shared_while_it_is_under_way() {
        let (checks, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let (counted, answered) = (Arc::clone(&checks), Arc::clone(&answer));
        let health = Health::new(Arc::new(move || {
            let (is_first, answered) = (counted.fetch_add(1, Ordering::SeqCst) == 0, Arc::clone(&answered));
            async move {
                answered.notified().await;
                is_first
            }
            .boxed()
        }));
        let asked = join_all((0..300).map(|_| health.is_ready()));
        let (told, ()) = tokio::join!(asked, async { answer.notify_one() });
        assert!(told.into_iter().all(|is_ready| is_ready));
        assert_eq!(checks.load(Ordering::SeqCst), 1);
        answer.notify_one();
        assert!(!health.is_ready().await);
    }
}
