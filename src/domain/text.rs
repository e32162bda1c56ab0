//! What people type, brought into one form: full-width folded, hyphens and spaces of every kind dropped where they mean nothing.

use std::ops::RangeInclusive;

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

/// Whether nobody can see anything of a text: it is empty, or all white space, controls and characters without a shape.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control() || is_invisible(c))
}

/// What is drawn as nothing: `Default_Ignorable_Code_Point` of Unicode, and the braille cell without a dot, which is not among those.
/// Within visible text they have their uses: emoji and variant kanji are made with them.
const INVISIBLE: [RangeInclusive<char>; 18] = [
    '\u{AD}'..='\u{AD}',
    '\u{34F}'..='\u{34F}',
    '\u{61C}'..='\u{61C}',
    '\u{115F}'..='\u{1160}',
    '\u{17B4}'..='\u{17B5}',
    '\u{180B}'..='\u{180F}',
    '\u{200B}'..='\u{200F}',
    '\u{202A}'..='\u{202E}',
    '\u{2060}'..='\u{206F}',
    '\u{2800}'..='\u{2800}',
    '\u{3164}'..='\u{3164}',
    '\u{FE00}'..='\u{FE0F}',
    '\u{FEFF}'..='\u{FEFF}',
    '\u{FFA0}'..='\u{FFA0}',
    '\u{FFF0}'..='\u{FFF8}',
    '\u{1BCA0}'..='\u{1BCA3}',
    '\u{1D173}'..='\u{1D17A}',
    '\u{E0000}'..='\u{E0FFF}',
];

fn is_invisible(c: char) -> bool {
    INVISIBLE.iter().any(|range| range.contains(&c))
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

    /// What takes no ink is blank, alone and together; one character with a shape is enough to be seen.
    #[test]
    fn invisible_texts_are_blank() {
        for text in [
            "",
            " \u{3000}\t\n",
            "\0\u{1B}\u{85}",
            "\u{200B}\u{2060}\u{AD} \u{3164}\u{FFA0}",
            "\u{2800}\u{E0041}\u{FEFF}",
        ] {
            assert!(is_blank(text), "{text:?}");
            assert!(!is_blank(&format!("{text}。{text}")), "{text:?}");
        }
        for text in ["👩\u{200D}⚕\u{FE0F}", "葛\u{E0100}", "\u{2801}", "ᄀ", "0"] {
            assert!(!is_blank(text), "{text:?}");
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
