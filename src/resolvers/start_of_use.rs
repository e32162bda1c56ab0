//! 利用開始申請: its fields, and the mutations that fill it in.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};
use chrono::{DateTime, Utc};

use super::application::{self as shared, read_key};
use super::context::{Ask, asked};
use super::download::sign;
use super::errors::{answer, error, refusals};
use super::{attachment, form, ids};
use crate::domain;
use crate::domain::download::Download;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::verification::VerificationKeyKind;
use crate::loaders::ReadinessOf;
use crate::policy::Action;
use crate::schema::account::EligibilityAccount;
use crate::schema::application::{ApplicationAction, ApplicationStatus};
use crate::schema::attachment::Attachment;
use crate::schema::download::SignedDownload;
use crate::schema::errors::ErrorCode;
use crate::schema::event::ApplicationEvent;
use crate::schema::facility::Facility;
use crate::schema::person::User;
use crate::schema::public_pages::TermsOfUse;
use crate::schema::review::Decision;
use crate::schema::start_of_use::{
    CreateStartOfUseApplicationInput, CreateStartOfUseApplicationPayload, Readiness, ReadinessItem, Severity,
    StartOfUseApplication, SubmissionConfirmation, UpdateStartOfUseApplicationInput,
    UpdateStartOfUseApplicationPayload,
};
use crate::schema::verification::{FacilityVerification, FacilityVerificationStatus, VerificationMethod};
use crate::services::{public_pages, start_of_use};

/// Mutations of 利用開始申請.
#[derive(Default)]
pub struct StartOfUseMutation;

#[Object]
impl StartOfUseMutation {
    /// Begins an application to start using the eligibility app, or gives the draft that is open already.
    async fn create_start_of_use_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For which facility.")] input: CreateStartOfUseApplicationInput,
    ) -> Result<CreateStartOfUseApplicationPayload> {
        let CreateStartOfUseApplicationInput { facility_id, idempotency_key } = input;
        let created = async {
            let (services, actor) = asked(ctx, Action::Apply)?;
            let key = read_key(ctx, idempotency_key, facility_id.as_str())?;
            let facility = ids::read(&facility_id, "input.facilityId")?;
            start_of_use::create(services, actor, facility, key.as_ref()).await
        };
        Ok(match refusals(ctx, created.await)? {
            Ok(application) => CreateStartOfUseApplicationPayload {
                application: Some(StartOfUseApplication(application)),
                user_errors: Vec::new(),
            },
            Err(user_errors) => CreateStartOfUseApplicationPayload { application: None, user_errors },
        })
    }

    /// Changes what an application says: all of the changes, or none when one is refused. A returned application takes changes only
    /// where a correction was pinned.
    async fn update_start_of_use_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateStartOfUseApplicationInput,
    ) -> Result<UpdateStartOfUseApplicationPayload> {
        let updated = async {
            let (services, actor) = asked(ctx, Action::Apply)?;
            let id = ids::read(&input.application_id, "input.applicationId")?;
            start_of_use::update(services, actor, id, input.expected_version, input.into_changes()).await
        };
        Ok(match refusals(ctx, updated.await)? {
            Ok(application) => UpdateStartOfUseApplicationPayload {
                application: Some(StartOfUseApplication(application)),
                user_errors: Vec::new(),
            },
            Err(user_errors) => UpdateStartOfUseApplicationPayload { application: None, user_errors },
        })
    }
}

/// 利用開始申請: an application to start using the eligibility app.
#[Object]
impl StartOfUseApplication {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// 受付番号: can be said on the phone.
    pub async fn number(&self) -> String {
        self.0.number.clone()
    }

    /// The facility that applies.
    pub async fn facility(&self, ctx: &Context<'_>) -> Result<Facility> {
        shared::facility(ctx, self.0.facility).await
    }

    /// Who applies for it (申請者).
    pub async fn applicant(&self, ctx: &Context<'_>) -> Result<User> {
        shared::user(ctx, self.0.applicant).await
    }

    /// Where it stands.
    pub async fn status(&self) -> ApplicationStatus {
        self.0.status.into()
    }

    /// Grows with each change; give it back as `expectedVersion`.
    pub async fn version(&self) -> i32 {
        self.0.version
    }

    /// When its draft was begun.
    pub async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was last sent.
    pub async fn submitted_at(&self) -> Option<DateTime<Utc>> {
        self.0.submitted_at
    }

    /// When it was last decided on.
    pub async fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.0.decided_at
    }

    /// The latest decision, in words for the applicant.
    pub async fn decision(&self, ctx: &Context<'_>) -> Result<Option<Decision>> {
        shared::decision(ctx, &self.0).await
    }

    /// What happened to it, oldest first; of more than 100 events the last 100.
    pub async fn history(&self, ctx: &Context<'_>) -> Result<Vec<ApplicationEvent>> {
        shared::history(ctx, &self.0).await
    }

    /// What the viewer can do to it now.
    pub async fn available_actions(&self, ctx: &Context<'_>) -> Result<Vec<ApplicationAction>> {
        shared::actions(ctx, &self.0).await
    }

    /// The files of evidence (method 2), oldest first; of more than 100 the last 100. Under method 1 they are no part of it: staff see none.
    pub async fn attachments(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = false, desc = "Whether those that were replaced in a correction are among them.")]
        include_replaced: bool,
    ) -> Result<Vec<Attachment>> {
        attachment::of(ctx, &self.0, include_replaced).await
    }

    /// 控え: what was submitted, as a PDF. Null while it is not as it was sent: a draft, returned or withdrawn.
    pub async fn receipt(&self, ctx: &Context<'_>) -> Result<Option<SignedDownload>> {
        let is_as_sent = self.0.submitted_at.is_some() && self.0.status.is_as_sent();
        is_as_sent.then(|| sign(ctx, Download::Receipt(self.0.id))).transpose()
    }

    /// The accounts that were issued for it.
    pub async fn accounts(&self, ctx: &Context<'_>) -> Result<Vec<EligibilityAccount>> {
        shared::accounts(ctx, &self.0).await
    }

    /// 施設の確認方法: how the facility is verified; null until one is chosen.
    pub async fn verification_method(&self) -> Option<VerificationMethod> {
        self.details().method.map(Into::into)
    }

    /// How the application stands with facility verification; null until a method is chosen.
    pub async fn verification(&self, ctx: &Context<'_>) -> Result<Option<FacilityVerification>> {
        verification(ctx, self).await
    }

    /// 職員数: staff who will use the app.
    pub async fn staff_count(&self) -> Option<u32> {
        self.details().staff_count
    }

    /// 申請台数: devices that will use the app.
    pub async fn device_count(&self) -> Option<u32> {
        self.details().device_count
    }

    /// The terms of use that were accepted.
    pub async fn accepted_terms(&self, ctx: &Context<'_>) -> Result<Option<TermsOfUse>> {
        let Some(accepted) = &self.details().accepted_terms else { return Ok(None) };
        let terms = public_pages::terms_of_use(ctx.services()?, ctx.actor()?, Some(&accepted.version));
        let language = ctx.language()?;
        Ok(answer(ctx, terms)?.map(|terms| TermsOfUse::new(terms, language)))
    }

    /// 必須情報: whether it can be sent now, and what still keeps it from that.
    pub async fn readiness(&self, ctx: &Context<'_>) -> Result<Readiness> {
        if !self.0.status.is_editable() {
            return Ok(Readiness { can_submit: false, items: Vec::new() });
        }
        let key = ReadinessOf(Arc::new(self.0.clone()));
        let judged = ctx.loaders()?.load_one(key).await.map_err(|failure| error(ctx, &failure))?;
        let missing = judged.ok_or_else(|| error(ctx, &Reason::NotFound.into()))?;
        let language = ctx.language()?;
        let items = missing.iter().map(|refusal| item(refusal, language)).collect();
        Ok(Readiness { can_submit: missing.is_empty(), items })
    }

    /// 確認画面: the dialog before it is sent; null while anything is missing or when it was sent.
    pub async fn confirmation(&self, ctx: &Context<'_>) -> Result<Option<SubmissionConfirmation>> {
        if !self.readiness(ctx).await?.can_submit {
            return Ok(None);
        }
        let (details, language) = (self.details(), ctx.language()?);
        let counts = details.staff_count.zip(details.device_count);
        let dialog = details.confirmation(language).zip(counts).map(|(message, (staff, devices))| {
            Ok(SubmissionConfirmation {
                message,
                staff_count: i32::try_from(staff)?,
                device_count: i32::try_from(devices)?,
                warnings: details.warnings(language),
                version: self.0.version,
            })
        });
        dialog.transpose()
    }
}

fn item(refusal: &Refusal, language: domain::language::Language) -> ReadinessItem {
    use domain::refusal::FieldLabel;
    let label = match &refusal.reason {
        Reason::RequiredFieldMissing { label } => *label,
        Reason::EvidenceRequired { .. } => FieldLabel::Evidence,
        Reason::TermsNotAccepted | Reason::TermsOutdated { .. } => FieldLabel::TermsOfUse,
        _ => FieldLabel::FacilityVerification,
    };
    ReadinessItem {
        code: ErrorCode(refusal.code()),
        field: refusal.field.clone(),
        label: label.text(language).to_owned(),
        message: refusal.message(language),
        severity: Severity::Error,
    }
}

/// How an application stands with facility verification.
pub(super) async fn verification(
    ctx: &Context<'_>,
    application: &StartOfUseApplication,
) -> Result<Option<FacilityVerification>> {
    let details = application.details();
    let Some(method) = details.method else { return Ok(None) };
    let facility = shared::facility(ctx, application.0.facility).await?.0;
    let standing = form::standing(ctx, &facility).await?;
    let services = ctx.services()?;
    let (now, key) = (services.world.now(), VerificationKeyKind::of(facility.kind));
    let found = details.registry_match;
    let locked_until = standing.and_then(|standing| standing.locked_until);
    let status = match found {
        Some(found) if found.serves(found.user, key, now) => FacilityVerificationStatus::Verified,
        Some(_) => FacilityVerificationStatus::Expired,
        None if locked_until.is_some() => FacilityVerificationStatus::Locked,
        None => FacilityVerificationStatus::NotVerified,
    };
    Ok(Some(FacilityVerification {
        status,
        method: method.into(),
        verified_at: found.map(|found| found.verified_at),
        expires_at: found.filter(|found| found.used_at.is_none()).map(|found| found.expires_at()),
        remaining_attempts: standing.and_then(|standing| i32::try_from(standing.remaining).ok()),
        locked_until,
    }))
}
