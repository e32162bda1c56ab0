//! Files under `/files/`: what an address that GraphQL gave out leads to. Always saved, never shown by the browser inside the portal.
//!
//! The address alone names login and file; a credential that the request also carries must be of that login. Whatever is wrong with
//! an address, the answer is the same page of plain words.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::credential::Credential;
use super::negotiation;
use super::observe::RequestId;
use super::refusal::Refusal;
use crate::auth;
use crate::domain::actor::Actor;
use crate::domain::download::Download;
use crate::domain::language::Language;
use crate::services::papers::{self, Document};
use crate::services::{Failure, Outcome, Services, downloads};

/// Nothing in the file runs, nothing of it is kept by anybody on the way, and no other site may embed it (T11).
const GUARDS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The characters of `attr-char` (RFC 8187, section 3.2.1) beside letters and digits.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The route of files.
pub fn routes(services: Services) -> Router {
    // HEAD has a handler of its own: by the one of GET it would use a ticket up.
    let methods = get(fetch).head(only_get).fallback(only_get);
    Router::new().route("/files/{ticket}", methods).with_state(Arc::new(services))
}

async fn only_get() -> impl IntoResponse {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")])
}

async fn fetch(
    State(services): State<Arc<Services>>,
    ticket: Result<Path<String>, PathRejection>,
    Extension(request_id): Extension<RequestId>,
    request: Request,
) -> Response {
    let headers = request.headers();
    let language = negotiation::language(headers);
    // What is no text is no ticket either.
    let Ok(Path(ticket)) = ticket else { return not_there(language) };
    let found = match shown(&services, headers).await {
        Ok(shown) => take(&services, &ticket, shown.as_ref()).await,
        Err(failure) => Err(failure),
    };
    match found {
        Ok(document) => hand_over(document),
        Err(Failure::Refused(_)) => not_there(language),
        Err(Failure::Fault(fault)) => {
            tracing::error!(%request_id, cause = %fault, "a file could not be fetched");
            Refusal::fault(&request_id).in_language(language).into_response()
        }
    }
}

/// Whom the request's credential proves; nobody is somebody too, when there is a credential that proves nobody.
async fn shown(services: &Services, headers: &HeaderMap) -> Outcome<Option<Actor>> {
    match Credential::from_headers(headers) {
        Ok(None) => Ok(None),
        Ok(Some(Credential::Bearer(token) | Credential::Cookie(token))) => {
            Ok(Some(auth::authenticate(services, &token).await?.unwrap_or(Actor::Anonymous)))
        }
        Err(_) => Ok(Some(Actor::Anonymous)),
    }
}

async fn take(services: &Services, ticket: &str, shown: Option<&Actor>) -> Outcome<Document> {
    let (actor, download) = downloads::redeem(services, ticket, shown).await?;
    match download {
        Download::Settings(account) => papers::settings_document(services, &actor, account).await,
        Download::SettingsArchive(facility) => papers::settings_zip(services, &actor, facility).await,
        Download::Receipt(application) => papers::receipt(services, &actor, application).await,
    }
}

fn hand_over(document: Document) -> Response {
    let Document { file_name, media_type, bytes } = document;
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_DISPOSITION, disposition(&file_name));
    guard(headers);
    response
}

fn guard(headers: &mut HeaderMap) {
    for (name, value) in GUARDS {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn not_there(language: Language) -> Response {
    let words = language.pick(
        "このダウンロード用アドレスは無効か、期限（5分）が切れたか、すでに使用されています。\n\
         ポータルの画面をもう一度開き、新しいアドレスからダウンロードしてください。\n",
        "This address is not valid, is older than five minutes, or was used before.\n\
         Open the portal's page again and download from the new address.\n",
    );
    let mut response = (StatusCode::NOT_FOUND, words).into_response();
    guard(response.headers_mut());
    response
}

/// `attachment` with the name in UTF-8 and, for what cannot read that, in ASCII (RFC 6266, section 4.3 and appendix D).
fn disposition(name: &str) -> HeaderValue {
    let ascii: String = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || "-_. ".contains(letter) { letter } else { '_' })
        .collect();
    let encoded = utf8_percent_encode(name, PLAIN);
    let value = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}");
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name is text in the header, whatever is in it; what reads no UTF-8 still gets a name with its extension.
    #[test]
    fn a_name_is_text() {
        for (name, expected) in [
            ("a b.pdf", "attachment; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf"),
            ("通知\".pdf", "attachment; filename=\"___.pdf\"; filename*=UTF-8''%E9%80%9A%E7%9F%A5%22.pdf"),
            (
                "x\r\nSet-Cookie: a=b",
                "attachment; filename=\"x__Set-Cookie_ a_b\"; filename*=UTF-8''x%0D%0ASet-Cookie%3A%20a%3Db",
            ),
        ] {
            assert_eq!(disposition(name), expected);
        }
    }
}
