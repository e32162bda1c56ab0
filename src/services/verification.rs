//! The facility check by method ①: each try is counted in a committed transaction of its own before it is judged.
//!
//! Aliases, batches, parallel requests, restarts and `kill -9` therefore win no free try: what was not judged counts as a failure.
//! A facility that the registry does not know costs the same work and gets the same answer as a wrong key (E01, T4).

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};

use super::applications::{record, reload};
use super::{Failure, KeyPurpose, Outcome, ServerKey, Services};
use crate::domain::actor::Actor;
use crate::domain::application::Application;
use crate::domain::clock::day_in_japan;
use crate::domain::event::{ApplicationEventKind, EventActor};
use crate::domain::facility::{Facility, FacilityCode, FacilityKind};
use crate::domain::ids::{ApplicationId, FacilityId, UserId, VerificationAttemptId};
use crate::domain::kinds::Details;
use crate::domain::refusal::Reason;
use crate::domain::review::CorrectionTarget;
use crate::domain::verification::{
    AttemptStanding, RegistryMatch, TypedKey, VerificationKey, VerificationKeyKind, VerificationMethod,
};
use crate::policy::{Action, authorise};
use crate::store::audit::{self, Entry};
use crate::store::event_log::{self, NewEvent};
use crate::store::{Transaction, applications, attempts, facilities, registry};

/// So near to everybody's limit tries are counted one at a time, as these many may be on their way unseen.
const TRIES_AT_ONCE: u64 = 100;

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// It matched; the application holds the match.
    Matched(Box<Application>),
    /// It did not; nothing tells which part was wrong, or whether the registry knows the facility.
    NotMatched {
        /// Failures left before the lock.
        remaining: u32,
    },
    /// Method ① is locked for the facility.
    Locked {
        /// Until when.
        until: DateTime<Utc>,
    },
}

/// Runs the check for an application that is a draft, or whose check was pinned for correction.
pub async fn verify(
    services: &Services,
    actor: &Actor,
    id: ApplicationId,
    expected_version: i32,
    typed: TypedKey,
) -> Outcome<(Facility, Verification)> {
    authorise(actor, Action::Apply)?;
    let user = actor.user().ok_or(Reason::Unauthenticated)?;
    let (application, facility) = &load(services, actor, id, expected_version).await?;
    let key = &read_key(services, facility, &typed)?;
    let attempt = match begin(services, facility, user).await? {
        Ok(attempt) => attempt,
        Err(until) => return Ok((facility.clone(), Verification::Locked { until })),
    };
    let matched = compare(services, facility, key).await?;
    let missed = services.write(|tx| async move {
        attempts::finish(&tx, attempt, matched).await?;
        if matched { Ok(None) } else { miss(services, &tx, actor, facility).await.map(Some) }
    });
    if let Some(missed) = missed.await? {
        return Ok((facility.clone(), missed));
    }
    // A transaction of its own: a right key that comes too late for this version is no failure for all that.
    let found = RegistryMatch { user, key_kind: key.kind(), verified_at: services.world.now(), used_at: None };
    let remembered = services.write(|tx| async move { remember(services, &tx, actor, application, found).await });
    Ok((facility.clone(), Verification::Matched(Box::new(remembered.await?))))
}

/// Where each of these facilities stands with method ①.
pub async fn standing_for_many(
    services: &Services,
    actor: &Actor,
    facilities: &[FacilityId],
) -> Outcome<HashMap<FacilityId, AttemptStanding>> {
    authorise(actor, Action::SeeFacility)?;
    let limits = services.config.verification;
    let since = services.world.now() - limits.facility_window;
    let failures = attempts::failures_for_many(services.database.reader(), actor, facilities, since).await?;
    let standing = |id: &FacilityId| limits.standing(failures.get(id).map_or(&[][..], Vec::as_slice));
    Ok(facilities.iter().map(|id| (*id, standing(id))).collect())
}

/// What the registry keeps of a key, and what a typed key is compared as.
pub(super) fn registry_digest(
    key: &ServerKey,
    kind: FacilityKind,
    code: &FacilityCode,
    typed: &VerificationKey,
) -> [u8; 32] {
    key.digest(KeyPurpose::RegistryKey, &parts(kind, code, typed))
}

fn parts<'a>(kind: FacilityKind, code: &'a FacilityCode, typed: &'a VerificationKey) -> [&'a [u8]; 3] {
    let kind: &[u8] = match kind {
        FacilityKind::TreatmentClinic => b"TREATMENT_CLINIC",
        FacilityKind::HealthCheckupProvider => b"HEALTH_CHECKUP_PROVIDER",
        FacilityKind::MidwiferyHome => b"MIDWIFERY_HOME",
    };
    [kind, code.as_str().as_bytes(), typed.normalised().as_bytes()]
}

async fn load(
    services: &Services,
    actor: &Actor,
    id: ApplicationId,
    expected: i32,
) -> Outcome<(Application, Facility)> {
    let reader = services.database.reader();
    let found = applications::find(reader, actor, id).await?;
    let application = found.ok_or_else(|| Reason::NotFound.at("input.applicationId"))?;
    let open = application.expect_open(CorrectionTarget::FacilityVerification);
    open.map_err(|reason| reason.at("input.applicationId"))?;
    application.expect_version(expected).map_err(|reason| reason.at("input.expectedVersion"))?;
    let Details::StartOfUse(details) = &application.details;
    if details.method == Some(VerificationMethod::DocumentEvidence) {
        return Err(Reason::VerificationMethodMismatch.at("input.applicationId").into());
    }
    let facility = facilities::find(reader, actor, application.facility).await?.ok_or(Reason::NotFound)?;
    Ok((application, facility))
}

/// Reads the key in the form that the facility's kind asks for; a wrong form costs no try.
fn read_key(services: &Services, facility: &Facility, typed: &TypedKey) -> Outcome<VerificationKey> {
    let expected = VerificationKeyKind::of(facility.kind);
    let path = format!("input.key.{}", typed.kind.field());
    if typed.kind != expected {
        return Err(Reason::VerificationKeyWrongKind { expected }.at(&path).into());
    }
    let today = day_in_japan(services.world.now());
    Ok(VerificationKey::parse(expected, &typed.text, today).map_err(|reason| reason.at(&path))?)
}

/// How long a try may take to be judged; one that is older was cut off, and is a failure.
const JUDGING: Duration = Duration::seconds(10);

/// Counts the try before it is judged, or tells until when the facility is locked.
async fn begin(
    services: &Services,
    facility: &Facility,
    user: UserId,
) -> Outcome<Result<VerificationAttemptId, DateTime<Utc>>> {
    let limits = services.config.verification;
    let now = services.world.now();
    let day_ago = now - Duration::days(1);
    services
        .write(|tx| async move {
            attempts::hold(&tx, user, facility.id).await?;
            let failures = attempts::failures(&*tx, facility.id, now - limits.facility_window).await?;
            if let Some(until) = limits.standing(&failures).locked_until {
                // Those that are being judged may be no failures: then nothing is locked, and this one only comes too soon.
                let pending = attempts::pending(&*tx, facility.id, now - JUDGING).await?;
                let judged = failures.len().saturating_sub(usize::try_from(pending).unwrap_or(usize::MAX));
                if limits.standing(&failures[..judged]).locked_until.is_none() {
                    return Err(Reason::ServiceBusy.into());
                }
                return Ok(Err(until));
            }
            let of_user = attempts::of_user(&*tx, user, day_ago).await?;
            let over = of_user.len().checked_sub(limits.per_user_per_day as usize).and_then(|at| of_user.get(at));
            if let Some(oldest) = over {
                return Err(Reason::TooManyAttempts { retry_at: *oldest + Duration::days(1) }.into());
            }
            let overall = u64::from(limits.overall_per_day);
            let mut failed = attempts::failures_overall(&*tx, day_ago).await?;
            if failed + TRIES_AT_ONCE >= overall {
                attempts::hold_overall(&tx).await?;
                failed = attempts::failures_overall(&*tx, day_ago).await?;
            }
            if failed >= overall {
                tracing::warn!("method 1 rests for everybody: too many failures in a day");
                return Err(Reason::TooManyAttempts { retry_at: now + Duration::days(1) }.into());
            }
            Ok(Ok(attempts::begin(&tx, &services.world, facility.id, user).await?))
        })
        .await
}

/// Compares digests in constant time; without a record, with a digest that nothing has.
async fn compare(services: &Services, facility: &Facility, key: &VerificationKey) -> Outcome<bool> {
    let known = registry::key_digest(services.database.reader(), facility.kind, &facility.code).await?;
    let digest = known.as_deref().unwrap_or(&[0; 32]);
    let equal = services.key.verify(KeyPurpose::RegistryKey, &parts(facility.kind, &facility.code, key), digest);
    Ok(equal && known.is_some())
}

/// Keeps a match on the application, unless somebody changed it since the try began.
async fn remember(
    services: &Services,
    tx: &Transaction,
    actor: &Actor,
    seen: &Application,
    found: RegistryMatch,
) -> Outcome<Application> {
    let mut application = reload(tx, actor, seen.id).await?;
    application.expect_version(seen.version).map_err(|reason| reason.at("input.expectedVersion"))?;
    let Details::StartOfUse(details) = &mut application.details;
    details.method = Some(VerificationMethod::RegistryMatch);
    details.registry_match = Some(found);
    application.version += 1;
    applications::update(tx, &application, seen.version).await?;
    let kind = ApplicationEventKind::FacilityVerified;
    event_log::append(tx, &services.world, &application, NewEvent::new(kind, EventActor::Applicant)).await?;
    record(services, tx, actor, "verify-facility", &application).await?;
    Ok(application)
}

async fn miss(
    services: &Services,
    tx: &Transaction,
    actor: &Actor,
    facility: &Facility,
) -> Result<Verification, Failure> {
    let limits = services.config.verification;
    let failures = attempts::failures(&**tx, facility.id, services.world.now() - limits.facility_window).await?;
    let standing = limits.standing(&failures);
    let (subject, detail) = (facility.id.to_string(), serde_json::json!({ "remaining": standing.remaining }));
    audit::record(tx, &services.world, Entry { action: "fail-facility-check", subject, detail, actor }).await?;
    Ok(match standing.locked_until {
        Some(until) => Verification::Locked { until },
        None => Verification::NotMatched { remaining: standing.remaining },
    })
}
