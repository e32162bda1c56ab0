//! One socket from its handshake to its close frame.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Error;
use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use serde_json::{Map, Value};
use tokio::time::timeout;

use crate::domain::language::Language;
use crate::http::Desk;
use crate::http::caller::{self, Caller};
use crate::http::credential::{self, Credential};
use crate::http::error_code::HttpErrorCode;
use crate::http::meter::Meter;
use crate::http::observe::RequestId;
use crate::http::server::Connection;

use super::operations::Operations;
use super::outbox::{BACKLOG, Outbox};
use super::protocol::{ClientMessage, End, ServerMessage};
use super::pulse::{Beat, Pulse};

/// How long a client may take to answer a close frame with its own.
const CLOSING: Duration = Duration::from_secs(1);
/// Bytes of a message that are a sign of life before it is there: a library sends a message in one frame, in which no pong can stand.
const ENOUGH: u64 = 8 * 1024;

/// Who has come, as far as the handshake tells.
pub(super) struct Visitor {
    pub(super) request_id: RequestId,
    pub(super) language: Language,
    /// Of the handshake's headers, or how the socket ends because of them; `connection_init` may bring another.
    pub(super) credential: Result<Option<Credential>, End>,
    pub(super) connection: Option<Connection>,
}

impl Visitor {
    pub(super) fn peer(&self) -> Option<IpAddr> {
        self.connection.as_ref().map(Connection::peer)
    }

    fn meter(&self) -> Meter {
        self.connection.as_ref().map(Connection::meter).unwrap_or_default()
    }
}

/// Serves a socket until it ends.
pub(super) async fn attend(socket: WebSocket, desk: &Arc<Desk>, visitor: Visitor, is_understood: bool) {
    let (sink, mut frames) = socket.split();
    let (outbox, writer) = Outbox::open(sink, desk.gateway.settings.websocket.write_timeout, visitor.meter());
    let end = tokio::select! {
        biased;
        () = desk.gateway.shutdown.late() => End::going_away(),
        () = outbox.closed() => End::Gone,
        () = std::future::ready(()), if !is_understood => End::subprotocol_not_acceptable(),
        end = converse(&mut frames, desk, &visitor, &outbox) => end,
    };
    tracing::debug!(socket = %visitor.request_id, ?end, "socket ended");
    let is_unwanted = end.is_of_the_unwanted();
    farewell(end, outbox, &mut frames).await;
    if is_unwanted {
        // Whatever is still on its way to a slow reader.
        writer.abort();
    }
}

async fn converse(frames: &mut SplitStream<WebSocket>, desk: &Arc<Desk>, visitor: &Visitor, outbox: &Outbox) -> End {
    let Err(end) = async {
        let caller = tokio::select! {
            biased;
            () = desk.gateway.shutdown.begun() => return Err(End::going_away()),
            caller = admit(frames, desk, visitor, outbox) => caller?,
        };
        let _seat = desk.seats.take(caller.actor).ok_or_else(End::too_many_sockets)?;
        outbox.send(&ServerMessage::ConnectionAck).await?;
        let watch = desk.vigil.watch(caller.actor);
        tokio::select! {
            biased;
            // Whatever the conversation waits for: a client who reads nothing must not stay longer than others.
            () = watch.over() => Err(End::forbidden()),
            end = serve(frames, desk, visitor, outbox, &caller) => end,
        }
    }
    .await;
    end
}

/// Waits for `connection_init` and finds out who sends it.
async fn admit(
    frames: &mut SplitStream<WebSocket>,
    desk: &Desk,
    visitor: &Visitor,
    outbox: &Outbox,
) -> Result<Caller, End> {
    let patience = desk.gateway.settings.websocket.init_timeout;
    let payload = timeout(patience, init(frames, outbox)).await.map_err(|_| End::init_timeout())??;
    let credential = match payload.as_ref().map_or(Ok(None), presented)? {
        Some(credential) => Some(credential),
        None => visitor.credential.clone()?,
    };
    caller::identify(desk, credential, &visitor.request_id).await.map_err(|refusal| match refusal.code() {
        HttpErrorCode::Internal => End::internal(),
        HttpErrorCode::Overloaded => End::overloaded(),
        _ => End::forbidden(),
    })
}

async fn init(frames: &mut SplitStream<WebSocket>, outbox: &Outbox) -> Result<Option<Map<String, Value>>, End> {
    loop {
        match read(frames.next().await, outbox).await? {
            Some(ClientMessage::ConnectionInit { payload }) => return Ok(payload),
            Some(ClientMessage::Ping { payload }) => outbox.send(&ServerMessage::Pong { payload }).await?,
            Some(ClientMessage::Subscribe { .. }) => return Err(End::unauthorized()),
            Some(ClientMessage::Complete { .. } | ClientMessage::Pong) | None => {}
        }
    }
}

/// The credential in the payload of `connection_init`: `{"authorization": "Bearer …"}` or `{"token": "…"}`.
fn presented(payload: &Map<String, Value>) -> Result<Option<Credential>, End> {
    // Links of clients send an empty text where nobody is logged in.
    let given = |name: &str| payload.get(name).filter(|value| !value.is_null() && *value != "");
    let header = given("authorization").or_else(|| given("Authorization"));
    let credential = match (header, given("token")) {
        (Some(Value::String(value)), _) => Credential::from_authorization(value),
        (None, Some(Value::String(token))) => credential::token(token).map(Credential::Bearer),
        (None, None) => return Ok(None),
        _ => None,
    };
    credential.map(Some).ok_or_else(End::forbidden)
}

/// Serves an admitted client; returns only with the end. Once the gateway stops, that is when the last answer is on its way.
async fn serve(
    frames: &mut SplitStream<WebSocket>,
    desk: &Arc<Desk>,
    visitor: &Visitor,
    outbox: &Outbox,
    caller: &Caller,
) -> Result<std::convert::Infallible, End> {
    let settings = &desk.gateway.settings.websocket;
    let mut operations = Operations::new(Arc::clone(desk), caller.actor, outbox.clone());
    let mut pulse = Pulse::new(settings.ping_interval, settings.pong_timeout);
    let meter = visitor.meter();
    let (mut heard_at_ping, mut is_stopping) = (0, false);
    loop {
        if is_stopping && operations.is_empty() {
            return Err(End::going_away());
        }
        tokio::select! {
            biased;
            () = desk.gateway.shutdown.begun(), if !is_stopping => {
                is_stopping = true;
                operations.stop_subscriptions();
            }
            is_behind = outbox.pinged() => {
                pulse.sent(if is_behind { BACKLOG } else { Duration::ZERO });
                heard_at_ping = meter.heard();
            }
            ended = operations.next_end() => ended?,
            frame = frames.next() => {
                pulse.heard();
                match read(frame, outbox).await? {
                    Some(ClientMessage::ConnectionInit { .. }) => return Err(End::too_many_inits()),
                    Some(ClientMessage::Ping { payload }) => outbox.send(&ServerMessage::Pong { payload }).await?,
                    // The client tries it again elsewhere.
                    Some(ClientMessage::Subscribe { .. }) if is_stopping => {}
                    Some(ClientMessage::Subscribe { id, payload }) => operations.start(id, payload, visitor).await?,
                    Some(ClientMessage::Complete { id }) => operations.stop(&id),
                    Some(ClientMessage::Pong) | None => {}
                }
            }
            // Last: while a message waited for the queue, nobody looked for a sign of life.
            beat = pulse.next() => match beat {
                Beat::Ping => outbox.send_frame(Message::Ping(bytes::Bytes::new())).await?,
                Beat::Dead if meter.heard() - heard_at_ping >= ENOUGH => pulse.heard(),
                Beat::Dead => return Err(End::Gone),
            },
        }
    }
}

/// A frame as a message; `None` for those that the WebSocket layer has dealt with. A pong that it answers with is taken by the client before
/// many more pings are read.
async fn read(frame: Option<Result<Message, Error>>, outbox: &Outbox) -> Result<Option<ClientMessage>, End> {
    match frame {
        Some(Ok(Message::Text(text))) => ClientMessage::read(&text).map(Some),
        Some(Ok(Message::Binary(_))) => Err(End::invalid_message()),
        Some(Ok(Message::Ping(_))) => outbox.flush().await.map(|()| None),
        Some(Ok(Message::Pong(_))) => Ok(None),
        Some(Ok(Message::Close(_))) | None => Err(End::Gone),
        Some(Err(error)) => Err(broken(error)),
    }
}

fn broken(error: Error) -> End {
    match error.into_inner().downcast_ref::<tungstenite::Error>() {
        Some(tungstenite::Error::Capacity(_)) => End::message_too_big(),
        Some(tungstenite::Error::Utf8(_)) => End::not_utf8(),
        Some(tungstenite::Error::Protocol(_)) => End::protocol_error(),
        _ => End::Gone,
    }
}

/// Says goodbye and reads on until the client does: a connection dropped with unread data is reset, and takes our last words along.
async fn farewell(end: End, outbox: Outbox, frames: &mut SplitStream<WebSocket>) {
    let ending = async {
        if let Some(frame) = end.into_frame() {
            // A writer that is gone already has nobody to tell.
            drop(outbox.send_frame(frame).await);
            outbox.closed().await;
        }
        // Nobody writes the pongs of further pings.
        while frames.next().await.is_some_and(|frame| frame.is_ok_and(|frame| !matches!(frame, Message::Ping(_)))) {}
    };
    drop(timeout(CLOSING, ending).await);
}
