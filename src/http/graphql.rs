//! GraphQL over HTTP at `/graphql`: one POST, one operation, one answer (GraphQL-over-HTTP draft).
//!
//! The order matters: form of the request, who makes it, and only then its body.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};

use crate::domain::actor::Actor;
use crate::execution::{Answer, GraphqlRequest, OperationKind};
use crate::services::uploads::Uploads;

use super::caller::{self, Caller};
use super::credential::{FORGET_SESSION, SESSION_COOKIE};
use super::error_code::HttpErrorCode;
use super::negotiation::{self, Format};
use super::observe::RequestId;
use super::refusal::Refusal;
use super::server::Connection;
use super::sessions::{RequestFacts, Transport};
use super::{Desk, admission, body, multipart, origin, payload, run};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Bytes of files that are heard out from somebody who is not logged in (any more), so that the answer arrives: a few photos.
const HEARD_OF_STRANGERS: u64 = 16 * 1024 * 1024;

/// Answers a POST.
pub(super) async fn answer(
    State(desk): State<Arc<Desk>>,
    Extension(request_id): Extension<RequestId>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let language = negotiation::language(&parts.headers);
    let Some(format) = Format::negotiate(&parts.headers) else {
        return Refusal::new(HttpErrorCode::NotAcceptable).in_language(language).into_response();
    };
    match converse(&desk, &parts, body, request_id).await {
        Ok(answer) => format.respond(format.status(&answer), &answer),
        Err(refusal) => refusal.in_language(language).in_format(format).into_response(),
    }
}

/// Answers every other method.
pub(super) async fn method_not_allowed(headers: HeaderMap) -> Refusal {
    Refusal::new(HttpErrorCode::MethodNotAllowed).in_language_of(&headers)
}

async fn converse(desk: &Desk, parts: &Parts, body: Body, request_id: RequestId) -> Result<Answer, Refusal> {
    if multipart::is_multipart(&parts.headers) {
        return converse_about_files(desk, parts, body, request_id).await;
    }
    if !negotiation::is_json(&parts.headers) {
        return Err(Refusal::new(HttpErrorCode::UnsupportedMediaType));
    }
    let (caller, facts) = introduce(desk, parts, request_id).await?;
    let settings = &desk.gateway.settings;
    let body = body::read(&parts.headers, body, settings.body_limit, settings.body_timeout).await?;
    let is_cookie_stale = caller.is_cookie_stale;
    let mut answer = execute(desk, caller, facts, &payload::from_body(&body)?, None).await;
    if is_cookie_stale && !sets_session(&answer.headers) {
        answer.headers.append(header::SET_COOKIE, FORGET_SESSION);
    }
    Ok(answer)
}

/// The same for a request with files, which only somebody may send. The answer may be there before the body is.
async fn converse_about_files(
    desk: &Desk,
    parts: &Parts,
    body: Body,
    request_id: RequestId,
) -> Result<Answer, Refusal> {
    let settings = &desk.gateway.settings;
    let line = multipart::line(body, &settings.uploads, &desk.gateway.shutdown);
    let mut to_hear = HEARD_OF_STRANGERS;
    let answer = async {
        let boundary = multipart::boundary(&parts.headers, &settings.uploads)?;
        let (caller, facts) = introduce(desk, parts, request_id).await?;
        if matches!(caller.actor, Actor::Anonymous) {
            return Err(Refusal::new(HttpErrorCode::Unauthenticated));
        }
        to_hear = settings.uploads.body_limit();
        let (request, uploads) = multipart::read(&line, boundary, settings.body_limit).await?;
        Ok(execute(desk, caller, facts, &request, Some(uploads)).await)
    }
    .await;
    line.hear_out(to_hear, parts.headers.contains_key(header::EXPECT));
    answer
}

/// Who makes a request, and what else its head tells.
async fn introduce(desk: &Desk, parts: &Parts, request_id: RequestId) -> Result<(Caller, RequestFacts), Refusal> {
    let facts = facts(parts, request_id)?;
    let credential = caller::credential(desk, parts, origin::of_request)?;
    let caller = caller::identify(desk, credential, &facts.request_id).await?;
    Ok((caller, facts))
}

async fn execute(
    desk: &Desk,
    caller: Caller,
    facts: RequestFacts,
    request: &GraphqlRequest,
    uploads: Option<Uploads>,
) -> Answer {
    let operation = match desk.gateway.engine.prepare(request) {
        Ok(operation) => operation,
        Err(answer) => return *answer,
    };
    if matches!(operation.kind(), OperationKind::Subscription) {
        return Refusal::new(HttpErrorCode::SubscriptionNeedsWebsocket).in_language(facts.language).into_answer();
    }
    let request_id = facts.request_id.clone();
    let place = match desk.gate.enter().await {
        Ok(place) => place,
        Err(refusal) => return refusal.in_language(facts.language).into_answer(),
    };
    let mut data = desk.gateway.sessions.request_data(caller.actor, facts);
    if let Some(uploads) = uploads {
        data.insert(admission::give_back_before_files(uploads, place.clone()));
    }
    data.insert(place);
    run::to_answer(&desk.gateway, operation, data, &request_id).await
}

fn facts(parts: &Parts, request_id: RequestId) -> Result<RequestFacts, Refusal> {
    Ok(RequestFacts {
        request_id,
        language: negotiation::language(&parts.headers),
        transport: Transport::Http,
        peer: parts.extensions.get::<Connection>().map(Connection::peer),
        idempotency_key: idempotency_key(&parts.headers)?,
    })
}

/// The key by which a repeated request is known; quotes around it (as the header's draft writes it) are not part of it.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value.to_str().unwrap_or_default().trim().trim_matches('"');
    let is_plausible = (8..=100).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let malformed = || Refusal::new(HttpErrorCode::MalformedRequest).at("Idempotency-Key: 8 to 100 visible characters");
    is_plausible.then(|| Some(key.to_owned())).ok_or_else(malformed)
}

/// Whether a resolver has just set the session cookie, which must then not be taken away again.
fn sets_session(headers: &HeaderMap) -> bool {
    let cookies = headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.filter_map(|cookie| cookie.split_once('=')).any(|(name, _)| name.trim() == SESSION_COOKIE)
}
