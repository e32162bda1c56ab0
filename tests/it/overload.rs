//! More than the gateway takes on: everybody is answered rightly or told when to come again, and afterwards all is as before.

use std::time::Duration;

use futures_util::future::join_all;
use madoguchi::config::{Config, Operations};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::attachments::files::pdf;
use crate::support::socket::Watching;
use crate::support::steps::{draft, facility};
use crate::support::upload::{Form, attach, closing};
use crate::support::{Portal, operations};

fn small(at_once: u32, waiting: u32) -> impl FnOnce(&mut Config) {
    move |config| {
        config.operations = Operations { at_once, waiting, longest_wait: Duration::from_secs(5) };
        // It is places that are few, and not points.
        config.cost_per_minute = 0;
    }
}

/// The answer's body, when it is no refusal; a refusal must be whole.
async fn taken_on(response: Response) -> Option<Value> {
    let (status, retry_after) = (response.status(), response.headers().get("retry-after").cloned());
    let body: Value = response.json().await.unwrap();
    if status == StatusCode::OK {
        assert!(body.get("errors").is_none() && retry_after.is_none(), "{body}");
        return Some(body);
    }
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
    let seconds: u64 = retry_after.expect("Retry-After").to_str().unwrap().parse().unwrap();
    assert!((1..=10).contains(&seconds) && body.get("data").is_none(), "{body}");
    let told = &body["errors"][0]["extensions"];
    assert_eq!((&told["code"], &told["retryAfter"]), (&json!("OVERLOADED"), &json!(seconds)), "{body}");
    assert!(told["requestId"].is_string(), "{body}");
    None
}

/// 200 status pages at once through a gate of four: each is right or refused, none waits for ever, and the next one is served.
#[tokio::test(flavor = "multi_thread")]
async fn a_rush_is_answered_or_told_to_come_again() {
    let portal = Portal::demo_with(small(4, 16)).await;
    let client = portal.log_in("clinic@example.jp").await;
    draft(&client).await;
    let (document, variables) =
        (operations::named("FacilityApplications"), json!({ "facilityId": facility(&client).await }));
    let right = taken_on(client.post(&document, variables.clone()).await).await.expect("an answer");
    let rush = (0..200).map(|_| {
        let (client, document, variables) = (client.clone(), document.clone(), variables.clone());
        tokio::spawn(async move { taken_on(client.post(&document, variables).await).await })
    });
    let answers: Vec<_> = join_all(rush).await.into_iter().map(Result::unwrap).collect();
    let served: Vec<_> = answers.iter().flatten().collect();
    println!("{} of {} were served", served.len(), answers.len());
    assert!(served.len() >= 4 && served.iter().all(|answer| **answer == right));
    assert_eq!(taken_on(client.post(&document, variables).await).await, Some(right));
}

/// A database that has no connection is overload and no fault of ours, whoever asks and whatever for.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_a_connection_is_overload() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let log_in = json!({ "input": { "email": "clinic@example.jp", "password": "madoguchi-demo-2026" } });
    let file = attach(&client, &draft(&client).await, "a.pdf", &pdf()).await["attachment"]["id"].clone();
    let download = "query($id: ID!) { node(id: $id) { ... on Attachment { download { url } } } }";
    let file = client.send(download, json!({ "id": file })).await["data"]["node"]["download"]["url"].clone();
    portal.services.database.clone().close().await.unwrap();
    let public = "query { node(id: \"facility_01h455vb4pex5vsknk084sn02q\") { id } }";
    for response in [
        client.post(&operations::named("Viewer"), Value::Null).await,
        portal.visitor().post(&operations::named("LogIn"), log_in).await,
        reqwest::get(file.as_str().unwrap()).await.unwrap(),
    ] {
        assert_eq!(taken_on(response).await, None);
    }
    let refused = portal.visitor().send(public, Value::Null).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "what needs no database is answered");
}

/// With a single place: a file on its way and a status page that has nothing new leave it to others.
#[tokio::test(flavor = "multi_thread")]
async fn files_and_status_pages_hold_no_place() {
    let portal = Portal::demo_with(small(1, 16)).await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = draft(&client).await;
    let watched = json!({ "applicationId": id });
    let cursor = Watching::begin(&client, "ApplicationEvents", watched).await.event().await["cursor"].clone();
    let mut page = Watching::begin(&client, "ApplicationEvents", json!({ "applicationId": id, "after": cursor })).await;
    client.field("Viewer", Value::Null).await;

    let form = Form::attaching(&client, json!({ "applicationId": id }));
    let (opening, content) = (form.opening(b"a.pdf"), [pdf(), closing()].concat());
    let mut wire = form.begin(&client, (opening.len() + content.len()) as u64).await;
    wire.write(&opening).await;
    wire.write(&content[..20]).await;
    for _ in 0..3 {
        client.field("Viewer", Value::Null).await;
    }
    wire.write(&content[20..]).await;
    assert_eq!(wire.answer().await.code(), "OK");
    client.done("WithdrawApplication", json!({ "applicationId": id, "expectedVersion": 2 })).await;
    assert_eq!(page.event().await["kind"], "WITHDRAWN");
}
