//! The papers of method ②: which one a kind of facility shows, and who issued it (table in domain 2.3; R27–R34).

use super::attachment::size;
use super::facility::FacilityKind;
use super::language::Language;

/// A kind of evidence document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EvidenceKind {
    /// 受領委任承諾通知書 (R27).
    DelegatedReceiptApprovalNotice,
    /// 特定健診・特定保健指導機関届（保険医療機関以外） (R30).
    CheckupProviderNotification,
    /// 出産育児一時金等の直接支払制度に係る登録用紙（助産所） (R33).
    ChildbirthDirectPaymentRegistration,
}

impl EvidenceKind {
    /// The paper that a kind of facility shows: it follows from the kind, no client chooses it.
    pub const fn of(kind: FacilityKind) -> Self {
        match kind {
            FacilityKind::TreatmentClinic => Self::DelegatedReceiptApprovalNotice,
            FacilityKind::HealthCheckupProvider => Self::CheckupProviderNotification,
            FacilityKind::MidwiferyHome => Self::ChildbirthDirectPaymentRegistration,
        }
    }

    /// The paper's name.
    pub fn label(self, language: Language) -> &'static str {
        match self {
            Self::DelegatedReceiptApprovalNotice => {
                language.pick("受領委任承諾通知書", "notice approving delegated receipt (受領委任承諾通知書)")
            }
            Self::CheckupProviderNotification => language.pick(
                "特定健診・特定保健指導機関届（保険医療機関以外）",
                "checkup and guidance provider notification (特定健診・特定保健指導機関届)",
            ),
            Self::ChildbirthDirectPaymentRegistration => language.pick(
                "出産育児一時金等の直接支払制度に係る登録用紙（助産所）",
                "childbirth allowance direct payment registration (出産育児一時金等の直接支払制度に係る登録用紙)",
            ),
        }
    }

    /// Where the paper came from or went to (R28, R31, R34).
    pub fn issued_by(self, language: Language) -> &'static str {
        match self {
            Self::DelegatedReceiptApprovalNotice => {
                language.pick("地方厚生（支）局から通知", "sent by the regional bureau of health and welfare")
            }
            Self::CheckupProviderNotification => {
                language.pick("都道府県の審査委員会事務局へ提出", "filed with the prefecture's review committee office")
            }
            Self::ChildbirthDirectPaymentRegistration => {
                language.pick("社会保険診療報酬支払基金へ提出", "filed with the payment fund (支払基金)")
            }
        }
    }

    /// What to do with it (R20, R43, R44); `largest` is how many bytes a file may have.
    pub fn help(self, largest: u64, language: Language) -> String {
        let (label, largest) = (self.label(language), size(largest));
        language.pick(
            format!(
                "{label}のスキャンまたは写真を、PDF・PNG・Excelのいずれか（1ファイル{largest}まで）で添付してください。"
            ),
            format!("Attach a scan or a photo of the {label} as PDF, PNG or Excel, at most {largest} a file."),
        )
    }
}
