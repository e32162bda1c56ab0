//! The counter's rules, pure: no async, no IO, no clock of their own.
//!
//! What an application may do next, what a facility must show, what is refused and in which words. Nothing here knows a table,
//! a socket or a GraphQL type. A new kind of application is one file in `kinds/` and one row in `kinds::all()`.

pub mod account;
pub mod actor;
pub mod application;
pub mod attachment;
pub mod charge;
pub mod clock;
pub mod contact;
pub mod content;
pub mod download;
pub mod event;
pub mod evidence;
pub mod facility;
pub mod kinds;
pub mod language;
pub mod mail;
pub mod menu;
pub mod page;
pub mod person;
pub mod prefecture;
pub mod refusal;
pub mod review;
pub mod secret;
pub mod status;
pub mod text;
pub mod verification;

pub use madoguchi_ids as ids;
