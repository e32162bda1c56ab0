//! One document from text to answer: parse, validate, normal form (cached), execute, complete.
//!
//! Every transport calls [`Engine`]; nothing else runs GraphQL. The module takes any async-graphql schema and knows nothing of
//! this project's types, so that its rules can be tested against graphql-js with a schema made for the purpose.

mod answer;
mod engine;
mod request;

pub use answer::{Answer, RequestError, RequestErrorCode};

pub use engine::{Engine, EngineError, Limits, Operation, OperationKind, configure};
pub use request::GraphqlRequest;
