//! The words of each refusal, in Japanese and English: what was wrong and what to do next.

use super::{Reason, opening};
use crate::domain::evidence::EvidenceKind;
use crate::domain::language::Language;
use crate::domain::person::{PASSWORD_MAX, PASSWORD_MIN};

impl Reason {
    /// What is told to the user.
    pub fn message(&self, language: Language) -> String {
        let (ja, en) = self.words(language);
        language.pick(ja, en)
    }

    /// Both texts; the values inside are already in the reader's language.
    fn words(&self, language: Language) -> (String, String) {
        let (ja, en) = match self {
            Self::Unauthenticated => ("ログインしてください。", "Log in first."),
            Self::Forbidden => ("この操作を行う権限がありません。", "Your role has no part in this operation."),
            Self::NotFound => ("見つかりません。番号をご確認ください。", "Not found. Check the id."),
            Self::InvalidRepresentation => (
                "エンティティの指定が正しくありません。__typename と id を指定してください。",
                "This names no entity of this subgraph. Give its `__typename` and `id`.",
            ),
            Self::InvalidName => (
                "名前は目に見える文字を含む1～100文字で、改行などの制御文字を含めずに入力してください。",
                "A name has 1 to 100 characters, a visible one among them, and no line breaks or control characters.",
            ),
            Self::InvalidEmail => {
                ("メールアドレスの形式が正しくありません。", "This is not a mail address we can write to.")
            }
            Self::InvalidPhoneNumber => (
                "電話番号は0から始まる10桁または11桁の数字で入力してください。",
                "A telephone number begins with 0 and has 10 or 11 digits.",
            ),
            Self::AnswerTooLarge => (
                "取得する内容が多すぎます。一覧の入れ子や件数を減らしてください。",
                "The answer would hold too much. Ask for fewer lists within each other, or for shorter ones.",
            ),
            Self::PasswordTooEasy => (
                "推測されやすいパスワードです。メールアドレスや連続した文字を避け、別のものにしてください。",
                "This password is easy to guess. Avoid your mail address, sequences and repetitions.",
            ),
            Self::InvalidCredentials => {
                ("メールアドレスまたはパスワードが正しくありません。", "Mail address or password is wrong.")
            }
            Self::CookieNeedsHttp => (
                "WebSocketではCookieを設定できません。/graphql へのPOSTでログインするか、deliveryにBEARERを指定してください。",
                "No cookie can be set over a WebSocket. Log in by a POST to /graphql, or ask for BEARER.",
            ),
            Self::LinkInvalid => (
                "このリンクは使用済みか、有効期限が切れています。もう一度お手続きください。",
                "This link was used or has expired. Start again to get a new one.",
            ),
            Self::ServiceBusy => (
                "ただいま混み合っています。数秒後にもう一度お試しください。",
                "We are busy. Try again in a few seconds.",
            ),
            Self::FacilityAlreadyRegistered => (
                "この施設は既に登録されています。お心当たりのない場合はコールセンター（0800-080-4583）へお問い合わせください。",
                "This facility is already registered. If that surprises you, call the call centre (0800-080-4583).",
            ),
            Self::InvalidDateOfBirth => (
                "生年月日を西暦で正しく入力してください（例：1970-01-31）。",
                "Enter a real date of birth by the Gregorian calendar (for example 1970-01-31).",
            ),
            Self::NotGregorian => (
                "和暦ではなく西暦で入力してください（例：昭和45年1月31日は 1970-01-31）。",
                "Use the Gregorian calendar, not a Japanese era (for example 1970-01-31).",
            ),
            Self::InvalidAccountNumber { eight_digits: true } => (
                "口座番号は半角数字7桁以内で入力してください。ゆうちょ銀行の場合は、通帳表紙の裏面の銀行使用欄または振込情報案内ページに記載された口座番号（7桁）をご確認ください。",
                "An account number has at most 7 digits. For Japan Post Bank use the 7-digit number for transfers, printed inside the passbook cover or on the transfer information page.",
            ),
            Self::InvalidAccountNumber { eight_digits: false } => {
                ("口座番号は半角数字7桁以内で入力してください。", "An account number has 1 to 7 digits.")
            }
            Self::VerificationStale => (
                "施設の確認の有効期限が切れたか、別の方が確認したものです。もう一度「施設の確認」を行ってください。",
                "The facility check has expired or was passed by somebody else. Check the facility again.",
            ),
            Self::VerificationMethodMismatch => (
                "施設の確認方法で②が選択されています。照合を行うには①を選択してください。",
                "The application says method 2. Choose method 1 to match with the registry.",
            ),
            Self::EvidenceNotTaken => (
                "施設の確認方法で①が選択されています。ファイルを添付するには、先に②（証拠書類の添付）を選択してください。",
                "The application says method 1. Choose method 2 (documents) before you attach a file.",
            ),
            Self::TermsNotAccepted => ("利用規約を確認のうえ、同意してください。", "Read and accept the terms of use."),
            Self::InvalidIdempotencyKey => (
                "Idempotency-Keyは8～100文字の印字可能なASCII文字で指定してください。",
                "An idempotency key has 8 to 100 printable ASCII characters.",
            ),
            Self::IdempotencyKeyReused => (
                "このIdempotency-Keyは別の内容で使用済みです。新しいキーを指定してください。",
                "This idempotency key was used for another request. Use a new one.",
            ),
            Self::NotClaimed => ("先に案件を担当してください（claimReview）。", "Claim the case first (claimReview)."),
            Self::OwnApplication => (
                "ご自身が申請した案件は審査できません。別の担当者に依頼してください。",
                "Nobody decides on an application of their own. Ask another reviewer.",
            ),
            Self::ReasonHasControls => (
                "申請者に伝える文章から、制御文字と文字の方向を変える文字を取り除いてください。改行とタブは使用できます。",
                "Take control characters and direction overrides out of what you tell the applicant. Line breaks and tabs may stay.",
            ),
            Self::NoteHasControls => (
                "職員向けのメモから、制御文字と文字の方向を変える文字を取り除いてください。改行とタブは使用できます。",
                "Take control characters and direction overrides out of the note for other staff. Line breaks and tabs may stay.",
            ),
            Self::CorrectionsRequired => (
                "差戻しには、修正していただく項目を1つ以上指定してください。",
                "A return names at least one thing to correct.",
            ),
            Self::CorrectionTargetMismatch => (
                "attachmentIdは、targetがATTACHMENTのときに必ず指定し、それ以外のときは指定しないでください。",
                "Give an attachmentId where the target is ATTACHMENT, and nowhere else.",
            ),
            Self::InvalidCursor => (
                "カーソルが正しくありません。一覧を先頭から取得し直してください。",
                "This cursor does not belong to this list. Start from the first page.",
            ),
            Self::InvalidEventCursor => (
                "この申請・施設のイベントのカーソルではありません。afterを省くと、現在の状態から始まります。",
                "No event of this application or facility carried this cursor. Leave `after` out to begin with the current state.",
            ),
            Self::AccountNumbersExhausted => (
                "発行できるアカウント番号が残っていません。運用担当者へご連絡ください。",
                "No account numbers are left. Tell the operator.",
            ),
            _ => return self.words_with_values(language),
        };
        (ja.to_owned(), en.to_owned())
    }

    /// The texts that name a value.
    fn words_with_values(&self, language: Language) -> (String, String) {
        match self {
            Self::InvalidId { expected, found: Some(found) } => (
                format!("IDの種類が違います。{expected} のIDが必要ですが、{found} のIDが指定されました。"),
                format!("This id names another kind of thing: {expected} was wanted, {found} was given."),
            ),
            Self::InvalidId { expected, found: None } => (
                format!("IDの形式が正しくありません（例：{expected}_01k…）。"),
                format!("This is not an id. Ids of this kind look like {expected}_01k…"),
            ),
            Self::TooManyRepresentations { max } => (
                format!("一度に指定できるエンティティは{max}件までです。"),
                format!("At most {max} entities can be asked for at once."),
            ),
            Self::RequiredFieldMissing { label } => {
                let label = label.text(language);
                (format!("「{label}」を入力してください。"), format!("Fill in the {label}."))
            }
            Self::PasswordLength => (
                format!("パスワードは{PASSWORD_MIN}文字以上、{PASSWORD_MAX}バイト以内で設定してください。"),
                format!("A password has at least {PASSWORD_MIN} characters and at most {PASSWORD_MAX} bytes."),
            ),
            Self::TooManyAttempts { retry_at } => {
                let at = opening(*retry_at, language);
                (
                    format!("試行回数が上限に達しました。{at}以降にもう一度お試しください。"),
                    format!("Too many tries. Try again after {at}."),
                )
            }
            Self::InvalidFacilityCode { kind } => {
                let label = kind.code_label(language);
                (
                    format!("{label}の形式が正しくありません。書面のとおりに入力してください。"),
                    format!("This is not a {label}. Enter it as your papers show it."),
                )
            }
            Self::FacilityNotVerified { key } => {
                let label = key.label(language);
                (
                    format!("{label}を入力し、「施設の確認」（verifyFacility）を行ってください。"),
                    format!("Check the facility with its {label} (verifyFacility)."),
                )
            }
            Self::VerificationLocked { kind, until } => {
                let (paper, at) = (EvidenceKind::of(*kind).label(language), opening(*until, language));
                (
                    format!(
                        "照合の失敗が上限に達したため、{at}まで①の方法は利用できません。②の方法で「{paper}」を添付してください。"
                    ),
                    format!(
                        "Method 1 is locked until {at} after too many failures. Use method 2 and attach the {paper}."
                    ),
                )
            }
            Self::VerificationKeyWrongKind { expected } => {
                let label = expected.label(language);
                (
                    format!("この施設の確認には「{label}」を使用します。"),
                    format!("This kind of facility is checked with its {label}."),
                )
            }
            Self::EvidenceRequired { kind } => {
                let paper = EvidenceKind::of(*kind).label(language);
                (format!("「{paper}」を添付してください。"), format!("Attach the {paper}."))
            }
            _ => self.words_of_files(language).unwrap_or_else(|| self.words_of_applications(language)),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::domain::attachment::FileType;
    use crate::domain::facility::FacilityKind;
    use crate::domain::refusal::{ErrorCode, FieldLabel};
    use crate::domain::review::CorrectionTarget;
    use crate::domain::status::{ApplicationStatus, Command};
    use crate::domain::verification::VerificationKeyKind;

    /// Every reason has words in both languages, and the list below leaves no code out.
    #[test]
    fn every_reason_has_words() {
        let reasons = all();
        for reason in &reasons {
            assert!(
                reason.message(Language::Ja).ends_with(['。', '）', '他'])
                    || reason.message(Language::Ja).contains('：'),
                "{reason:?}"
            );
            assert!(
                reason.message(Language::En).ends_with('.') || reason.message(Language::En).ends_with('…'),
                "{reason:?}"
            );
        }
        for code in ErrorCode::ALL {
            assert!(reasons.iter().any(|reason| reason.code() == *code), "{} has no reason", code.as_str());
        }
    }

    fn all() -> Vec<Reason> {
        let at = DateTime::<Utc>::UNIX_EPOCH;
        let (kind, key) = (FacilityKind::MidwiferyHome, VerificationKeyKind::BankAccountNumber);
        let (status, target) = (ApplicationStatus::InReview, CorrectionTarget::StaffCount);
        vec![
            Reason::Unauthenticated,
            Reason::Forbidden,
            Reason::NotFound,
            Reason::InvalidId { expected: "user", found: Some("facility".into()) },
            Reason::InvalidId { expected: "user", found: None },
            Reason::InvalidRepresentation,
            Reason::TooManyRepresentations { max: 100 },
            Reason::RequiredFieldMissing { label: FieldLabel::StaffCount },
            Reason::AnswerTooLarge,
            Reason::InvalidName,
            Reason::InvalidEmail,
            Reason::InvalidPhoneNumber,
            Reason::PasswordLength,
            Reason::PasswordTooEasy,
            Reason::InvalidCredentials,
            Reason::CookieNeedsHttp,
            Reason::LinkInvalid,
            Reason::TooManyAttempts { retry_at: at },
            Reason::ServiceBusy,
            Reason::InvalidFacilityCode { kind },
            Reason::FacilityAlreadyRegistered,
            Reason::InvalidDateOfBirth,
            Reason::NotGregorian,
            Reason::InvalidAccountNumber { eight_digits: true },
            Reason::InvalidAccountNumber { eight_digits: false },
            Reason::FacilityNotVerified { key },
            Reason::VerificationStale,
            Reason::VerificationLocked { kind, until: at },
            Reason::VerificationKeyWrongKind { expected: key },
            Reason::VerificationMethodMismatch,
            Reason::EvidenceRequired { kind },
            Reason::EvidenceNotTaken,
            Reason::FileExpected,
            Reason::FileNameMissing,
            Reason::FileEmpty,
            Reason::FileTooLarge { max: 100_000_000 },
            Reason::UnsupportedFileType { photo: true },
            Reason::UnsupportedFileType { photo: false },
            Reason::FileExtensionMismatch { file_type: FileType::Xls, found: Some("pdf".into()) },
            Reason::FileExtensionMismatch { file_type: FileType::Xls, found: None },
            Reason::FileDamaged { file_type: FileType::Pdf },
            Reason::FileProtected,
            Reason::FileHasMacros,
            Reason::FileUnsafe,
            Reason::TooManyFiles { max: 10 },
            Reason::TooManyUploads { max: 2 },
            Reason::UploadInterrupted,
            Reason::UploadTimedOut,
            Reason::UploadMalformed,
            Reason::StorageFull,
            Reason::DeviceCountOutOfRange { max: 20 },
            Reason::StaffCountOutOfRange { max: 9999 },
            Reason::TermsNotAccepted,
            Reason::TermsOutdated { in_force: "1.0".into() },
            Reason::DuplicateApplication { number: "1".into(), status },
            Reason::InvalidStateTransition { status, command: Command::Approve },
            Reason::NotEditable { status },
            Reason::NoReceipt { status },
            Reason::FieldNotOpen { open: vec![target] },
            Reason::VersionConflict { current: 2 },
            Reason::InvalidIdempotencyKey,
            Reason::IdempotencyKeyReused,
            Reason::AlreadyClaimed { by: "審査 一郎".into(), until: at },
            Reason::AlreadyDecided { by: "審査 一郎".into(), at, status },
            Reason::NotClaimed,
            Reason::OwnApplication,
            Reason::ReasonRequired { max: 2000 },
            Reason::ReasonHasControls,
            Reason::NoteTooLong { max: 2000 },
            Reason::NoteHasControls,
            Reason::CorrectionsRequired,
            Reason::CorrectionTwice { target },
            Reason::CorrectionTargetMismatch,
            Reason::InvalidCursor,
            Reason::InvalidEventCursor,
            Reason::InvalidPageSize { max: 100 },
            Reason::AccountNumbersExhausted,
        ]
    }
}
