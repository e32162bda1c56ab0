//! The closed list of codes that a refusal can carry, and which reason carries which.

use super::Reason;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal;)*) => {
        /// A stable code: programs branch on it, and it never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ $name,)*
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as clients see it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it means and what to do, one line of English.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+),)* }
            }
        }
    };
}

codes! {
    /// Nobody is logged in. Log in and repeat the request.
    Unauthenticated = "UNAUTHENTICATED";
    /// The actor's role has no part in this operation.
    Forbidden = "FORBIDDEN";
    /// There is no such thing, or it is not this actor's to see; the two are never told apart.
    NotFound = "NOT_FOUND";
    /// The text is not an id, or it is the id of another kind of thing.
    InvalidId = "INVALID_ID";
    /// A router of Apollo Federation asked for what is no entity here, or for more than 100 at once. It names one by `__typename` and `id`.
    InvalidRepresentation = "INVALID_REPRESENTATION";
    /// The lists and the reviewers' words in an answer came to more than 16 MiB. Ask for less at once.
    AnswerTooLarge = "ANSWER_TOO_LARGE";
    /// Something that the application needs is still empty (R48).
    RequiredFieldMissing = "REQUIRED_FIELD_MISSING";
    /// A name must be 1 to 100 characters, a visible one among them, without control characters.
    InvalidName = "INVALID_NAME";
    /// This is not a mail address that the counter can write to.
    InvalidEmail = "INVALID_EMAIL";
    /// A telephone number has 10 or 11 digits and begins with 0.
    InvalidPhoneNumber = "INVALID_PHONE_NUMBER";
    /// The password is too short, too long or too easy to guess.
    PasswordRefused = "PASSWORD_REFUSED";
    /// Mail address and password do not belong together; which of the two was wrong is not told.
    InvalidCredentials = "INVALID_CREDENTIALS";
    /// A cookie can be set over HTTP only. Log in by a POST to `/graphql`, or ask for `BEARER`.
    CookieNeedsHttp = "COOKIE_NEEDS_HTTP";
    /// The link was used, has expired or was never given out. Ask for a new one.
    LinkInvalid = "LINK_INVALID";
    /// Too many tries; the message says when the next one is heard.
    TooManyAttempts = "TOO_MANY_ATTEMPTS";
    /// The gateway has more of this work than it takes at once. Repeat in a few seconds.
    ServiceBusy = "SERVICE_BUSY";
    /// The code does not have the form of this kind of facility's codes.
    InvalidFacilityCode = "INVALID_FACILITY_CODE";
    /// Another user has registered this facility; the call centre can help.
    FacilityAlreadyRegistered = "FACILITY_ALREADY_REGISTERED";
    /// No such calendar day, or not a possible date of birth (R23).
    InvalidDateOfBirth = "INVALID_DATE_OF_BIRTH";
    /// A date by a Japanese era; the field takes the Gregorian calendar (R23).
    NotGregorian = "NOT_GREGORIAN";
    /// An account number has 1 to 7 digits (R29, R32); for Japan Post Bank see R36.
    InvalidAccountNumber = "INVALID_ACCOUNT_NUMBER";
    /// The facility check of method 1 has not been passed yet (R18, R23).
    FacilityNotVerified = "FACILITY_NOT_VERIFIED";
    /// The facility check was passed too long ago or by somebody else. Check again.
    VerificationStale = "VERIFICATION_STALE";
    /// Method 1 is locked for this facility; method 2 stays open.
    VerificationLocked = "VERIFICATION_LOCKED";
    /// This kind of facility is checked with another key.
    VerificationKeyWrongKind = "VERIFICATION_KEY_WRONG_KIND";
    /// The facility check belongs to method 1, files belong to method 2; the application says the other one. Choose first.
    VerificationMethodMismatch = "VERIFICATION_METHOD_MISMATCH";
    /// Method 2 needs at least one document (R20).
    EvidenceRequired = "EVIDENCE_REQUIRED";
    /// The field takes a file: send the request as multipart/form-data (GraphQL multipart request specification).
    FileExpected = "FILE_EXPECTED";
    /// The file has no name.
    FileNameMissing = "FILE_NAME_MISSING";
    /// The file has no bytes.
    FileEmpty = "FILE_EMPTY";
    /// The file is above the limit (R44: 100 MB, 100,000,000 bytes).
    FileTooLarge = "FILE_TOO_LARGE";
    /// The file is none of PDF, PNG and Excel (R43); the message says how to make one of a photo.
    UnsupportedFileType = "UNSUPPORTED_FILE_TYPE";
    /// The name's extension is missing, or says another type than the file's content.
    FileExtensionMismatch = "FILE_EXTENSION_MISMATCH";
    /// The file's end is missing, or it is damaged otherwise.
    FileDamaged = "FILE_DAMAGED";
    /// The file is protected by a password. Save it without one.
    FileProtected = "FILE_PROTECTED";
    /// The workbook holds macros. Save it as .xlsx.
    FileHasMacros = "FILE_HAS_MACROS";
    /// The workbook holds what no program puts into one, or unpacks to far more than it is.
    FileUnsafe = "FILE_UNSAFE";
    /// The application has as many files as it may (10 by default). Remove one first.
    TooManyFiles = "TOO_MANY_FILES";
    /// The user, or everybody together, sends as many files at once as may be. Wait until one is through.
    TooManyUploads = "TOO_MANY_UPLOADS";
    /// The line broke off before the file was whole; nothing of it is kept. Send it again.
    UploadInterrupted = "UPLOAD_INTERRUPTED";
    /// The file stood still for too long, or took too long; nothing of it is kept. Send it again.
    UploadTimedOut = "UPLOAD_TIMED_OUT";
    /// The parts of the request are not those that its map names, or not in that order.
    UploadMalformed = "UPLOAD_MALFORMED";
    /// The disk for files is nearly full; the operator has been told.
    StorageFull = "STORAGE_FULL";
    /// One application takes 1 to 20 devices (R40); for more see the additional-device menu (R42).
    DeviceCountOutOfRange = "DEVICE_COUNT_OUT_OF_RANGE";
    /// The number of staff must be a whole number from 1 to 9,999.
    StaffCountOutOfRange = "STAFF_COUNT_OUT_OF_RANGE";
    /// The terms of use must be accepted (R46).
    TermsNotAccepted = "TERMS_NOT_ACCEPTED";
    /// The accepted terms are not the ones in force. Read and accept the present version.
    TermsOutdated = "TERMS_OUTDATED";
    /// The facility has an application of this kind that is open or completed.
    DuplicateApplication = "DUPLICATE_APPLICATION";
    /// The application's status does not allow this now.
    InvalidStateTransition = "INVALID_STATE_TRANSITION";
    /// The application was returned, and this field is not among its corrections.
    FieldNotOpen = "FIELD_NOT_OPEN";
    /// Somebody changed the application meanwhile. Load it again and repeat.
    VersionConflict = "VERSION_CONFLICT";
    /// An idempotency key has 8 to 100 printable ASCII characters.
    InvalidIdempotencyKey = "INVALID_IDEMPOTENCY_KEY";
    /// This idempotency key was used for another request. Use a new one.
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED";
    /// Another reviewer has the case; the message says who, and until when.
    AlreadyClaimed = "ALREADY_CLAIMED";
    /// The case has been decided; the message says by whom and when.
    AlreadyDecided = "ALREADY_DECIDED";
    /// A decision needs a claim. Claim the case first.
    NotClaimed = "NOT_CLAIMED";
    /// Nobody decides on an application of their own.
    OwnApplication = "OWN_APPLICATION";
    /// The applicant must be told why, in at most 2,000 characters, a visible one among them, without control characters other than line
    /// breaks and tabs and without direction overrides.
    ReasonRequired = "REASON_REQUIRED";
    /// A note for other staff has at most 2,000 characters, no control characters other than line breaks and tabs, and no direction
    /// overrides.
    NoteTooLong = "NOTE_TOO_LONG";
    /// A return names at least one thing to correct.
    CorrectionsRequired = "CORRECTIONS_REQUIRED";
    /// The same thing is pinned twice. Join the two corrections.
    CorrectionTwice = "CORRECTION_TWICE";
    /// A file is pinned by its id, and nothing else has one.
    CorrectionTargetMismatch = "CORRECTION_TARGET_MISMATCH";
    /// The cursor is not one that a list of this kind and order gave out.
    InvalidCursor = "INVALID_CURSOR";
    /// A page has 1 to 100 entries, counted from one end only.
    InvalidPageSize = "INVALID_PAGE_SIZE";
    /// No account numbers are left; the operator has been told.
    AccountNumbersExhausted = "ACCOUNT_NUMBERS_EXHAUSTED";
}

impl Reason {
    /// The code of this reason.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Unauthenticated => ErrorCode::Unauthenticated,
            Self::Forbidden => ErrorCode::Forbidden,
            Self::NotFound => ErrorCode::NotFound,
            Self::InvalidId { .. } => ErrorCode::InvalidId,
            Self::InvalidRepresentation | Self::TooManyRepresentations { .. } => ErrorCode::InvalidRepresentation,
            Self::RequiredFieldMissing { .. } => ErrorCode::RequiredFieldMissing,
            Self::InvalidName => ErrorCode::InvalidName,
            Self::InvalidEmail => ErrorCode::InvalidEmail,
            Self::InvalidPhoneNumber => ErrorCode::InvalidPhoneNumber,
            Self::PasswordLength | Self::PasswordTooEasy => ErrorCode::PasswordRefused,
            Self::InvalidCredentials => ErrorCode::InvalidCredentials,
            Self::CookieNeedsHttp => ErrorCode::CookieNeedsHttp,
            Self::LinkInvalid => ErrorCode::LinkInvalid,
            Self::AnswerTooLarge => ErrorCode::AnswerTooLarge,
            Self::TooManyAttempts { .. } => ErrorCode::TooManyAttempts,
            Self::ServiceBusy => ErrorCode::ServiceBusy,
            Self::InvalidFacilityCode { .. } => ErrorCode::InvalidFacilityCode,
            Self::FacilityAlreadyRegistered => ErrorCode::FacilityAlreadyRegistered,
            Self::InvalidDateOfBirth => ErrorCode::InvalidDateOfBirth,
            Self::NotGregorian => ErrorCode::NotGregorian,
            Self::InvalidAccountNumber { .. } => ErrorCode::InvalidAccountNumber,
            Self::FacilityNotVerified { .. } => ErrorCode::FacilityNotVerified,
            Self::VerificationStale => ErrorCode::VerificationStale,
            Self::VerificationLocked { .. } => ErrorCode::VerificationLocked,
            Self::VerificationKeyWrongKind { .. } => ErrorCode::VerificationKeyWrongKind,
            Self::VerificationMethodMismatch => ErrorCode::VerificationMethodMismatch,
            Self::EvidenceRequired { .. } => ErrorCode::EvidenceRequired,
            Self::EvidenceNotTaken => ErrorCode::VerificationMethodMismatch,
            Self::FileExpected => ErrorCode::FileExpected,
            Self::FileNameMissing => ErrorCode::FileNameMissing,
            Self::FileEmpty => ErrorCode::FileEmpty,
            Self::FileTooLarge { .. } => ErrorCode::FileTooLarge,
            Self::UnsupportedFileType { .. } => ErrorCode::UnsupportedFileType,
            Self::FileExtensionMismatch { .. } => ErrorCode::FileExtensionMismatch,
            Self::FileDamaged { .. } => ErrorCode::FileDamaged,
            Self::FileProtected => ErrorCode::FileProtected,
            Self::FileHasMacros => ErrorCode::FileHasMacros,
            Self::FileUnsafe => ErrorCode::FileUnsafe,
            Self::TooManyFiles { .. } => ErrorCode::TooManyFiles,
            Self::TooManyUploads { .. } => ErrorCode::TooManyUploads,
            Self::UploadInterrupted => ErrorCode::UploadInterrupted,
            Self::UploadTimedOut => ErrorCode::UploadTimedOut,
            Self::UploadMalformed => ErrorCode::UploadMalformed,
            Self::StorageFull => ErrorCode::StorageFull,
            Self::DeviceCountOutOfRange { .. } => ErrorCode::DeviceCountOutOfRange,
            Self::StaffCountOutOfRange { .. } => ErrorCode::StaffCountOutOfRange,
            Self::TermsNotAccepted => ErrorCode::TermsNotAccepted,
            Self::TermsOutdated { .. } => ErrorCode::TermsOutdated,
            Self::DuplicateApplication { .. } => ErrorCode::DuplicateApplication,
            Self::InvalidStateTransition { .. } | Self::NotEditable { .. } | Self::NoReceipt { .. } => {
                ErrorCode::InvalidStateTransition
            }
            Self::FieldNotOpen { .. } => ErrorCode::FieldNotOpen,
            Self::VersionConflict { .. } => ErrorCode::VersionConflict,
            Self::InvalidIdempotencyKey => ErrorCode::InvalidIdempotencyKey,
            Self::IdempotencyKeyReused => ErrorCode::IdempotencyKeyReused,
            Self::AlreadyClaimed { .. } => ErrorCode::AlreadyClaimed,
            Self::AlreadyDecided { .. } => ErrorCode::AlreadyDecided,
            Self::NotClaimed => ErrorCode::NotClaimed,
            Self::OwnApplication => ErrorCode::OwnApplication,
            Self::ReasonRequired { .. } | Self::ReasonHasControls => ErrorCode::ReasonRequired,
            Self::NoteTooLong { .. } | Self::NoteHasControls => ErrorCode::NoteTooLong,
            Self::CorrectionsRequired => ErrorCode::CorrectionsRequired,
            Self::CorrectionTwice { .. } => ErrorCode::CorrectionTwice,
            Self::CorrectionTargetMismatch => ErrorCode::CorrectionTargetMismatch,
            Self::InvalidCursor | Self::InvalidEventCursor => ErrorCode::InvalidCursor,
            Self::InvalidPageSize { .. } => ErrorCode::InvalidPageSize,
            Self::AccountNumbersExhausted => ErrorCode::AccountNumbersExhausted,
        }
    }
}
