//! The facility check: the decision table of kind × method, and the keys that method ① takes (R14–R37, E01–E11).
//!
//! The server derives the kind of key from the facility; what a client sends in the wrong form is refused before any try is counted.

use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};
use zeroize::Zeroizing;

use super::facility::FacilityKind;
use super::ids::UserId;
use super::language::Language;
use super::refusal::Reason;
use super::secret::Confidential;
use super::text::{fold, fold_number};

/// How a facility shows that it is what it says (R15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VerificationMethod {
    /// ① A match with information already filed.
    RegistryMatch,
    /// ② Documents attached to the application.
    DocumentEvidence,
}

impl VerificationMethod {
    /// Both methods, in the form's order.
    pub const ALL: [Self; 2] = [Self::RegistryMatch, Self::DocumentEvidence];

    /// The option's text on the form (R15).
    pub fn label(self, language: Language) -> &'static str {
        match self {
            Self::RegistryMatch => language.pick(
                "① 支払基金または地方厚生（支）局に提出済みの情報との照合により施設を確認します。",
                "1. Match with information already filed with the payment fund or the regional bureau.",
            ),
            Self::DocumentEvidence => language.pick(
                "② 書類を添付することで施設を確認します。※証拠書類の添付が必須となります。",
                "2. Attach documents. Evidence documents are required.",
            ),
        }
    }
}

/// What is typed for method ①.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VerificationKeyKind {
    /// 施術管理者の生年月日（西暦） (R23).
    ManagingPractitionerBirthDate,
    /// 口座番号 (R29, R32).
    BankAccountNumber,
}

impl VerificationKeyKind {
    /// The key that a kind of facility types.
    pub const fn of(kind: FacilityKind) -> Self {
        match kind {
            FacilityKind::TreatmentClinic => Self::ManagingPractitionerBirthDate,
            FacilityKind::HealthCheckupProvider | FacilityKind::MidwiferyHome => Self::BankAccountNumber,
        }
    }

    /// The input's name in the API.
    pub const fn field(self) -> &'static str {
        match self {
            Self::ManagingPractitionerBirthDate => "managerDateOfBirth",
            Self::BankAccountNumber => "bankAccountNumber",
        }
    }

    /// The input's name on the form.
    pub fn label(self, language: Language) -> &'static str {
        match self {
            Self::ManagingPractitionerBirthDate => {
                language.pick("施術管理者の生年月日（西暦）", "managing practitioner's date of birth (Gregorian)")
            }
            Self::BankAccountNumber => language.pick("口座番号", "bank account number"),
        }
    }

    /// A pattern (ECMA-262) that accepted input matches after folding.
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::ManagingPractitionerBirthDate => {
                "^[^0-9]*(19|20)[0-9]{2}([0-9]{4}|[^0-9]+[0-9]{1,2}[^0-9]+[0-9]{1,2})[^0-9]*$"
            }
            Self::BankAccountNumber => "^[0-9]{1,7}$",
        }
    }

    /// The longest accepted input, in characters.
    pub const fn max_length(self) -> u32 {
        match self {
            // 1970年01月31日
            Self::ManagingPractitionerBirthDate => 11,
            Self::BankAccountNumber => 7,
        }
    }

    /// An example of the form; no real person's.
    pub const fn example(self) -> &'static str {
        match self {
            Self::ManagingPractitionerBirthDate => "1970-01-31",
            Self::BankAccountNumber => "1234567",
        }
    }
}

/// The help text beside the key of method ① (R24–R26, R29, R32, R36, R37).
pub fn key_help(kind: FacilityKind, language: Language) -> &'static str {
    match kind {
        FacilityKind::TreatmentClinic => language.pick(
            "施術管理者（施術所情報に表示されている登録記号番号を保有する方）の生年月日を西暦で入力してください。開設者や申請者ご本人の生年月日ではありません。入力いただいた生年月日は施設の確認のみに使用されます。",
            "The Gregorian date of birth of the practitioner who holds the registration symbol-number shown for the clinic; not the owner's, nor your own. It is used for this check only.",
        ),
        FacilityKind::HealthCheckupProvider => language.pick(
            "診療報酬請求・健診等費用の請求に使用している口座番号を半角数字7桁以内で入力してください。ゆうちょ銀行の場合は、通帳表紙の裏面の銀行使用欄または振込情報案内ページで口座番号と表記方法をご確認ください。入力いただいた口座番号は施設の確認のみに使用されます。",
            "The account number used to claim medical or checkup fees, at most 7 digits. For Japan Post Bank look up the number and its notation inside the passbook cover or on the transfer information page. It is used for this check only.",
        ),
        FacilityKind::MidwiferyHome => language.pick(
            "出産育児一時金等の請求に使用している口座番号を半角数字7桁以内で入力してください。ゆうちょ銀行の場合は、通帳表紙の裏面の銀行使用欄または振込情報案内ページで口座番号と表記方法をご確認ください。入力いただいた口座番号は施設の確認のみに使用されます。",
            "The account number used to claim the childbirth allowance, at most 7 digits. For Japan Post Bank look up the number and its notation inside the passbook cover or on the transfer information page. It is used for this check only.",
        ),
    }
}

/// The key as a client typed it, under the name it gave it.
#[derive(Debug, Clone)]
pub struct TypedKey {
    /// Which kind of key the client says it is.
    pub kind: VerificationKeyKind,
    /// What was typed.
    pub text: Confidential,
}

/// A key of method ① in the one form that is compared; it prints as `***`.
#[derive(Debug, Clone)]
pub struct VerificationKey {
    kind: VerificationKeyKind,
    normalised: Confidential,
}

impl VerificationKey {
    /// Reads a key of the wanted kind as people type it; `today` is the calendar day in Japan.
    pub fn parse(kind: VerificationKeyKind, text: &Confidential, today: NaiveDate) -> Result<Self, Reason> {
        let normalised = match kind {
            VerificationKeyKind::ManagingPractitionerBirthDate => birth_date(text.expose(), today)?,
            VerificationKeyKind::BankAccountNumber => account_number(text.expose())?,
        };
        Ok(Self { kind, normalised: Confidential::new(normalised) })
    }

    /// Which kind of key this is.
    pub const fn kind(&self) -> VerificationKeyKind {
        self.kind
    }

    /// `YYYY-MM-DD`, or seven digits with leading zeros: what the registry's digest is made of.
    pub fn normalised(&self) -> &str {
        self.normalised.expose()
    }
}

fn birth_date(text: &str, today: NaiveDate) -> Result<String, Reason> {
    let text = Zeroizing::new(fold(text));
    let parts: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let date = match parts.as_slice() {
        [compact] if compact.len() == 8 && text.len() == 8 => ymd(&compact[..4], &compact[4..6], &compact[6..]),
        [year, month, day] if is_whole_date(&parts) && !is_japanese_era(&text) => ymd(year, month, day),
        _ if is_japanese_era(&text) || is_short_year(&parts) => return Err(Reason::NotGregorian),
        _ => None,
    };
    let accepted = date.filter(|date| *date <= today && date.year() >= 1900).ok_or(Reason::InvalidDateOfBirth)?;
    Ok(accepted.format("%Y-%m-%d").to_string())
}

fn ymd(year: &str, month: &str, day: &str) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// 昭和40年5月10日, S40.5.10, 令和元年…: an era's name or initial stands first (E09).
fn is_japanese_era(text: &str) -> bool {
    let eras = ["明治", "大正", "昭和", "平成", "令和", "明", "大", "昭", "平", "令"];
    let initial = text.chars().next().is_some_and(|c| "MTSHRmtshr".contains(c));
    eras.iter().any(|era| text.starts_with(era)) || (initial && text.chars().any(|c| c.is_ascii_digit()))
}

/// 1940/5/10, and no digits beside it.
fn is_whole_date(parts: &[&str]) -> bool {
    matches!(parts, [year, month, day] if year.len() == 4 && month.len() <= 2 && day.len() <= 2)
}

/// 40/5/10: a year of one or two digits can only be an era's.
fn is_short_year(parts: &[&str]) -> bool {
    matches!(parts, [year, _, _] if year.len() <= 2)
}

fn account_number(text: &str) -> Result<String, Reason> {
    let digits = Zeroizing::new(fold_number(text));
    if (1..=7).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
        Ok(format!("{:0>7}", digits.as_str()))
    } else {
        Err(Reason::InvalidAccountNumber {
            eight_digits: digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit()),
        })
    }
}

/// How long a match may wait for its submission.
pub const MATCH_LIFETIME: Duration = Duration::hours(24);

/// A successful match of method ①: an outcome and a time, never the key (R26, R37, E07).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistryMatch {
    /// Who typed the key.
    pub user: UserId,
    /// Which kind of key it was.
    pub key_kind: VerificationKeyKind,
    /// When it matched.
    pub verified_at: DateTime<Utc>,
    /// When it was used for a submission; from then on it belongs to that submission and does not expire.
    pub used_at: Option<DateTime<Utc>>,
}

impl RegistryMatch {
    /// When it goes stale if no submission uses it.
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.verified_at + MATCH_LIFETIME
    }

    /// Whether this user may submit on it now.
    pub fn serves(&self, user: UserId, key_kind: VerificationKeyKind, now: DateTime<Utc>) -> bool {
        self.used_at.is_some() || (self.user == user && self.key_kind == key_kind && now < self.expires_at())
    }
}

/// How many failures are allowed, and for how long they count (T1; domain 8.9: no official number is published).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptLimits {
    /// Failures of one facility before method ① is locked for it.
    pub per_facility: u32,
    /// How long a failure of a facility counts.
    pub facility_window: Duration,
    /// Tries of one user in a day, over all facilities.
    pub per_user_per_day: u32,
    /// Failures of everybody in a day before method ① rests for all.
    pub overall_per_day: u32,
}

/// Where a facility stands with method ①.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptStanding {
    /// Failures left before the lock.
    pub remaining: u32,
    /// Until when the lock holds, once it does.
    pub locked_until: Option<DateTime<Utc>>,
}

impl AttemptLimits {
    /// The standing after these failures (unfinished tries count as failures), newest last.
    pub fn standing(&self, failures: &[DateTime<Utc>]) -> AttemptStanding {
        let used = u32::try_from(failures.len()).unwrap_or(u32::MAX);
        let remaining = self.per_facility.saturating_sub(used);
        // The lock opens when so many failures have grown old that fewer than the limit count.
        let opening = failures.len().checked_sub(self.per_facility as usize).and_then(|at| failures.get(at));
        AttemptStanding { remaining, locked_until: opening.map(|at| *at + self.facility_window) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(kind: VerificationKeyKind, text: &str) -> Result<String, Reason> {
        let today = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a date");
        VerificationKey::parse(kind, &Confidential::new(text.into()), today).map(|key| key.normalised().to_owned())
    }

    /// Every Gregorian form that people type is one date (E10).
    #[test]
    fn gregorian_dates_are_read() {
        let kind = VerificationKeyKind::ManagingPractitionerBirthDate;
        assert!(kind.example().chars().count() <= kind.max_length() as usize);
        for text in ["1965-05-10", "1965/5/10", "19650510", "１９６５年５月１０日", "1965年05月10日", " 1965.5.10 "]
        {
            assert!(text.trim().chars().count() <= kind.max_length() as usize, "{text}");
            assert_eq!(
                parse(VerificationKeyKind::ManagingPractitionerBirthDate, text),
                Ok("1965-05-10".into()),
                "{text}"
            );
        }
    }

    /// A date by an era is refused as such, never guessed (E09).
    #[test]
    fn japanese_eras_are_refused_as_such() {
        for text in
            ["昭和40年5月10日", "S40.5.10", "40/5/10", "㍼40年5月10日", "令和元年5月1日", "昭40-5-10", "平成1.1.8"]
        {
            assert_eq!(
                parse(VerificationKeyKind::ManagingPractitionerBirthDate, text),
                Err(Reason::NotGregorian),
                "{text}"
            );
        }
    }

    /// No date, no such day, the future and the distant past are refused.
    #[test]
    fn impossible_dates_are_refused() {
        for text in ["", "不詳", "1965-02-29", "1965-13-01", "2026-11-24", "1899-12-31", "1965-05", "196505100"] {
            let outcome = parse(VerificationKeyKind::ManagingPractitionerBirthDate, text);
            assert_eq!(outcome, Err(Reason::InvalidDateOfBirth), "{text}");
        }
        assert!(parse(VerificationKeyKind::ManagingPractitionerBirthDate, "1964-02-29").is_ok());
    }

    /// Account numbers are folded and padded; eight digits get the advice of R36.
    #[test]
    fn account_numbers_are_folded_and_padded() {
        for (text, expected) in
            [("1234567", "1234567"), ("１２３４５６７", "1234567"), ("12345", "0012345"), ("123-4567", "1234567")]
        {
            assert_eq!(parse(VerificationKeyKind::BankAccountNumber, text), Ok(expected.into()), "{text}");
        }
        for (text, eight_digits) in [("12345678", true), ("", false), ("123456789", false), ("12a", false)] {
            let outcome = parse(VerificationKeyKind::BankAccountNumber, text);
            assert_eq!(outcome, Err(Reason::InvalidAccountNumber { eight_digits }), "{text}");
        }
    }

    /// The lock opens when the oldest failure that fills the quota grows old.
    #[test]
    fn the_fifth_failure_locks_until_the_first_grows_old() {
        let limits = AttemptLimits {
            per_facility: 5,
            facility_window: Duration::days(30),
            per_user_per_day: 10,
            overall_per_day: 200,
        };
        let start = DateTime::<Utc>::UNIX_EPOCH;
        let failures: Vec<_> = (0..5).map(|hour| start + Duration::hours(hour)).collect();
        assert_eq!(limits.standing(&failures[..4]), AttemptStanding { remaining: 1, locked_until: None });
        let locked = AttemptStanding { remaining: 0, locked_until: Some(start + Duration::days(30)) };
        assert_eq!(limits.standing(&failures), locked);
    }
}
