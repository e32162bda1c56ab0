//! The names of a part and of its file, as the various clients write them. They are cleaned where they are used, not here.

use std::borrow::Cow;

use axum::http::{HeaderMap, header};
use multer::Field;
use percent_encoding::percent_decode_str;

use super::super::accept::unquoted;

/// Whether this is the name of the part.
pub(super) fn is_of(field: &Field<'_>, name: &str) -> bool {
    match field.name() {
        Some(given) => given == name,
        None => parameter(field.headers(), "name").is_some_and(|given| given == name),
    }
}

/// The name of the part's file.
pub(super) fn of_file(field: &Field<'_>) -> Option<String> {
    of(field.headers(), field.file_name())
}

/// The name of a part's file: `filename="…"` in raw UTF-8 as browsers and curl write it (RFC 7578, section 4.2), which `given` is, or
/// `filename*=UTF-8''…` as others do although the same section forbids it.
fn of(headers: &HeaderMap, given: Option<&str>) -> Option<String> {
    // What browsers write for quotes and line ends (HTML standard, "multipart/form-data encoding algorithm").
    let unescaped = |name: &str| name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n");
    let given = given.map(str::to_owned).or_else(|| parameter(headers, "filename"));
    extended(headers).or_else(|| given.as_deref().map(unescaped))
}

/// A parameter of `Content-Disposition`. The parser finds those whose names are written small, which need not be (RFC 2045, section 5.1).
fn parameter(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = std::str::from_utf8(headers.get(header::CONTENT_DISPOSITION)?.as_bytes()).ok()?;
    let mut parameters = unquoted(value, ';').filter_map(|parameter| parameter.split_once('='));
    let (_, text) = parameters.find(|(key, _)| key.trim().eq_ignore_ascii_case(name))?;
    let text = text.trim();
    let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    Some(quoted.map_or_else(|| text.to_owned(), |quoted| quoted.replace("\\\"", "\"").replace("\\\\", "\\")))
}

/// The language in the middle is passed over (RFC 8187, section 3.2.1).
fn extended(headers: &HeaderMap) -> Option<String> {
    let text = parameter(headers, "filename*")?;
    let mut parts = text.splitn(3, '\'');
    let (charset, _, encoded) = (parts.next()?, parts.next()?, parts.next()?);
    let is_utf8 = charset.eq_ignore_ascii_case("utf-8");
    percent_decode_str(encoded).decode_utf8().ok().filter(|_| is_utf8).map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn named(disposition: &'static str, given: Option<&str>) -> Option<String> {
        let value = HeaderValue::from_bytes(disposition.as_bytes()).expect("a header");
        of(&HeaderMap::from_iter([(header::CONTENT_DISPOSITION, value)]), given)
    }

    /// The forms in which clients write a name.
    #[test]
    fn names_are_read_as_clients_write_them() {
        let plain = "form-data; name=\"0\"; filename=\"通知書.pdf\"";
        assert_eq!(named(plain, Some("通知書.pdf")).as_deref(), Some("通知書.pdf"));
        let extended = "form-data; name=\"0\"; filename*=utf-8''%E9%80%9A.pdf";
        assert_eq!(named(extended, None).as_deref(), Some("通.pdf"));
        let with_language = "form-data; name=\"0\"; filename=\"b.pdf\"; filename*=UTF-8'ja'%E9%80%9A.pdf";
        assert_eq!(named(with_language, Some("b.pdf")).as_deref(), Some("通.pdf"));
        let quoted = "form-data; name=\"0\"; filename=\"a; filename*=utf-8''evil.pdf\"";
        assert_eq!(
            named(quoted, Some("a; filename*=utf-8''evil.pdf")).as_deref(),
            Some("a; filename*=utf-8''evil.pdf")
        );
        let in_capitals = "Form-Data; NAME=\"0\"; FileName=\"b; \\\"c.pdf\"";
        assert_eq!(named(in_capitals, None).as_deref(), Some("b; \"c.pdf"));
        for wrong in ["filename*=utf-8''%E9", "filename*=Shift_JIS''a", "filename*=é"] {
            let disposition: &'static str = Box::leak(format!("form-data; {wrong}").into_boxed_str());
            assert_eq!(named(disposition, None), None, "{wrong}");
        }
        assert_eq!(named("form-data; filename=\"a%22b\"", Some("a%22b")).as_deref(), Some("a\"b"));
    }
}
