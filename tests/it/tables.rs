//! Tables of the documentation that are made from the code.

use std::fmt::Write;

use madoguchi::config::{Config, OPTIONS};
use madoguchi::domain::refusal::ErrorCode;
use madoguchi::execution::RequestErrorCode;
use madoguchi::http::HttpErrorCode;

use crate::support::generated;

/// docs/errors.md lists every code that a client can meet, with where it stands and what it means.
#[test]
fn every_code_is_documented() {
    let mut table = "| code | where | meaning |\n|---|---|---|\n".to_owned();
    let mut row = |code: &str, place: &str, meaning: &str| {
        writeln!(table, "| `{code}` | {place} | {} |", meaning.trim()).unwrap()
    };
    for code in ErrorCode::ALL {
        row(code.as_str(), "refusal", code.meaning());
    }
    row("INTERNAL", "field", "A fault of ours. `extensions.requestId` names the log line; repeating may help.");
    for code in RequestErrorCode::ALL {
        row(code.as_str(), "request", code.meaning());
    }
    for code in HttpErrorCode::all() {
        row(code.as_str(), "transport", code.meaning());
    }
    generated::compare_section("docs/errors.md", "codes", &table);
}

/// docs/operating.md lists every option with its variable, default and meaning.
#[test]
fn every_option_is_documented() {
    let defaults = Config::default();
    let mut table = "| key | environment variable | default | takes | meaning |\n|---|---|---|---|---|\n".to_owned();
    for option in &OPTIONS {
        let (variable, default) = (option.variable(), (option.get)(&defaults));
        writeln!(table, "| `{}` | `{variable}` | `{default}` | {} | {} |", option.key, option.takes, option.meaning)
            .unwrap();
    }
    generated::compare_section("docs/operating.md", "options", &table.replace("``", "–"));
}
