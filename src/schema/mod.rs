//! GraphQL shapes: objects, inputs, enums, scalars, and how domain values become them.
//!
//! Nothing here loads or decides. The fields that do stand in `resolvers/` under the same file name; every type, field, argument
//! and value has a description, which is the API's manual.

pub mod account;
pub mod application;
pub mod attachment;
pub mod download;
pub mod errors;
pub mod event;
pub mod facility;
pub mod federation;
pub mod form;
pub mod menu;
pub mod person;
pub mod public_pages;
pub mod rate_limit;
pub mod review;
pub mod scalars;
pub mod session;
pub mod start_of_use;
pub mod verification;
