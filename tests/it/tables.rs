//! Tables of the documentation that are made from the code.

use std::fmt::Write;

use madoguchi::config::{Config, OPTIONS};

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
