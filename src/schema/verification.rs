//! Facility verification: methods, keys and outcomes.

use async_graphql::{Enum, InputObject, OneofObject, SimpleObject, Union};
use chrono::{DateTime, Utc};

use super::form::EvidenceRequirement;
use super::scalars::ConfidentialText;
use crate::domain;
use crate::domain::verification::TypedKey;

/// A method of facility verification (施設の確認方法).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::verification::VerificationMethod")]
pub enum VerificationMethod {
    /// ① A match with information already filed with the operating bodies.
    RegistryMatch,
    /// ② Documents attached to the application.
    DocumentEvidence,
}

/// What is typed for method 1. Which one a facility types follows from its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::verification::VerificationKeyKind")]
pub enum VerificationKeyKind {
    /// 施術管理者の生年月日（西暦）, of treatment clinics.
    ManagingPractitionerBirthDate,
    /// 口座番号, of checkup providers and midwifery homes.
    BankAccountNumber,
}

/// Where an application stands with facility verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum FacilityVerificationStatus {
    /// The facility has not been verified for this application.
    NotVerified,
    /// Verified: the application can be sent while the match is fresh.
    Verified,
    /// The match is older than 24 hours and was not used. Verify again.
    Expired,
    /// Method 1 is locked for this facility. Use method 2.
    Locked,
}

/// How an application stands with facility verification (施設の確認). What was typed is never kept.
#[derive(Debug, Clone, SimpleObject)]
pub struct FacilityVerification {
    /// Where it stands.
    pub status: FacilityVerificationStatus,
    /// The method that is chosen.
    pub method: VerificationMethod,
    /// When the match was found.
    pub verified_at: Option<DateTime<Utc>>,
    /// When the match goes stale unless the application is sent; null once it was sent.
    pub expires_at: Option<DateTime<Utc>>,
    /// How many failures are left before method 1 is locked for the facility.
    pub remaining_attempts: Option<i32>,
    /// Until when method 1 is locked for the facility.
    pub locked_until: Option<DateTime<Utc>>,
}

/// One key of method 1. The server knows which one the facility's kind takes and refuses the other.
#[derive(Debug, Clone, OneofObject)]
pub enum VerificationKeyInput {
    /// 施術管理者の生年月日: `1970-01-31`, `1970/1/31` or `19700131`, Gregorian; full-width digits are folded.
    ManagerDateOfBirth(ConfidentialText),
    /// 口座番号: at most seven digits; full-width digits are folded.
    BankAccountNumber(ConfidentialText),
}

impl From<VerificationKeyInput> for TypedKey {
    fn from(key: VerificationKeyInput) -> Self {
        use domain::verification::VerificationKeyKind::{BankAccountNumber, ManagingPractitionerBirthDate};
        match key {
            VerificationKeyInput::ManagerDateOfBirth(text) => {
                Self { kind: ManagingPractitionerBirthDate, text: text.0 }
            }
            VerificationKeyInput::BankAccountNumber(text) => Self { kind: BankAccountNumber, text: text.0 },
        }
    }
}

/// Input of `verifyFacility`.
#[derive(Debug, InputObject)]
pub struct VerifyFacilityInput {
    /// The application that the check is for.
    pub application_id: async_graphql::ID,
    /// The version of the application that you saw.
    pub expected_version: i32,
    /// The key, one of the two.
    pub key: VerificationKeyInput,
}

/// What came of `verifyFacility`.
#[derive(Debug, Union)]
pub enum VerifyFacilityOutcome {
    /// The key matches what was filed.
    Matched(FacilityMatched),
    /// It does not, whatever the reason.
    NotMatched(FacilityNotMatched),
    /// Method 1 is locked for the facility.
    Locked(VerificationLocked),
}

/// The key matches what was filed: the facility is verified for 24 hours.
#[derive(Debug, SimpleObject)]
pub struct FacilityMatched {
    /// How the application stands now.
    pub verification: FacilityVerification,
}

/// The facility could not be verified. Nothing tells which part was wrong, or whether anything was filed.
#[derive(Debug, SimpleObject)]
pub struct FacilityNotMatched {
    /// How many failures are left before method 1 is locked for the facility.
    pub remaining_attempts: i32,
    /// What to look at before another try.
    pub advice: String,
    /// The document that method 2 takes instead.
    pub alternative: EvidenceRequirement,
}

/// Method 1 is locked for the facility after too many failures; method 2 stays open.
#[derive(Debug, SimpleObject)]
pub struct VerificationLocked {
    /// Until when.
    pub locked_until: DateTime<Utc>,
    /// Why, and what to do instead.
    pub message: String,
    /// The document that method 2 takes instead.
    pub alternative: EvidenceRequirement,
}
