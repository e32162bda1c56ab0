//! Which pages may use the session cookie: a browser sends it along with whatever any page asks for (CSRF).
//!
//! `Sec-Fetch-Site` decides where a browser sends it, else `Origin` against `Host`. A request with neither comes from no page.
//! Only authorities are compared with `Host`, because a proxy that ends TLS hides the scheme from us.

use axum::http::{HeaderMap, HeaderName, header};

use super::error_code::HttpErrorCode;
use super::negotiation::text;
use super::refusal::Refusal;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a request that a page of a foreign origin made.
pub(super) fn check(headers: &HeaderMap, authority: Option<&str>, allowed: &[String]) -> Result<(), Refusal> {
    if is_ours(headers, authority, allowed) { Ok(()) } else { Err(Refusal::new(HttpErrorCode::CrossOrigin)) }
}

fn is_ours(headers: &HeaderMap, authority: Option<&str>, allowed: &[String]) -> bool {
    let origin = headers.get(header::ORIGIN).map(|value| value.to_str().unwrap_or("null"));
    if origin.is_some_and(|origin| allowed.iter().any(|one| one.trim_end_matches('/').eq_ignore_ascii_case(origin))) {
        return true;
    }
    // A WebSocket handshake of a browser carries both headers; where they disagree the stricter one stands.
    let fetched = headers.get(SEC_FETCH_SITE).is_none_or(|site| site == "same-origin" || site == "none");
    let Some(origin) = origin else { return fetched };
    let host = authority.or_else(|| text(headers, &header::HOST));
    fetched && matches!((origin.split_once("://"), host), (Some((_, from)), Some(host)) if from.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    /// Every combination that a browser or a program sends: (Sec-Fetch-Site, Origin) on host `counter.jp`.
    #[test]
    fn only_our_pages_and_the_allowed_ones_may_use_the_cookie() {
        let allowed = ["https://portal.jp".to_owned()];
        for (site, origin, expected) in [
            (None, None, true),
            (Some("same-origin"), Some("https://counter.jp"), true),
            (Some("same-origin"), None, true),
            (Some("none"), None, true),
            (None, Some("https://counter.jp"), true),
            (None, Some("http://COUNTER.jp"), true),
            (Some("cross-site"), Some("https://portal.jp"), true),
            (Some("same-site"), Some("https://portal.jp"), true),
            (Some("same-site"), Some("https://evil.counter.jp"), false),
            (Some("cross-site"), Some("https://evil.example"), false),
            (Some("cross-site"), None, false),
            (Some("same-site"), None, false),
            (None, Some("https://evil.example"), false),
            (None, Some("https://counter.jp.evil.example"), false),
            (None, Some("https://counter.jp:8443"), false),
            (None, Some("https://portal.jp.evil.example"), false),
            (None, Some("null"), false),
            (None, Some("counter.jp"), false),
            (Some("same-origin"), Some("https://evil.example"), false),
        ] {
            let mut headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("counter.jp"))]);
            headers.extend(site.map(|site| (SEC_FETCH_SITE, HeaderValue::from_static(site))));
            headers.extend(origin.map(|origin| (header::ORIGIN, HeaderValue::from_static(origin))));
            assert_eq!(is_ours(&headers, None, &allowed), expected, "{site:?} {origin:?}");
        }
    }
}
