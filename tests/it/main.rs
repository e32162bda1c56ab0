//! Everything that runs against the built gateway, in one binary.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod applications;
mod architecture;
mod attachments;
mod authz_matrix;
mod backup;
mod canaries;
mod cli;
mod clients;
mod copy;
mod crash;
mod crowds;
mod csrf;
mod databases;
mod downloads;
mod errors_doc;
mod execution;
mod graphiql;
mod http;
mod mail;
mod overload;
mod papers;
mod people;
mod query_counts;
mod reading;
mod relay;
mod review;
mod sdl;
mod status;
mod story;
mod support;
mod tables;
mod verification;
mod zeros;
