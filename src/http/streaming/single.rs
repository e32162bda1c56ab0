//! `/graphql/stream`: one stream that the answers of many operations share, for browsers that open six connections at most (the
//! single connection mode of graphql-sse's protocol document). Without a token it is `/graphql`.
//!
//! `PUT` reserves a stream, `GET` opens it, `POST` begins an operation whose answers come by it, `DELETE` ends one.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use tokio::time::timeout;

use crate::domain::actor::Actor;
use crate::execution::Answer;
use crate::http::budget::Payer;
use crate::http::error_code::HttpErrorCode;
use crate::http::negotiation::{self, Accepted};
use crate::http::observe::RequestId;
use crate::http::refusal::Refusal;
use crate::http::run::Addressee;
use crate::http::server::Connection;
use crate::http::sessions::{RequestFacts, Transport};
use crate::http::shutdown::LAST_ANSWERS;
use crate::http::{Desk, body, graphql, multipart, query_string, run};

use super::format::{Format, complete, next};
use super::reservations::{self, Begun, Reservation};
use super::{Pen, Unread, heart, response};

const TOKEN: HeaderName = HeaderName::from_static("x-graphql-event-stream-token");
/// The longest id that an operation may be given.
const LONGEST_ID: usize = 100;

/// The handlers by method.
pub(in crate::http) fn routes() -> MethodRouter<Arc<Desk>> {
    get(answer).post(answer).put(answer).delete(answer)
}

async fn answer(state: State<Arc<Desk>>, Extension(request_id): Extension<RequestId>, request: Request) -> Response {
    let token = token(&request);
    if token.is_none() && matches!(*request.method(), Method::GET | Method::HEAD | Method::POST) {
        return graphql::answer(state, Extension(request_id), request).await;
    }
    let (parts, body) = request.into_parts();
    let id = request_id.clone();
    let accepted = Accepted::read(&parts.headers);
    let done = match (&parts.method, token) {
        // Whatever token comes along: graphql-sse repeats the one of its last stream.
        (&Method::PUT, _) => reserve(&state.0, &parts, request_id).await,
        (_, None) => Err(Refusal::new(HttpErrorCode::StreamNotFound)),
        (&Method::DELETE, Some(token)) => stop(&state.0, &parts, request_id, &token).await,
        (&Method::GET, Some(token)) if accepted.is_some_and(|accepted| accepted.stream == Some(Format::Events)) => {
            open(&state.0, &parts, request_id, &token).await
        }
        (_, Some(token)) => begin(&state.0, &parts, body, request_id, &token).await,
    };
    let format = Accepted::refusals(&parts.headers);
    done.unwrap_or_else(|refusal| {
        refusal.in_language(negotiation::language(&parts.headers)).in_format(format).of(&id).into_response()
    })
}

fn token(request: &Request) -> Option<String> {
    let header = request.headers().get(TOKEN).and_then(|value| value.to_str().ok()).map(str::to_owned);
    header.or_else(|| query_string::parameter(request.uri(), "token"))
}

/// Reserves a stream for whoever is logged in.
async fn reserve(desk: &Arc<Desk>, parts: &Parts, request_id: RequestId) -> Result<Response, Refusal> {
    let (caller, facts) = graphql::introduce(desk, parts, request_id).await?;
    if caller.actor == Actor::Anonymous {
        return Err(Refusal::new(HttpErrorCode::Unauthenticated));
    }
    let seat = graphql::stream_seat(desk, caller.actor)?;
    let (sender, queue) = reservations::queue();
    let reserved = desk.reservations.reserve(caller.actor, Pen::new(sender), desk.vigil.watch(caller.actor), seat);
    let (token, reservation) = reserved.ok_or_else(|| Refusal::fault(&facts.request_id))?;
    reservation.keep(queue);
    drop(desk.gateway.shutdown.spawn(keep(Arc::clone(desk), token.clone(), reservation, facts.addressee())));
    let head = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, head, token).into_response())
}

/// Looks after a stream from its reservation to its end.
async fn keep(desk: Arc<Desk>, token: String, reservation: Arc<Reservation>, addressee: Addressee) {
    let settings = &desk.gateway.settings.streams;
    let use_it = async {
        if timeout(settings.reservation, reservation.opened.notified()).await.is_err() {
            return;
        }
        let mut heart = heart(settings.heartbeat);
        while reservation.pen.write(Format::Events.heartbeat()).await.is_ok() {
            tokio::select! {
                _ = heart.tick() => {}
                () = reservation.pen.closed() => return,
            }
        }
    };
    tokio::select! {
        () = desk.gateway.shutdown.begun() => drop(timeout(LAST_ANSWERS, reservation.settle()).await),
        () = reservation.watch.over() => part(&reservation, &addressee).await,
        // Given up for another.
        () = reservation.over() => {}
        () = use_it => {}
    }
    desk.reservations.remove(&token);
}

/// Tells each operation that the login is over.
async fn part(reservation: &Reservation, addressee: &Addressee) {
    let answer = addressee.refused(Refusal::new(HttpErrorCode::Unauthenticated)).into_answer();
    let ended = reservation.end_all().into_iter();
    reservation.pen.end(ended.flat_map(|id| [next(&id, &answer), complete(&id)])).await;
}

/// The stream of a token, for who reserved it. A browser's `EventSource` can show nothing but the token, which opens the stream, and
/// nothing else.
async fn find(
    desk: &Arc<Desk>,
    parts: &Parts,
    request_id: RequestId,
    token: &str,
    purpose: Purpose,
) -> Result<(Arc<Reservation>, RequestFacts), Refusal> {
    let (caller, facts) = graphql::introduce(desk, parts, request_id).await?;
    let reservation = desk.reservations.find(token)?;
    let is_ticket = purpose == Purpose::Open && caller.actor == Actor::Anonymous;
    if caller.actor != reservation.actor && !is_ticket {
        return Err(Refusal::new(HttpErrorCode::StreamNotFound));
    }
    Ok((reservation, facts))
}

/// What somebody wants of a stream.
#[derive(PartialEq, Eq)]
enum Purpose {
    /// To read it.
    Open,
    /// To begin or to end what runs on it.
    Change,
}

async fn open(desk: &Arc<Desk>, parts: &Parts, request_id: RequestId, token: &str) -> Result<Response, Refusal> {
    let (reservation, _) = find(desk, parts, request_id, token, Purpose::Open).await?;
    let queue = reservation.open()?;
    if let Some(connection) = parts.extensions.get::<Connection>() {
        reservation.pen.is_read_on(connection.clone());
    }
    Ok(response(Format::Events.content_type(), queue, reservation.pen.broken.clone()))
}

async fn stop(desk: &Arc<Desk>, parts: &Parts, request_id: RequestId, token: &str) -> Result<Response, Refusal> {
    let (reservation, _) = find(desk, parts, request_id, token, Purpose::Change).await?;
    let id = query_string::parameter(&parts.uri, "operationId").filter(|id| is_id(id)).ok_or_else(no_id)?;
    reservation.stop(&id);
    Ok(StatusCode::OK.into_response())
}

/// Begins an operation: 202, and its answers by the stream. What is wrong with the request is told here.
async fn begin(
    desk: &Arc<Desk>,
    parts: &Parts,
    body: Body,
    request_id: RequestId,
    token: &str,
) -> Result<Response, Refusal> {
    body::expect_plain(&parts.headers)?;
    if parts.method == Method::POST && multipart::is_multipart(&parts.headers) {
        let (ja, en) = (
            "ファイルは共有ストリームでは送れません。トークンなしで /graphql に送ってください",
            "files go to /graphql, without the token of a shared stream",
        );
        return Err(Refusal::new(HttpErrorCode::UnsupportedMediaType).at("Content-Type", ja, en));
    }
    if parts.method == Method::POST && !negotiation::is_json(&parts.headers) {
        return Err(Refusal::new(HttpErrorCode::UnsupportedMediaType));
    }
    // The answer has no body, or is a refusal: whoever accepts the stream's type alone gets it as well.
    if Accepted::read(&parts.headers).is_none() {
        return Err(Refusal::new(HttpErrorCode::NotAcceptable));
    }
    let (reservation, facts) = find(desk, parts, request_id, token, Purpose::Change).await?;
    let mut room = desk.bodies.room(reservation.actor, parts);
    let request = graphql::read(desk, &mut room, parts, body).await?;
    let given = request.extensions.as_ref().and_then(|extensions| extensions.get("operationId")?.as_str());
    let id = given.filter(|id| is_id(id)).ok_or_else(no_id)?.to_owned();
    let operation = match graphql::prepare(desk, parts, request, &reservation.actor, facts.language)? {
        Ok(operation) => operation,
        Err(mut answer) => {
            run::sign(&mut answer, &facts.request_id);
            // Never 200, which here would mean that answers will come: the status is the same in both formats.
            let status = negotiation::Format::GraphqlResponse.status(&answer);
            return Ok(Accepted::refusals(&parts.headers).respond(status, &answer));
        }
    };
    let payer = Payer::of(reservation.actor, facts.peer);
    let charge = desk.budgets.charge(payer, operation.cost())?;
    let begun = reservation.begin(id, operation.kind(), desk.gateway.settings.streams.max_operations)?;
    let (addressee, actor) = (facts.addressee(), reservation.actor);
    let data = graphql::data(desk, actor, RequestFacts { transport: Transport::Stream, charge, ..facts }, None);
    let answers = run::to_answers(desk, operation, data, addressee.clone(), payer).await?;
    begun.accept();
    drop(desk.gateway.shutdown.spawn(perform(begun, addressee, answers)));
    Ok(StatusCode::ACCEPTED.into_response())
}

/// Writes one operation's answers into the stream until they end.
async fn perform(begun: Begun, addressee: Addressee, mut answers: BoxStream<'static, Answer>) {
    let work = async {
        while let Some(answer) = answers.next().await {
            begun.next(&answer).await?;
        }
        Ok::<_, Unread>(())
    };
    let work = async {
        match AssertUnwindSafe(work).catch_unwind().await {
            Ok(written) => written?,
            Err(_) => {
                tracing::error!(request_id = %addressee.request_id, "an operation panicked");
                begun.next(&addressee.fault().into_answer()).await?;
            }
        }
        begun.complete().await
    };
    tokio::select! {
        biased;
        () = begun.over() => {}
        // Of a stream that nobody reads any more nobody hears.
        _ = work => {}
    }
}

fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.chars().count())
}

fn no_id() -> Refusal {
    Refusal::malformed("operationId", "1〜100文字の文字列にしてください", "must be a text of 1 to 100 characters")
}
