//! Fields that no operation of `graphql/operations/` selects inside a list: an application by its number, and people's facilities.

use madoguchi::domain::actor::{Actor, Role};
use madoguchi::domain::facility::FacilityKind;
use madoguchi::services::registry;
use madoguchi::services::users::FacilityForm;
use serde_json::{Value, json};

use super::{Lists, held_by, lists_of, login, send};
use crate::support::steps::{case_of, claim};
use crate::support::{Client, Portal, eventually};

const RUNS: usize = 10;

/// Cases with applications of their facilities by two numbers.
pub const NUMBERS: &str = r#"query ($first: Int, $one: String!, $other: String!) {
  reviewCases(first: $first, filter: { statuses: [IN_REVIEW] }) {
    nodes { application { number facility {
      one: application(number: $one) { number }
      other: application(number: $other) { number }
      none: application(number: "S-0") { number }
    } } }
  }
}"#;

/// Cases with a page of their applicants' facilities.
pub const FACILITIES: &str = "query ($status: ApplicationStatus!, $first: Int = 1, $after: String) {
  reviewCases(first: 100, filter: { statuses: [$status] }) {
    nodes { application { facility { id } applicant {
      facilities(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { id } }
    } } }
  }
}";

/// Applications by number, of one facility and of eight, by two numbers each: one statement, and each number where it belongs.
#[tokio::test(flavor = "multi_thread")]
async fn numbers_of_many_facilities_are_looked_up_at_once() {
    let lists = lists_of(8).await;
    let page =
        lists.reviewer.field("ReviewCases", json!({ "first": 100, "filter": { "statuses": ["IN_REVIEW"] } })).await;
    let number = |index: usize| page["nodes"][index]["application"]["number"].clone();
    let mut counts = Vec::new();
    for first in [1, 8] {
        let variables = json!({ "first": first, "one": number(0), "other": number(7) });
        let (count, data) = fewest(&lists.portal, &lists.reviewer, NUMBERS, &variables).await;
        for node in data["reviewCases"]["nodes"].as_array().unwrap() {
            let application = &node["application"];
            for (alias, asked) in [("one", number(0)), ("other", number(7)), ("none", Value::Null)] {
                let expected = if application["number"] == asked { asked } else { Value::Null };
                assert_eq!(application["facility"][alias].get("number").unwrap_or(&Value::Null), &expected, "{node}");
            }
        }
        counts.push(count);
    }
    assert_eq!(counts[0], counts[1], "an application by its number");
}

/// The facilities of the applicant of one case and of eight, who is the same: first pages, pages from a cursor, and totals.
#[tokio::test(flavor = "multi_thread")]
async fn facilities_of_one_applicant_are_looked_up_once() {
    let (one, eight) = tokio::join!(lists_of(1), lists_of(8));
    let mut counts = Vec::new();
    for Lists { portal, reviewer, .. } in [&one, &eight] {
        let mut variables = json!({ "status": "IN_REVIEW" });
        let (first, data) = fewest(portal, reviewer, FACILITIES, &variables).await;
        let facilities = &data["reviewCases"]["nodes"][0]["application"]["applicant"]["facilities"];
        variables["after"] = facilities["pageInfo"]["endCursor"].clone();
        counts.push([first, fewest(portal, reviewer, FACILITIES, &variables).await.0]);
    }
    assert_eq!(counts[0], counts[1], "the facilities of one applicant: first pages, pages from a cursor");
}

/// The facilities of one applicant and of six: each has the first of their own, and their own total.
#[tokio::test(flavor = "multi_thread")]
async fn facilities_of_many_applicants_are_looked_up_at_once() {
    let variables = json!({ "status": "SUBMITTED" });
    let mut counts = Vec::new();
    for applicants in [1, 6] {
        let (portal, reviewer) = applicants_with_two(applicants).await;
        let (count, data) = fewest(&portal, &reviewer, FACILITIES, &variables).await;
        let nodes = data["reviewCases"]["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), applicants);
        for node in nodes {
            let facilities = &node["application"]["applicant"]["facilities"];
            assert_eq!((&facilities["totalCount"], &facilities["pageInfo"]["hasNextPage"]), (&json!(2), &json!(true)));
            assert_eq!(facilities["nodes"], json!([node["application"]["facility"]]), "the first of their own");
        }
        counts.push(count);
    }
    assert_eq!(counts[0], counts[1], "the facilities of many applicants");
}

/// So many applicants of two facilities each, who sent an application for the first, and a reviewer.
async fn applicants_with_two(applicants: usize) -> (Portal, Client) {
    let portal = Portal::empty().await;
    let kind = FacilityKind::TreatmentClinic;
    let codes: Vec<_> = (0..2 * applicants).map(|number| format!("協1350{number:03}00")).collect();
    let rows: Vec<_> = codes.iter().map(|code| (kind, code.as_str(), "施術所", "1970-01-31")).collect();
    registry::put_known(&portal.services, &Actor::System, &rows).await.unwrap();
    for (index, codes) in codes.chunks(2).enumerate() {
        let held = codes.iter().map(|code| FacilityForm { kind, code: code.clone(), name: None }).collect();
        let applicant = login(&portal, &format!("applicant-{index}@example.jp"), Role::Applicant, held).await;
        let first = held_by(&portal, &applicant).await[0];
        send(&portal, &applicant, first, 1).await;
    }
    login(&portal, "reviewer@example.jp", Role::Reviewer, vec![]).await;
    let reviewer = portal.log_in("reviewer@example.jp").await;
    eventually("the wake-ups to be done", || {
        let seen = portal.take_statements().len();
        async move { (seen == 0).then_some(()) }
    })
    .await;
    (portal, reviewer)
}

/// The fewest statements of several runs, as two batches may meet in one or not, and the data of the last.
/// What keeps each draft of a list from being sent, and the dialog before it is.
const READINESS: &str = "{ viewer { facilities(first: 100) { nodes { applications(first: 1) { nodes {
  ... on StartOfUseApplication { status readiness { canSubmit } again: readiness { canSubmit } confirmation { message } }
} } } } } }";

/// One draft and eight are judged by as many statements, however often.
#[tokio::test(flavor = "multi_thread")]
async fn drafts_are_judged_together() {
    let (one, eight) = tokio::join!(lists_of(1), lists_of(8));
    let mut counts = Vec::new();
    for Lists { portal, applicant, reviewer, .. } in [&one, &eight] {
        let held = "{ viewer { facilities(first: 100) { nodes { id applications(first: 1) { nodes { id } } } } } }";
        let held = applicant.send(held, Value::Null).await["data"]["viewer"]["facilities"]["nodes"].take();
        for facility in held.as_array().unwrap() {
            let sent = &facility["applications"]["nodes"][0];
            let sent = sent["id"].as_str().unwrap();
            let version = claim(reviewer, sent).await;
            let rejection = json!({ "reviewCaseId": case_of(sent), "expectedVersion": version, "reason": "不備" });
            reviewer.done("RejectApplication", rejection).await;
            applicant.done("CreateStartOfUseApplication", json!({ "facilityId": facility["id"] })).await;
        }
        let (count, data) = fewest(portal, applicant, READINESS, &Value::Null).await;
        for facility in data["viewer"]["facilities"]["nodes"].as_array().unwrap() {
            let draft = &facility["applications"]["nodes"][0];
            assert_eq!((&draft["status"], &draft["readiness"]["canSubmit"]), (&json!("DRAFT"), &json!(false)));
        }
        counts.push(count);
    }
    assert_eq!(counts[0], counts[1], "what keeps drafts from being sent");
}

async fn fewest(portal: &Portal, client: &Client, document: &str, variables: &Value) -> (usize, Value) {
    let (mut fewest, mut data) = (usize::MAX, Value::Null);
    for _ in 0..RUNS {
        portal.take_statements();
        let mut answer = client.send(document, variables.clone()).await;
        let sent = portal.take_statements();
        assert!(answer.get("errors").is_none(), "{answer}");
        fewest = fewest.min(sent.iter().filter(|sql| !sql.contains("outbox_messages")).count());
        data = answer["data"].take();
    }
    (fewest, data)
}
