//! A scanner that others wrote, against the real program: schemathesis (PyPI) reads the schema, makes up queries and mutations, and holds
//! the answers against it.
//!
//! Half of the ids that it sends are those of the demonstration, so that it comes further than to the first refusal.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::Client;
use crate::support::gateway::Gateway;

/// Documents for each field of the roots.
const EACH: usize = 15;

/// Where it is installed.
fn program() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/schemathesis/bin/schemathesis");
    std::env::var_os("MADOGUCHI_TEST_SCHEMATHESIS").map_or(here, PathBuf::from)
}

/// Every value under a key `id`, at any depth.
fn ids(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("id").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|field| ids(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| ids(item, found)),
        _ => {}
    }
}

/// Its configuration: which arguments take one of these ids, by turns with anything.
fn configuration(ids: &[String]) -> String {
    let id = r#"{ dictionary = "ids", probability = 0.5 }"#;
    let inputs = ["applicationId", "facilityId", "reviewCaseId", "attachmentId", "replaces"];
    let inputs = inputs.map(|input| format!("\"*.*.input.{input}\" = {id}\n")).concat();
    format!(
        "[dictionaries]\nids = {{ values = {} }}\nversions = {{ values = [1, 2, 3, 4] }}\n[parameters]\n\"*.*.id\" = {id}\n\"*.*.ids[*]\" = {id}\n\
         \"*.*.facilityId\" = {id}\n{inputs}\"*.*.input.expectedVersion\" = {{ dictionary = \"versions\", probability = 0.8 }}\n",
        json!(ids)
    )
}

/// Lets it loose, and gives its report; fails on what it takes for a fault.
async fn scan(client: &Client, folder: &Path) -> Value {
    let report = folder.join("report.json");
    let mut command = Command::new(program());
    command.args(["run", &format!("{}/graphql", client.address), "--seed", "20261125", "--workers", "1", "--no-color"]);
    command.args(["--max-examples", &EACH.to_string(), "--continue-on-failure", "--generation-database", "none"]);
    // An id that fits the schema and names nothing is refused, which this one check of all would not have.
    command.args(["--checks", "all", "--exclude-checks", "positive_data_acceptance"]);
    command.args(["--report", "json", "--report-json-path", report.to_str().unwrap()]);
    if let Some(token) = &client.token {
        // Who has logged out is told nothing but that.
        command.args(["-H", &format!("Authorization: Bearer {token}"), "--exclude-name", "Mutation.logOut"]);
    }
    let hooks = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis/hooks.py");
    command.env("SCHEMATHESIS_HOOKS", hooks).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(240), command.output()).await.expect("not done in time");
    let output = output.unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask test`", program().display()));
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap()
}

/// Nobody, an applicant and a reviewer ask for all that the schema has. No answer is a fault or contradicts the schema, and the log
/// knows of none.
#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_no_fault() {
    let mut gateway = Gateway::start(&["--demo"], &[]).await;
    let (applicant, reviewer) =
        (gateway.log_in("sample@example.jp").await, gateway.log_in("reviewer@example.jp").await);
    let mut known = Vec::new();
    ids(&applicant.run("MyList", json!({})).await, &mut known);
    ids(&reviewer.run("ReviewCases", json!({})).await, &mut known);
    assert!(known.len() > 20, "{known:?}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("schemathesis.toml"), configuration(&known)).unwrap();
    for (who, client, passed_over, found) in [
        ("nobody", gateway.visitor(), 0, "Query.contact"),
        ("an applicant", applicant, 1, "Query.application"),
        ("a reviewer", reviewer, 1, "Query.reviewCase"),
    ] {
        let report = scan(&client, folder.path()).await;
        let (fields, cases) = (&report["operations"], report["test_cases"]["generated"].as_u64().unwrap());
        println!("schemathesis as {who}: {cases} documents for {} of {} fields", fields["tested"], fields["total"]);
        let total = fields["total"].as_u64().unwrap();
        assert!(total > 25 && fields["tested"].as_u64() == Some(total - passed_over), "{fields}");
        let outcomes = &report["valid_rates"][found]["fuzzing"];
        assert!(outcomes["accepted"].as_u64() > Some(0), "{found} came to nothing: {outcomes}");
        assert!(cases > total * EACH as u64 / 2, "{cases}");
    }
    let log = gateway.stop_and_read_log().await;
    let faults: Vec<_> = log.lines().filter(|line| line.contains(" ERROR ") || line.contains("panicked")).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}
