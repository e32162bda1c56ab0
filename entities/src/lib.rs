//! Database models: one table a file, typed ids in the columns, nothing but storage.
//!
//! No rule and no GraphQL type belongs here. Reads go through the scopes in the gateway's `store`; a test holds that no other
//! layer calls a finder.

pub mod application_events;
pub mod applications;
pub mod attachments;
pub mod audit_entries;
pub mod counters;
pub mod decisions;
pub mod eligibility_accounts;
pub mod facilities;
pub mod facility_members;
pub mod idempotency_keys;
pub mod outbox_messages;
pub mod password_resets;
pub mod portal_facts;
pub mod registrations;
pub mod registry_records;
pub mod review_cases;
pub mod sessions;
pub mod start_of_use_applications;
pub mod throttles;
pub mod used_tickets;
pub mod users;
pub mod verification_attempts;
