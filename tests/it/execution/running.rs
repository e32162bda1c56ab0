//! How operations run, and which door is theirs.

use async_graphql::Data;
use futures_util::StreamExt;
use madoguchi::execution::Answer;
use serde_json::json;

use super::toy::Toy;

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
