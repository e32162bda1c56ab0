//! The engine beside graphql-js: the same documents, the same data in the same order.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use async_graphql::Data;
use madoguchi::execution::GraphqlRequest;
use serde_json::{Value, json};

use super::generator::{Numbers, Sample, sample, spoil};
use super::world::{Tally, world};
use crate::support::node;

const DOCUMENTS: usize = 3_000;

/// One graphql-js for all documents, spoken to in lines of JSON.
struct GraphqlJs(Child, BufReader<std::process::ChildStdout>);

impl GraphqlJs {
    fn start(sdl: &str) -> Self {
        let mut child = Command::new("node")
            .arg("graphql-js-executor.mjs")
            .current_dir(node::folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Of its own: Node.js lets no write to a pipe wait, and would let none of ours if it had ours.
            .stderr(Stdio::piped())
            .spawn()
            .expect("node is needed");
        let out = BufReader::new(child.stdout.take().unwrap());
        let complaints = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for complaint in complaints.lines().map_while(Result::ok) {
                let _ = writeln!(std::io::stderr(), "{complaint}");
            }
        });
        let mut peer = Self(child, out);
        peer.send(&json!({ "sdl": sdl }));
        peer
    }

    fn send(&mut self, line: &Value) {
        writeln!(self.0.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn answer(&mut self, sample: &Sample) -> Value {
        let Sample { query, variables } = sample;
        self.send(&json!({ "query": query, "variables": variables }));
        let mut line = String::new();
        self.1.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("graphql-js stopped at\n{}", sample.query))
    }
}

impl Drop for GraphqlJs {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().ok();
    }
}

/// Three thousand random documents have the same data, in the same order of keys, and are refused or not alike.
#[tokio::test]
async fn random_documents_are_answered_as_graphql_js_answers_them() {
    node::installed().await;
    let (sdl, engine) = world();
    let mut peer = GraphqlJs::start(&sdl);
    let mut numbers = Numbers(20_261_123);
    let (mut compared, mut with_errors, mut refused) = (0, 0, 0);
    for _ in 0..DOCUMENTS {
        let sample = sample(&mut numbers);
        let theirs = peer.answer(&sample);
        let request = GraphqlRequest {
            query: sample.query.clone(),
            variables: Some(sample.variables.clone()),
            ..GraphqlRequest::default()
        };
        let context = || format!("{}\n{}\ngraphql-js: {theirs}", sample.query, Value::Object(sample.variables.clone()));
        match engine.prepare(&request) {
            Err(answer) => {
                assert!(theirs.get("invalid").is_some(), "{}\n{}", context(), json!(*answer));
                refused += 1;
            }
            Ok(operation) => {
                let mut data = Data::default();
                data.insert(Tally::default());
                let ours = engine.execute(operation, data).await;
                assert!(theirs.get("invalid").is_none(), "{}", context());
                assert_eq!(json!(ours.data).to_string(), theirs["data"].to_string(), "{}", context());
                assert_eq!(ours.errors.is_empty(), theirs["errors"] == 0, "{}", context());
                compared += 1;
                with_errors += usize::from(!ours.errors.is_empty());
            }
        }
    }
    print_record(&format!(
        "{compared} documents compared with graphql-js, {with_errors} of them with errors; {refused} refused by both"
    ));
    assert!(compared > 2_000 && with_errors > 500, "{compared} compared, {with_errors} with errors");
}

/// Of three thousand spoilt documents each is refused by both or by none.
#[tokio::test]
async fn spoilt_documents_are_refused_as_graphql_js_refuses_them() {
    node::installed().await;
    let (sdl, engine) = world();
    let mut peer = GraphqlJs::start(&sdl);
    let mut numbers = Numbers(81_120_202);
    let (mut refused, mut lenient) = (0, 0);
    for _ in 0..DOCUMENTS {
        let Sample { query, variables } = sample(&mut numbers);
        let spoilt = Sample { query: spoil(&mut numbers, &query), variables };
        let theirs = peer.answer(&spoilt);
        let Sample { query, variables } = spoilt;
        let request = GraphqlRequest { query, variables: Some(variables), ..GraphqlRequest::default() };
        let ours = engine.prepare(&request).err();
        // The one leniency of our parser: a name without colon and value among arguments is overlooked.
        let is_overlooked = ours.is_none() && theirs.to_string().contains(r#"Expected \":\", found"#);
        let is_alike = ours.is_some() == theirs.get("invalid").is_some();
        assert!(is_alike || is_overlooked, "{}\nours: {}\ngraphql-js: {theirs}", request.query, json!(ours.as_deref()));
        refused += usize::from(ours.is_some());
        lenient += usize::from(is_overlooked);
    }
    assert!(refused > DOCUMENTS / 4 && refused < DOCUMENTS, "{refused} refused");
    assert!(lenient < DOCUMENTS / 500, "{lenient} overlooked");
    print_record(&format!(
        "{DOCUMENTS} spoilt documents judged alike, {refused} of them refused; {lenient} names overlooked"
    ));
}

#[expect(clippy::print_stdout, reason = "how much was compared belongs in the run's record")]
pub fn print_record(record: &str) {
    println!("{record}");
}
