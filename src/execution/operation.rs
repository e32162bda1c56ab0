//! One operation, ready to run: its normal form and the values of its variables.

use std::sync::Arc;

use async_graphql::{Data, Request, Variables};
use serde_json::Value;

use super::form::Form;
use super::variables::Coerced;

/// What an operation does, which decides about transports and about what a lost connection may cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperationKind {
    /// Reads.
    Query,
    /// Writes, one field after another.
    Mutation,
    /// Streams events.
    Subscription,
}

/// An operation that passed every check there is before it runs.
pub struct Operation {
    pub(super) kind: OperationKind,
    pub(super) name: Option<String>,
    pub(super) form: Arc<Form>,
    pub(super) variables: Coerced,
}

impl Operation {
    /// Query, mutation or subscription.
    pub fn kind(&self) -> OperationKind {
        self.kind
    }

    /// The name in the document, if it has one. It is the client's text: do not use it as a metric's label.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The request for async-graphql, and the form by which its answer is completed.
    pub(super) fn into_request(self, data: Data) -> (Request, Arc<Form>) {
        let variables = Variables::from_json(Value::Object(self.variables));
        let mut request = Request::new(String::new()).variables(variables);
        request.set_parsed_query(self.form.document.clone());
        request.data = data;
        (request, self.form)
    }
}
