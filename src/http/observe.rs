//! Names each request and writes one log line for it: no body, no variable, no query string, no token.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use uuid::Uuid;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names one request in its answer and in the log. Made here and never taken from a client, who could forge log entries with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// A new one: a UUIDv7, so that ids sort by time.
    pub fn generate() -> Self {
        Self(Uuid::now_v7().to_string().into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A method's name. A client may make one up, and say in it what no line of the log is to hold.
fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("(another method)")
}

/// The status of a request whose client hung up before there was an answer. No client sees it; logs of others call it so as well.
const HUNG_UP: u16 = 499;

/// The log line of a request, written when it is dropped: hyper drops what nobody waits for any more.
struct Line {
    id: RequestId,
    method: &'static str,
    path: Option<MatchedPath>,
    started: Instant,
    status: u16,
}

impl Drop for Line {
    fn drop(&mut self) {
        let Self { id, method, status, .. } = self;
        let path = self.path.as_ref().map_or("(no route)", MatchedPath::as_str);
        let ms = self.started.elapsed().as_millis();
        tracing::info!(request_id = %id, method, path, status, ms, "request");
    }
}

pub(super) async fn observe(mut request: Request, next: Next) -> Response {
    let id = RequestId::generate();
    request.extensions_mut().insert(id.clone());
    let method = known(request.method());
    // The pattern rather than the path: a path may carry a ticket. What matches no route is not repeated either.
    let path = request.extensions().get::<MatchedPath>().cloned();
    let span = tracing::info_span!("request", request_id = %id);
    let mut line = Line { id: id.clone(), method, path, started: Instant::now(), status: HUNG_UP };
    let mut response = next.run(request).instrument(span).await;
    line.status = response.status().as_u16();
    drop(line);
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}
