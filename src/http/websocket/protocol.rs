//! The messages of graphql-transport-ws and the ways in which a socket ends.

use std::borrow::Cow;

use async_graphql::ServerError;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::execution::Answer;
use crate::http::payload;
use crate::http::refusal::Refusal;

/// What a client says.
pub(super) enum ClientMessage {
    ConnectionInit {
        payload: Option<Map<String, Value>>,
    },
    Ping {
        payload: Option<Map<String, Value>>,
    },
    Pong,
    Subscribe {
        id: String,
        /// What is no JSON that we read is this operation's matter alone.
        payload: Result<Map<String, Value>, Refusal>,
    },
    Complete {
        id: String,
    },
}

/// A message with its parts as they were written.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

impl ClientMessage {
    /// Reads a text message; what the protocol does not know ends the socket with 4400.
    pub(super) fn read(text: &str) -> Result<Self, End> {
        // serde would take a list of a message's parts for the message.
        let envelope = Some(text).filter(|text| text.trim_start().starts_with('{'));
        let envelope = envelope.and_then(|text| serde_json::from_str::<Envelope<'_>>(text).ok());
        envelope.and_then(Envelope::open).ok_or_else(End::invalid_message)
    }
}

impl Envelope<'_> {
    fn open(self) -> Option<ClientMessage> {
        Some(match &*self.r#type {
            "connection_init" => ClientMessage::ConnectionInit { payload: self.payload()?.transpose().ok()? },
            "ping" => ClientMessage::Ping { payload: self.payload()?.transpose().ok()? },
            "pong" => self.payload().map(|_| ClientMessage::Pong)?,
            "subscribe" => ClientMessage::Subscribe { id: self.id()?, payload: self.payload()?? },
            "complete" => ClientMessage::Complete { id: self.id()? },
            _ => return None,
        })
    }

    fn id(&self) -> Option<String> {
        let id = serde_json::from_str::<String>(self.id?.get()).ok();
        id.filter(|id| !id.is_empty())
    }

    /// The object that may stand there; nothing when something else does.
    #[expect(clippy::option_option, reason = "none is allowed, another kind is not")]
    fn payload(&self) -> Option<Option<Result<Map<String, Value>, Refusal>>> {
        match self.payload.map(RawValue::get) {
            None | Some("null") => Some(None),
            Some(text) if text.starts_with('{') => Some(Some(payload::members(text.as_bytes()))),
            Some(_) => None,
        }
    }
}

/// What the server says.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerMessage<'a> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Map<String, Value>>,
    },
    Next {
        id: &'a str,
        payload: &'a Answer,
    },
    Error {
        id: &'a str,
        payload: &'a [ServerError],
    },
    Complete {
        id: &'a str,
    },
}

impl ServerMessage<'_> {
    /// As a frame.
    pub(super) fn write(&self) -> Result<Message, End> {
        serde_json::to_string(self).map(|text| Message::Text(text.into())).map_err(|error| {
            tracing::error!(%error, "a message could not be written as JSON");
            End::internal()
        })
    }
}

/// How a socket ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The client left, or is beyond reach.
    Gone,
    /// We close it, and say why.
    Close {
        /// A code of RFC 6455 or of graphql-transport-ws.
        code: u16,
        /// For the client's developer.
        reason: Cow<'static, str>,
    },
}

impl End {
    fn close(code: u16, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Close { code, reason: reason.into() }
    }

    pub(super) fn going_away() -> Self {
        Self::close(1001, "The server is stopping")
    }

    pub(super) fn protocol_error() -> Self {
        Self::close(1002, "Unreadable frame")
    }

    pub(super) fn not_utf8() -> Self {
        Self::close(1007, "Text that is not UTF-8")
    }

    pub(super) fn message_too_big() -> Self {
        Self::close(1009, "Message too big")
    }

    pub(super) fn internal() -> Self {
        Self::close(1011, "Internal error")
    }

    /// Clients try again after it, and succeed once the person has closed another tab.
    pub(super) fn too_many_sockets() -> Self {
        Self::close(1013, "Too many sockets of this user")
    }

    /// Clients try again after it.
    pub(super) fn overloaded() -> Self {
        Self::close(1013, "Try again later")
    }

    pub(super) fn invalid_message() -> Self {
        Self::close(4400, "Invalid message received")
    }

    pub(super) fn unauthorized() -> Self {
        Self::close(4401, "Unauthorized")
    }

    /// Also for sessions that end while the socket is open: clients try again after it, with a new token if they have one.
    pub(super) fn forbidden() -> Self {
        Self::close(4403, "Forbidden")
    }

    /// A page of a foreign origin has nothing to show but a cookie.
    pub(super) fn cross_origin() -> Self {
        Self::close(4403, "Forbidden: a page of another origin needs a token")
    }

    pub(super) fn subprotocol_not_acceptable() -> Self {
        Self::close(4406, "Subprotocol not acceptable")
    }

    pub(super) fn init_timeout() -> Self {
        Self::close(4408, "Connection initialisation timeout")
    }

    pub(super) fn subscriber_exists(id: &str) -> Self {
        // A close frame holds 123 bytes of reason.
        let id = if id.len() <= 64 { id } else { "this id" };
        Self::close(4409, format!("Subscriber for {id} already exists"))
    }

    pub(super) fn too_many_inits() -> Self {
        Self::close(4429, "Too many initialisation requests")
    }

    /// The close frame, when there is somebody to send it to.
    pub(super) fn into_frame(self) -> Option<Message> {
        match self {
            Self::Gone => None,
            Self::Close { code, reason } => {
                Some(Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from(reason.into_owned()) })))
            }
        }
    }
}
