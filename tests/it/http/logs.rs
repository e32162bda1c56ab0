//! What the wire writes into the log: one line a request, and nothing of what it carried.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Request;
use madoguchi::http::HttpSettings;
use madoguchi::http::shutdown::Shutdown;
use serde_json::json;
use tower::ServiceExt;
use tracing_subscriber::fmt::MakeWriter;

use super::toy::{Levers, routes};

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Page {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// One line with method, pattern, status and request id; no query string, body, variable, token or unknown path.
#[tokio::test]
async fn a_request_is_one_line_without_what_it_carried() {
    // For the whole process: a subscriber of one task misses what another thread has met without one.
    let page = Page::default();
    let log =
        tracing_subscriber::fmt().with_ansi(false).with_env_filter("info,madoguchi=trace").with_writer(page.clone());
    log.init();
    let routes = routes(&Arc::new(Levers::default()), HttpSettings::default(), &Shutdown::default());
    let body = json!({"query": "query($t: String!) {echo(text: $t)}", "variables": {"t": "canary-variable"}});
    let good = Request::post("/graphql?q=canary-query")
        .header("Content-Type", "application/json")
        .header("Cookie", "madoguchi_session=canary-cookie")
        .header("X-Request-Id", "canary-id");
    let bad = Request::post("/graphql").header("Content-Type", "application/json");
    let stale = Request::post("/graphql")
        .header("Content-Type", "application/json")
        .header("Authorization", "Bearer canary-token");
    let lost = Request::get("/canary-path");
    let odd = Request::builder().method("canary-method").uri("/graphql");
    let requests = [
        good.body(Body::from(body.to_string())),
        bad.body(Body::from("{\"canary-body")),
        stale.body(Body::empty()),
        lost.body(Body::empty()),
        odd.body(Body::empty()),
    ];
    let mut ids = Vec::new();
    for request in requests {
        let mut request = request.unwrap();
        request.headers_mut().insert("host", "a".parse().unwrap());
        let response = routes.clone().oneshot(request).await.unwrap();
        ids.push(response.headers()["x-request-id"].to_str().unwrap().to_owned());
    }
    // A client who hangs up before the answer, which what is dropped unfinished stands for.
    let request = Request::post("/graphql").header("Host", "a").header("Content-Type", "application/json");
    let request = request.body(Body::from_stream(futures_util::stream::pending::<Result<String, std::io::Error>>()));
    let asking = routes.oneshot(request.unwrap());
    assert!(tokio::time::timeout(std::time::Duration::from_millis(50), asking).await.is_err(), "no answer yet");
    let log = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    let hung_up: Vec<_> = log.lines().filter(|line| line.contains("status=499")).collect();
    assert!(hung_up.len() == 1 && hung_up[0].contains("request_id="), "{log}");
    assert!(!log.contains("canary"), "{log}");
    for (id, status) in ids.iter().zip([200, 400, 401, 404, 405]) {
        let lines: Vec<_> = log.lines().filter(|line| line.contains("status=") && line.contains(id)).collect();
        assert!(lines.len() == 1 && lines[0].contains(&format!("status={status}")), "{id}: {log}");
    }
    assert!(log.contains("path=\"/graphql\""), "{log}");
}
