//! The start-of-use form as data, put together from the domain's table for one facility.

use async_graphql::{Context, Result};

use super::context::Ask;
use super::errors::{answer, error};
use crate::domain::attachment::FileType;
use crate::domain::facility::Facility;
use crate::domain::kinds::start_of_use::{MAX_DEVICE_COUNT, device_count_advice};
use crate::domain::language::Language;
use crate::domain::refusal::Reason;
use crate::domain::verification::{AttemptStanding, VerificationKeyKind, VerificationMethod, key_help};
use crate::loaders::StandingOf;
use crate::schema::form::{EvidenceRequirement, StartOfUseForm, VerificationKeyForm, VerificationMethodForm};
use crate::schema::public_pages::TermsOfUse;
use crate::schema::scalars::BigInt;
use crate::services::{Fault, public_pages};

/// The form of a facility.
pub(super) async fn of(ctx: &Context<'_>, facility: &Facility) -> Result<StartOfUseForm> {
    let language = ctx.language()?;
    let standing = standing(ctx, facility).await?;
    let terms = answer(ctx, public_pages::terms_of_use(ctx.services()?, ctx.actor()?, None))?;
    let terms = terms.ok_or_else(|| error(ctx, &Fault::new("the content folder holds no terms of use").into()))?;
    let largest = ctx.services()?.config.uploads.max_file_size;
    Ok(StartOfUseForm {
        methods: VerificationMethod::ALL.map(|method| form_of(method, facility, standing, largest, language)).to_vec(),
        max_device_count: i32::try_from(MAX_DEVICE_COUNT)?,
        device_count_advice: device_count_advice(language).to_owned(),
        terms_of_use: TermsOfUse::new(terms, language),
        accepted_file_types: FileType::ALL.map(Into::into).to_vec(),
        max_file_size: BigInt(largest),
    })
}

/// Where the facility stands with method ①, by way of the loader.
pub(super) async fn standing(ctx: &Context<'_>, facility: &Facility) -> Result<Option<AttemptStanding>> {
    ctx.loaders()?.load_one(StandingOf(facility.id)).await.map_err(|failure| error(ctx, &failure))
}

fn form_of(
    method: VerificationMethod,
    facility: &Facility,
    standing: Option<AttemptStanding>,
    largest: u64,
    language: Language,
) -> VerificationMethodForm {
    let evidence = EvidenceRequirement::of(facility.kind, largest, language);
    let (key, evidence, help) = match method {
        VerificationMethod::RegistryMatch => {
            (Some(key_of(facility, language)), None, key_help(facility.kind, language).to_owned())
        }
        VerificationMethod::DocumentEvidence => {
            let help = evidence.help.clone();
            (None, Some(evidence), help)
        }
    };
    let locked = standing.and_then(|standing| standing.locked_until).filter(|_| key.is_some());
    let reason = locked.map(|until| Reason::VerificationLocked { kind: facility.kind, until }.message(language));
    VerificationMethodForm {
        method: method.into(),
        label: method.label(language).to_owned(),
        help,
        key,
        evidence,
        available_now: reason.is_none(),
        unavailable_reason: reason,
    }
}

fn key_of(facility: &Facility, language: Language) -> VerificationKeyForm {
    let kind = VerificationKeyKind::of(facility.kind);
    VerificationKeyForm {
        kind: kind.into(),
        label: kind.label(language).to_owned(),
        help: key_help(facility.kind, language).to_owned(),
        pattern: kind.pattern().to_owned(),
        max_length: i32::try_from(kind.max_length()).unwrap_or(i32::MAX),
        example: kind.example().to_owned(),
    }
}
