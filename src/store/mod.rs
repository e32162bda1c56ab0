//! The database side of the domain: every statement, and every read through its scope.
//!
//! Functions take the connection or the open transaction, and give domain values. They know no policy beyond [`scope`], start no
//! transaction and decide nothing; services do. A new table is a file here with its migration and its entity.

pub mod accounts;
pub mod applications;
pub mod attachments;
pub mod attempts;
pub mod audit;
mod columns;
pub mod copy;
pub mod counters;
mod database;
pub mod demonstration;
pub mod event_log;
pub mod facilities;
pub mod facts;
pub mod idempotency;
mod keys;
pub mod outbox;
pub mod page;
pub mod password_resets;
pub mod registrations;
pub mod registry;
pub mod review;
pub mod schema;
pub mod scope;
pub mod sessions;
pub mod snapshot;
pub mod throttles;
pub mod tickets;
pub mod users;

use database::LOST_RACE;
pub use database::{Cause, Database, Pools, Transaction, View, is_busy};
pub use sea_orm::{ConnectionTrait, DbErr};
