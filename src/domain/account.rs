//! Accounts of the eligibility app: one a device, issued once for an approved application (R53–R55).

use chrono::{DateTime, Utc};

use super::ids::{ApplicationId, EligibilityAccountId, FacilityId};

/// The most accounts that the numbering can hold: seven digits after the W.
pub const LAST_ACCOUNT_NUMBER: u32 = 9_999_999;

/// The name under which the app knows an account: W and seven digits (domain 2.7; one sample is published).
pub fn account_name(number: u32) -> String {
    format!("W{number:07}")
}

/// How an account stands; the operating bodies publish no words for it, these are the project's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountStatus {
    /// Issued, and not reported as registered in the app.
    Issued,
}

/// An account of the eligibility app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EligibilityAccount {
    /// Its id in this gateway.
    pub id: EligibilityAccountId,
    /// Its name in the app, `W0000001`; never given twice.
    pub account_name: String,
    /// The facility that uses it.
    pub facility: FacilityId,
    /// The application that it was issued for.
    pub application: ApplicationId,
    /// How it stands.
    pub status: AccountStatus,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
}
