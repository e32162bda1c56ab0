//! File names: what somebody's computer calls a file, as one short line of text.
//!
//! Paths, direction marks and control characters are dropped rather than refused, because nobody typed them. What cannot be mended
//! without guessing is refused: no name at all, or one whose ending says something else than the bytes.

use unicode_normalization::UnicodeNormalization;

use super::FileType;
use crate::domain::refusal::Reason;

/// The longest name, in characters, its extension included.
pub const LONGEST_NAME: usize = 100;

/// Brings a name into shape: NFC, the last part of a path, no controls and no marks, at most [`LONGEST_NAME`] characters of which
/// the extension stays.
pub fn clean(given: &str) -> Result<String, Reason> {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.nfc().filter(|c| !is_dropped(*c)).collect();
    // A leading dot hides a file, a leading hyphen is an option to many programs, and Windows drops dots and spaces at the end.
    let kept = kept.trim().trim_start_matches(['.', '-', ' ']).trim_end_matches(['.', ' ']);
    if kept.is_empty() {
        return Err(Reason::FileNameMissing);
    }
    Ok(shorten(kept))
}

/// Refuses a name that ends in another extension than its type's, or in none.
pub fn expect_extension(name: &str, file_type: FileType) -> Result<(), Reason> {
    let found = extension(name);
    if found.is_some_and(|found| found.eq_ignore_ascii_case(file_type.extension())) {
        return Ok(());
    }
    Err(Reason::FileExtensionMismatch { file_type, found: found.map(str::to_owned) })
}

fn extension(name: &str) -> Option<&str> {
    let (_, extension) = name.rsplit_once('.')?;
    // A dot within a sentence is no extension.
    let is_one = (1..=10).contains(&extension.len()) && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_one.then_some(extension)
}

fn shorten(name: &str) -> String {
    let length = name.chars().count();
    if length <= LONGEST_NAME {
        return name.to_owned();
    }
    let ending = extension(name).map_or_else(String::new, |extension| format!(".{extension}"));
    let stem = name.strip_suffix(&ending).unwrap_or(name);
    stem.chars().take(LONGEST_NAME - ending.chars().count()).chain(ending.chars()).collect()
}

/// Controls, line and paragraph separators, direction marks, invisible spaces, and the characters that mean something in a path or
/// are forbidden in names by Windows.
fn is_dropped(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}')
        || matches!(c, '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{FFFD}')
        || matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What people and their computers call files, and what becomes of it.
    #[test]
    fn names_are_cleaned() {
        for (given, expected) in [
            ("受領委任承諾通知書.pdf", "受領委任承諾通知書.pdf"),
            ("か\u{3099}くにん.PDF", "がくにん.PDF"),
            ("../../etc/passwd.png", "passwd.png"),
            ("C:\\Users\\花子\\通知書.pdf", "通知書.pdf"),
            ("/etc/cron.d/x.pdf", "x.pdf"),
            ("evil\u{202E}fdp.exe", "evilfdp.exe"),
            ("a\r\nSet-Cookie: b.pdf", "aSet-Cookie b.pdf"),
            ("a\0b.pdf", "ab.pdf"),
            ("..pdf", "pdf"),
            ("--help.pdf", "help.pdf"),
            ("通知書.pdf. ", "通知書.pdf"),
            ("髙橋﨑𠮷葛\u{E0100}城.pdf", "髙橋﨑𠮷葛\u{E0100}城.pdf"),
            ("%2e%2e%2fx.pdf", "%2e%2e%2fx.pdf"),
        ] {
            assert_eq!(clean(given).as_deref(), Ok(expected), "{given:?}");
        }
        for nameless in ["", "/", "..", "\u{202E}", " . "] {
            assert_eq!(clean(nameless), Err(Reason::FileNameMissing), "{nameless:?}");
        }
    }

    /// A long name is cut before its extension, between characters.
    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = clean(&format!("{}.xlsx", "通".repeat(251))).expect("a name");
        assert_eq!(name.chars().count(), LONGEST_NAME);
        assert!(name.ends_with("通.xlsx"));
        assert_eq!(clean(&"a".repeat(255)).map(|name| name.len()), Ok(LONGEST_NAME));
    }

    /// The extension is asked for in either case and must be the type's own.
    #[test]
    fn the_extension_is_the_types() {
        for name in ["a.pdf", "a.PDF", "a.b.Pdf"] {
            assert_eq!(expect_extension(name, FileType::Pdf), Ok(()), "{name}");
        }
        for (name, found) in [("a.png", Some("png")), ("a", None), ("第1.受領委任", None), ("a.pdf.exe", Some("exe"))]
        {
            let refused = Reason::FileExtensionMismatch { file_type: FileType::Pdf, found: found.map(str::to_owned) };
            assert_eq!(expect_extension(name, FileType::Pdf), Err(refused), "{name}");
        }
    }
}
