//! People who log in.

use async_graphql::Enum;

use crate::domain;

/// What a person is to the counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::actor::Role")]
pub enum Role {
    /// 申請者: applies for the facilities that they hold.
    Applicant,
    /// 審査担当: decides on applications.
    Reviewer,
    /// 運用担当: runs the gateway; reads everything, decides nothing.
    Operator,
}

/// A person who can log in.
#[derive(Debug, Clone)]
pub struct User(pub domain::person::User);
