//! One refusal of the wire on its way out: as an answer with its code, and as an HTTP response.

use async_graphql::{ErrorExtensionValues, ServerError};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::domain::language::Language;
use crate::execution::Answer;

use super::admission;
use super::error_code::{self, HttpErrorCode};
use super::negotiation::{self, Format};
use super::observe::RequestId;

/// The place of a body's coding.
pub(super) const CONTENT_ENCODING: &str = "Content-Encoding";

/// What is wrong where. Fixed texts only: what a client sent is never repeated to it.
#[derive(Debug, Clone, Copy)]
struct Detail {
    place: &'static str,
    ja: &'static str,
    en: &'static str,
}

/// Why a request goes no further.
#[derive(Debug)]
pub(super) struct Refusal {
    code: HttpErrorCode,
    detail: Option<Detail>,
    /// After how many seconds the request may come again, where its status promises to say so.
    retry_after: Option<u64>,
    language: Language,
    request_id: Option<RequestId>,
    format: Format,
}

impl Refusal {
    /// A refusal in the default language.
    pub(super) fn new(code: HttpErrorCode) -> Self {
        let retry_after = admission::asks_to_wait(code).then(admission::retry_after);
        Self { code, detail: None, retry_after, language: Language::default(), request_id: None, format: Format::Json }
    }

    /// A request that is not of the form that it must have: at this member, header or part, for this reason.
    pub(super) fn malformed(place: &'static str, ja: &'static str, en: &'static str) -> Self {
        Self::new(HttpErrorCode::MalformedRequest).at(place, ja, en)
    }

    /// A fault of ours; its cause has been logged under this id.
    pub(super) fn fault(request_id: &RequestId) -> Self {
        Self::new(HttpErrorCode::Internal).of(request_id)
    }

    /// Says when the request may come again.
    pub(super) fn after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// Names the request.
    pub(super) fn of(self, request_id: &RequestId) -> Self {
        Self { request_id: Some(request_id.clone()), ..self }
    }

    /// Says what is wrong where.
    pub(super) fn at(self, place: &'static str, ja: &'static str, en: &'static str) -> Self {
        Self { detail: Some(Detail { place, ja, en }), ..self }
    }

    pub(super) fn in_language(self, language: Language) -> Self {
        Self { language, ..self }
    }

    pub(super) fn in_language_of(self, headers: &HeaderMap) -> Self {
        self.in_language(negotiation::language(headers))
    }

    pub(super) fn in_format(self, format: Format) -> Self {
        Self { format, ..self }
    }

    /// Whether it says what is wrong at one of these places.
    pub(super) fn is_about(&self, places: &[&str]) -> bool {
        self.detail.is_some_and(|detail| places.contains(&detail.place))
    }

    /// Its code.
    pub(super) fn code(&self) -> HttpErrorCode {
        self.code
    }

    /// As one error of an answer.
    pub(super) fn into_error(self) -> ServerError {
        let mut message = self.code.message(self.language).to_owned();
        if let Some(Detail { place, ja, en }) = self.detail {
            message = format!("{message} ({place}: {})", self.language.pick(ja, en));
        }
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.code.as_str());
        if let Some(seconds) = self.retry_after {
            extensions.set("retryAfter", seconds);
        }
        extensions.set("classification", error_code::classification(Some(self.code.as_str())));
        if let Some(request_id) = self.request_id {
            extensions.set("requestId", request_id.as_str());
        }
        ServerError { extensions: Some(extensions), ..ServerError::new(message, None) }
    }

    /// As an answer without data, with the header that its status asks for.
    pub(super) fn into_answer(self) -> Answer {
        let wait = self.retry_after.map(|seconds| (header::RETRY_AFTER, seconds.into()));
        // By it a client tells an unwanted coding from an unwanted type (RFC 9110, section 12.5.3).
        let is_packed = self.detail.is_some_and(|detail| detail.place == CONTENT_ENCODING);
        let coding = is_packed.then_some((header::ACCEPT_ENCODING, HeaderValue::from_static("identity")));
        let headers = companion(self.code).into_iter().chain(wait).chain(coding).collect();
        Answer { errors: vec![self.into_error()], headers, ..Answer::default() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (code, format) = (self.code, self.format);
        format.respond(code.status(), &self.into_answer())
    }
}

/// The header that the status asks for (RFC 9110, sections 15.5.2, 15.5.6 and 15.5.22).
fn companion(code: HttpErrorCode) -> Option<(header::HeaderName, HeaderValue)> {
    let value = HeaderValue::from_static;
    match code {
        HttpErrorCode::Unauthenticated => Some((header::WWW_AUTHENTICATE, value("Bearer"))),
        HttpErrorCode::MutationNeedsPost => Some((header::ALLOW, value("POST"))),
        HttpErrorCode::UpgradeRequired => Some((header::UPGRADE, value("websocket"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No status goes without the header that it asks for: when to come again, how to log in, which methods (where the router does not
    /// know them better), which protocol.
    #[test]
    fn each_status_has_its_header() {
        for code in HttpErrorCode::all() {
            let response = Refusal::new(*code).into_response();
            let expected = match response.status().as_u16() {
                429 | 503 => Some(header::RETRY_AFTER),
                401 => Some(header::WWW_AUTHENTICATE),
                405 if *code != HttpErrorCode::MethodNotAllowed => Some(header::ALLOW),
                426 => Some(header::UPGRADE),
                _ => None,
            };
            assert!(expected.is_none_or(|name| response.headers().contains_key(name)), "{code:?}");
        }
    }
}
