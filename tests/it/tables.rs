//! Tables of the documentation that are made from the code.

use std::fmt::Write;

use madoguchi::app;
use madoguchi::config::{Config, OPTIONS};
use madoguchi::execution::{Bound, Limits};

use crate::support::generated;

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

/// docs/api.md lists every bound of documents.
#[test]
fn every_bound_is_documented() {
    let mut table = "| `extensions.limit` | at most | of |\n|---|---|---|\n".to_owned();
    for (bound, most) in Bound::all(&Limits::default()) {
        writeln!(table, "| `{}` | {most} | {} |", bound.as_str(), bound.words()).unwrap();
    }
    generated::compare_section("docs/api.md", "limits", &table);
}

/// The documents that docs/api.md shows can be sent as they stand there.
#[test]
fn every_example_fits_the_schema() {
    let text = std::fs::read_to_string(generated::path("docs/api.md")).unwrap();
    let engine = app::judge_of_documents().unwrap();
    let examples: Vec<_> = text.split("```graphql\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect();
    assert!(examples.len() >= 3);
    for example in examples {
        let refused = engine.document(example).err();
        assert!(refused.is_none(), "{example}{:?}", refused.map(|answer| answer.errors));
    }
}
