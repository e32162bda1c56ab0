//! One operation, ready to run: its normal form and the values of its variables.

use std::sync::Arc;

use apollo_compiler::ast::OperationType;
use async_graphql::{Data, Request, Variables};
use serde_json::Value;

use super::cost;
use super::form::Form;
use super::introspection::Told;
use super::schema_index::SchemaIndex;
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

impl OperationKind {
    /// As a document writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

impl From<OperationType> for OperationKind {
    fn from(written: OperationType) -> Self {
        match written {
            OperationType::Query => Self::Query,
            OperationType::Mutation => Self::Mutation,
            OperationType::Subscription => Self::Subscription,
        }
    }
}

/// An operation that passed every check there is before it runs.
pub struct Operation {
    pub(super) kind: OperationKind,
    pub(super) name: Option<String>,
    pub(super) cost: u64,
    pub(super) tells_cost: bool,
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

    /// Its cost in points, at least one (docs/api.md, "Limits").
    pub fn cost(&self) -> u64 {
        self.cost
    }

    /// What each event of a subscription costs after the first, in points: what it selects, which is looked up anew.
    pub fn cost_of_event(&self) -> u64 {
        self.cost.saturating_sub(cost::ACTING / cost::POINT).max(1)
    }

    /// Whether the client asks what it costs (`"extensions": {"cost": true}` of the request).
    pub fn tells_cost(&self) -> bool {
        self.tells_cost
    }

    /// Whether it asks for the schema, which a gateway may keep from some.
    pub fn describes_schema(&self) -> bool {
        self.form.describes_schema
    }

    /// What it asks of the schema, answered.
    pub(super) fn answers(&self, schema: &SchemaIndex) -> Told {
        Told::of(&self.form.questions, schema, &self.variables)
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
