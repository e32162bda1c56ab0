//! How operations run: who may go away meanwhile, and which door is theirs.

use std::time::Duration;

use async_graphql::Data;
use futures_util::StreamExt;
use madoguchi::execution::Answer;
use serde_json::json;

use super::toy::Toy;

/// A mutation goes on to its end when its caller goes away.
#[tokio::test]
async fn a_mutation_outlives_its_caller() {
    let toy = Toy::new();
    let mut data = Data::default();
    data.insert(toy.calls.clone());
    let operation = toy.prepare("mutation { slowNext }", &json!({})).unwrap();
    let engine = toy.engine.clone();
    let caller = tokio::spawn(async move { engine.execute(operation, data).await });
    tokio::task::yield_now().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    let done = async {
        while toy.count() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), done).await.expect("the mutation was cut off");
}

/// A subscription whose source cannot be made is one request error: it has no data, as nothing ran.
#[tokio::test]
async fn a_source_that_cannot_be_made_is_a_request_error() {
    let toy = Toy::new();
    let operation = toy.prepare("subscription { closed }", &json!({})).unwrap();
    let answers: Vec<Answer> = toy.engine.subscribe(operation, Data::default()).collect().await;
    assert!(matches!(&answers[..], [answer] if answer.is_request_error()), "{answers:?}");
}

/// A subscription has no single answer; a query is a stream of one.
#[tokio::test]
async fn operations_meet_the_wrong_door() {
    let toy = Toy::new();
    assert!(toy.answer("subscription { nodes { b } }", json!({})).await.is_request_error());
    assert_eq!(toy.events("{ leaf { b } }").await, [r#"{"data":{"leaf":{"b":2}}}"#]);
}
