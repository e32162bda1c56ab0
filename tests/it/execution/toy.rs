//! A small schema whose values a test sets, with resolvers that fail in every way a field can.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::{
    Context, Data, Error, ErrorExtensions, ID, InputObject, InputValueError, InputValueResult, Object, OneofObject,
    Result, Scalar, ScalarType, Schema, SimpleObject, Subscription, Value as Input,
};
use futures_util::{Stream, StreamExt, stream};
use madoguchi::execution::{Answer, Engine, GraphqlRequest, Limits, Operation, configure};
use serde_json::{Value, json};

/// How often a resolver ran.
#[derive(Clone, Default)]
pub struct Calls(pub Arc<AtomicUsize>);

fn count(ctx: &Context<'_>) -> usize {
    ctx.data_unchecked::<Calls>().0.fetch_add(1, Ordering::SeqCst) + 1
}

fn broken<T>() -> Result<T> {
    Err(Error::new("the disk at /var/lib is full"))
}

/// A word that refuses all but `good`.
struct Word;

#[Scalar]
impl ScalarType for Word {
    fn parse(value: Input) -> InputValueResult<Self> {
        if value == Input::String("good".to_owned()) { Ok(Self) } else { Err(InputValueError::expected_type(value)) }
    }

    fn to_value(&self) -> Input {
        Input::String("good".to_owned())
    }
}

#[derive(InputObject)]
struct Settings {
    #[graphql(default = 5)]
    size: i32,
    names: Option<Vec<String>>,
    inner: Option<Box<Settings>>,
}

#[derive(OneofObject)]
enum Choice {
    Number(i32),
    Text(String),
}

#[derive(SimpleObject)]
struct Leaf {
    a: i32,
    b: i32,
}

pub struct Node;

#[Object]
impl Node {
    async fn a(&self) -> i32 {
        tokio::task::yield_now().await;
        1
    }

    async fn b(&self) -> i32 {
        2
    }

    async fn child(&self) -> Option<Node> {
        Some(Node)
    }

    async fn sure_child(&self) -> Node {
        Node
    }

    async fn failing(&self) -> Result<Option<i32>> {
        broken()
    }

    async fn sure_failing(&self) -> Result<i32> {
        broken()
    }

    async fn coded(&self) -> Result<Option<i32>> {
        Err(Error::new("not today").extend_with(|_, extensions| extensions.set("code", "CLOSED")))
    }

    async fn list(&self) -> Option<Vec<Node>> {
        Some(vec![Node, Node])
    }

    async fn sparse(&self) -> Vec<Option<Node>> {
        vec![Some(Node), None]
    }

    async fn numbers(&self) -> Vec<Option<Result<i32>>> {
        vec![Some(Ok(1)), Some(broken()), None]
    }

    async fn sure_numbers(&self) -> Option<Vec<Result<i32>>> {
        Some(vec![Ok(1), broken()])
    }
}

pub struct Query;

#[Object]
impl Query {
    async fn node(&self, ctx: &Context<'_>) -> Option<Node> {
        count(ctx);
        Some(Node)
    }

    async fn sure(&self) -> Node {
        Node
    }

    async fn leaf(&self) -> Leaf {
        Leaf { a: 1, b: 2 }
    }

    async fn number(&self, ctx: &Context<'_>, #[graphql(default = 7)] of: Option<i32>) -> Option<i32> {
        count(ctx);
        of
    }

    async fn sum(&self, ctx: &Context<'_>, of: Vec<i32>) -> i32 {
        count(ctx);
        of.iter().sum()
    }

    async fn settings(&self, of: Settings) -> String {
        format!("{} {:?} {}", of.size, of.names, of.inner.is_some())
    }

    async fn choice(&self, of: Choice) -> String {
        match of {
            Choice::Number(number) => number.to_string(),
            Choice::Text(text) => text,
        }
    }

    async fn id(&self, of: ID) -> ID {
        of
    }

    async fn word(&self, of: Word) -> Word {
        of
    }

    async fn short(&self, #[graphql(validator(max_length = 3))] text: String) -> usize {
        text.len()
    }

    async fn header(&self, ctx: &Context<'_>) -> bool {
        ctx.append_http_header("X-One", "1");
        ctx.append_http_header("X-One", "2");
        true
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn next(&self, ctx: &Context<'_>) -> usize {
        count(ctx)
    }

    async fn slow_next(&self, ctx: &Context<'_>) -> usize {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        count(ctx)
    }

    async fn leaf(&self, ctx: &Context<'_>) -> Leaf {
        Leaf { a: count(ctx) as i32, b: 0 }
    }
}

pub struct Ticker;

#[Subscription]
impl Ticker {
    async fn nodes(&self) -> impl Stream<Item = Option<Node>> {
        stream::iter([Some(Node), None, Some(Node)])
    }

    async fn numbers(&self) -> impl Stream<Item = Result<i32>> {
        stream::iter([Ok(1), broken(), Ok(3)])
    }

    async fn closed(&self) -> Result<stream::Empty<i32>> {
        Err(Error::new("not yours").extend_with(|_, extensions| extensions.set("code", "FORBIDDEN")))
    }
}

/// The toy's engine and what its resolvers count.
pub struct Toy {
    pub engine: Engine,
    pub calls: Calls,
}

impl Toy {
    pub fn new() -> Self {
        // The order of a mutation's fields is a rule to be kept, whatever a gateway allows.
        Self::with(Limits { mutation_fields: 10, root_fields: 100, variable_values: 200_000, ..Limits::default() })
    }

    pub fn with(limits: Limits) -> Self {
        let schema = configure(Schema::build(Query, Mutation, Ticker)).finish();
        Self { engine: Engine::new(schema, limits).unwrap(), calls: Calls::default() }
    }

    pub fn count(&self) -> usize {
        self.calls.0.load(Ordering::SeqCst)
    }

    fn data(&self) -> Data {
        let mut data = Data::default();
        data.insert(self.calls.clone());
        data
    }

    pub fn prepare(&self, query: &str, variables: &Value) -> Result<Operation, Box<Answer>> {
        let variables = variables.as_object().cloned();
        self.engine.prepare(&GraphqlRequest { query: query.to_owned(), variables, ..GraphqlRequest::default() })
    }

    pub async fn answer(&self, query: &str, variables: Value) -> Answer {
        match self.prepare(query, &variables) {
            Ok(operation) => self.engine.execute(operation, self.data()).await,
            Err(answer) => *answer,
        }
    }

    /// The answer as JSON text, in which the order of keys can be seen.
    pub async fn text(&self, query: &str) -> String {
        self.text_with(query, json!({})).await
    }

    pub async fn text_with(&self, query: &str, variables: Value) -> String {
        serde_json::to_string(&self.answer(query, variables).await).unwrap()
    }

    /// The `data` of an answer that must have no errors.
    pub async fn data_of(&self, query: &str, variables: Value) -> String {
        let answer = self.answer(query, variables).await;
        assert!(answer.errors.is_empty(), "{:?}", answer.errors);
        serde_json::to_string(&answer.data).unwrap()
    }

    /// The code of a request error.
    pub fn refusal(&self, query: &str, variables: Value) -> String {
        let answer = self.prepare(query, &variables).err().expect("a refusal");
        assert!(answer.is_request_error());
        json!(answer.errors)[0]["extensions"]["code"].as_str().unwrap().to_owned()
    }

    pub async fn events(&self, query: &str) -> Vec<String> {
        let operation = self.prepare(query, &json!({})).unwrap();
        let events = self.engine.subscribe(operation, self.data());
        events.map(|answer| serde_json::to_string(&answer).unwrap()).collect().await
    }
}
