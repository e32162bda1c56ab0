//! Which pages may use the session cookie: a browser sends it along with whatever any page asks for (CSRF).
//!
//! `Sec-Fetch-Site` decides where a browser sends it, else `Origin` against `Host`. A request with neither comes from no page.
//! Only authorities are compared with `Host`, because a proxy that ends TLS hides the scheme from us; where the portal's own address tells
//! it, a page of the same host without TLS is another's.

use axum::http::{HeaderMap, HeaderName, header};

use super::error_code::HttpErrorCode;
use super::negotiation::text;
use super::refusal::Refusal;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What is asked of a request: whether one of our pages made it, or no page at all.
pub(super) fn of_request(headers: &HeaderMap, authority: Option<&str>, allowed: &[String]) -> Result<(), Refusal> {
    // Where the two headers disagree (a page of the same host without TLS), the stricter one stands.
    let is_fetched_by_us = headers.get(SEC_FETCH_SITE).is_none_or(|site| site == "same-origin" || site == "none");
    let is_ours = match origin(headers) {
        Some(origin) => is_allowed(origin, allowed) || is_fetched_by_us && is_host(origin, headers, authority, allowed),
        None => is_fetched_by_us,
    };
    verdict(is_ours)
}

/// What is asked of a WebSocket handshake: by `Origin` alone, which every browser sends there (RFC 6455, section 4.1), while
/// browsers disagree whether `wss:` is of the same site as `https:`.
pub(super) fn of_handshake(headers: &HeaderMap, authority: Option<&str>, allowed: &[String]) -> Result<(), Refusal> {
    let is_ours = |origin| is_allowed(origin, allowed) || is_host(origin, headers, authority, allowed);
    verdict(origin(headers).is_none_or(is_ours))
}

fn verdict(is_ours: bool) -> Result<(), Refusal> {
    if is_ours { Ok(()) } else { Err(Refusal::new(HttpErrorCode::CrossOrigin)) }
}

fn origin(headers: &HeaderMap) -> Option<&str> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = origins.next()?;
    // No browser sends two, and somebody on the way may have believed the other.
    Some(origin.to_str().ok().filter(|_| origins.next().is_none()).unwrap_or("null"))
}

fn is_allowed(origin: &str, allowed: &[String]) -> bool {
    allowed.iter().any(|one| one.trim_end_matches('/').eq_ignore_ascii_case(origin))
}

/// Whether a page is of the host that is asked, unless that is one of the allowed, which tell the scheme as well.
fn is_host(origin: &str, headers: &HeaderMap, authority: Option<&str>, allowed: &[String]) -> bool {
    let Some(host) = authority.or_else(|| text(headers, &header::HOST)) else { return false };
    let is_of_it = |origin: &str| origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host));
    is_of_it(origin) && !allowed.iter().any(|one| is_of_it(one.trim_end_matches('/')))
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
            assert_eq!(of_request(&headers, None, &allowed).is_ok(), expected, "{site:?} {origin:?}");
        }
    }

    /// Where the portal's own address is known to be HTTPS, a page of its host without TLS is another's; of other hosts nobody knows.
    #[test]
    fn a_page_without_tls_is_another() {
        let allowed = ["https://counter.jp".to_owned()];
        for (host, origin, expected) in [
            ("counter.jp", "https://counter.jp", true),
            ("counter.jp", "http://counter.jp", false),
            ("COUNTER.jp", "http://counter.jp", false),
            ("10.0.0.1:8080", "http://10.0.0.1:8080", true),
        ] {
            let mut headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]);
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            assert_eq!(of_request(&headers, None, &allowed).is_ok(), expected, "{host} {origin}");
            assert_eq!(of_handshake(&headers, None, &allowed).is_ok(), expected, "{host} {origin}");
        }
    }

    /// A handshake is judged by its origin, whatever a browser thinks of the site of `wss:`.
    #[test]
    fn a_handshake_is_judged_by_its_origin() {
        for (origin, expected) in [("https://counter.jp", true), ("https://evil.example", false), ("null", false)] {
            let headers = HeaderMap::from_iter([
                (header::HOST, HeaderValue::from_static("counter.jp")),
                (SEC_FETCH_SITE, HeaderValue::from_static("cross-site")),
                (header::ORIGIN, HeaderValue::from_static(origin)),
            ]);
            assert_eq!(of_handshake(&headers, None, &[]).is_ok(), expected, "{origin}");
        }
    }
}
