//! Accounts of the eligibility app.

use async_graphql::Enum;

use crate::domain;

/// How an account stands; the project's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::account::AccountStatus")]
pub enum AccountStatus {
    /// Issued, and not reported as registered in the app.
    Issued,
}

/// 資格確認アカウント: an account of the eligibility app, one a device.
#[derive(Debug, Clone)]
pub struct EligibilityAccount(pub domain::account::EligibilityAccount);
