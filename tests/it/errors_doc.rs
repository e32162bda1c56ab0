//! docs/errors.md names every code that a client can meet: the tables are made from the three lists of codes.

use std::collections::BTreeSet;
use std::fmt::Write;

use madoguchi::domain::refusal::ErrorCode;
use madoguchi::execution::RequestErrorCode;
use madoguchi::http::HttpErrorCode;
use madoguchi::resolvers::INTERNAL;

use crate::support::generated;

const FILE: &str = "docs/errors.md";

/// Refusals: data of a mutation, errors of a query; those that bar the actor are errors of both.
fn refusals() -> String {
    let mut table = "| code | of a mutation in | meaning |\n|---|---|---|\n".to_owned();
    for code in ErrorCode::ALL {
        let place = match code {
            ErrorCode::Unauthenticated | ErrorCode::Forbidden => "`errors`",
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
