//! What a client accepts (RFC 9110, section 12.5): ranges of media types, or codings, each with its quality.

use axum::http::{HeaderMap, HeaderName, header};

/// One range that a client named.
pub(super) struct Range<'h> {
    /// `application/json`, `application/*`, `gzip`, in lower case.
    pub(super) essence: String,
    parameters: Vec<(&'h str, &'h str)>,
    /// From 0, which excludes the type, to 1.
    pub(super) quality: f32,
}

impl<'h> Range<'h> {
    /// Ranges whose quality is no number from 0 to 1 are passed over.
    fn read(text: &'h str) -> Option<Self> {
        let mut parts = unquoted(text, ';').map(str::trim);
        let essence = parts.next()?.to_ascii_lowercase();
        let named = parts.filter_map(|part| part.split_once('=')).map(|(name, value)| (name, value.trim_matches('"')));
        let (quality, parameters): (Vec<_>, Vec<_>) = named.partition(|(name, _)| name.eq_ignore_ascii_case("q"));
        let quality = quality.first().map_or(Ok(1.0), |(_, value)| value.parse()).ok()?;
        (0.0..=1.0).contains(&quality).then_some(Self { essence, parameters, quality })
    }

    /// A parameter beside the quality.
    pub(super) fn parameter(&self, name: &str) -> Option<&'h str> {
        self.parameters.iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

/// All ranges of `Accept`, in their order.
pub(super) fn ranges(headers: &HeaderMap) -> Vec<Range<'_>> {
    ranges_of(headers, &header::ACCEPT)
}

/// The same of another header of its kind.
pub(super) fn ranges_of<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Vec<Range<'h>> {
    let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| unquoted(line, ',')).filter_map(Range::read).collect()
}

/// The parts between separators that stand in no quoted string (RFC 9110, section 5.6.4).
pub(super) fn unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |character| {
        let escapes = is_quoted && character == '\\' && !is_escaped;
        is_quoted ^= character == '"' && !is_escaped;
        is_escaped = escapes;
        character == separator && !is_quoted
    })
}
