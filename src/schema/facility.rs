//! Facilities as clients see them.

use async_graphql::{Enum, SimpleObject};

use crate::domain;

/// The kind of a facility (施設区分); its items on the form follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::facility::FacilityKind")]
pub enum FacilityKind {
    /// 施術所: judo therapy, massage, acupuncture, moxibustion.
    TreatmentClinic,
    /// 健診実施機関等: provider of specific health checkups or guidance.
    HealthCheckupProvider,
    /// 助産所: midwifery home.
    MidwiferyHome,
}

/// How far a facility has come with the eligibility app; the stages that the Ministry counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::facility::AdoptionStage")]
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

/// The code by which the operating bodies know a facility: 登録記号番号, 健診等機関番号 or 助産所コード.
#[derive(Debug, Clone, SimpleObject)]
pub struct FacilityCode {
    /// The canonical form, without hyphens.
    pub value: String,
    /// The form on paper, with hyphens where the format has them.
    pub display: String,
}

/// A prefecture (都道府県).
#[derive(Debug, Clone, SimpleObject)]
pub struct Prefecture {
    /// The code of two digits, 01 to 47 (JIS X 0401).
    pub code: String,
    /// The name in Japanese.
    pub name: String,
}

impl From<domain::prefecture::Prefecture> for Prefecture {
    fn from(prefecture: domain::prefecture::Prefecture) -> Self {
        Self { code: prefecture.code(), name: prefecture.name().to_owned() }
    }
}

/// A facility that a user has registered: a clinic, a checkup provider or a midwifery home.
#[derive(Debug, Clone)]
pub struct Facility(pub domain::facility::Facility);
