//! One document from text to answer: parse, validate, normal form (cached), execute, complete.
//!
//! Every transport calls [`Engine`]; nothing else runs GraphQL. The module takes any async-graphql schema and knows nothing of
//! this project's types, so that its rules can be tested against graphql-js with a schema made for the purpose.
//! docs/adr/0002-execution.md says why, and what an upgrade of async-graphql has to pass.

mod answer;
mod cache;
mod census;
mod collect;
mod complete;
mod cost;
mod document;
mod engine;
mod error_tree;
mod events;
mod expansion;
mod faults;
mod findings;
mod form;
mod gather;
mod introspection;
mod limits;
mod literal;
mod operation;
mod overlap;
mod request;
mod scan;
mod schema_index;
mod shape;
mod suggestions;
mod usages;
mod variables;

pub use answer::{Answer, RequestError, RequestErrorCode};
pub use cache::Cache;
pub use document::Document;
pub use engine::{Engine, EngineError, configure};
pub use gather::{LookUp, gather};
pub use limits::{Bound, Limits};
pub use operation::{Operation, OperationKind};
pub use request::GraphqlRequest;
