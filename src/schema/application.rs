//! What every kind of application shows.

use async_graphql::{Enum, InputObject, Interface, SimpleObject};
use chrono::{DateTime, Utc};

use super::account::EligibilityAccount;
use super::attachment::Attachment;
use super::errors::UserError;
use super::event::ApplicationEvent;
use super::facility::Facility;
use super::person::User;
use super::review::Decision;
use super::start_of_use::StartOfUseApplication;
use crate::domain;

/// Where an application stands. The operating bodies publish no words for it; these are the project's own, and more may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::status::ApplicationStatus")]
pub enum ApplicationStatus {
    /// 作成中: being filled in.
    Draft,
    /// 受付済み: sent, waiting for a reviewer.
    Submitted,
    /// 審査中: a reviewer has it.
    InReview,
    /// 差戻し: sent back to be corrected.
    Returned,
    /// 承認済み: approved, its accounts are being issued.
    Approved,
    /// 手続き完了: its accounts are issued.
    Completed,
    /// 却下: refused for good; a new application may be made.
    Rejected,
    /// 取下げ: taken back by its applicant.
    Withdrawn,
}

/// Something that the viewer can do to an application now: one button each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::application::ApplicationAction")]
pub enum ApplicationAction {
    /// `updateStartOfUseApplication`.
    Update,
    /// `verifyFacility`.
    VerifyFacility,
    /// `addAttachment`.
    AddAttachment,
    /// `submitApplication`; whether anything is still missing for it is told by `readiness`.
    Submit,
    /// `withdrawApplication`.
    Withdraw,
    /// `claimReview`.
    Claim,
    /// `releaseReview`.
    Release,
    /// `approveApplication`.
    Approve,
    /// `returnApplication`.
    Return,
    /// `rejectApplication`.
    Reject,
}

/// An application of any kind.
#[derive(Debug, Clone, Interface)]
#[expect(clippy::duplicated_attributes, reason = "two fields of an interface may have one type")]
#[graphql(
    field(name = "id", ty = "async_graphql::ID", desc = "Global id."),
    field(name = "number", ty = "String", desc = "受付番号: can be said on the phone."),
    field(name = "facility", ty = "Facility", desc = "The facility that applies."),
    field(name = "applicant", ty = "User", desc = "Who applies for it (申請者)."),
    field(name = "status", ty = "ApplicationStatus", desc = "Where it stands."),
    field(name = "version", ty = "i32", desc = "Grows with each change; give it back as `expectedVersion`."),
    field(name = "created_at", ty = "DateTime<Utc>", desc = "When its draft was begun."),
    field(name = "submitted_at", ty = "Option<DateTime<Utc>>", desc = "When it was last sent."),
    field(name = "decided_at", ty = "Option<DateTime<Utc>>", desc = "When it was last decided on."),
    field(name = "decision", ty = "Option<Decision>", desc = "The latest decision, in words for the applicant."),
    field(
        name = "history",
        ty = "Vec<ApplicationEvent>",
        desc = "What happened to it, oldest first; of more than 100 events the last 100."
    ),
    field(name = "available_actions", ty = "Vec<ApplicationAction>", desc = "What the viewer can do to it now."),
    field(
        name = "attachments",
        ty = "Vec<Attachment>",
        desc = "The files of evidence (method 2), oldest first; of more than 100 the last 100.",
        arg(
            name = "include_replaced",
            ty = "bool",
            default = false,
            desc = "Whether those that were replaced in a correction are among them."
        )
    ),
    field(name = "accounts", ty = "Vec<EligibilityAccount>", desc = "The accounts that were issued for it.")
)]
pub enum Application {
    /// 利用開始申請.
    StartOfUse(StartOfUseApplication),
}

impl From<domain::application::Application> for Application {
    fn from(application: domain::application::Application) -> Self {
        match application.details {
            domain::kinds::Details::StartOfUse(_) => Self::StartOfUse(StartOfUseApplication(application)),
        }
    }
}

/// Which of a facility's applications are wanted.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ApplicationFilter {
    /// Only applications with one of these statuses; an empty list stands for all.
    pub statuses: Option<Vec<ApplicationStatus>>,
}

/// Input of `submitApplication`.
#[derive(Debug, InputObject)]
pub struct SubmitApplicationInput {
    /// The application.
    pub application_id: async_graphql::ID,
    /// The version that you saw and confirmed.
    pub expected_version: i32,
    /// A key of your making (8 to 100 printable ASCII characters): a repeat with the same key and input gets the same answer for 24
    /// hours. The header `Idempotency-Key` does the same.
    pub idempotency_key: Option<String>,
}

/// Input of `withdrawApplication`.
#[derive(Debug, InputObject)]
pub struct WithdrawApplicationInput {
    /// The application.
    pub application_id: async_graphql::ID,
    /// The version that you saw.
    pub expected_version: i32,
}

/// What came of `submitApplication`.
#[derive(Debug, SimpleObject)]
pub struct SubmitApplicationPayload {
    /// The application as it now stands; null when it was refused.
    pub application: Option<Application>,
    /// Everything that is still missing or wrong; empty when it was sent.
    pub user_errors: Vec<UserError>,
}

/// What came of `withdrawApplication`.
#[derive(Debug, SimpleObject)]
pub struct WithdrawApplicationPayload {
    /// The application as it now stands; null when it was refused.
    pub application: Option<Application>,
    /// Why it was refused; empty when it was taken back.
    pub user_errors: Vec<UserError>,
}
