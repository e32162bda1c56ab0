//! The words about applications and their review: what is out of range, in the way, changed meanwhile or decided already.

use super::{Reason, instant};
use crate::domain::language::Language;
use crate::domain::review::CorrectionTarget;
use crate::domain::status::ApplicationStatus;

impl Reason {
    /// Both texts, for what is wrong with an application or its review. Everything else has its words before.
    pub(super) fn words_of_applications(&self, language: Language) -> (String, String) {
        match self {
            Self::DeviceCountOutOfRange { max } => (
                format!(
                    "申請台数は1～{max}の整数で入力してください。{}台以上が必要な場合は、資格確認端末機器（アカウント）追加申請を行ってください。",
                    max + 1
                ),
                format!(
                    "One application takes 1 to {max} devices. For more, use the additional-device application afterwards."
                ),
            ),
            Self::StaffCountOutOfRange { max } => (
                format!("職員数は1～{max}の整数で入力してください。"),
                format!("The number of staff is a whole number from 1 to {max}."),
            ),
            Self::TermsOutdated { in_force } => (
                format!("利用規約が改定されました。現在の版（{in_force}）を確認のうえ、同意してください。"),
                format!("The terms of use were revised. Read and accept version {in_force}."),
            ),
            Self::DuplicateApplication { number, status } => {
                let label = status.label(language);
                let (advice_ja, advice_en) = match status {
                    ApplicationStatus::Returned => (
                        "新しい申請は不要です。この申請の修正依頼の項目を直して、もう一度送信してください。",
                        "No new one is needed: correct what was pinned in it and submit it again.",
                    ),
                    _ => (
                        "端末を追加する場合は、手続き完了後に「資格確認端末機器（アカウント）追加申請」をご利用ください。",
                        "For more devices use the additional-device menu once it is completed.",
                    ),
                };
                (
                    format!("利用開始申請（受付番号{number}）が「{label}」です。{advice_ja}"),
                    format!("There is a start-of-use application already ({number}, {label}). {advice_en}"),
                )
            }
            Self::InvalidStateTransition { status, .. } | Self::NotEditable { status } => {
                let status = status.label(language);
                (
                    format!("申請の状態が「{status}」のため、この操作はできません。"),
                    format!("The application is {status}; this cannot be done now."),
                )
            }
            Self::NoReceipt { status } => {
                let status = status.label(language);
                (
                    format!(
                        "申請の状態が「{status}」のため、控えは作成できません。控えは、申請の送信後に作成できます。"
                    ),
                    format!("The application is {status}; there is a receipt once it is sent."),
                )
            }
            Self::FieldNotOpen { open } => {
                let list = open
                    .iter()
                    .map(|target| target.label(language))
                    .collect::<Vec<_>>()
                    .join(language.pick("、", ", "));
                (
                    format!("この項目は修正の対象ではありません。修正できる項目：{list}"),
                    format!("This field is not open for correction. Open are: {list}."),
                )
            }
            Self::VersionConflict { current } => (
                format!(
                    "申請が他の操作で更新されています（現在の版：{current}）。読み込み直してからもう一度お試しください。"
                ),
                format!(
                    "The application was changed meanwhile (it is at version {current}). Load it again and repeat."
                ),
            ),
            _ => self.words_of_review(language),
        }
    }

    /// The texts about a case and its decision, and about pages.
    fn words_of_review(&self, language: Language) -> (String, String) {
        match self {
            Self::AlreadyClaimed { by, until } => {
                let at = instant(*until, language);
                (format!("{by}さんが担当しています（{at}まで）。"), format!("{by} has this case until {at}."))
            }
            Self::AlreadyDecided { by, at, status } => {
                let (at, status) = (instant(*at, language), status.label(language));
                (
                    format!("{by}さんが{at}に決定済みです（{status}）。"),
                    format!("{by} decided this case at {at} ({status})."),
                )
            }
            Self::ReasonRequired { max } => (
                format!("申請者に伝える理由を{max}文字以内で入力してください。"),
                format!("Tell the applicant why, in at most {max} characters."),
            ),
            Self::NoteTooLong { max } => (
                format!("職員向けのメモは{max}文字以内で入力してください。"),
                format!("Write the note for other staff in at most {max} characters."),
            ),
            Self::CorrectionTwice { target } => {
                let label = CorrectionTarget::label(*target, language);
                (format!("「{label}」が二重に指定されています。"), format!("The {label} is pinned twice."))
            }
            Self::InvalidPageSize { max } => (
                format!("件数は1～{max}で、firstかlastの一方だけを指定してください。"),
                format!("A page has 1 to {max} entries; give either first or last."),
            ),
            other => unreachable!("{:?} has its words above", other.code()),
        }
    }
}
