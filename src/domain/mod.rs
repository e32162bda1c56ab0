//! The counter's rules, pure: no async, no IO, no clock of their own.
//!
//! What an application may do next, what a facility must show, what is refused and in which words. Nothing here knows a table,
//! a socket or a GraphQL type. A new kind of application is one file in `kinds/` and one row in `kinds::all()`.

pub mod actor;
pub mod language;

pub use madoguchi_ids as ids;
