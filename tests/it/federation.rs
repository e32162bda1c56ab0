//! The API as a subgraph of Apollo Federation 2: composed and asked by Apollo's own packages, and every way to ask for an entity.

use madoguchi::config::DocumentMode;
use madoguchi::resolvers;
use serde_json::{Value, json};

use crate::cli;
use crate::query_counts::lists_of;
use crate::support::node::{Beside, beside};
use crate::support::{Client, Portal, steps};

/// What a router asks, with every type there is.
const ENTITIES: &str = "query Entities($these: [_Any!]!) {
  _entities(representations: $these) {
    __typename
    ... on Application { id number }
    ... on Facility { id name }
    ... on EligibilityAccount { id accountId }
  }
}";

const NOTES: &str = "query Notes($facilities: [ID!]!, $applications: [ID!]!, $accounts: [ID!]!) {
  phoneNotes(facilities: $facilities, applications: $applications, accounts: $accounts) {
    text
    facility { id name adoptionStage calls { texts } }
    application { __typename id number status facility { name } }
    account { id accountId application { number } }
  }
}";

/// A facility of sample@example.jp's that has accounts, with its application and the first account.
struct Held {
    facility: Value,
    application: Value,
    account: Value,
}

async fn held(client: &Client) -> Held {
    let viewer = client.field("Viewer", json!({ "first": 100 })).await;
    let facilities = viewer["facilities"]["nodes"].as_array().unwrap();
    let ready = facilities.iter().find(|facility| facility["adoptionStage"] == "READY").unwrap();
    let facility = client.field("FacilityAccounts", json!({ "facilityId": ready["id"] })).await;
    let account = facility["accounts"]["nodes"][0].clone();
    Held { facility, application: account["application"].clone(), account }
}

/// A router over the portal and a subgraph of notes on telephone calls, asked with the caller's token.
async fn router(portal: &Portal, caller: &Client) -> (Beside, Client) {
    let running = beside("federation.mjs", &[&portal.address]).await;
    let mut client = caller.clone();
    client.address.clone_from(&running.line);
    (running, client)
}

/// The gateway's SDL composes, and a query through the router brings both subgraphs' data of all three entities, in either direction. A
/// facility that is not the caller's is not there for them, though the other subgraph speaks of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_router_asks_both_subgraphs() {
    let portal = Portal::demo().await;
    let caller = portal.log_in("sample@example.jp").await;
    let (_running, router) = router(&portal, &caller).await;
    let Held { facility, application, account } = held(&caller).await;
    let foreign = steps::facility(&portal.log_in("clinic@example.jp").await).await;
    let note = |id: &Value| format!("They called about {}.", id.as_str().unwrap());

    let ids = json!({ "facilities": [facility["id"], foreign], "applications": [application["id"]], "accounts": [account["id"]] });
    let answer = router.send(NOTES, ids).await;
    let expected = json!([
        { "text": note(&facility["id"]), "application": null, "account": null, "facility": {
            "id": facility["id"], "name": facility["name"], "adoptionStage": "READY", "calls": { "texts": [note(&facility["id"])] },
        } },
        { "text": note(&json!(foreign)), "facility": null, "application": null, "account": null },
        { "text": note(&application["id"]), "facility": null, "account": null, "application": {
            "__typename": "StartOfUseApplication", "id": application["id"], "number": application["number"], "status": "COMPLETED",
            "facility": { "name": facility["name"] },
        } },
        { "text": note(&account["id"]), "facility": null, "application": null, "account": {
            "id": account["id"], "accountId": account["accountId"], "application": { "number": application["number"] },
        } },
    ]);
    assert_eq!(answer["data"]["phoneNotes"], expected, "{answer}");

    // From here to there: a subgraph adds to applications of every kind by their interface.
    let query = "query Calls($id: ID!) { application(id: $id) { number calls { texts pageInfo { hasNextPage } } } }";
    let answer = router.send(query, json!({ "id": application["id"] })).await;
    let calls = json!({ "texts": [note(&application["id"])], "pageInfo": { "hasNextPage": false } });
    assert_eq!(answer, json!({ "data": { "application": { "number": application["number"], "calls": calls } } }));
}

/// The router asks for fifty entities of a type with as many statements as for one.
#[tokio::test(flavor = "multi_thread")]
async fn statements_do_not_grow_with_representations() {
    let lists = lists_of(50).await;
    let (portal, reviewer) = (&lists.portal, &lists.reviewer);
    let cases = reviewer.field("ReviewCases", json!({ "first": 100, "filter": { "statuses": ["IN_REVIEW"] } })).await;
    let applications: Vec<_> = nodes(&cases).iter().map(|case| case["application"]["id"].clone()).collect();
    let facilities: Vec<_> = nodes(&cases).iter().map(|case| case["application"]["facility"]["id"].clone()).collect();
    let accounts = json!({ "facilityId": lists.ids["facility"], "first": 100 });
    let accounts = reviewer.field("FacilityAccounts", accounts).await["accounts"].clone();
    let accounts: Vec<_> = nodes(&accounts).iter().map(|account| account["id"].clone()).collect();
    assert_eq!((applications.len(), facilities.len(), accounts.len()), (50, 50, 20));
    let (_running, router) = router(portal, reviewer).await;
    let mut counts = Vec::new();
    for most in [1, 50] {
        let first = |ids: &[Value]| ids.iter().take(most).cloned().collect::<Vec<_>>();
        let ids = json!({ "facilities": first(&facilities), "applications": first(&applications), "accounts": first(&accounts) });
        let asked = [&facilities, &applications, &accounts].map(|ids| ids.len().min(most)).iter().sum();
        counts.push(fewest(portal, &router, &ids, asked).await);
    }
    // A batch can be cut in two by the scheduler, now and then; a statement for each entity shows in every run.
    assert!(counts[1] < counts[0] + 5, "{counts:?}");
}

fn nodes(connection: &Value) -> &[Value] {
    connection["nodes"].as_array().unwrap()
}

/// The fewest statements of several runs, each with an answer about every entity.
async fn fewest(portal: &Portal, router: &Client, ids: &Value, asked: usize) -> usize {
    let mut fewest = usize::MAX;
    for _ in 0..5 {
        portal.take_statements();
        let answer = router.send(NOTES, ids.clone()).await;
        let sent = portal.take_statements();
        assert!(answer.get("errors").is_none(), "{answer}");
        let notes = answer["data"]["phoneNotes"].as_array().unwrap();
        let told = ["/facility/name", "/application/number", "/account/accountId"];
        let whole = |note: &&Value| told.iter().any(|path| note.pointer(path).is_some_and(Value::is_string));
        assert_eq!(notes.iter().filter(whole).count(), asked, "{answer}");
        fewest = fewest.min(sent.iter().filter(|sql| !sql.contains("outbox_messages")).count());
    }
    fewest
}

/// Each representation has its own answer: what is not the caller's is as little there as what never was, a wrong one is refused with a
/// code at its place, and the others are answered. What a router sends beside the key is not looked at.
#[tokio::test(flavor = "multi_thread")]
async fn representations_are_judged_one_by_one() {
    let portal = Portal::demo().await;
    let caller = portal.log_in("sample@example.jp").await;
    let Held { facility, application, account } = held(&caller).await;
    let foreign = steps::facility(&portal.log_in("clinic@example.jp").await).await;
    let of = |typename: &str, id: &Value| json!({ "__typename": typename, "id": id });
    let these = json!([
        of("Facility", &facility["id"]),
        { "__typename": "Facility", "id": facility["id"], "name": "another", "extra": { "kind": [1, null] } },
        of("StartOfUseApplication", &application["id"]),
        of("Application", &application["id"]),
        of("EligibilityAccount", &account["id"]),
        of("Facility", &json!(foreign)),
        of("Facility", &json!("facility_01h455vb4pex5vsknk084sn02q")),
        of("Facility", &application["id"]),
        of("EligibilityAccount", &json!("W0000001")),
        of("User", &json!("user_01h455vb4pex5vsknk084sn02q")),
        { "__typename": "Facility" },
        { "id": facility["id"] },
        of("Facility", &json!(7)),
        "Facility",
    ]);
    // Null is none of them: the argument takes no null, in the list or for it.
    let null = "query($one: _Any = { a: 1 }) { _entities(representations: [$one]) { __typename } }";
    let answer = caller.send(null, json!({ "one": null })).await;
    assert_eq!(
        (&answer["data"], &answer["errors"][0]["extensions"]["code"]),
        (&Value::Null, &json!("BAD_USER_INPUT")),
        "{answer}"
    );
    let answer = caller.send(ENTITIES, json!({ "these": these })).await;
    let facility = json!({ "__typename": "Facility", "id": facility["id"], "name": facility["name"] });
    let application =
        json!({ "__typename": "StartOfUseApplication", "id": application["id"], "number": application["number"] });
    let account = json!({ "__typename": "EligibilityAccount", "id": account["id"], "accountId": account["accountId"] });
    let mut expected = vec![facility.clone(), facility, application.clone(), application, account];
    expected.resize(14, Value::Null);
    assert_eq!(answer["data"]["_entities"], json!(expected), "{answer}");
    let mut refused: Vec<_> = answer["errors"].as_array().unwrap().iter().map(refusal).collect();
    refused.sort();
    let malformed = "INVALID_REPRESENTATION";
    let codes = [(7, "INVALID_ID"), (8, "INVALID_ID")].into_iter().chain((9..14).map(|index| (index, malformed)));
    assert_eq!(refused, codes.map(|(index, code)| (index, code.to_owned())).collect::<Vec<_>>());
}

/// Where an error is in the list, and its code.
fn refusal(error: &Value) -> (u64, String) {
    (error["path"][1].as_u64().unwrap(), error["extensions"]["code"].as_str().unwrap().to_owned())
}

/// A hundred representations are answered, one more is refused with a code, and nobody logged in is told nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_representations_are_the_most() {
    let portal = Portal::demo().await;
    let caller = portal.log_in("sample@example.jp").await;
    let id = held(&caller).await.facility["id"].clone();
    let these = |count: usize| json!({ "these": vec![json!({ "__typename": "Facility", "id": id }); count] });
    let answer = caller.send(ENTITIES, these(100)).await;
    let found = answer["data"]["_entities"].as_array().unwrap();
    assert!(found.len() == 100 && found.iter().all(|entity| entity["id"] == id), "{answer}");
    let answer = caller.send(ENTITIES, these(101)).await;
    assert_eq!(answer["data"], Value::Null);
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID_REPRESENTATION");
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("100"), "{answer}");
    let answer = portal.visitor().send(ENTITIES, these(2)).await;
    assert_eq!(answer["data"]["_entities"], json!([null, null]));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

/// In production the subgraph's schema is told to developers only, as introspection is, and is what the command line prints; entities are
/// answered where the documents that routers make are run.
#[tokio::test(flavor = "multi_thread")]
async fn production_keeps_the_subgraphs_schema() {
    let portal = Portal::demo_with(|config| {
        config.production = true;
        config.documents.mode = Some(DocumentMode::Prefer);
    })
    .await;
    let caller = portal.log_in("sample@example.jp").await;
    let asked = "{ _service { sdl } }";
    for client in [&portal.visitor(), &caller] {
        let answer = client.send(asked, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "INTROSPECTION_DISABLED", "{answer}");
        assert!(answer.get("data").is_none(), "{answer}");
    }
    let told = portal.log_in("operator@example.jp").await.send(asked, json!({})).await;
    assert_eq!(told["data"]["_service"]["sdl"], resolvers::subgraph_sdl());
    let folder = tempfile::tempdir().unwrap();
    let (code, printed, _) = cli::run(&folder, &["schema", "print", "--federation"], &[], "");
    assert_eq!((code, printed.trim()), (0, resolvers::subgraph_sdl().trim()));
    let id = steps::facility(&caller).await;
    let answer = caller.send(ENTITIES, json!({ "these": [{ "__typename": "Facility", "id": id }] })).await;
    assert_eq!(answer["data"]["_entities"][0]["id"], id, "{answer}");
}
