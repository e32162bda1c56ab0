//! What a run of the tests printed, counted: a row for each file of tests, a column for each database.
//!
//! Reads cargo's and libtest's lines; whether a run failed is cargo's to say.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What begins the line of a test that has nothing to ask of the database at hand; the reason follows.
const NOT_HERE: &str = "not for this database:";

/// The tests of one run.
#[derive(Default)]
pub struct Tally {
    /// The row that tests now belong to; none within the integration tests, whose names begin with their file's.
    binary: Option<String>,
    /// The test whose output is being shown.
    shown: Option<String>,
    /// Row and name of each test, and whether it passed.
    tests: BTreeMap<(String, String), bool>,
    not_here: BTreeMap<String, String>,
    /// Whether cargo reported a failure, which need not be one of a test: a program may have died.
    failed: bool,
}

impl Tally {
    /// Takes in a line that cargo or a test program printed.
    pub fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some((kind, name)) = binary(line) {
            self.binary = (kind != "it").then(|| name.to_owned());
            self.shown = None;
        } else if let Some(name) = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----")) {
            self.shown = Some(name.to_owned());
        } else if let (Some(reason), Some(name)) = (line.strip_prefix(NOT_HERE), &self.shown) {
            self.not_here.insert(name.clone(), reason.trim().to_owned());
        } else if let Some((name, outcome)) = line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... ")) {
            let row = self.binary.clone().unwrap_or_else(|| name.split("::").next().unwrap_or_default().to_owned());
            let passed = outcome == "ok";
            if passed || outcome == "FAILED" {
                self.tests.insert((row, name.to_owned()), passed);
            }
        }
    }

    /// Takes in how cargo ended.
    pub fn ended(&mut self, successfully: bool) {
        self.failed = !successfully;
    }

    fn count(&self, row: Option<&str>) -> String {
        let mut of = 0;
        let mut passed = 0;
        for ((_, _), ok) in self.tests.iter().filter(|((place, _), _)| row.is_none_or(|row| row == place)) {
            of += 1;
            passed += usize::from(*ok);
        }
        format!("{passed} of {of}")
    }
}

/// The row of a test program by cargo's line about it: `Running tests/it/main.rs (target/debug/deps/it-7c43…)`.
fn binary(line: &str) -> Option<(&str, &str)> {
    if line.starts_with("Doc-tests ") {
        return Some(("doc", "documentation"));
    }
    let (_, file) = line.strip_prefix("Running ")?.strip_suffix(')')?.rsplit_once('(')?;
    let stem = file.rsplit('/').next()?.rsplit_once('-')?.0;
    let name = stem.strip_prefix("madoguchi_").unwrap_or(stem);
    Some((stem, if name == "madoguchi" { "unit" } else { name }))
}

/// The columns side by side with a sentence on each difference, and whether there is none.
pub fn compare(columns: &[(&str, Tally)]) -> (String, bool) {
    let rows: BTreeSet<&str> =
        columns.iter().flat_map(|(_, tally)| tally.tests.keys().map(|(row, _)| row.as_str())).collect();
    let width = rows.iter().map(|row| row.chars().count()).max().unwrap_or(0).max("all".len());
    let mut text = line("", width, columns.iter().map(|(database, _)| (*database).to_owned()));
    for row in rows {
        text += &line(row, width, columns.iter().map(|(_, tally)| tally.count(Some(row))));
    }
    text += &line("all", width, columns.iter().map(|(_, tally)| tally.count(None)));
    let differences = differences(columns);
    if let [_, _, ..] = columns {
        text += if differences.is_empty() { "The columns are equal.\n" } else { "The columns differ.\n" };
    }
    text += &differences;
    for (database, tally) in columns {
        for (name, reason) in &tally.not_here {
            let _ = writeln!(text, "passed without asking {database} anything: {name} ({reason})");
        }
    }
    (text, differences.is_empty())
}

fn line(row: &str, width: usize, cells: impl Iterator<Item = String>) -> String {
    let cells: String = cells.map(|cell| format!("  {cell:<14}")).collect();
    format!("{row:<width$}{cells}").trim_end().to_owned() + "\n"
}

/// Each run and test that failed, and each test that was run on one database alone.
fn differences(columns: &[(&str, Tally)]) -> String {
    let tests: BTreeSet<_> = columns.iter().flat_map(|(_, tally)| tally.tests.keys()).collect();
    let mut text = String::new();
    for (database, _) in columns.iter().filter(|(_, tally)| tally.failed) {
        let _ = writeln!(text, "cargo reported a failure on {database}; see its lines above");
    }
    for test in tests {
        for (database, tally) in columns {
            let _ = match tally.tests.get(test) {
                Some(true) => Ok(()),
                Some(false) => writeln!(text, "failed on {database}: {}", test.1),
                None => writeln!(text, "not run on {database}: {}", test.1),
            };
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Tally, compare};

    fn read(text: &str) -> Tally {
        let mut tally = Tally::default();
        text.lines().for_each(|line| tally.read(line));
        tally
    }

    const UNIT: &str = "\
        Running unittests src/lib.rs (target/debug/deps/madoguchi-58d17a098b77650c)\n\
        test domain::text::tests::folds ... ok\n\
        test store::tests::later ... ignored, not yet\n\
        Running unittests src/lib.rs (target/debug/deps/madoguchi_ids-040bb6284d6f4b8b)\n\
        test tests::reads ... ok\n\
        Running tests/it/main.rs (target/debug/deps/it-7c436e8fc3889580)\n";

    /// The integration tests have a row a file; the others a row a crate; what was not run is not counted.
    #[test]
    fn equal_columns() {
        let text =
            format!("{UNIT}test story::all ... ok\ntest http::logs::x ... ok\nDoc-tests ids\ntest a (line 1) ... ok");
        let (table, equal) = compare(&[("SQLite", read(&text)), ("PostgreSQL", read(&text))]);
        let expected = "\
\u{20}              SQLite          PostgreSQL
documentation  1 of 1          1 of 1
http           1 of 1          1 of 1
ids            1 of 1          1 of 1
story          1 of 1          1 of 1
unit           1 of 1          1 of 1
all            5 of 5          5 of 5
The columns are equal.
";
        assert_eq!((table.as_str(), equal), (expected, true));
    }

    /// A failure, and a test that one run never came to, are named.
    #[test]
    fn differences_are_named() {
        let here = read(&format!("{UNIT}test story::all ... ok\ntest story::more ... ok"));
        let there = read(&format!("{UNIT}test story::all ... FAILED"));
        let (table, equal) = compare(&[("SQLite", here), ("PostgreSQL", there)]);
        assert!(!equal);
        let end = "The columns differ.\nfailed on PostgreSQL: story::all\nnot run on PostgreSQL: story::more\n";
        assert!(table.ends_with(end), "{table}");
    }

    /// A test that is about one database says so, and is named under the table.
    #[test]
    fn what_was_not_asked_is_said() {
        let text = format!(
            "{UNIT}test pooling::found ... ok\n---- pooling::found stdout ----\nnot for this database: no pooler\n"
        );
        let (table, equal) = compare(&[("SQLite", read(&text))]);
        assert!(equal);
        assert!(table.ends_with("passed without asking SQLite anything: pooling::found (no pooler)\n"), "{table}");
    }
}
