//! Facilities and the codes by which the operating bodies know them.

use super::ids::FacilityId;
use super::language::Language;
use super::prefecture::Prefecture;
use super::refusal::Reason;
use super::text::{fold_number, is_dash};

/// The kind of a facility; its items on the form follow from it (R21).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FacilityKind {
    /// 施術所 (judo therapy, massage, acupuncture, moxibustion).
    TreatmentClinic,
    /// 健診実施機関等.
    HealthCheckupProvider,
    /// 助産所.
    MidwiferyHome,
}

impl FacilityKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::TreatmentClinic, Self::HealthCheckupProvider, Self::MidwiferyHome];

    /// The word in the reader's language.
    pub fn label(self, language: Language) -> &'static str {
        match self {
            Self::TreatmentClinic => language.pick("施術所", "treatment clinic"),
            Self::HealthCheckupProvider => language.pick("健診実施機関等", "health checkup provider"),
            Self::MidwiferyHome => language.pick("助産所", "midwifery home"),
        }
    }

    /// The name of this kind's code in the reader's language.
    pub fn code_label(self, language: Language) -> &'static str {
        match self {
            Self::TreatmentClinic => language.pick("登録記号番号", "registration symbol-number"),
            Self::HealthCheckupProvider => language.pick("健診等機関番号", "checkup provider number"),
            Self::MidwiferyHome => language.pick("助産所コード", "midwifery home code"),
        }
    }
}

/// A facility's code in its canonical form: folded, without hyphens and spaces.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FacilityCode(String);

impl FacilityCode {
    /// Reads a code as people type it. Lenient where no official format is published (domain 5.1 to 5.3).
    pub fn parse(kind: FacilityKind, text: &str) -> Result<Self, Reason> {
        let code = fold_number(text).to_ascii_uppercase();
        let body = code.strip_prefix(['協', '契']).unwrap_or(&code);
        let digits = !body.is_empty() && body.bytes().all(|b| b.is_ascii_digit());
        let fits = match kind {
            FacilityKind::TreatmentClinic => digits && (5..=15).contains(&body.len()),
            FacilityKind::HealthCheckupProvider => digits && code.len() == 10,
            FacilityKind::MidwiferyHome => {
                (4..=15).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric())
            }
        };
        if fits { Ok(Self(code)) } else { Err(Reason::InvalidFacilityCode { kind }) }
    }

    /// Wraps a code that the database holds in canonical form.
    pub fn from_canonical(code: String) -> Self {
        Self(code)
    }

    /// The canonical form, as stored and matched.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form on paper: `協1312345-0-0` for a clinic's ten characters, else the canonical form.
    pub fn display(&self) -> String {
        let chars: Vec<char> = self.0.chars().filter(|c| !is_dash(*c)).collect();
        if chars.len() == 10 && matches!(chars[0], '協' | '契') {
            let text: String = chars[..8].iter().collect();
            format!("{text}-{}-{}", chars[8], chars[9])
        } else {
            self.0.clone()
        }
    }

    /// The prefecture that the code names, where its format is known (domain 5.1, 5.2).
    pub fn prefecture(&self, kind: FacilityKind) -> Option<Prefecture> {
        let digits = match kind {
            FacilityKind::TreatmentClinic => self.0.strip_prefix(['協', '契']).filter(|body| body.len() == 9)?,
            FacilityKind::HealthCheckupProvider => &self.0,
            FacilityKind::MidwiferyHome => return None,
        };
        digits.get(..2)?.parse().ok().and_then(Prefecture::from_number)
    }
}

/// A facility that a user has registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facility {
    /// Its id.
    pub id: FacilityId,
    /// Its kind, from which the key of the facility check follows.
    pub kind: FacilityKind,
    /// Its code.
    pub code: FacilityCode,
    /// Its name, as its user gave it.
    pub name: String,
    /// Its prefecture, when the code names one.
    pub prefecture: Option<Prefecture>,
}

/// How far a facility has come (the stages that the Ministry counts, domain 2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AdoptionStage {
    /// No start-of-use application that was sent still stands: none was, or each was rejected or withdrawn.
    NotApplied,
    /// 利用申請済: an application was sent, and was neither completed nor rejected or withdrawn.
    Applied,
    /// 準備完了: accounts were issued.
    Ready,
    /// 運用開始日入力済: the operation start date is registered.
    Operating,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clinic's code is read in each form that people type and shown as on paper.
    #[test]
    fn a_clinics_code_is_folded_and_shown_with_hyphens() {
        for text in ["協1312345-0-0", "協１３１２３４５ー０ー０", " 協131234500 "] {
            let code = FacilityCode::parse(FacilityKind::TreatmentClinic, text).expect(text);
            assert_eq!((code.as_str(), code.display().as_str()), ("協131234500", "協1312345-0-0"));
            assert_eq!(code.prefecture(FacilityKind::TreatmentClinic).map(Prefecture::number), Some(13));
        }
    }

    /// A checkup provider's number has ten digits, no more and no less.
    #[test]
    fn a_checkup_providers_number_has_ten_digits() {
        assert!(FacilityCode::parse(FacilityKind::HealthCheckupProvider, "1321234567").is_ok());
        for text in ["132123456", "13212345678", "132123456X", ""] {
            assert!(FacilityCode::parse(FacilityKind::HealthCheckupProvider, text).is_err(), "{text}");
        }
    }
}
