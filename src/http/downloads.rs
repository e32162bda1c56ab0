//! Files under `/files/`: what an address that GraphQL gave out leads to. Always saved, never shown by the browser inside the portal.
//!
//! The address alone names login and file; a credential that the request also carries must be of that login. Whatever is wrong with
//! an address, the answer is the same page of plain words.

use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Extension, Router};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::admission::Gate;
use super::budget::{Budgets, Payer};
use super::credential::Credential;
use super::error_code::HttpErrorCode;
use super::negotiation;
use super::observe::RequestId;
use super::refusal::Refusal;
use super::seats::{Seat, Seats};
use crate::auth;
use crate::domain::actor::Actor;
use crate::domain::attachment::Attachment;
use crate::domain::download::Download;
use crate::domain::language::Language;
use crate::services::attachments::{self, Opened};
use crate::services::papers::{self, Document};
use crate::services::{Failure, Outcome, Services, accounts, downloads};

/// Nothing in the file runs, nothing of it is kept by anybody on the way, and no other site may embed it (T11).
const GUARDS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Points of a stored file, and of a paper.
const STORED: u64 = 10;
const PAPER: u64 = 1_000;

/// Files that one user fetches at once: each holds a file or a connection of ours open for as long as its client takes.
const AT_ONCE: usize = 20;

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

/// Where files are handed out.
struct Counter {
    services: Services,
    /// Of those who fetch.
    seats: Seats,
    /// Of everybody together.
    places: Arc<Semaphore>,
}

/// The route of files, of which everybody together fetches so many at once.
pub fn routes(services: Services, at_once: usize) -> Router {
    let counter = Counter { services, seats: Seats::new(AT_ONCE), places: Arc::new(Semaphore::new(at_once)) };
    Router::new().route("/files/{*ticket}", any(answer)).with_state(Arc::new(counter))
}

/// GET alone: by HEAD, as by GET, a ticket would be used up.
async fn answer(
    State(counter): State<Arc<Counter>>,
    ticket: Result<Path<String>, PathRejection>,
    Extension(request_id): Extension<RequestId>,
    Extension(gate): Extension<Gate>,
    Extension(budgets): Extension<Arc<Budgets>>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    if method == Method::GET {
        let asked = Asked { counter: &counter, request_id: &request_id, gate: &gate, budgets: &budgets };
        return asked.fetch(ticket, &headers).await;
    }
    let refusal = Refusal::new(HttpErrorCode::MethodNotAllowed).in_language_of(&headers).of(&request_id);
    let mut response = refusal.into_response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET"));
    response
}

/// A request for a file, and what it meets on its way.
struct Asked<'a> {
    counter: &'a Counter,
    request_id: &'a RequestId,
    gate: &'a Gate,
    budgets: &'a Budgets,
}

/// Why there is no file.
enum Missing {
    /// It is not there, or not for this one.
    Failure(Failure),
    /// Not now.
    Refusal(Refusal),
}

impl From<Failure> for Missing {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl Asked<'_> {
    async fn fetch(&self, ticket: Result<Path<String>, PathRejection>, headers: &HeaderMap) -> Response {
        let language = negotiation::language(headers);
        // What is no text is no ticket either.
        let Ok(Path(ticket)) = ticket else { return not_there(language) };
        match self.take(&ticket, headers).await {
            Ok(response) => response,
            Err(Missing::Failure(Failure::Refused(_))) => not_there(language),
            Err(Missing::Failure(Failure::Fault(fault))) => {
                tracing::error!(request_id = %self.request_id, cause = %fault, "a file could not be fetched");
                let code = if fault.is_overload() { HttpErrorCode::Overloaded } else { HttpErrorCode::Internal };
                Refusal::new(code).in_language(language).of(self.request_id).into_response()
            }
            Err(Missing::Refusal(refusal)) => refusal.in_language(language).of(self.request_id).into_response(),
        }
    }

    async fn take(&self, ticket: &str, headers: &HeaderMap) -> Result<Response, Missing> {
        let services = &self.counter.services;
        // Before anything is asked of the database.
        let ticket = downloads::read(services, ticket)?;
        // Held until it is known what to send: neither the press nor the network is waited for with a place.
        let place = self.gate.enter().await.map_err(Missing::Refusal)?;
        let shown = shown(services, headers).await?;
        let actor = downloads::redeem(services, &ticket, shown.as_ref()).await?;
        let held = self.counter.take(actor).map_err(Missing::Refusal)?;
        let cost = cost(services, &actor, ticket.download).await?;
        // Before the ticket is used up, so that it works when the budget does.
        self.budgets.charge(Payer::of(actor, None), cost).map_err(Missing::Refusal)?;
        downloads::use_up(services, &ticket).await?;
        let order = match ticket.download {
            Download::Attachment(id) => {
                let response = stored(&attachments::open(services, &actor, id).await?, headers).await?;
                return Ok(response.map(|body| Body::new(Holding { body, _held: held })));
            }
            Download::Settings(account) => papers::settings_document(services, &actor, account).await?,
            Download::SettingsArchive(facility) => papers::settings_zip(services, &actor, facility).await?,
            Download::Receipt(application) => papers::receipt(services, &actor, application).await?,
        };
        place.give_back();
        let Document { file_name, media_type, bytes } = order.make().await?;
        let mut response = Body::from(bytes).into_response();
        dress(response.headers_mut(), &file_name, media_type);
        Ok(response.map(|body| Body::new(Holding { body, _held: held })))
    }
}

/// The places of one who fetches a file.
struct Held {
    _seat: Seat,
    _place: OwnedSemaphorePermit,
}

impl Counter {
    fn take(&self, actor: Actor) -> Result<Held, Refusal> {
        let seat = self.seats.take(actor).ok_or_else(|| Refusal::new(HttpErrorCode::TooManyDownloads))?;
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| Refusal::new(HttpErrorCode::Overloaded))?;
        Ok(Held { _seat: seat, _place: place })
    }
}

/// A body that keeps its places until it is taken or left.
struct Holding {
    body: Body,
    _held: Held,
}

impl HttpBody for Holding {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What a file costs of its taker's budget, in points: a stored one some statements, a paper as much time as so many points of a query.
async fn cost(services: &Services, actor: &Actor, download: Download) -> Outcome<u64> {
    Ok(match download {
        Download::Attachment(_) => STORED,
        Download::Settings(_) | Download::Receipt(_) => PAPER,
        Download::SettingsArchive(facility) => {
            let counts = accounts::count_of_facilities_for_many(services, actor, &[facility]).await?;
            PAPER * counts.get(&facility).copied().unwrap_or_default().max(1)
        }
    })
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

/// A stored file as it is read, whole or the range that is asked for (RFC 9110, section 14).
async fn stored(file: &Opened, headers: &HeaderMap) -> Outcome<Response> {
    let Attachment { file_name, file_type, size, .. } = &file.attachment;
    let tag = entity_tag(&file.attachment);
    if let Some(status) = unwanted(headers, &tag) {
        let mut response = status.into_response();
        response.headers_mut().insert(header::ETAG, value(&tag));
        guard(response.headers_mut());
        return Ok(response);
    }
    let (status, range) = match wanted(headers, &tag, *size) {
        Wanted::Whole => (StatusCode::OK, None),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, Some(range)),
        Wanted::Beyond => {
            let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
            response.headers_mut().insert(header::CONTENT_RANGE, value(&format!("bytes */{size}")));
            guard(response.headers_mut());
            return Ok(response);
        }
    };
    let mut response = (status, Body::from_stream(file.bytes(range.clone()).await?)).into_response();
    let head = response.headers_mut();
    dress(head, file_name, file_type.media_type());
    head.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    head.insert(header::ETAG, value(&tag));
    let length = range.as_ref().map_or(*size, |range| range.end - range.start);
    head.insert(header::CONTENT_LENGTH, length.into());
    if let Some(Range { start, end }) = range {
        head.insert(header::CONTENT_RANGE, value(&format!("bytes {start}-{}/{size}", end - 1)));
    }
    Ok(response)
}

/// Why the bytes are not sent: the client wants only another version of them, or any but this (RFC 9110, section 13.2.2).
fn unwanted(headers: &HeaderMap, tag: &str) -> Option<StatusCode> {
    let names = |name| negotiation::names_tag(headers, &name, tag);
    match (names(header::IF_MATCH), names(header::IF_NONE_MATCH)) {
        (Some(false), _) => Some(StatusCode::PRECONDITION_FAILED),
        (_, Some(true)) => Some(StatusCode::NOT_MODIFIED),
        _ => None,
    }
}

/// Which part of a file a request asks for.
enum Wanted {
    Whole,
    Part(Range<u64>),
    Beyond,
}

/// Several ranges at once, and what is no range of bytes, give the whole file, as a server may (RFC 9110, section 14.2); and so does a
/// range of another version of it (`If-Range`).
fn wanted(headers: &HeaderMap, tag: &str, size: u64) -> Wanted {
    let is_of_this = headers.get(header::IF_RANGE).is_none_or(|known| known.as_bytes() == tag.as_bytes());
    let asked = headers.get(header::RANGE).and_then(|range| range.to_str().ok()).filter(|_| is_of_this);
    let Some(Ok(ranges)) = asked.map(http_range_header::parse_range_header) else { return Wanted::Whole };
    match ranges.validate(size).as_deref() {
        Ok([range]) => Wanted::Part(*range.start()..range.end() + 1),
        Ok(_) => Wanted::Whole,
        Err(_) => Wanted::Beyond,
    }
}

/// The file's digest: the same bytes have the same tag.
fn entity_tag(attachment: &Attachment) -> String {
    format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(attachment.sha256))
}

/// Text of ours as a header's value; it holds nothing that a header cannot.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

fn dress(headers: &mut HeaderMap, file_name: &str, media_type: &'static str) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_DISPOSITION, disposition(file_name));
    guard(headers);
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
