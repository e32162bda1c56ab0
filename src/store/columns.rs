//! Domain enums as text columns: one table for each, read in both directions.
//!
//! The texts are the ones that clients see, so that a person who reads the database reads the API's words. They never change.

use sea_orm::DbErr;

use crate::domain::account::AccountStatus;
use crate::domain::actor::Role;
use crate::domain::attachment::FileType;
use crate::domain::event::{ApplicationEventKind, EventActor};
use crate::domain::evidence::EvidenceKind;
use crate::domain::facility::FacilityKind;
use crate::domain::kinds::ApplicationKind;
use crate::domain::status::ApplicationStatus;
use crate::domain::verification::{VerificationKeyKind, VerificationMethod};

/// An enum that is stored as text.
pub(super) trait Stored: Sized + Copy {
    fn to_text(self) -> &'static str;
    fn from_text(text: &str) -> Result<Self, DbErr>;
}

macro_rules! stored {
    ($type:ty { $($variant:ident = $text:literal),* $(,)? }) => {
        impl Stored for $type {
            fn to_text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            fn from_text(text: &str) -> Result<Self, DbErr> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    other => Err(DbErr::Type(format!("{other:?} is no {}", stringify!($type)))),
                }
            }
        }
    };
}

stored!(Role { Applicant = "APPLICANT", Reviewer = "REVIEWER", Operator = "OPERATOR" });
stored!(FacilityKind {
    TreatmentClinic = "TREATMENT_CLINIC",
    HealthCheckupProvider = "HEALTH_CHECKUP_PROVIDER",
    MidwiferyHome = "MIDWIFERY_HOME",
});
stored!(ApplicationKind { StartOfUse = "START_OF_USE" });
stored!(ApplicationStatus {
    Draft = "DRAFT",
    Submitted = "SUBMITTED",
    InReview = "IN_REVIEW",
    Returned = "RETURNED",
    Approved = "APPROVED",
    Completed = "COMPLETED",
    Rejected = "REJECTED",
    Withdrawn = "WITHDRAWN",
});
stored!(VerificationMethod { RegistryMatch = "REGISTRY_MATCH", DocumentEvidence = "DOCUMENT_EVIDENCE" });
stored!(VerificationKeyKind {
    ManagingPractitionerBirthDate = "MANAGING_PRACTITIONER_BIRTH_DATE",
    BankAccountNumber = "BANK_ACCOUNT_NUMBER",
});
stored!(ApplicationEventKind {
    Created = "CREATED",
    FacilityVerified = "FACILITY_VERIFIED",
    Submitted = "SUBMITTED",
    Resubmitted = "RESUBMITTED",
    ReviewStarted = "REVIEW_STARTED",
    ReviewReleased = "REVIEW_RELEASED",
    Approved = "APPROVED",
    Completed = "COMPLETED",
    Returned = "RETURNED",
    Rejected = "REJECTED",
    Withdrawn = "WITHDRAWN",
});
stored!(EventActor { Applicant = "APPLICANT", Reviewer = "REVIEWER", System = "SYSTEM" });
stored!(EvidenceKind {
    DelegatedReceiptApprovalNotice = "DELEGATED_RECEIPT_APPROVAL_NOTICE",
    CheckupProviderNotification = "CHECKUP_PROVIDER_NOTIFICATION",
    ChildbirthDirectPaymentRegistration = "CHILDBIRTH_DIRECT_PAYMENT_REGISTRATION",
});
stored!(FileType { Pdf = "PDF", Png = "PNG", Xlsx = "XLSX", Xls = "XLS" });
stored!(AccountStatus { Issued = "ISSUED" });
