//! 施設の確認: the mutation that runs the check of method ①.

use async_graphql::{Context, Object, Result};

use super::context::{Ask, asked};
use super::errors::refusals;
use super::ids;
use super::start_of_use::verification;
use crate::domain::facility::Facility;
use crate::domain::language::Language;
use crate::domain::refusal::Reason;
use crate::domain::verification::key_help;
use crate::policy::Action;
use crate::schema::form::EvidenceRequirement;
use crate::schema::start_of_use::{StartOfUseApplication, VerifyFacilityPayload};
use crate::schema::verification::{
    FacilityMatched, FacilityNotMatched, VerificationLocked, VerifyFacilityInput, VerifyFacilityOutcome,
};
use crate::services::applications;
use crate::services::verification::{Verification, verify};

/// Mutations of facility verification.
#[derive(Default)]
pub struct VerificationMutation;

#[Object]
impl VerificationMutation {
    /// Runs the facility check (施設の確認) of method 1. A key in the wrong form costs no try; five failures lock method 1 for the
    /// facility. What is typed is compared and dropped.
    async fn verify_facility(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application and the key.")] input: VerifyFacilityInput,
    ) -> Result<VerifyFacilityPayload> {
        let VerifyFacilityInput { application_id, expected_version, key } = input;
        let checked = async {
            let (services, actor) = asked(ctx, Action::Apply)?;
            let id = ids::read(&application_id, "input.applicationId")?;
            let (facility, outcome) = verify(services, actor, id, expected_version, key.into()).await?;
            let now = applications::find(services, actor, id).await?.ok_or(Reason::NotFound)?;
            Ok((facility, outcome, StartOfUseApplication(now)))
        };
        let (facility, outcome, application) = match refusals(ctx, checked.await)? {
            Ok(checked) => checked,
            Err(user_errors) => return Ok(VerifyFacilityPayload { outcome: None, application: None, user_errors }),
        };
        let outcome = match outcome {
            Verification::Matched(matched) => verification(ctx, &StartOfUseApplication(*matched))
                .await?
                .map(|verification| VerifyFacilityOutcome::Matched(FacilityMatched { verification })),
            other => Some(failed(&facility, &other, ctx.services()?.config.uploads.max_file_size, ctx.language()?)?),
        };
        Ok(VerifyFacilityPayload { outcome, application: Some(application), user_errors: Vec::new() })
    }
}

fn failed(
    facility: &Facility,
    outcome: &Verification,
    largest: u64,
    language: Language,
) -> Result<VerifyFacilityOutcome> {
    let alternative = EvidenceRequirement::of(facility.kind, largest, language);
    Ok(match outcome {
        Verification::Locked { until } => VerifyFacilityOutcome::Locked(VerificationLocked {
            locked_until: *until,
            message: Reason::VerificationLocked { kind: facility.kind, until: *until }.message(language),
            alternative,
        }),
        Verification::NotMatched { remaining } => VerifyFacilityOutcome::NotMatched(FacilityNotMatched {
            remaining_attempts: i32::try_from(*remaining)?,
            advice: advice(facility, language),
            alternative,
        }),
        Verification::Matched(_) => return Err("a match is no failure".into()),
    })
}

/// What to look at before another try (E01): once, then the documents.
fn advice(facility: &Facility, language: Language) -> String {
    let help = key_help(facility.kind, language);
    language.pick(
        format!("施設を確認できませんでした。入力内容を一度ご確認ください。{help}確認できない場合は②の方法をご利用ください。"),
        format!("The facility could not be verified. Check once what you entered. {help} If it still fails, use method 2."),
    )
}
