//! The reviewers' side: who has a case, for how long, and what was decided.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::facility::FacilityKind;
use super::ids::{ApplicationId, AttachmentId, DecisionId, UserId};
use super::language::Language;
use super::refusal::{Reason, Refusal};
use super::status::ApplicationStatus;
use super::text::{has_forbidden_character, is_blank};

/// How long a claim keeps a case from other reviewers.
pub const CLAIM_LEASE: Duration = Duration::hours(2);
/// After how long a waiting application counts as overdue (R10: about a week; C11: a soft promise).
pub const OVERDUE_AFTER: Duration = Duration::days(7);
/// Up to how many cases are counted: what a list takes must not grow with the portal.
pub const MOST_COUNTED: u64 = 10_000;
/// The longest reason or correction, in characters.
pub const MAX_WORDS: usize = 2000;

/// The reviewers' side of an application that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewCase {
    /// The application.
    pub application: ApplicationId,
    /// Since when it waits for a decision.
    pub waiting_since: DateTime<Utc>,
    /// Who has it.
    pub claim: Option<Claim>,
}

/// A reviewer's hold on a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The reviewer.
    pub by: UserId,
    /// Until when others keep off.
    pub until: DateTime<Utc>,
}

impl ReviewCase {
    /// The claim that holds now; one whose lease has run out holds no more.
    pub fn held(&self, now: DateTime<Utc>) -> Option<Claim> {
        self.claim.filter(|claim| now < claim.until)
    }
}

/// Which cases are wanted; all conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// Only these statuses; empty for all.
    pub statuses: Vec<ApplicationStatus>,
    /// Only facilities of these kinds; empty for all.
    pub facility_kinds: Vec<FacilityKind>,
    /// Only those that wait since before this instant.
    pub waiting_before: Option<DateTime<Utc>>,
}

/// The place of a case in the list: by how long it waits.
pub type CaseKey = (DateTime<Utc>, ApplicationId);

/// Part of an application that a return can pin for correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CorrectionTarget {
    /// 施設の確認方法; opens the check and the evidence with it.
    VerificationMethod,
    /// 施設の確認: the check must be passed again.
    FacilityVerification,
    /// 職員数.
    StaffCount,
    /// 申請台数.
    DeviceCount,
    /// 利用規約への同意.
    TermsOfUse,
    /// One 証拠書類: it may be replaced, and others added.
    Attachment(AttachmentId),
}

impl CorrectionTarget {
    /// Whether pinning this opens that.
    pub fn opens(self, other: Self) -> bool {
        self == other
            || (self == Self::VerificationMethod && other == Self::FacilityVerification)
            // What proves the facility by method ② is its papers.
            || (self.opens_all_evidence() && matches!(other, Self::Attachment(_)))
    }

    /// Whether pinning this opens every file.
    const fn opens_all_evidence(self) -> bool {
        matches!(self, Self::VerificationMethod | Self::FacilityVerification)
    }

    /// Whether pinning this lets files be added.
    pub const fn takes_evidence(self) -> bool {
        self.opens_all_evidence() || matches!(self, Self::Attachment(_))
    }

    /// The part's name on the form.
    pub fn label(self, language: Language) -> &'static str {
        use super::refusal::FieldLabel;
        match self {
            Self::VerificationMethod => FieldLabel::VerificationMethod.text(language),
            Self::FacilityVerification => FieldLabel::FacilityVerification.text(language),
            Self::StaffCount => FieldLabel::StaffCount.text(language),
            Self::DeviceCount => FieldLabel::DeviceCount.text(language),
            Self::TermsOfUse => FieldLabel::TermsOfUse.text(language),
            Self::Attachment(_) => FieldLabel::Evidence.text(language),
        }
    }
}

/// What must be corrected, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The part.
    pub target: CorrectionTarget,
    /// What is wrong with it, in words for the applicant.
    pub message: String,
}

/// The outcome of a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Approved.
    Approved,
    /// Sent back with what to correct.
    Returned {
        /// Why, in words for the applicant.
        reason: String,
        /// At least one.
        corrections: Vec<Correction>,
    },
    /// Refused.
    Rejected {
        /// Why, in words for the applicant.
        reason: String,
    },
}

impl Verdict {
    /// A return: a reason and at least one correction, each part once.
    pub fn returned(reason: &str, corrections: Vec<(CorrectionTarget, String)>) -> Result<Self, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let reason = words(reason).map_err(|reason| refusals.push(reason.at("input.reason")));
        let mut checked: Vec<Correction> = Vec::new();
        for (index, (target, message)) in corrections.into_iter().enumerate() {
            if checked.iter().any(|known| known.target == target) {
                refusals.push(Reason::CorrectionTwice { target }.at(&format!("input.corrections.{index}.target")));
            }
            match words(&message) {
                Ok(message) => checked.push(Correction { target, message }),
                Err(reason) => refusals.push(reason.at(&format!("input.corrections.{index}.message"))),
            }
        }
        if checked.is_empty() && refusals.is_empty() {
            refusals.push(Reason::CorrectionsRequired.at("input.corrections"));
        }
        match (reason, refusals.is_empty()) {
            (Ok(reason), true) => Ok(Self::Returned { reason, corrections: checked }),
            _ => Err(refusals),
        }
    }

    /// A rejection: a reason.
    pub fn rejected(reason: &str) -> Result<Self, Refusal> {
        words(reason).map(|reason| Self::Rejected { reason }).map_err(|reason| reason.at("input.reason"))
    }
}

/// Words for the applicant: up to 2,000 characters, one of them visible.
fn words(text: &str) -> Result<String, Reason> {
    let required = Reason::ReasonRequired { max: MAX_WORDS };
    if is_blank(text) {
        return Err(required);
    }
    let text = lines(text.trim()).ok_or(Reason::ReasonHasControls)?;
    if text.chars().count() <= MAX_WORDS { Ok(text) } else { Err(required) }
}

/// A note for other staff: up to 2,000 characters, or none.
pub fn note(text: &str) -> Result<String, Reason> {
    let text = lines(text).ok_or(Reason::NoteHasControls)?;
    if text.chars().count() <= MAX_WORDS { Ok(text) } else { Err(Reason::NoteTooLong { max: MAX_WORDS }) }
}

/// What a reviewer writes, in lines that end as one kind of line break. Tabs are welcome; with any other control or direction override
/// it is none, rather than kept without what was typed: not every database holds a zero, and overrides make a text read as another.
fn lines(text: &str) -> Option<String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    (!text.split(['\n', '\t']).any(has_forbidden_character)).then_some(text)
}

/// A decision that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Its id.
    pub id: DecisionId,
    /// The application.
    pub application: ApplicationId,
    /// Who decided.
    pub by: UserId,
    /// When.
    pub decided_at: DateTime<Utc>,
    /// What.
    pub verdict: Verdict,
    /// A note for other staff; no applicant sees it.
    pub internal_note: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A return without a reason or without corrections names both lacks at their fields.
    #[test]
    fn a_return_says_why_and_what() {
        let refusals =
            Verdict::returned(" ", vec![(CorrectionTarget::StaffCount, String::new())]).expect_err("refused");
        let fields: Vec<_> = refusals.iter().map(|refusal| refusal.field.join(".")).collect();
        assert_eq!(fields, ["input.reason", "input.corrections.0.message"]);
        let none = Verdict::returned("台数をご確認ください", vec![]).expect_err("refused");
        assert_eq!(none[0].reason, Reason::CorrectionsRequired);
    }

    /// What a reviewer writes keeps its lines and tabs, and is refused with any other control, short as it is.
    #[test]
    fn no_words_hold_controls() {
        assert_eq!(note("台数\r\n\t確認\r済み"), Ok("台数\n\t確認\n済み".to_owned()));
        assert_eq!(words(" 台数\r\n\t確認\r済み\n"), Ok("台数\n\t確認\n済み".to_owned()));
        for text in ["台数\0確認", "\u{1B}[1m確認", "確\u{202E}認", "確\u{2066}認", "確\u{2028}認"] {
            assert_eq!(
                (words(text), note(text)),
                (Err(Reason::ReasonHasControls), Err(Reason::NoteHasControls)),
                "{text:?}"
            );
        }
        assert_eq!((words("\0"), note("")), (Err(Reason::ReasonRequired { max: MAX_WORDS }), Ok(String::new())));
    }

    /// A claim whose lease has run out holds nobody off.
    #[test]
    fn a_claim_ends_with_its_lease() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let claim = Claim { by: UserId::from_uuid(uuid::Uuid::nil()), until: now + CLAIM_LEASE };
        let application = ApplicationId::from_uuid(uuid::Uuid::nil());
        let case = ReviewCase { application, waiting_since: now, claim: Some(claim) };
        assert_eq!(case.held(now), Some(claim));
        assert_eq!(case.held(claim.until), None);
    }
}
