//! Madoguchi (窓口): a typed GraphQL gateway for a public application counter.
//!
//! The layers, lowest first; who may import whom is held by `tests/it/architecture.rs` (the table is in ARCHITECTURE.md).

pub mod app;
pub mod auth;
pub mod cli;
pub mod config;
pub mod domain;
pub mod events;
pub mod execution;
pub mod http;
pub mod loaders;
pub mod papers;
pub mod policy;
pub mod resolvers;
pub mod schema;
pub mod services;
pub mod storage;
pub mod store;
