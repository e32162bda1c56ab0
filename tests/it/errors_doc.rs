//! docs/errors.md names every code that a client can meet: the tables are made from the three lists of codes.

use std::collections::BTreeSet;
use std::fmt::Write;

use madoguchi::domain::refusal::ErrorCode;
use madoguchi::execution::RequestErrorCode;
use madoguchi::http::HttpErrorCode;
use madoguchi::resolvers::INTERNAL;

use serde_json::{Value, json};

use crate::support::{Portal, generated};

const FILE: &str = "docs/errors.md";

/// Refusals: data of a mutation, errors of a query; those that bar the actor, and an answer without end, are errors of both.
fn refusals() -> String {
    let mut table = "| code | of a mutation in | meaning |\n|---|---|---|\n".to_owned();
    for code in ErrorCode::ALL {
        let place = match code {
            ErrorCode::Unauthenticated | ErrorCode::Forbidden | ErrorCode::AnswerTooLarge => "`errors`",
            _ => "`userErrors`",
        };
        writeln!(table, "| `{}` | {place} | {} |", code.as_str(), code.meaning().trim()).unwrap();
    }
    table
}

/// Documents and variables that cannot be run.
fn requests() -> String {
    let mut table = "| code | meaning |\n|---|---|\n".to_owned();
    for code in RequestErrorCode::ALL {
        writeln!(table, "| `{}` | {} |", code.as_str(), code.meaning()).unwrap();
    }
    table
}

/// What the wire refuses, with the status of the HTTP answer that carries it.
fn wire() -> String {
    let mut table = "| code | HTTP status | meaning |\n|---|---|---|\n".to_owned();
    for code in HttpErrorCode::all().iter().filter(|code| code.as_str() != INTERNAL) {
        writeln!(table, "| `{}` | {} | {} |", code.as_str(), code.status().as_u16(), code.meaning()).unwrap();
    }
    table
}

/// Every code has its row: where it stands and what it means.
#[test]
fn every_code_is_documented() {
    generated::compare_section(FILE, "refusals", &refusals());
    generated::compare_section(FILE, "requests", &requests());
    generated::compare_section(FILE, "wire", &wire());
}

/// Programs branch on a code alone: no list uses one twice, and what stands in two lists means the same in both.
#[test]
fn codes_are_told_apart() {
    let refusals: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    let requests: Vec<_> = RequestErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    let wire: Vec<_> = HttpErrorCode::all().iter().map(|code| code.as_str()).collect();
    let mut seen = BTreeSet::new();
    for list in [&refusals, &requests, &wire] {
        assert_eq!(list.iter().collect::<BTreeSet<_>>().len(), list.len(), "a code stands twice in {list:?}");
        for code in list {
            let is_shared = ["UNAUTHENTICATED", "NOT_FOUND"].contains(code);
            assert!(seen.insert(*code) || is_shared, "{code} stands in two lists");
        }
    }
    assert!(wire.contains(&INTERNAL) && !refusals.contains(&INTERNAL), "a fault is no refusal");
}

/// Where a code stands is as the page says: a mutation's refusal is data in the reader's language, what bars the actor is an error.
#[tokio::test(flavor = "multi_thread")]
async fn codes_stand_where_the_page_says() {
    let portal = Portal::demo().await;
    let input = json!({ "token": "never given out" });
    let mut words = Vec::new();
    for reader in [portal.visitor(), portal.visitor().in_english()] {
        let payload = reader.field("ConfirmRegistration", json!({ "input": input })).await;
        assert_eq!(payload["userErrors"][0]["code"], "LINK_INVALID", "{payload}");
        assert_eq!(payload["userErrors"][0]["field"], json!(["input", "token"]));
        words.push(payload["userErrors"][0]["message"].as_str().unwrap().to_owned());
    }
    assert!(!words[0].is_ascii() && words[1].is_ascii(), "Japanese, then English: {words:?}");

    let stranger = json!({ "facilityId": "facility_01h455vb4pex5vsknk084sn02q" });
    for operation in ["ApplicationMenus", "CreateStartOfUseApplication"] {
        let variables = if operation == "ApplicationMenus" { stranger.clone() } else { json!({ "input": stranger }) };
        let answer = portal.visitor().run(operation, variables).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{answer}");
    }
    let unknown = portal.visitor().send("{ nothingOfThisName }", Value::Null).await;
    assert_eq!(unknown["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{unknown}");
    assert!(unknown.get("data").is_none(), "{unknown}");
}
