//! GraphQL over HTTP at `/graphql`: one request, one operation (GraphQL-over-HTTP draft), answered once or, for who asks, one answer
//! after another (`streaming`).
//!
//! The order matters: form of the request, who makes it, and only then its body.

use std::sync::Arc;

use async_graphql::Data;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::domain::actor::Actor;
use crate::domain::language::Language;
use crate::execution::{Answer, Operation, OperationKind};
use crate::services::uploads::Uploads;

use super::body::Room;
use super::budget::Payer;
use super::caller::{self, Caller};
use super::credential::{FORGET_SESSION, SESSION_COOKIE};
use super::error_code::HttpErrorCode;
use super::negotiation::{self, Accepted};
use super::observe::RequestId;
use super::payload::{self, Asked};
use super::refusal::Refusal;
use super::seats::Seat;
use super::server::Connection;
use super::sessions::{RequestFacts, Transport};
use super::streaming::{self, Stage};
use super::{Desk, accept, admission, body, multipart, origin, query_string, run};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What a request comes to.
pub(super) enum Reply {
    /// One answer.
    Once(Answer),
    /// A stream of them.
    Stream(Response),
}

/// Answers a POST or a GET.
pub(super) async fn answer(
    State(desk): State<Arc<Desk>>,
    Extension(request_id): Extension<RequestId>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let language = negotiation::language(&parts.headers);
    if is_somebody_looking(&parts) {
        // By a relative address, as a proxy may put all of it under a path; the shared stream is one step deeper.
        let up = if parts.uri.path().ends_with("/stream") { "../" } else { "" };
        return Redirect::to(&format!("{up}graphiql/")).into_response();
    }
    let Some(accepted) = Accepted::read(&parts.headers) else {
        return Refusal::new(HttpErrorCode::NotAcceptable).in_language(language).of(&request_id).into_response();
    };
    match converse(&desk, &parts, body, request_id.clone(), accepted).await {
        Ok(Reply::Once(mut answer)) => {
            run::sign(&mut answer, &request_id);
            accepted.format().respond(accepted.format().status(&answer), &answer)
        }
        Ok(Reply::Stream(response)) => response,
        Err(refusal) => refusal.in_language(language).in_format(accepted.format()).of(&request_id).into_response(),
    }
}

/// Answers the methods that a path does not know; the router adds `Allow`.
pub(super) async fn method_not_allowed(Extension(request_id): Extension<RequestId>, headers: HeaderMap) -> Refusal {
    let refusal = Refusal::new(HttpErrorCode::MethodNotAllowed).in_language_of(&headers);
    refusal.in_format(Accepted::refusals(&headers)).of(&request_id)
}

/// Whether a person has opened the address in a browser, who is better served by GraphiQL than by an error in JSON.
fn is_somebody_looking(parts: &Parts) -> bool {
    let ranges = accept::ranges(&parts.headers);
    let html = ranges.iter().filter(|range| range.essence == "text/html").map(|range| range.quality).reduce(f32::max);
    let is_reading = matches!(parts.method, Method::GET | Method::HEAD) && parts.uri.query().is_none();
    is_reading && html.is_some_and(|html| html > 0.0 && !ranges.iter().any(|range| range.quality > html))
}

async fn converse(
    desk: &Arc<Desk>,
    parts: &Parts,
    body: Body,
    request_id: RequestId,
    accepted: Accepted,
) -> Result<Reply, Refusal> {
    body::expect_plain(&parts.headers)?;
    if parts.method == Method::POST && multipart::is_multipart(&parts.headers) {
        return converse_about_files(desk, parts, body, request_id, accepted).await;
    }
    if parts.method == Method::POST && !negotiation::is_json(&parts.headers) {
        return Err(Refusal::new(HttpErrorCode::UnsupportedMediaType));
    }
    let (caller, facts) = introduce(desk, parts, request_id).await?;
    let is_cookie_stale = caller.is_cookie_stale;
    let mut room = desk.bodies.room(caller.actor, parts);
    let request = read(desk, &mut room, parts, body).await?;
    let mut reply = reply(desk, parts, caller, facts, request, None, accepted).await?;
    if let Reply::Once(answer) = &mut reply
        && is_cookie_stale
        && !sets_session(&answer.headers)
    {
        answer.headers.append(header::SET_COOKIE, FORGET_SESSION);
    }
    Ok(reply)
}

/// Reads a request that is JSON in a body, or stands in the address. Its room is to be kept as long as it waits for anything.
pub(super) async fn read(desk: &Desk, room: &mut Room, parts: &Parts, body: Body) -> Result<Asked, Refusal> {
    let settings = &desk.gateway.settings;
    if parts.method != Method::POST {
        return payload::from_members(query_string::members(&parts.uri)?);
    }
    let (limit, time) = (settings.body_limit, settings.body_timeout);
    tokio::select! {
        body = body::read(&parts.headers, body, room, limit, time) => payload::from_body(&body?),
        () = desk.gateway.shutdown.late() => Err(Refusal::new(HttpErrorCode::BodyTimeout)),
    }
}

/// The same for a request with files, which only somebody may send. The answer may be there before the body is.
async fn converse_about_files(
    desk: &Arc<Desk>,
    parts: &Parts,
    body: Body,
    request_id: RequestId,
    accepted: Accepted,
) -> Result<Reply, Refusal> {
    let settings = &desk.gateway.settings;
    let line = multipart::line(body, &settings.uploads, &desk.gateway.shutdown);
    let boundary = multipart::boundary(&parts.headers, &settings.uploads)?;
    let (caller, facts) = introduce(desk, parts, request_id).await?;
    if matches!(caller.actor, Actor::Anonymous) {
        return Err(Refusal::new(HttpErrorCode::Unauthenticated));
    }
    let rest = multipart::Rest::of(&line, parts.headers.contains_key(header::EXPECT));
    let mut room = desk.bodies.room(caller.actor, parts);
    let (request, uploads) = multipart::read(line, rest, boundary, &mut room, settings).await?;
    reply(desk, parts, caller, facts, request, Some(uploads), accepted).await
}

/// Who makes a request, and what else its head tells.
pub(super) async fn introduce(
    desk: &Desk,
    parts: &Parts,
    request_id: RequestId,
) -> Result<(Caller, RequestFacts), Refusal> {
    let facts = facts(parts, request_id)?;
    let credential = caller::credential(desk, parts, origin::of_request)?;
    let caller = caller::identify(desk, credential, &facts.request_id).await?;
    Ok((caller, facts))
}

/// Runs a request in the way that its kind and its sender ask for.
async fn reply(
    desk: &Arc<Desk>,
    parts: &Parts,
    caller: Caller,
    facts: RequestFacts,
    asked: Asked,
    uploads: Option<Uploads>,
    accepted: Accepted,
) -> Result<Reply, Refusal> {
    let operation = match prepare(desk, parts, asked, &caller.actor, facts.language)? {
        Ok(operation) => operation,
        Err(answer) => return or_as_a_stream(desk, parts, caller.actor, facts, *answer, accepted),
    };
    // Nothing else asks for files: those of a subscription would stay on the wire as long as that.
    let uploads = uploads.filter(|_| matches!(operation.kind(), OperationKind::Mutation));
    let is_subscription = matches!(operation.kind(), OperationKind::Subscription);
    match (accepted.stream, accepted.once) {
        (Some(format), once) if is_subscription || once.is_none() => {
            let stage = stage(desk, parts, caller.actor, &facts)?;
            let payer = Payer::of(caller.actor, facts.peer);
            let charge = desk.budgets.charge(payer, operation.cost())?;
            let facts = RequestFacts { transport: Transport::Stream, charge, ..facts };
            let data = data(desk, caller.actor, facts, uploads);
            let kind = operation.kind();
            let answers = run::to_answers(desk, operation, data, stage.addressee.clone(), payer).await?;
            Ok(Reply::Stream(streaming::respond(stage, format, kind, answers)))
        }
        _ if is_subscription => {
            let refusal = Refusal::new(HttpErrorCode::SubscriptionNeedsStream).in_language(facts.language);
            Ok(Reply::Once(refusal.into_answer()))
        }
        _ => Ok(Reply::Once(execute(desk, caller.actor, facts, operation, uploads).await)),
    }
}

/// Everything up to the run. The inner `Err` is an answer to the document itself.
pub(super) fn prepare(
    desk: &Desk,
    parts: &Parts,
    asked: Asked,
    actor: &Actor,
    language: Language,
) -> Result<Result<Operation, Box<Answer>>, Refusal> {
    let (documents, engine) = (&desk.documents, &desk.gateway.engine);
    let found = match documents.find(engine, asked, actor, language) {
        Ok(found) => found,
        Err(answer) => return Ok(Err(answer)),
    };
    // First of all, whatever else is wrong with it (GraphQL-over-HTTP draft, section 5.3).
    if parts.method != Method::POST && found.kind() == Some(OperationKind::Mutation) {
        return Err(Refusal::new(HttpErrorCode::MutationNeedsPost));
    }
    Ok(documents.prepare(engine, found))
}

/// What is wrong with a document, told by a stream to who takes nothing else: a browser's `EventSource` shows no body of an error.
fn or_as_a_stream(
    desk: &Arc<Desk>,
    parts: &Parts,
    actor: Actor,
    facts: RequestFacts,
    answer: Answer,
    accepted: Accepted,
) -> Result<Reply, Refusal> {
    let Accepted { once: None, stream: Some(format) } = accepted else { return Ok(Reply::Once(answer)) };
    let stage = stage(desk, parts, actor, &facts)?;
    let mut answer = answer;
    run::sign(&mut answer, &stage.addressee.request_id);
    let answers = futures_util::stream::iter([answer]);
    Ok(Reply::Stream(streaming::respond(stage, format, OperationKind::Query, Box::pin(answers))))
}

/// What a stream is to know of the conversation; refuses who holds as many as may be.
fn stage(desk: &Desk, parts: &Parts, actor: Actor, facts: &RequestFacts) -> Result<Stage, Refusal> {
    let seat = stream_seat(desk, actor)?;
    Ok(Stage {
        addressee: facts.addressee(),
        connection: parts.extensions.get::<Connection>().cloned(),
        watch: desk.vigil.watch(actor),
        shutdown: desk.gateway.shutdown.clone(),
        settings: desk.gateway.settings.streams,
        _seat: seat,
    })
}

/// A seat for a stream; where all are taken, that of a stream which was reserved and never opened: a client that has lost the answer to its
/// reservation asks again.
pub(super) fn stream_seat(desk: &Desk, actor: Actor) -> Result<Seat, Refusal> {
    let take = || desk.stream_seats.take(actor);
    let or_of_another = || desk.reservations.give_up_one(actor).then(take).flatten();
    take().or_else(or_of_another).ok_or_else(|| Refusal::new(HttpErrorCode::TooManyStreams))
}

async fn execute(
    desk: &Desk,
    actor: Actor,
    facts: RequestFacts,
    operation: Operation,
    uploads: Option<Uploads>,
) -> Answer {
    let addressee = facts.addressee();
    let taken_on = async {
        let charge = desk.budgets.charge(Payer::of(actor, facts.peer), operation.cost())?;
        Ok((charge, desk.gate.enter().await?))
    };
    let (charge, place) = match taken_on.await {
        Ok(taken_on) => taken_on,
        Err::<_, Refusal>(refusal) => return addressee.refused(refusal).into_answer(),
    };
    let uploads = uploads.map(|uploads| admission::give_back_before_files(uploads, place.clone()));
    let mut data = data(desk, actor, RequestFacts { charge, ..facts }, uploads);
    data.insert(place);
    run::to_answer(&desk.gateway, operation, data, &addressee).await
}

/// What resolvers and the run find of an operation.
pub(super) fn data(desk: &Desk, actor: Actor, facts: RequestFacts, uploads: Option<Uploads>) -> Data {
    let charge = facts.charge;
    let mut data = desk.gateway.sessions.request_data(actor, facts);
    if let Some(charge) = charge {
        data.insert(charge);
    }
    if let Some(uploads) = uploads {
        data.insert(uploads);
    }
    data
}

fn facts(parts: &Parts, request_id: RequestId) -> Result<RequestFacts, Refusal> {
    Ok(RequestFacts {
        request_id,
        language: negotiation::language(&parts.headers),
        transport: Transport::Http,
        peer: parts.extensions.get::<Connection>().map(Connection::peer),
        idempotency_key: idempotency_key(&parts.headers)?,
        charge: None,
    })
}

/// The key by which a repeated request is known; quotes around it (as the header's draft writes it) are not part of it.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let (Some(value), others) = (values.next(), values.next()) else { return Ok(None) };
    let key = value.to_str().unwrap_or_default().trim().trim_matches('"');
    let is_plausible = (8..=100).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    match is_plausible && others.is_none() {
        true => Ok(Some(key.to_owned())),
        false => {
            let (ja, en) =
                ("表示できる文字8〜100字で1つだけ送ってください", "must be one, of 8 to 100 visible characters");
            Err(Refusal::malformed("Idempotency-Key", ja, en))
        }
    }
}

/// Whether a resolver has just set the session cookie, which must then not be taken away again.
fn sets_session(headers: &HeaderMap) -> bool {
    let cookies = headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.filter_map(|cookie| cookie.split_once('=')).any(|(name, _)| name.trim() == SESSION_COOKIE)
}
