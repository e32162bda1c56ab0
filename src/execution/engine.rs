//! The engine: prepares operations and runs them on async-graphql, whatever schema it was given.

use std::sync::Arc;

use async_graphql::{
    Data, ObjectType, Request, Response, SDLExportOptions, Schema, SchemaBuilder, SubscriptionType, ValidationMode,
};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use serde_json::{Map, Value};

use super::answer::{Answer, RequestError, RequestErrorCode};
use super::cache::Cache;
use super::cost::POINT;
use super::document::{Document, Fingerprint, fingerprint};
use super::form::{self, Form, VariableState};
use super::introspection::Question;
use super::limits::{Bound, Limits};
use super::operation::{Operation, OperationKind};
use super::request::GraphqlRequest;
use super::schema_index::SchemaIndex;
use super::{complete, events, faults, gather, suggestions, variables};

/// Why there is no engine for a schema.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The validator does not read what async-graphql prints.
    #[error("the schema is not valid: {0}")]
    Schema(String),
}

/// Runs documents. A clone shares the schema and the caches.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    runner: Box<dyn Runner>,
    schema: SchemaIndex,
    limits: Limits,
    documents: Cache<Fingerprint, Arc<Document>>,
    forms: Cache<FormKey, Arc<Form>>,
}

#[derive(PartialEq, Eq, Hash)]
struct FormKey {
    document: Fingerprint,
    operation: Option<String>,
    variables: Box<[VariableState]>,
}

/// A schema of async-graphql without its type parameters.
trait Runner: Send + Sync {
    fn execute(&self, request: Request) -> BoxFuture<'static, Response>;
    fn stream(&self, request: Request) -> BoxStream<'static, Response>;
}

impl<Q, M, S> Runner for Schema<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    fn execute(&self, request: Request) -> BoxFuture<'static, Response> {
        let schema = self.clone();
        gather::run(async move { Schema::execute(&schema, request).await }).boxed()
    }

    fn stream(&self, request: Request) -> BoxStream<'static, Response> {
        gather::run_each(self.execute_stream(request).boxed()).boxed()
    }
}

/// Sets a schema up for the engine: it checks and bounds a document itself, once, so that async-graphql need not each time.
pub fn configure<Q, M, S>(builder: SchemaBuilder<Q, M, S>) -> SchemaBuilder<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    // Counted on the normal form, where fragments on interfaces add levels to those of the document.
    builder.validation_mode(ValidationMode::Fast).limit_recursive_depth(1_000)
}

impl Engine {
    /// An engine for a schema that was built with [`configure`].
    pub fn new<Q, M, S>(schema: Schema<Q, M, S>, limits: Limits) -> Result<Self, EngineError>
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        let sdl = schema.sdl_with_options(SDLExportOptions::new().include_specified_by());
        let index = SchemaIndex::try_new(&sdl, limits.texts)?;
        let documents = Cache::new(limits.cached_document_bytes);
        let forms = Cache::new(limits.cached_form_bytes);
        Ok(Self(Arc::new(Inner { runner: Box::new(schema), schema: index, limits, documents, forms })))
    }

    /// Reads a document, or knows it again. Nothing of it is run. `Err` is a request error.
    pub fn document(&self, text: &str) -> Result<Arc<Document>, Box<Answer>> {
        // Before its digest is made, which takes as long as the text is.
        if text.len() > self.0.limits.document_bytes {
            return Err(answer(Bound::Bytes.passed(self.0.limits.document_bytes)));
        }
        let fingerprint = fingerprint(text);
        if let Some(document) = self.0.documents.get(&fingerprint) {
            return Ok(document);
        }
        let document = Arc::new(Document::try_new(text, fingerprint, &self.0.schema, &self.0.limits)?);
        self.0.documents.insert(fingerprint, Arc::clone(&document), document.weight);
        Ok(document)
    }

    /// Everything up to the run: no resolver has been called when this returns. `Err` is a request error.
    pub fn prepare(&self, request: &GraphqlRequest) -> Result<Operation, Box<Answer>> {
        let document = self.document(&request.query)?;
        let GraphqlRequest { operation_name, variables, extensions, .. } = request;
        self.prepare_of(&document, operation_name.as_deref(), variables.as_ref(), extensions.as_ref())
    }

    /// The same for a document that was read before.
    pub fn prepare_of(
        &self,
        document: &Document,
        operation_name: Option<&str>,
        variables: Option<&Map<String, Value>>,
        extensions: Option<&Map<String, Value>>,
    ) -> Result<Operation, Box<Answer>> {
        let operation = document.operation(operation_name).map_err(answer)?;
        let values = variables::coerce(&self.0.schema, operation, variables, &self.0.limits).map_err(answer)?;
        let key = FormKey {
            document: document.fingerprint,
            operation: operation.name.as_ref().map(ToString::to_string),
            variables: form::states(operation, &values),
        };
        let (form, is_new) = match self.0.forms.get(&key) {
            Some(form) => (form, false),
            None => {
                let form = form::build(&self.0.schema, document, operation, &values, &self.0.limits);
                (Arc::new(form.map_err(answer)?), true)
            }
        };
        if form.cost.arguments(&values) > self.0.limits.argument_bytes as u64 {
            return Err(answer(Bound::Arguments.passed(self.0.limits.argument_bytes)));
        }
        let Inner { schema, limits, .. } = &*self.0;
        let of_schema = Question::values(&form.questions, schema, &values, (limits.cost as u64).saturating_mul(POINT));
        let cost = form.cost.of(&values, of_schema);
        if cost > self.0.limits.cost as u64 {
            let most = self.0.limits.cost;
            let message =
                format!("The operation costs {cost} points; at most {most} are accepted. Ask for shorter lists.");
            return Err(answer(RequestError { message, ..Bound::Cost.passed(most) }));
        }
        // What is refused is charged to nobody, and not kept either.
        if is_new {
            self.0.forms.insert(key, Arc::clone(&form), form.weight);
        }
        let wish = extensions.and_then(|extensions| extensions.get("cost"));
        Ok(Operation {
            kind: operation.operation_type.into(),
            cost,
            tells_cost: wish == Some(&Value::Bool(true)),
            name: operation.name.as_ref().map(ToString::to_string),
            form,
            variables: values,
        })
    }

    /// Adds to the errors of a document what may have been meant: for those who may ask for the schema, whose names it tells.
    pub fn suggest(&self, answer: &mut Answer) {
        suggestions::add(&self.0.schema, answer);
    }

    /// Runs a query or a mutation to its end. A caller who may go away before that gives a mutation a task of its own, so that no use case is
    /// cut in two. A resolver's panic goes through to the caller.
    pub async fn execute(&self, operation: Operation, data: Data) -> Answer {
        if operation.kind() == OperationKind::Subscription {
            return Answer::request_error(
                RequestErrorCode::OperationResolutionFailed,
                "A subscription has no single answer: it needs a transport that streams.",
            );
        }
        self.run(operation, data).await
    }

    async fn run(&self, operation: Operation, data: Data) -> Answer {
        let told = operation.answers(&self.0.schema);
        let (request, form) = operation.into_request(data);
        let mut response = self.0.runner.execute(request).await;
        told.join(&mut response);
        finish(response, &form, &self.0.limits)
    }

    /// Runs a subscription: one answer for each event, until its source ends or the stream is dropped. A source that cannot be
    /// made is one request error; a query or a mutation is a stream of its one answer.
    pub fn subscribe(&self, operation: Operation, data: Data) -> BoxStream<'static, Answer> {
        let engine = self.clone();
        if operation.kind() != OperationKind::Subscription {
            return stream::once(async move { engine.execute(operation, data).await }).boxed();
        }
        let (request, form) = operation.into_request(data);
        let responses = self.0.runner.stream(request);
        events::answers(responses, move |response| finish(response, &form, &engine.0.limits))
    }
}

fn answer(error: RequestError) -> Box<Answer> {
    Box::new(error.into())
}

fn finish(response: Response, form: &Form, limits: &Limits) -> Answer {
    let mut errors = response.errors;
    let (data, found) = complete::complete(response.data, &form.shape, &errors);
    errors.extend(found);
    errors.truncate(limits.errors);
    errors.iter_mut().for_each(faults::settle);
    Answer { data: Some(data), errors, headers: response.http_headers, ..Answer::default() }
}
