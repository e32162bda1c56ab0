//! Credentials as they stand in headers: a bearer token (mobile, servers) or the session cookie (browsers).
//!
//! Nothing here looks one up. Their text is wiped when dropped and never printed.

use std::fmt;

use axum::http::{HeaderMap, HeaderValue, header};
use zeroize::Zeroizing;

use super::error_code::HttpErrorCode;
use super::refusal::Refusal;

/// The name of the session cookie.
pub const SESSION_COOKIE: &str = "madoguchi_session";

/// Tells a browser to forget its session cookie.
pub(super) const FORGET_SESSION: HeaderValue =
    HeaderValue::from_static("madoguchi_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");

/// Longer than any token of ours; what is above it is not looked up.
const MAX_TOKEN: usize = 512;

/// A token's text. It prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// Takes a token's text; `None` when it cannot be a token (empty, over 512 bytes, spaces or control characters in it).
    pub fn try_new(text: &str) -> Option<Self> {
        let plausible = !text.is_empty() && text.len() <= MAX_TOKEN && text.bytes().all(|byte| byte.is_ascii_graphic());
        plausible.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text, for looking it up.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What a request shows to say who makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// `Authorization: Bearer …` (RFC 6750): the client put it there itself.
    Bearer(Token),
    /// The session cookie: a browser adds it to requests of any page, so the page's origin must be checked.
    Cookie(Token),
}

impl Credential {
    /// Reads the headers; the bearer wins over the cookie.
    pub(super) fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        match headers.get(header::AUTHORIZATION) {
            Some(value) => {
                let token = value.to_str().ok().and_then(Self::from_authorization);
                token.map(Some).ok_or_else(|| Refusal::new(HttpErrorCode::Unauthenticated))
            }
            None => Ok(session_cookie(headers).and_then(Token::try_new).map(Self::Cookie)),
        }
    }

    /// Reads the value of an `Authorization` header.
    pub(super) fn from_authorization(value: &str) -> Option<Self> {
        let (scheme, token) = value.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| Token::try_new(token.trim()).map(Self::Bearer))?
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

    /// A bearer wins over a cookie, the scheme's case is free, and other schemes are refused rather than ignored.
    #[test]
    fn the_form_of_a_credential_is_read_from_the_headers() {
        let bearer = Token::try_new("abc").map(Credential::Bearer);
        let cookie = Token::try_new("abc").map(Credential::Cookie);
        let both = [(header::AUTHORIZATION, "bearer abc"), (header::COOKIE, "madoguchi_session=zzz")];
        assert_eq!(Credential::from_headers(&headers(&both)).ok(), Some(bearer));
        let jar = [(header::COOKIE, "a=b; madoguchi_session=abc; x_madoguchi_session=no")];
        assert_eq!(Credential::from_headers(&headers(&jar)).ok(), Some(cookie));
        assert_eq!(Credential::from_headers(&HeaderMap::new()).ok(), Some(None));
        for refused in ["Basic abc", "Bearer", "Bearer ", "Bearer a b"] {
            assert!(Credential::from_headers(&headers(&[(header::AUTHORIZATION, refused)])).is_err(), "{refused}");
        }
    }

    /// Neither a token nor what holds one shows its text.
    #[test]
    fn a_credential_prints_stars() {
        let credential = Token::try_new("secret-token").map(Credential::Cookie);
        assert_eq!(format!("{credential:?}"), "Some(Cookie(***))");
    }
}
