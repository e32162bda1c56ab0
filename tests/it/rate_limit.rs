//! What operations cost, who pays, and what is told of it.

use serde_json::{Value, json};

use crate::support::operations;
use crate::support::socket::{Heard, Watching};
use crate::support::steps::{case_of, claim, submitted};
use crate::support::{Client, Portal};

const MENU: &str = "{ rateLimit { limit cost remaining resetInSeconds } contact { name } }";

/// A portal whose actors have so many points a minute. One comes back every `60 / points` seconds, so few points stand still.
async fn portal(points: u32) -> Portal {
    Portal::demo_with(|config| config.cost_per_minute = points).await
}

async fn ask(portal: &Portal, body: &Value, accept: &str) -> reqwest::Response {
    let request = reqwest::Client::new().post(format!("{}/graphql", portal.address)).json(body);
    request.header("accept", accept).send().await.unwrap()
}

/// The schema and, on request, `extensions.cost` tell the same; without the request nothing is told beside the answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_cost_is_told() {
    let portal = portal(30).await;
    let body = json!({ "query": MENU, "extensions": { "cost": true } });
    let answer: Value = ask(&portal, &body, "application/json").await.json().await.unwrap();
    let told = &answer["data"]["rateLimit"];
    assert_eq!(told, &json!({ "limit": 30, "cost": 6, "remaining": 24, "resetInSeconds": 12 }));
    assert_eq!(&answer["extensions"]["cost"], told);
    let plain = portal.visitor().send(MENU, Value::Null).await;
    assert!(plain.get("extensions").is_none(), "{plain}");
}

/// Who has spent all is told by 429 when to come again, under either media type and in a socket; another login is served.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_spent_all_waits() {
    let portal = portal(200).await;
    let clinic = portal.log_in("clinic@example.jp").await;
    let reviewer = portal.log_in("reviewer@example.jp").await;
    let dear = "{ announcements(first: 100) { nodes { id } } }";
    assert!(clinic.send(dear, Value::Null).await.get("errors").is_none());
    let refused = clinic.post(dear, Value::Null).await;
    assert_eq!(refused.status(), 429);
    let seconds: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((10..=60).contains(&seconds), "{seconds}");
    let answer: Value = refused.json().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED", "{answer}");
    assert_eq!(answer["errors"][0]["extensions"]["retryAfter"], seconds, "{answer}");
    assert!(answer.get("data").is_none(), "{answer}");
    // What is left still reaches for a small one.
    assert!(clinic.send(MENU, Value::Null).await.get("errors").is_none());
    assert!(reviewer.send(dear, Value::Null).await.get("errors").is_none());

    // A stranger has the budget of the network, from which both have logged in.
    let stranger = json!({ "query": dear });
    let refused = ask(&portal, &stranger, "application/json").await;
    assert_eq!((refused.status().as_u16(), refused.headers().contains_key("retry-after")), (429, true));

    let mut socket = Watching::begin(&clinic, "ReviewCases", json!({ "first": 100 })).await;
    match socket.next().await {
        Heard::Error(errors) => assert_eq!(errors[0]["extensions"]["code"], "RATE_LIMITED", "{errors}"),
        other => panic!("no refusal but {other:?}"),
    }
}

/// Behind a proxy that is trusted each network has a budget of its own, whatever a client says beside; other proxies have one together.
#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxy_tells_networks_apart() {
    for is_trusted in [true, false] {
        let portal = Portal::demo_with(|config| {
            config.cost_per_minute = 10;
            let proxy = "127.0.0.1/32".parse().unwrap();
            config.trusted_proxies = if is_trusted { vec![proxy] } else { Vec::new() };
        });
        let portal = portal.await;
        let status = async |forwarded: &str| {
            let request = reqwest::Client::new().post(format!("{}/graphql", portal.address));
            let request = request.json(&json!({ "query": MENU })).header("x-forwarded-for", forwarded);
            request.send().await.unwrap().status().as_u16()
        };
        assert_eq!(status("192.0.2.1").await, 200);
        assert_eq!(status("192.0.2.1").await, 429);
        assert_eq!(status("198.51.100.7, 192.0.2.1").await, 429, "what a client says of itself");
        assert_eq!(status("198.51.100.7").await, if is_trusted { 200 } else { 429 });
    }
}

/// One operation has a bound of its own, whatever the budget; pages of pages pass it.
#[tokio::test(flavor = "multi_thread")]
async fn one_operation_costs_so_much_at_most() {
    let portal = Portal::demo().await;
    let clinic = portal.log_in("clinic@example.jp").await;
    let nested = "query($n: Int!) { viewer { facilities(first: $n) { nodes { applications(first: $n) { nodes { id facility { id } attachments { id } } } } } } }";
    let answer = clinic.send(nested, json!({ "n": 20 })).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    let refused: Value = clinic.post(nested, json!({ "n": 100 })).await.json().await.unwrap();
    let extensions = &refused["errors"][0]["extensions"];
    assert_eq!(
        (&extensions["code"], &extensions["limit"]),
        (&json!("DOCUMENT_TOO_LARGE"), &json!("cost")),
        "{refused}"
    );
}

/// What is asked for by keys costs by their number, in whatever way a list of them is written (GraphQL specification, section 3.11).
#[tokio::test(flavor = "multi_thread")]
async fn keys_are_counted_however_they_are_written() {
    let portal = Portal::demo().await;
    let many = vec!["a"; 50];
    for (text, variables, cost) in [
        ("query { nodes(ids: [\"a\", \"b\"]) { FOUR } }", json!({}), 1 + 2 * 2),
        ("query { nodes(ids: \"a\") { FOUR } }", json!({}), 1 + 2),
        ("query { nodes(ids: 60000) { FOUR } }", json!({}), 1 + 2),
        ("query ($a: [ID!]!) { nodes(ids: $a) { FOUR } }", json!({ "a": many }), 1 + 50 * 2),
        ("query ($a: [ID!]!) { nodes(ids: $a) { FOUR } }", json!({ "a": 12_345_678_901_234_567_000_u64 }), 1 + 2),
        ("query ($a: [ID!]! = [\"a\", \"b\", \"c\"]) { nodes(ids: $a) { FOUR } }", json!({}), 1 + 3 * 2),
        (
            "query ($a: [ID!]! = \"a\") { nodes(ids: $a) { FOUR ... on Facility { applications(first: 9) { nodes { FOUR } } } } }",
            json!({}),
            1 + 2 + 1 + 9 * 2,
        ),
        (
            "query ($a: [_Any!]! = { __typename: \"Facility\", id: \"a\" }) { _entities(representations: $a) { __typename } }",
            json!({}),
            1 + 1 + 1,
        ),
        (
            "query { application(id: \"application_01h455vb4pex5vsknk084sn02q\") { ... on StartOfUseApplication { acceptedTerms { body } } } }",
            json!({}),
            1 + 1 + 1 + 64,
        ),
        ("query { _service { a: sdl b: sdl } }", json!({}), 1 + 1 + 2 * 2_600),
    ] {
        // Four values are a point.
        let text = text.replace("FOUR", "id a: id b: id c: id");
        let body = json!({ "query": text, "variables": variables, "extensions": { "cost": true } });
        let answer: Value = ask(&portal, &body, "application/json").await.json().await.unwrap();
        assert_eq!(answer["extensions"]["cost"]["cost"], cost, "{text}: {answer}");
    }
}

/// Makes an application's history long.
async fn claim_and_release(reviewer: &Client, application: &str, times: usize) {
    for _ in 0..times {
        reviewer.done("ClaimReview", json!({ "reviewCaseId": case_of(application) })).await;
        reviewer.done("ReleaseReview", json!({ "reviewCaseId": case_of(application) })).await;
    }
}

/// A field under many keys, each as long as a key may be.
fn long_keys() -> String {
    let long = "a".repeat(126);
    (10..38).map(|number| format!("{long}{number}: occurredAt ")).collect()
}

/// Lists that have grown longer than they are taken to be, and words that are longer, do not multiply beyond all bounds.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_ends_somewhere() {
    let portal = Portal::demo_with(|config| config.cost_per_minute = 0).await;
    let clinic = portal.log_in("clinic@example.jp").await;
    let application = submitted(&clinic).await;
    let reviewer = portal.log_in("reviewer@example.jp").await;
    claim_and_release(&reviewer, &application, 60).await;
    let version = claim(&reviewer, &application).await;
    let input = json!({ "reviewCaseId": case_of(&application), "expectedVersion": version, "reason": "\u{1F3E5}".repeat(2_000) });
    reviewer.done("RejectApplication", input).await;
    let history = "query ($id: ID!) { application(id: $id) { history { application { history { application { history { cursor } } } } } } }";
    let reasons: String = (0..30).map(|number| format!("a{number}: decision {{ reason }} ")).collect();
    let reasons =
        format!("query ($id: ID!) {{ nodes(ids: [{}]) {{ ... on Application {{ {reasons} }} }} }}", "$id ".repeat(100));
    let keys = long_keys();
    let keys = format!(
        "query ($id: ID!) {{ application(id: $id) {{ history {{ application {{ history {{ {keys} }} }} }} }} }}"
    );
    for text in [history, &reasons, &keys] {
        let answer = clinic.send(text, json!({ "id": application })).await;
        let codes = answer["errors"].as_array().unwrap().iter().map(|error| &error["extensions"]["code"]);
        assert!(codes.into_iter().all(|code| code == "ANSWER_TOO_LARGE"), "{}", answer["errors"][0]);
        assert!(
            answer["errors"][0].is_object() && answer.to_string().len() < 20_000_000,
            "{}",
            answer.to_string().len()
        );
    }
}

/// Each event of a subscription is an answer of its own: a status page may stay open for as long as it likes.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_ends_where_it_would_alone() {
    let portal = Portal::demo_with(|config| config.cost_per_minute = 0).await;
    let clinic = portal.log_in("clinic@example.jp").await;
    let application = submitted(&clinic).await;
    let reviewer = portal.log_in("reviewer@example.jp").await;
    claim_and_release(&reviewer, &application, 40).await;
    let id = json!({ "id": application });
    let first = clinic.send("query ($id: ID!) { application(id: $id) { history { cursor } } }", id).await;
    let after = &first["data"]["application"]["history"][0]["cursor"];
    let keys = long_keys();
    let document = format!(
        "subscription ($id: ID!, $after: EventCursor) {{ applicationEvents(applicationId: $id, after: $after) {{ application {{ history {{ {keys} }} }} }} }}"
    );
    let mut events = Watching::begin_with(&clinic, &document, json!({ "id": application, "after": after })).await;
    for _ in 0..80 {
        let event = events.event().await;
        assert!(event["application"]["history"].is_array(), "{event}");
    }
}

/// No operation of ours comes near the bound, as it stands there.
#[tokio::test(flavor = "multi_thread")]
async fn our_operations_are_cheap() {
    let portal = Portal::demo_with(|config| config.cost_per_minute = 1_000_000_000).await;
    let mut dearest = (0, String::new());
    for (name, text) in operations::all().into_iter().filter(|(_, text)| text.contains("query ")) {
        let id = "application_01h455vb4pex5vsknk084sn02q";
        let variables = json!({ "id": id, "facilityId": id, "applicationId": id });
        let body = json!({ "query": text, "variables": variables, "extensions": { "cost": true } });
        let answer: Value = ask(&portal, &body, "application/json").await.json().await.unwrap();
        let Some(cost) = answer["extensions"]["cost"]["cost"].as_u64() else { continue };
        dearest = dearest.max((cost, name));
    }
    println!("the dearest operation of ours: {} points, {}", dearest.0, dearest.1);
    assert!((100..5_000).contains(&dearest.0), "{dearest:?}");
}
