//! 利用開始申請: the application to start using the eligibility app (R14–R50).

use chrono::{DateTime, Utc};

use crate::domain::application::Application;
use crate::domain::facility::FacilityKind;
use crate::domain::ids::UserId;
use crate::domain::kinds::Details;
use crate::domain::language::Language;
use crate::domain::refusal::{FieldLabel, Reason, Refusal};
use crate::domain::review::CorrectionTarget;
use crate::domain::verification::{RegistryMatch, VerificationKeyKind, VerificationMethod};

/// The most devices of one application (R40).
pub const MAX_DEVICE_COUNT: u32 = 20;
/// The most staff that a form can state; the manual names no limit (C10).
pub const MAX_STAFF_COUNT: u32 = 9999;

/// What the form holds. Everything is empty until the applicant fills it in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StartOfUse {
    /// 施設の確認方法 (R14).
    pub method: Option<VerificationMethod>,
    /// The match of method ①, once there is one.
    pub registry_match: Option<RegistryMatch>,
    /// 職員数 (R38).
    pub staff_count: Option<u32>,
    /// 申請台数 (R39).
    pub device_count: Option<u32>,
    /// The terms that were accepted (R46).
    pub accepted_terms: Option<AcceptedTerms>,
}

/// Which terms were accepted, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedTerms {
    /// The version.
    pub version: String,
    /// When the box was ticked.
    pub accepted_at: DateTime<Utc>,
}

/// What a client does to one field: nothing, empty it, or fill it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// The field was not in the input.
    #[default]
    Keep,
    /// The field was null.
    Clear,
    /// The field had a value.
    Set(T),
}

/// The fields of one update.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// 施設の確認方法.
    pub method: Change<VerificationMethod>,
    /// 職員数, as typed.
    pub staff_count: Change<i32>,
    /// 申請台数, as typed.
    pub device_count: Change<i32>,
    /// The version of the terms that are accepted.
    pub accept_terms: Change<String>,
}

/// What lies outside the form and decides whether it can be sent.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The facility's kind, from which key and evidence follow.
    pub facility_kind: FacilityKind,
    /// Who would send it; `None` when somebody looks who cannot send.
    pub applicant: UserId,
    /// The version of the terms in force.
    pub terms_in_force: &'a str,
    /// How many documents are attached.
    pub attachments: u32,
    /// Now.
    pub now: DateTime<Utc>,
}

impl StartOfUse {
    /// Takes the changes over, all of them or none; each refusal names its field.
    pub fn update(
        application: &mut Application,
        changes: Changes,
        terms_in_force: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Vec<Refusal>> {
        let Changes { method, staff_count, device_count, accept_terms } = changes;
        let mut refusals = Vec::new();
        let mut details = match &application.details {
            Details::StartOfUse(details) => details.clone(),
        };
        let mut take = |target: CorrectionTarget, field: &str, outcome: Result<(), Reason>| {
            if let Err(reason) = application.expect_open(target).and(outcome) {
                refusals.push(reason.at(&format!("input.{field}")));
            }
        };
        if method != Change::Keep {
            details.choose(method);
            take(CorrectionTarget::VerificationMethod, "verificationMethod", Ok(()));
        }
        if staff_count != Change::Keep {
            let out_of_range = Reason::StaffCountOutOfRange { max: MAX_STAFF_COUNT };
            take(
                CorrectionTarget::StaffCount,
                "staffCount",
                set_count(&mut details.staff_count, &staff_count, MAX_STAFF_COUNT, out_of_range),
            );
        }
        if device_count != Change::Keep {
            let out_of_range = Reason::DeviceCountOutOfRange { max: MAX_DEVICE_COUNT };
            take(
                CorrectionTarget::DeviceCount,
                "deviceCount",
                set_count(&mut details.device_count, &device_count, MAX_DEVICE_COUNT, out_of_range),
            );
        }
        if accept_terms != Change::Keep {
            take(CorrectionTarget::TermsOfUse, "acceptTermsVersion", details.accept(accept_terms, terms_in_force, now));
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
        application.details = Details::StartOfUse(details);
        application.version += 1;
        Ok(())
    }

    /// Choosing another method drops the match (E07).
    fn choose(&mut self, method: Change<VerificationMethod>) {
        let chosen = match method {
            Change::Keep => return,
            Change::Clear => None,
            Change::Set(method) => Some(method),
        };
        if self.method != chosen {
            self.registry_match = None;
        }
        self.method = chosen;
    }

    /// Only the terms in force can be accepted (E28).
    fn accept(&mut self, version: Change<String>, in_force: &str, now: DateTime<Utc>) -> Result<(), Reason> {
        self.accepted_terms = match version {
            Change::Keep => return Ok(()),
            Change::Clear => None,
            Change::Set(version) if version == in_force => Some(AcceptedTerms { version, accepted_at: now }),
            Change::Set(_) => return Err(Reason::TermsOutdated { in_force: in_force.to_owned() }),
        };
        Ok(())
    }

    pub(super) const fn takes_registry_match(&self) -> bool {
        !matches!(self.method, Some(VerificationMethod::DocumentEvidence))
    }

    pub(super) const fn takes_evidence(&self) -> bool {
        matches!(self.method, Some(VerificationMethod::DocumentEvidence))
    }

    /// A file chooses method ② where none was chosen; it does not overrule a choice (E15).
    pub(super) fn choose_evidence(&mut self) -> Result<(), Reason> {
        if self.method == Some(VerificationMethod::RegistryMatch) {
            return Err(Reason::EvidenceNotTaken);
        }
        self.method = Some(VerificationMethod::DocumentEvidence);
        Ok(())
    }

    /// 必須情報: what is missing, in the form's order (R48; all three quantities for both methods, C1 and C2).
    pub(super) fn readiness(&self, circumstances: &Circumstances<'_>) -> Vec<Refusal> {
        let missing = |label| Reason::RequiredFieldMissing { label };
        let mut refusals = Vec::new();
        match self.method {
            None => refusals.push(missing(FieldLabel::VerificationMethod).at("verificationMethod")),
            Some(VerificationMethod::RegistryMatch) => refusals.extend(self.match_refusal(circumstances)),
            Some(VerificationMethod::DocumentEvidence) if circumstances.attachments == 0 => {
                refusals.push(Reason::EvidenceRequired { kind: circumstances.facility_kind }.at("attachments"));
            }
            Some(VerificationMethod::DocumentEvidence) => {}
        }
        if self.staff_count.is_none() {
            refusals.push(missing(FieldLabel::StaffCount).at("staffCount"));
        }
        if self.device_count.is_none() {
            refusals.push(missing(FieldLabel::DeviceCount).at("deviceCount"));
        }
        match &self.accepted_terms {
            None => refusals.push(Reason::TermsNotAccepted.at("acceptedTerms")),
            Some(accepted) if accepted.version != circumstances.terms_in_force => {
                let in_force = circumstances.terms_in_force.to_owned();
                refusals.push(Reason::TermsOutdated { in_force }.at("acceptedTerms"));
            }
            Some(_) => {}
        }
        refusals
    }

    fn match_refusal(&self, circumstances: &Circumstances<'_>) -> Option<Refusal> {
        let key = VerificationKeyKind::of(circumstances.facility_kind);
        let reason = match &self.registry_match {
            None => Reason::FacilityNotVerified { key },
            Some(found) if found.serves(circumstances.applicant, key, circumstances.now) => return None,
            Some(_) => Reason::VerificationStale,
        };
        Some(reason.at("verification"))
    }

    pub(super) fn mark_submitted(&mut self, now: DateTime<Utc>) {
        if let Some(found) = &mut self.registry_match {
            found.used_at.get_or_insert(now);
        }
    }

    pub(super) fn reopen(&mut self, corrections: &[CorrectionTarget]) {
        if corrections.iter().any(|target| target.opens(CorrectionTarget::FacilityVerification)) {
            self.registry_match = None;
        }
    }

    /// Advice that does not stop a submission: about two devices a member of staff (R41, E18).
    pub fn warnings(&self, language: Language) -> Vec<String> {
        let generous = self.staff_count.zip(self.device_count).filter(|(staff, devices)| *devices > staff * 2);
        let advice = language.pick(
            "申請台数が職員1人当たり2台を超えています。業務に必要な台数かご確認ください。",
            "More than two devices a member of staff: apply for what the work needs.",
        );
        generous.map(|_| advice.to_owned()).into_iter().collect()
    }

    /// The confirmation's words (R50); `None` while a quantity is missing.
    pub fn confirmation(&self, language: Language) -> Option<String> {
        let (staff, devices) = self.staff_count.zip(self.device_count)?;
        Some(language.pick(
            format!("以下のとおり申請します。職員数：{staff} 申請台数：{devices}"),
            format!("You are applying as follows. Staff: {staff}. Devices: {devices}."),
        ))
    }
}

/// The guide value beside 申請台数 (R40–R42).
pub fn device_count_advice(language: Language) -> &'static str {
    language.pick(
        "1度の申請における上限台数は20台です。業務に必要な台数のみをご申請ください（例：職員1人当たり2台など）。21台以上が必要な場合は、資格確認端末機器（アカウント）追加申請を行ってください。",
        "At most 20 devices in one application. Apply for what the work needs (about two a member of staff). For 21 or more use the additional-device application.",
    )
}

fn set_count(slot: &mut Option<u32>, change: &Change<i32>, max: u32, out_of_range: Reason) -> Result<(), Reason> {
    *slot = match change {
        Change::Keep => return Ok(()),
        Change::Clear => None,
        Change::Set(count) => match u32::try_from(*count) {
            Ok(count) if (1..=max).contains(&count) => Some(count),
            _ => return Err(out_of_range),
        },
    };
    Ok(())
}
