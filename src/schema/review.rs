//! Review: the staff's side, and what of a decision its applicant may know.

use async_graphql::{Enum, InputObject, SimpleObject};

use super::application::{Application, ApplicationStatus};
use super::errors::UserError;
use super::facility::FacilityKind;
use crate::domain;
use crate::domain::review::Verdict;

/// The outcome of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DecisionOutcome {
    /// Approved.
    Approved,
    /// Sent back to be corrected.
    Returned,
    /// Refused.
    Rejected,
}

/// Part of an application that a return can pin for correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum CorrectionTarget {
    /// 施設の確認方法; opens the check and the files with it.
    VerificationMethod,
    /// 施設の確認: the check must be passed again; of method 2, the files are open.
    FacilityVerification,
    /// 職員数.
    StaffCount,
    /// 申請台数.
    DeviceCount,
    /// 利用規約への同意.
    TermsOfUse,
    /// 証拠書類: one file, which `attachmentId` names. It may be replaced, and others added.
    Attachment,
}

impl From<domain::review::CorrectionTarget> for CorrectionTarget {
    fn from(target: domain::review::CorrectionTarget) -> Self {
        use domain::review::CorrectionTarget as Target;
        match target {
            Target::VerificationMethod => Self::VerificationMethod,
            Target::FacilityVerification => Self::FacilityVerification,
            Target::StaffCount => Self::StaffCount,
            Target::DeviceCount => Self::DeviceCount,
            Target::TermsOfUse => Self::TermsOfUse,
            Target::Attachment(_) => Self::Attachment,
        }
    }
}

/// What must be corrected, and why.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Correction {
    /// The part that is open for correction.
    pub target: CorrectionTarget,
    /// The file that is pinned, where the target is ATTACHMENT.
    pub attachment_id: Option<async_graphql::ID>,
    /// Its name on the form.
    pub label: String,
    /// What is wrong with it; resolved beside its decision.
    #[graphql(skip)]
    pub message: String,
}

/// A decision on an application, in words for its applicant. Who decided is not part of it.
#[derive(Debug, Clone)]
pub struct Decision(pub domain::review::Decision);

/// A decision as staff see it: who decided, and what was noted for other staff.
#[derive(Debug, Clone)]
pub struct ReviewDecision(pub domain::review::Decision);

/// The outcome of a verdict.
impl From<&Verdict> for DecisionOutcome {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Approved => Self::Approved,
            Verdict::Returned { .. } => Self::Returned,
            Verdict::Rejected { .. } => Self::Rejected,
        }
    }
}

/// 審査案件: the reviewers' side of an application that was sent. Staff only.
#[derive(Debug, Clone)]
pub struct ReviewCase(pub domain::review::ReviewCase);

/// Which cases are wanted; all conditions must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ReviewCaseFilter {
    /// Only applications with one of these statuses; an empty list stands for all.
    pub statuses: Option<Vec<ApplicationStatus>>,
    /// Only facilities of one of these kinds; an empty list stands for all.
    pub facility_kinds: Option<Vec<FacilityKind>>,
    /// Only cases that have waited longer than this many hours since they were last sent: 0 to 100,000.
    #[graphql(validator(minimum = 0, maximum = 100_000))]
    pub waiting_longer_than_hours: Option<i32>,
}

/// The order of a list of cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Default)]
pub enum ReviewCaseOrder {
    /// Those that wait longest first.
    #[default]
    LongestWaitingFirst,
    /// Those that were sent last first.
    NewestFirst,
}

/// Input of `claimReview`.
#[derive(Debug, InputObject)]
pub struct ClaimReviewInput {
    /// The case to take.
    pub review_case_id: async_graphql::ID,
}

/// Input of `releaseReview`.
#[derive(Debug, InputObject)]
pub struct ReleaseReviewInput {
    /// The case to put back.
    pub review_case_id: async_graphql::ID,
}

/// Input of `approveApplication`.
#[derive(Debug, InputObject)]
pub struct ApproveApplicationInput {
    /// The case, claimed by you.
    pub review_case_id: async_graphql::ID,
    /// The version of the application that you reviewed.
    pub expected_version: i32,
    /// A note for other staff, at most 2,000 characters, no controls but line breaks and tabs; no applicant sees it.
    pub internal_note: Option<String>,
}

/// One correction of `returnApplication`.
#[derive(Debug, InputObject)]
pub struct CorrectionInput {
    /// The part to open for correction.
    pub target: CorrectionTarget,
    /// The file to pin, where the target is ATTACHMENT and only there.
    pub attachment_id: Option<async_graphql::ID>,
    /// What is wrong with it, in words for the applicant; 1 to 2,000 characters, no controls but line breaks and tabs.
    pub message: String,
}

/// Input of `returnApplication`.
#[derive(Debug, InputObject)]
pub struct ReturnApplicationInput {
    /// The case, claimed by you.
    pub review_case_id: async_graphql::ID,
    /// The version of the application that you reviewed.
    pub expected_version: i32,
    /// Why, in words for the applicant; 1 to 2,000 characters, no controls but line breaks and tabs.
    pub reason: String,
    /// What to correct, 1 to 120 parts; the applicant can change nothing else.
    #[graphql(validator(max_items = 120))]
    pub corrections: Vec<CorrectionInput>,
    /// A note for other staff, at most 2,000 characters, no controls but line breaks and tabs; no applicant sees it.
    pub internal_note: Option<String>,
}

/// Input of `rejectApplication`.
#[derive(Debug, InputObject)]
pub struct RejectApplicationInput {
    /// The case, claimed by you.
    pub review_case_id: async_graphql::ID,
    /// The version of the application that you reviewed.
    pub expected_version: i32,
    /// Why, in words for the applicant; 1 to 2,000 characters, no controls but line breaks and tabs.
    pub reason: String,
    /// A note for other staff, at most 2,000 characters, no controls but line breaks and tabs; no applicant sees it.
    pub internal_note: Option<String>,
}

macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, SimpleObject)]
        pub struct $name {
            /// The case as it now stands; null when it was refused.
            pub review_case: Option<ReviewCase>,
            /// The application as it now stands; null when it was refused.
            pub application: Option<Application>,
            /// Why it was refused; empty when it was done.
            pub user_errors: Vec<UserError>,
        }

        impl From<Result<(ReviewCase, Application), Vec<UserError>>> for $name {
            fn from(outcome: Result<(ReviewCase, Application), Vec<UserError>>) -> Self {
                match outcome {
                    Ok((case, application)) => {
                        Self { review_case: Some(case), application: Some(application), user_errors: Vec::new() }
                    }
                    Err(user_errors) => Self { review_case: None, application: None, user_errors },
                }
            }
        }
    )*};
}

payloads! {
    /// What came of `claimReview`.
    ClaimReviewPayload;
    /// What came of `releaseReview`.
    ReleaseReviewPayload;
    /// What came of `approveApplication`.
    ApproveApplicationPayload;
    /// What came of `returnApplication`.
    ReturnApplicationPayload;
    /// What came of `rejectApplication`.
    RejectApplicationPayload;
}
