//! Refusals: what the user can mend, each with a stable code, the field it is about and words in two languages.
//!
//! A new refusal is one variant of [`Reason`], its code and its words here; `docs/errors.md` lists the codes and a test compares.
//! What we must mend is a fault and does not belong here.

use chrono::{DateTime, TimeDelta, Utc};

use super::attachment::FileType;
use super::clock::japan;
use super::facility::FacilityKind;
use super::language::Language;
use super::review::CorrectionTarget;
use super::status::{ApplicationStatus, Command};
use super::verification::VerificationKeyKind;

mod application_words;
mod code;
mod file_words;
mod words;

pub use code::ErrorCode;

/// One refusal: why, and which field of the input it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// The path of the field in the mutation's arguments, outermost first; empty when it is about the whole.
    pub field: Vec<String>,
}

impl Refusal {
    /// The code that programs read.
    pub const fn code(&self) -> ErrorCode {
        self.reason.code()
    }

    /// The words that people read.
    pub fn message(&self, language: Language) -> String {
        self.reason.message(language)
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, field: Vec::new() }
    }
}

/// Why something was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each variant's meaning is its code's, which `ErrorCode` documents; fields are named for what they hold"
)]
pub enum Reason {
    Unauthenticated,
    Forbidden,
    NotFound,
    InvalidId { expected: &'static str, found: Option<String> },
    InvalidRepresentation,
    TooManyRepresentations { max: usize },
    AnswerTooLarge,
    RequiredFieldMissing { label: FieldLabel },
    InvalidName,
    InvalidEmail,
    InvalidPhoneNumber,
    PasswordLength,
    PasswordTooEasy,
    InvalidCredentials,
    CookieNeedsHttp,
    LinkInvalid,
    TooManyAttempts { retry_at: DateTime<Utc> },
    ServiceBusy,
    InvalidFacilityCode { kind: FacilityKind },
    FacilityAlreadyRegistered,
    InvalidDateOfBirth,
    NotGregorian,
    InvalidAccountNumber { eight_digits: bool },
    FacilityNotVerified { key: VerificationKeyKind },
    VerificationStale,
    VerificationLocked { kind: FacilityKind, until: DateTime<Utc> },
    VerificationKeyWrongKind { expected: VerificationKeyKind },
    VerificationMethodMismatch,
    EvidenceRequired { kind: FacilityKind },
    EvidenceNotTaken,
    FileExpected,
    FileNameMissing,
    FileEmpty,
    FileTooLarge { max: u64 },
    UnsupportedFileType { photo: bool },
    FileExtensionMismatch { file_type: FileType, found: Option<String> },
    FileDamaged { file_type: FileType },
    FileProtected,
    FileHasMacros,
    FileUnsafe,
    TooManyFiles { max: u32 },
    TooManyUploads { max: u32 },
    UploadInterrupted,
    UploadTimedOut,
    UploadMalformed,
    StorageFull,
    DeviceCountOutOfRange { max: u32 },
    StaffCountOutOfRange { max: u32 },
    TermsNotAccepted,
    TermsOutdated { in_force: String },
    DuplicateApplication { number: String, status: ApplicationStatus },
    InvalidStateTransition { status: ApplicationStatus, command: Command },
    NotEditable { status: ApplicationStatus },
    NoReceipt { status: ApplicationStatus },
    FieldNotOpen { open: Vec<CorrectionTarget> },
    VersionConflict { current: i32 },
    InvalidIdempotencyKey,
    IdempotencyKeyReused,
    AlreadyClaimed { by: String, until: DateTime<Utc> },
    AlreadyDecided { by: String, at: DateTime<Utc>, status: ApplicationStatus },
    NotClaimed,
    OwnApplication,
    ReasonRequired { max: usize },
    ReasonHasControls,
    NoteTooLong { max: usize },
    NoteHasControls,
    CorrectionsRequired,
    CorrectionTwice { target: CorrectionTarget },
    CorrectionTargetMismatch,
    InvalidCursor,
    InvalidEventCursor,
    InvalidPageSize { max: u32 },
    AccountNumbersExhausted,
}

/// What a required item is called on the form (R48).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldLabel {
    /// 施設の確認方法.
    VerificationMethod,
    /// 施設の確認.
    FacilityVerification,
    /// 職員数.
    StaffCount,
    /// 申請台数.
    DeviceCount,
    /// 利用規約への同意.
    TermsOfUse,
    /// 証拠書類.
    Evidence,
}

impl FieldLabel {
    /// The label in the reader's language.
    pub fn text(self, language: Language) -> &'static str {
        match self {
            Self::VerificationMethod => language.pick("施設の確認方法", "method of facility verification"),
            Self::FacilityVerification => language.pick("施設の確認", "facility verification"),
            Self::StaffCount => language.pick("職員数", "number of staff"),
            Self::DeviceCount => language.pick("申請台数", "number of devices"),
            Self::TermsOfUse => language.pick("利用規約への同意", "acceptance of the terms of use"),
            Self::Evidence => language.pick("証拠書類", "evidence document"),
        }
    }
}

impl Reason {
    /// The refusal of one field, named by its path with dots: `input.deviceCount`.
    pub fn at(self, path: &str) -> Refusal {
        Refusal { reason: self, field: path.split('.').map(str::to_owned).collect() }
    }
}

/// The full minute from which something is open again, so that who comes at it is not too early.
pub(super) fn opening(at: DateTime<Utc>, language: Language) -> String {
    instant(at + TimeDelta::seconds(59), language)
}

/// An instant in words: Japanese wall-clock time.
pub(super) fn instant(at: DateTime<Utc>, language: Language) -> String {
    let format = language.pick("%Y年%-m月%-d日 %H:%M", "%Y-%m-%d %H:%M JST");
    at.with_timezone(&japan()).format(format).to_string()
}
