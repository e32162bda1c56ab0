//! 利用開始申請: its shapes and inputs.

use async_graphql::{Enum, InputObject, MaybeUndefined, SimpleObject};

use super::errors::{ErrorCode, UserError};
use super::verification::{VerificationMethod, VerifyFacilityOutcome};
use crate::domain;
use crate::domain::kinds::start_of_use::{Change, Changes};

/// 利用開始申請: an application to start using the eligibility app.
#[derive(Debug, Clone)]
pub struct StartOfUseApplication(pub domain::application::Application);

impl StartOfUseApplication {
    /// What its kind asks.
    pub fn details(&self) -> &domain::kinds::StartOfUse {
        match &self.0.details {
            domain::kinds::Details::StartOfUse(details) => details,
        }
    }
}

/// 必須情報: whether an application can be sent, and what still keeps it from that. The same code judges `submitApplication`.
#[derive(Debug, SimpleObject)]
pub struct Readiness {
    /// Whether it can be sent now.
    pub can_submit: bool,
    /// What to do first, in the form's order: one button each.
    pub items: Vec<ReadinessItem>,
}

/// One thing that keeps an application from being sent.
#[derive(Debug, SimpleObject)]
pub struct ReadinessItem {
    /// What is wrong, stable for programs.
    pub code: ErrorCode,
    /// The field of the application that it is about.
    pub field: Vec<String>,
    /// The button's text: the field's name on the form.
    pub label: String,
    /// What to do.
    pub message: String,
    /// How bad it is.
    pub severity: Severity,
}

/// How bad a readiness item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Severity {
    /// It must be mended before sending.
    Error,
    /// It is advice; the application can be sent all the same.
    Warning,
}

/// The confirmation dialog (確認画面) before an application is sent.
#[derive(Debug, SimpleObject)]
pub struct SubmissionConfirmation {
    /// The dialog's text.
    pub message: String,
    /// 職員数.
    pub staff_count: i32,
    /// 申請台数.
    pub device_count: i32,
    /// Advice that does not stop the submission.
    pub warnings: Vec<String>,
    /// The version that is confirmed: the `expectedVersion` of `submitApplication`.
    pub version: i32,
}

/// Input of `createStartOfUseApplication`.
#[derive(Debug, InputObject)]
pub struct CreateStartOfUseApplicationInput {
    /// The facility to apply for.
    pub facility_id: async_graphql::ID,
    /// A key of your making (8 to 100 printable ASCII characters): a repeat with the same key and input gets the same answer for 24
    /// hours. The header `Idempotency-Key` does the same.
    pub idempotency_key: Option<String>,
}

/// Input of `updateStartOfUseApplication`. A field that is left out stays as it is; null empties it.
#[derive(Debug, InputObject)]
pub struct UpdateStartOfUseApplicationInput {
    /// The application.
    pub application_id: async_graphql::ID,
    /// The version that you saw.
    pub expected_version: i32,
    /// 施設の確認方法. Changing it drops an earlier match.
    pub verification_method: MaybeUndefined<VerificationMethod>,
    /// 職員数: staff who will use the app, 1 to 9,999.
    pub staff_count: MaybeUndefined<i32>,
    /// 申請台数: devices that will use the app, 1 to 20.
    pub device_count: MaybeUndefined<i32>,
    /// 利用規約への同意: the version of the terms that the applicant has read and accepts.
    pub accept_terms_version: MaybeUndefined<String>,
}

impl UpdateStartOfUseApplicationInput {
    /// The changes, apart from what they are made to.
    pub fn into_changes(self) -> Changes {
        let Self {
            application_id: _,
            expected_version: _,
            verification_method,
            staff_count,
            device_count,
            accept_terms_version,
        } = self;
        Changes {
            method: change(verification_method.map_value(Into::into)),
            staff_count: change(staff_count),
            device_count: change(device_count),
            accept_terms: change(accept_terms_version),
        }
    }
}

fn change<T>(field: MaybeUndefined<T>) -> Change<T> {
    match field {
        MaybeUndefined::Undefined => Change::Keep,
        MaybeUndefined::Null => Change::Clear,
        MaybeUndefined::Value(value) => Change::Set(value),
    }
}

/// What came of `createStartOfUseApplication`.
#[derive(Debug, SimpleObject)]
pub struct CreateStartOfUseApplicationPayload {
    /// The draft: the one that was open already, or a new one; null when it was refused.
    pub application: Option<StartOfUseApplication>,
    /// Why it was refused.
    pub user_errors: Vec<UserError>,
}

/// What came of `updateStartOfUseApplication`.
#[derive(Debug, SimpleObject)]
pub struct UpdateStartOfUseApplicationPayload {
    /// The application with all changes; null when any was refused, and then none was made.
    pub application: Option<StartOfUseApplication>,
    /// Why it was refused, each at its field.
    pub user_errors: Vec<UserError>,
}

/// What came of `verifyFacility`.
#[derive(Debug, SimpleObject)]
pub struct VerifyFacilityPayload {
    /// What came of the check; null when the input was refused before any try was counted.
    pub outcome: Option<VerifyFacilityOutcome>,
    /// The application as it now stands; null when the input was refused.
    pub application: Option<StartOfUseApplication>,
    /// Why the input was refused.
    pub user_errors: Vec<UserError>,
}
