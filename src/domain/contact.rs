//! お問い合わせ先: the call centre and its hours (R58).

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc, Weekday};

use super::clock::japan;
use super::language::Language;

/// The call centre's telephone number, free of charge.
pub const CALL_CENTER_PHONE: &str = "0800-080-4583";

/// When the call centre answers, in words (R58).
pub fn call_center_hours(language: Language) -> &'static str {
    language.pick(
        "月曜日～金曜日 8:00～18:00、土曜日 8:00～16:00（いずれも祝日を除く）",
        "Monday to Friday 8:00–18:00, Saturday 8:00–16:00, except national holidays (Japan time)",
    )
}

/// Whether the call centre answers: Monday to Friday 8:00–18:00, Saturday 8:00–16:00, not on holidays (R58).
pub fn is_open(at: DateTime<Utc>) -> bool {
    let local = at.with_timezone(&japan());
    if is_holiday(local.date_naive()) {
        return false;
    }
    let closes = match local.weekday() {
        Weekday::Sun => return false,
        Weekday::Sat => 16,
        _ => 18,
    };
    (8..closes).contains(&local.hour())
}

/// National holidays of Japan with their substitutes (国民の祝日に関する法律).
fn is_holiday(day: NaiveDate) -> bool {
    jpholiday::jpholiday::JPHoliday::new().is_holiday(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str) -> bool {
        is_open(DateTime::parse_from_rfc3339(text).expect("an instant").with_timezone(&Utc))
    }

    /// Hours are Japan's; Saturdays are shorter; Sundays, holidays and their substitutes are closed.
    #[test]
    fn the_call_centre_keeps_its_hours() {
        for (at, expected) in [
            ("2026-11-24T07:59:59+09:00", false),
            ("2026-11-24T08:00:00+09:00", true),
            ("2026-11-24T17:59:59+09:00", true),
            ("2026-11-24T18:00:00+09:00", false),
            ("2026-11-23T23:00:00Z", true),
            ("2026-11-28T15:59:00+09:00", true),
            ("2026-11-28T16:00:00+09:00", false),
            ("2026-11-29T12:00:00+09:00", false),
            ("2026-11-23T12:00:00+09:00", false),
            ("2027-03-22T12:00:00+09:00", false),
            ("2026-05-06T12:00:00+09:00", false),
        ] {
            assert_eq!(open(at), expected, "{at}");
        }
    }
}
