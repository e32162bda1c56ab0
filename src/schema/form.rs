//! The start-of-use form as data: what each facility fills in. The server validates from the same table.

use async_graphql::{Enum, SimpleObject};

use super::attachment::FileType;
use super::public_pages::TermsOfUse;
use super::scalars::BigInt;
use super::verification::{VerificationKeyKind, VerificationMethod};
use crate::domain;
use crate::domain::language::Language;

/// The form of 利用開始申請 for one facility: show what it says and send what it asks.
#[derive(Debug, Clone, SimpleObject)]
pub struct StartOfUseForm {
    /// The two methods of facility verification (施設の確認方法), the preferred one first.
    pub methods: Vec<VerificationMethodForm>,
    /// The most devices of one application (申請台数).
    pub max_device_count: i32,
    /// The advice beside the number of devices.
    pub device_count_advice: String,
    /// The terms that must be accepted (利用規約).
    pub terms_of_use: TermsOfUse,
    /// The types of file that evidence may have.
    pub accepted_file_types: Vec<FileType>,
    /// The largest file of evidence, in bytes.
    pub max_file_size: BigInt,
}

/// One method of facility verification as the form shows it.
#[derive(Debug, Clone, SimpleObject)]
pub struct VerificationMethodForm {
    /// Which method.
    pub method: VerificationMethod,
    /// The option's text.
    pub label: String,
    /// The help beside it.
    pub help: String,
    /// What is typed, for method 1.
    pub key: Option<VerificationKeyForm>,
    /// What is attached, for method 2.
    pub evidence: Option<EvidenceRequirement>,
    /// Whether the method can be used now.
    pub available_now: bool,
    /// Why it cannot.
    pub unavailable_reason: Option<String>,
}

/// The key of method 1 as the form shows it.
#[derive(Debug, Clone, SimpleObject)]
pub struct VerificationKeyForm {
    /// Which key: the input field of `verifyFacility` has its name.
    pub kind: VerificationKeyKind,
    /// The field's label.
    pub label: String,
    /// The help beside it.
    pub help: String,
    /// A pattern (ECMA-262) that all accepted input matches, once full-width characters are folded and, in a number, blanks and hyphens left
    /// out.
    pub pattern: String,
    /// The longest input, in characters, blanks and hyphens of a number aside.
    pub max_length: i32,
    /// An example of the form.
    pub example: String,
}

/// The document that method 2 asks for.
#[derive(Debug, Clone, SimpleObject)]
pub struct EvidenceRequirement {
    /// Which document; it follows from the kind of facility.
    pub kind: EvidenceKind,
    /// Its name.
    pub label: String,
    /// Where it came from or was filed.
    pub issued_by: String,
    /// What to do with it.
    pub help: String,
}

impl EvidenceRequirement {
    /// The requirement for a kind of facility; `largest` is how many bytes a file may have.
    pub fn of(kind: domain::facility::FacilityKind, largest: u64, language: Language) -> Self {
        let evidence = domain::evidence::EvidenceKind::of(kind);
        Self {
            kind: evidence.into(),
            label: evidence.label(language).to_owned(),
            issued_by: evidence.issued_by(language).to_owned(),
            help: evidence.help(largest, language),
        }
    }
}

/// A kind of evidence document (証拠書類).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::evidence::EvidenceKind")]
pub enum EvidenceKind {
    /// 受領委任承諾通知書, of treatment clinics.
    DelegatedReceiptApprovalNotice,
    /// 特定健診・特定保健指導機関届（保険医療機関以外）, of checkup providers.
    CheckupProviderNotification,
    /// 出産育児一時金等の直接支払制度に係る登録用紙（助産所）, of midwifery homes.
    ChildbirthDirectPaymentRegistration,
}
