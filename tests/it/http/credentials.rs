//! Who makes a request: bearer, cookie, nobody; and the pages that may not use somebody's cookie (CSRF).

use std::sync::atomic::Ordering;

use reqwest::{Client, Response};
use serde_json::{Value, json};

use super::toy::Toy;
use madoguchi::http::{HttpSettings, ServerSettings};

async fn send(toy: &Toy, query: &str, headers: &[(&str, &str)]) -> Response {
    let request = Client::new().post(toy.url("/graphql")).json(&json!({"query": query}));
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

async fn role(toy: &Toy, headers: &[(&str, &str)]) -> Value {
    send(toy, "{whoami}", headers).await.json::<Value>().await.unwrap()["data"]["whoami"].clone()
}

/// A bearer token and a cookie both make somebody; the bearer is looked at first.
#[tokio::test]
async fn a_bearer_or_a_cookie_makes_somebody() {
    let toy = Toy::start().await;
    assert_eq!(role(&toy, &[]).await, "None");
    assert_eq!(role(&toy, &[("Authorization", "")]).await, "None");
    assert_eq!(role(&toy, &[("Authorization", "Bearer good")]).await, "Some(Applicant)");
    assert_eq!(role(&toy, &[("Cookie", "x=1; madoguchi_session=good")]).await, "Some(Applicant)");
    let both = [("Authorization", "Bearer good"), ("Cookie", "madoguchi_session=stale")];
    assert_eq!(role(&toy, &both).await, "Some(Applicant)");
}

/// A token that is not good is refused, before the body is read: even a hopeless body does not change the answer.
#[tokio::test]
async fn a_stale_bearer_is_401_before_the_body_is_read() {
    let toy = Toy::start().await;
    for authorization in ["Bearer stale", "Bearer", "Basic Z29vZA=="] {
        let request = Client::new().post(toy.url("/graphql")).header("Content-Type", "application/json");
        let response = request.header("Authorization", authorization).body("not JSON").send().await.unwrap();
        assert_eq!(response.status(), 401, "{authorization}");
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{body}");
    }
}

/// A stale cookie makes its bearer a stranger and is taken away, so that a page can log in again.
#[tokio::test]
async fn a_stale_cookie_is_forgotten() {
    let toy = Toy::start().await;
    let response = send(&toy, "{whoami}", &[("Cookie", "madoguchi_session=stale")]).await;
    assert_eq!(response.status(), 200);
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("madoguchi_session=;") && cookie.contains("Max-Age=0"), "{cookie}");
    assert_eq!(response.json::<Value>().await.unwrap()["data"]["whoami"], "None");
}

/// Logging in with a stale cookie sets the new one and does not take it away in the same breath.
#[tokio::test]
async fn logging_in_with_a_stale_cookie_keeps_the_new_one() {
    let toy = Toy::start().await;
    let response = send(&toy, "mutation {logIn}", &[("Cookie", "madoguchi_session=stale")]).await;
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    assert!(cookies[0].to_str().unwrap().starts_with("madoguchi_session=good"));
}

/// When sessions cannot be looked up, the fault is ours: 500 with a request id, for both kinds of credential.
#[tokio::test]
async fn a_fault_behind_the_sessions_is_ours() {
    let toy = Toy::start().await;
    toy.levers.is_down.store(true, Ordering::SeqCst);
    for header in [("Authorization", "Bearer good"), ("Cookie", "madoguchi_session=good")] {
        let response = send(&toy, "{whoami}", &[header]).await;
        assert_eq!(response.status(), 500);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["errors"][0]["extensions"]["code"], "INTERNAL");
        assert!(body["errors"][0]["extensions"]["requestId"].is_string(), "{body}");
    }
}

/// What a page of another origin can make a browser send changes nothing: each shape, with somebody's cookie.
#[tokio::test]
async fn pages_of_other_origins_change_nothing() {
    let toy = Toy::start().await;
    let cookie = ("Cookie", "madoguchi_session=good");
    for headers in [
        vec![("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")],
        vec![("Origin", "https://evil.example")],
        vec![("Origin", "null")],
        vec![("Sec-Fetch-Site", "cross-site")],
        vec![("Sec-Fetch-Site", "same-site")],
        vec![("Origin", "https://evil.example"), ("Sec-Fetch-Site", "same-origin")],
    ] {
        let response = send(&toy, "mutation {touch}", &[headers.as_slice(), &[cookie]].concat()).await;
        assert_eq!(response.status(), 403, "{headers:?}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["errors"][0]["extensions"]["code"], "CROSS_ORIGIN", "{body}");
    }
    // Files need a header that no form can set, without which nothing of the body is read.
    for (media_type, status) in [
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 400),
        ("", 415),
    ] {
        let request = Client::new().post(toy.url("/graphql")).header("Content-Type", media_type);
        let request = request.header(cookie.0, cookie.1).body("{\"query\": \"mutation {touch}\"}");
        assert_eq!(request.send().await.unwrap().status(), status, "{media_type}");
    }
    let get = Client::new().get(toy.url("/graphql?query=mutation{touch}")).header(cookie.0, cookie.1);
    assert_eq!(get.send().await.unwrap().status(), 405);
    assert_eq!(toy.levers.touched.load(Ordering::SeqCst), 0);
}

/// The gateway's own pages, allowed origins, programs without a page, and bearers of any origin are served.
#[tokio::test]
async fn honest_callers_are_not_mistaken_for_foreign_pages() {
    let settings =
        HttpSettings { allowed_origins: vec!["https://portal.example.jp".into()], ..HttpSettings::default() };
    let toy = Toy::with(settings, ServerSettings::default()).await;
    let own = format!("http://{}", toy.address);
    let cookie = ("Cookie", "madoguchi_session=good");
    for headers in [
        vec![cookie],
        vec![cookie, ("Origin", own.as_str()), ("Sec-Fetch-Site", "same-origin")],
        vec![cookie, ("Origin", own.as_str())],
        vec![cookie, ("Origin", "https://portal.example.jp"), ("Sec-Fetch-Site", "cross-site")],
        vec![("Authorization", "Bearer good"), ("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")],
    ] {
        assert_eq!(send(&toy, "mutation {touch}", &headers).await.status(), 200, "{headers:?}");
    }
    assert_eq!(toy.levers.touched.load(Ordering::SeqCst), 5);
}
