//! `/healthz`: the process answers. `/readyz`: it can serve, which balancers ask before they send anybody.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;

use super::{Desk, admission};

/// Whether what the gateway rests on (the database) answers. Given by the composition root.
pub type Readiness = Arc<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

/// A check that takes longer is a no.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) async fn alive() -> &'static str {
    "ok\n"
}

pub(super) async fn ready(State(desk): State<Arc<Desk>>) -> Response {
    if desk.gateway.shutdown.has_begun() {
        return not_yet("stopping\n");
    }
    match tokio::time::timeout(PATIENCE, (desk.gateway.readiness)()).await {
        Ok(true) => "ready\n".into_response(),
        Ok(false) | Err(_) => not_yet("not ready\n"),
    }
}

fn not_yet(why: &'static str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, HeaderValue::from(admission::retry_after()))], why)
        .into_response()
}
