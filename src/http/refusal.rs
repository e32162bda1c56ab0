//! One refusal of the wire on its way out: as an answer with its code, and as an HTTP response.

use async_graphql::{ErrorExtensionValues, ServerError};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::domain::language::Language;
use crate::execution::Answer;

use super::error_code::HttpErrorCode;
use super::negotiation::{self, Format};
use super::observe::RequestId;

/// Why a request goes no further.
#[derive(Debug)]
pub(super) struct Refusal {
    code: HttpErrorCode,
    detail: Option<&'static str>,
    language: Language,
    request_id: Option<RequestId>,
    format: Format,
}

impl Refusal {
    /// A refusal in the default language.
    pub(super) fn new(code: HttpErrorCode) -> Self {
        Self { code, detail: None, language: Language::default(), request_id: None, format: Format::Json }
    }

    /// A fault of ours; its cause has been logged under this id.
    pub(super) fn fault(request_id: &RequestId) -> Self {
        Self { request_id: Some(request_id.clone()), ..Self::new(HttpErrorCode::Internal) }
    }

    /// Names the place (`variables: must be an object`). Fixed texts only: what a client sent is never repeated to it.
    pub(super) fn at(self, detail: &'static str) -> Self {
        Self { detail: Some(detail), ..self }
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

    /// Whether the fault is ours.
    pub(super) fn is_fault(&self) -> bool {
        self.code == HttpErrorCode::Internal
    }

    /// As one error of an answer.
    pub(super) fn into_error(self) -> ServerError {
        let mut message = self.code.message(self.language).to_owned();
        if let Some(detail) = self.detail {
            message = format!("{message} ({detail})");
        }
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.code.as_str());
        if let Some(request_id) = self.request_id {
            extensions.set("requestId", request_id.as_str());
        }
        ServerError { extensions: Some(extensions), ..ServerError::new(message, None) }
    }

    /// As an answer without data.
    pub(super) fn into_answer(self) -> Answer {
        Answer { data: None, errors: vec![self.into_error()], headers: HeaderMap::new() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (code, format) = (self.code, self.format);
        let mut response = format.respond(code.status(), &self.into_answer());
        if let Some((name, value)) = companion(code) {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// The header that the status asks for (RFC 9110, sections 15.5.2, 15.5.6 and 15.5.22).
fn companion(code: HttpErrorCode) -> Option<(header::HeaderName, &'static str)> {
    match code {
        HttpErrorCode::Unauthenticated => Some((header::WWW_AUTHENTICATE, "Bearer")),
        HttpErrorCode::MethodNotAllowed => Some((header::ALLOW, "POST")),
        HttpErrorCode::UpgradeRequired => Some((header::UPGRADE, "websocket")),
        _ => None,
    }
}
