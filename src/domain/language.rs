//! The two languages in which the counter speaks.

/// The language of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Language {
    /// Japanese, the default.
    #[default]
    Ja,
    /// English.
    En,
}

impl Language {
    /// Chooses one of two texts.
    pub fn pick<T>(self, ja: T, en: T) -> T {
        match self {
            Self::Ja => ja,
            Self::En => en,
        }
    }

    /// The tag for `Content-Language` and for templates (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }

    /// Reads the lines of `Accept-Language` (RFC 9110, section 12.5.4): the better of the two, by what names each most closely, and of equals
    /// the one that is named first. Japanese when neither is named.
    pub fn from_accept_language<'h>(lines: impl Iterator<Item = &'h str>) -> Self {
        let (mut ja, mut en, mut others) = (None, None, None);
        for (place, range) in lines.flat_map(|line| line.split(',')).enumerate() {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let weight = parameters.trim().split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
            let quality = weight.and_then(|(_, weight)| weight.trim().parse::<f32>().ok()).unwrap_or(1.0);
            let named = match tag.trim().split('-').next().unwrap_or_default() {
                tag if tag.eq_ignore_ascii_case("ja") => &mut ja,
                tag if tag.eq_ignore_ascii_case("en") => &mut en,
                "*" => &mut others,
                _ => continue,
            };
            if named.is_none_or(|(best, _)| quality > best) {
                *named = Some((quality, place));
            }
        }
        let (ja, en) = (ja.or(others), en.or(others));
        let is_english = match (ja, en) {
            (_, None) => false,
            (None, Some((en, _))) => en > 0.0,
            (Some((ja, ja_place)), Some((en, en_place))) => en > ja || en == ja && en_place < ja_place,
        };
        if is_english { Self::En } else { Self::Ja }
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    /// Quality decides, order breaks ties, and what is neither falls to Japanese.
    #[test]
    fn the_header_is_read_as_the_rfc_says() {
        for (header, expected) in [
            ("", Language::Ja),
            ("en", Language::En),
            ("en-GB,en;q=0.9", Language::En),
            ("ja,en;q=0.5", Language::Ja),
            ("fr, en;q=0.3", Language::En),
            ("fr", Language::Ja),
            ("en;q=0", Language::Ja),
            ("ja;q=0.2, en;q=0.8", Language::En),
            ("EN, ja", Language::En),
            ("en;Q=0.1, ja;q=0.9", Language::Ja),
            ("ja;q=0, *", Language::En),
            ("en;q=0, *", Language::Ja),
            ("*", Language::Ja),
            ("*, en", Language::Ja),
            ("ja;q=0.5, *;q=0.1, en-US ; q=0.7", Language::En),
        ] {
            assert_eq!(Language::from_accept_language([header].into_iter()), expected, "{header}");
        }
        assert_eq!(Language::from_accept_language(["fr", "en"].into_iter()), Language::En);
    }
}
