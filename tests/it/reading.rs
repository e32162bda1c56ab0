//! Reading: what the operations of `graphql/operations/` send, as `story` runs them, is served by an index, at a size where it matters; and demonstrations of
//! that size.

mod plans;
mod story;

use std::collections::BTreeMap;

use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::support::{Portal, operations};

/// No statement that the operations send in `story` reads a table that grows from end to end or sorts more than the pages that it gives.
#[tokio::test(flavor = "multi_thread")]
async fn every_statement_is_served_by_an_index() {
    let portal = Portal::large().await;
    let played = story::play(&portal).await;
    let all = operations::all();
    let mut unplayed = all.iter().filter_map(|(_, text)| operation_in(text)).filter(|name| !played.contains_key(*name));
    assert_eq!(unplayed.next(), None, "an operation that reading/story.rs does not run");

    let mut texts = BTreeMap::new();
    for (operation, statements) in &played {
        for statement in statements.iter().filter(|statement| plans::is_planned(&statement.sql)) {
            texts.entry(&statement.sql).or_insert((operation, statement));
        }
    }
    assert!(texts.len() > 60, "only {} statements were seen", texts.len());
    let mut wrong = Vec::new();
    for (operation, statement) in texts.values() {
        let found = plans::objections(&portal.services.database, statement).await;
        wrong.extend(found.into_iter().map(|found| format!("{operation}: {found}\n    {}", statement.sql)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Without one of its indexes a list is read from end to end, and the look at plans says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_index_is_noticed() {
    let portal = Portal::large().await;
    let reviewer = portal.log_in("reviewer@example.jp").await;
    let database = &portal.services.database;
    let drop = "DROP INDEX review_cases_status_facility_kind_waiting_since_idx";
    database.write(|tx| async move { tx.execute_unprepared(drop).await }).await.unwrap();
    portal.take_bound_statements();
    reviewer.field("ReviewCases", json!({ "filter": { "statuses": ["SUBMITTED"] } })).await;
    let mut wrong = Vec::new();
    for statement in portal.take_bound_statements().iter().filter(|statement| plans::is_planned(&statement.sql)) {
        wrong.extend(plans::objections(database, statement).await);
    }
    assert!(wrong.iter().any(|wrong| wrong.contains("review_cases")), "{wrong:?}");
}

/// The made applications look like real ones to whoever reads them: a chain's list, a facility's history without gaps, the waiting cases.
#[tokio::test(flavor = "multi_thread")]
async fn made_applications_read_like_real_ones() {
    let portal = Portal::large().await;
    let chain = portal.log_in("applicant-0000000@example.jp").await;
    let list = chain.field("MyList", json!({ "first": 30 })).await;
    assert_eq!(list["facilities"]["totalCount"], 100);
    let stages: Vec<_> =
        list["facilities"]["nodes"].as_array().unwrap().iter().map(|node| &node["adoptionStage"]).collect();
    assert!(stages.contains(&&json!("NOT_APPLIED")) && stages.contains(&&json!("APPLIED")), "{stages:?}");
    let facility = &list["facilities"]["nodes"][29];
    let page = chain.field("FacilityApplications", json!({ "facilityId": facility["id"], "first": 100 })).await;
    let applications = page["applications"]["nodes"].as_array().unwrap();
    assert_eq!(applications.len(), 10, "{page}");
    assert!(applications.iter().all(|application| application["history"].as_array().unwrap().len() > 1), "{page}");

    let reviewer = portal.log_in("reviewer@example.jp").await;
    let waiting = json!({ "filter": { "statuses": ["SUBMITTED", "IN_REVIEW"] }, "first": 100 });
    let cases = reviewer.field("ReviewCases", waiting).await;
    assert_eq!(cases["totalCount"], 80 + 4, "those that were made, and the story's");
    let all = reviewer.field("ReviewCases", json!({ "filter": {}, "first": 1 })).await;
    assert_eq!(all["totalCount"], 10_001, "counting stops: the list has more than 10,000");
    assert!(demo_again(&portal).await, "a number that is there is not made again, and another one is refused");
}

async fn demo_again(portal: &Portal) -> bool {
    use madoguchi::app::demo::add_applications;
    let same = add_applications(&portal.services, 20_000, &mut |_| {}).await;
    let other = add_applications(&portal.services, 30_000, &mut |_| {}).await;
    matches!(same, Ok(false)) && other.is_err()
}

fn operation_in(text: &str) -> Option<&str> {
    let heads = ["query ", "mutation ", "subscription "];
    let head = text.lines().find_map(|line| heads.iter().find_map(|head| line.strip_prefix(head)))?;
    head.split(['(', ' ']).next()
}
