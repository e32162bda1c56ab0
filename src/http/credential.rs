//! Credentials as they stand in headers: a bearer token (mobile, servers) or the session cookie (browsers).
//!
//! Nothing here looks one up. Their text is wiped when dropped and never printed.

use crate::domain::secret::Confidential;
use axum::http::{HeaderMap, HeaderValue, header};

use super::error_code::HttpErrorCode;
use super::refusal::Refusal;

/// The name of the session cookie.
pub const SESSION_COOKIE: &str = "madoguchi_session";

/// Tells a browser to forget its session cookie.
pub(super) const FORGET_SESSION: HeaderValue =
    HeaderValue::from_static("madoguchi_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");

/// Longer than any token of ours; what is above it is not looked up.
const MAX_TOKEN: usize = 512;

/// Takes a token's text; `None` when it cannot be one (empty, too long, spaces or control characters in it).
pub(super) fn token(text: &str) -> Option<Confidential> {
    let is_plausible = !text.is_empty() && text.len() <= MAX_TOKEN && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_plausible.then(|| Confidential::new(text.to_owned()))
}

/// What a request shows to say who makes it.
#[derive(Debug, Clone)]
pub enum Credential {
    /// `Authorization: Bearer …` (RFC 6750): the client put it there itself.
    Bearer(Confidential),
    /// The session cookie: a browser adds it to requests of any page, so the page's origin must be checked.
    Cookie(Confidential),
}

impl Credential {
    /// Reads the headers; the bearer wins over the cookie.
    pub(super) fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        // Links of clients send an empty header where nobody is logged in.
        let mut values = headers.get_all(header::AUTHORIZATION).iter().filter(|value| !value.is_empty());
        match (values.next(), values.next()) {
            // Of several, everybody on the way may believe another.
            (Some(value), others) => {
                let credential = value.to_str().ok().filter(|_| others.is_none()).and_then(Self::from_authorization);
                credential.map(Some).ok_or_else(|| Refusal::new(HttpErrorCode::Unauthenticated))
            }
            (None, _) => Ok(session_cookie(headers).and_then(token).map(Self::Cookie)),
        }
    }

    /// Reads the value of an `Authorization` header.
    pub(super) fn from_authorization(value: &str) -> Option<Self> {
        let (scheme, text) = value.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token(text.trim()).map(Self::Bearer))?
    }
}

fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == SESSION_COOKIE).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    fn shown(pairs: &[(header::HeaderName, &'static str)]) -> Option<(&'static str, String)> {
        match Credential::from_headers(&headers(pairs)).ok()? {
            Some(Credential::Bearer(token)) => Some(("bearer", token.expose().to_owned())),
            Some(Credential::Cookie(token)) => Some(("cookie", token.expose().to_owned())),
            None => Some(("none", String::new())),
        }
    }

    /// A bearer wins over a cookie, the scheme's case is free, and other schemes are refused rather than ignored.
    #[test]
    fn the_form_of_a_credential_is_read_from_the_headers() {
        let both = [(header::AUTHORIZATION, "bearer abc"), (header::COOKIE, "madoguchi_session=zzz")];
        assert_eq!(shown(&both), Some(("bearer", "abc".into())));
        let jar = [(header::COOKIE, "a=b; x_madoguchi_session=no; madoguchi_session=abc")];
        assert_eq!(shown(&jar), Some(("cookie", "abc".into())));
        assert_eq!(shown(&[]), Some(("none", String::new())));
        assert_eq!(shown(&[(header::AUTHORIZATION, "")]), Some(("none", String::new())));
        let empty = [(header::AUTHORIZATION, ""), (header::COOKIE, "madoguchi_session=abc")];
        assert_eq!(shown(&empty), Some(("cookie", "abc".into())));
        for refused in ["Basic abc", "Bearer", "Bearer ", "Bearer a b"] {
            assert!(Credential::from_headers(&headers(&[(header::AUTHORIZATION, refused)])).is_err(), "{refused}");
        }
        let mut two = headers(&[(header::AUTHORIZATION, "Bearer abc")]);
        two.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer def"));
        assert!(Credential::from_headers(&two).is_err(), "two credentials");
    }

    /// Neither a token nor what holds one shows its text.
    #[test]
    fn a_credential_prints_stars() {
        let credential = token("secret-token").map(Credential::Cookie);
        assert_eq!(format!("{credential:?}"), "Some(Cookie(***))");
    }
}
