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

    /// Reads an `Accept-Language` header (RFC 9110, section 12.5.4): the best of the two, Japanese when neither is named.
    pub fn from_accept_language(header: &str) -> Self {
        let ranked = header.split(',').filter_map(|range| {
            let mut parts = range.trim().split(';');
            let tag = parts.next()?.trim().to_ascii_lowercase();
            let quality = parts.find_map(|part| part.trim().strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
            let language = match tag.split('-').next()? {
                "ja" | "*" => Self::Ja,
                "en" => Self::En,
                _ => return None,
            };
            (quality > 0.0).then_some((quality, language))
        });
        // The first of equal qualities wins, as the header lists them in the reader's order.
        ranked.reduce(|best, next| if next.0 > best.0 { next } else { best }).map_or(Self::Ja, |(_, language)| language)
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
        ] {
            assert_eq!(Language::from_accept_language(header), expected, "{header}");
        }
    }
}
