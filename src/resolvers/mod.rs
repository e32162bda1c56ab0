//! GraphQL fields, one feature a file: understand the input, call one service, tell the outcome. No rule, statement or clock here.
//!
//! This file is the table of contents: a new feature is a file and its parts in the three roots.

use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions, Schema, SchemaBuilder};
use chrono::{DateTime, Utc};

mod account;
mod application;
mod attachment;
mod connections;
mod context;
mod download;
mod errors;
mod event;
mod facility;
mod federation;
mod form;
mod ids;
mod menu;
mod node;
mod person;
mod public_pages;
mod rate_limit;
mod review;
mod session;
mod start_of_use;
mod subscription;
mod verification;

pub use context::RequestContext;
pub use errors::{INTERNAL, OVERLOADED};
pub use federation::subgraph_sdl;

/// What can be asked.
#[derive(MergedObject, Default)]
pub struct Query(
    node::NodeQuery,
    person::PersonQuery,
    facility::FacilityQuery,
    application::ApplicationQuery,
    menu::MenuQuery,
    review::ReviewQuery,
    public_pages::PublicPagesQuery,
    rate_limit::RateLimitQuery,
    federation::FederationQuery,
);

/// What can be done. Each takes one input (`logOut` none) and gives one payload; refusals are in `userErrors`.
#[derive(MergedObject, Default)]
pub struct Mutation(
    person::PersonMutation,
    session::SessionMutation,
    start_of_use::StartOfUseMutation,
    verification::VerificationMutation,
    application::ApplicationMutation,
    attachment::AttachmentMutation,
    review::ReviewMutation,
);

/// What can be watched.
#[derive(MergedSubscription, Default)]
pub struct Subscription(subscription::EventSubscription);

/// The schema's builder, for whoever runs it to set limits.
pub fn schema_builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    let instant = "An instant in UTC, written as RFC 3339 has it: `2026-11-24T01:00:00+00:00`, or with a fraction of a second where \
                   there is one, `2026-11-24T01:00:00.123456+00:00`.";
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        .override_output_type_description::<DateTime<Utc>>(instant)
}

/// The schema in the definition language, sorted: what graphql/schema.graphql holds.
pub fn sdl() -> String {
    let sorted = SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items().include_specified_by();
    schema_builder().finish().sdl_with_options(sorted)
}
