//! What people type, brought into one form: full-width folded, hyphens and spaces of every kind dropped where they mean nothing.

use unicode_normalization::UnicodeNormalization;

/// Folds compatibility forms (full-width digits and letters, half-width kana) by NFKC and trims the ends (E11).
pub fn fold(text: &str) -> String {
    // ASCII and the ideographs of the basic block are their own NFKC (UAX #15); a registry of 80,000 rows is nearly all that.
    if text.chars().all(|c| c.is_ascii() || ('\u{4E00}'..='\u{9FFF}').contains(&c)) {
        return text.trim().to_owned();
    }
    text.nfkc().collect::<String>().trim().to_owned()
}

/// Folds, then drops spaces and every kind of hyphen or dash that a number is written with (E11).
pub fn fold_number(text: &str) -> String {
    fold(text).chars().filter(|c| !c.is_whitespace() && !is_dash(*c)).collect()
}

/// Hyphen-minus, hyphens and dashes, minus signs and the long-vowel mark that stands for one on a Japanese keyboard.
pub fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30FC}' | '\u{FF0D}' | '\u{FF70}' | '\u{2500}')
}

/// Whether a name holds a character that has no place in a line of text: controls, line breaks, direction overrides.
pub fn has_forbidden_character(text: &str) -> bool {
    text.chars().any(|c| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Full-width digits, every dash and the ideographic space come out as plain digits.
    #[test]
    fn numbers_are_folded() {
        assert_eq!(fold_number(" １２３ー４５−６\u{3000}７ "), "1234567");
        for ideograph in ('\u{4E00}'..='\u{9FFF}').map(String::from) {
            assert_eq!(ideograph.nfkc().collect::<String>(), ideograph, "the short way takes it as it is");
        }
    }

    /// Controls and direction marks are found; variant kanji and surrogate pairs are ordinary text (E37).
    #[test]
    fn forbidden_characters_are_found() {
        assert!(has_forbidden_character("a\r\nBcc: b"));
        assert!(has_forbidden_character("\u{202E}txt"));
        assert!(!has_forbidden_character("髙橋﨑 𠮷野家 葛\u{E0100}城"));
    }
}
