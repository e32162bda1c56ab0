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

/// A payload's members, or why they cannot be read.
pub(super) type Payload = Result<Map<String, Value>, Refusal>;

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
        payload: Payload,
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
        let envelope = if text.trim_start().starts_with('{') { serde_json::from_str(text).ok() } else { None };
        envelope.ok_or_else(End::invalid_message).and_then(Envelope::open)
    }
}

impl Envelope<'_> {
    fn open(self) -> Result<ClientMessage, End> {
        let readable = |payload: Option<Payload>| payload.transpose().map_err(|_| End::invalid_message());
        Ok(match &*self.r#type {
            "connection_init" => ClientMessage::ConnectionInit { payload: readable(self.payload()?)? },
            "ping" => ClientMessage::Ping { payload: readable(self.payload()?)? },
            "pong" => self.payload().map(|_| ClientMessage::Pong)?,
            "subscribe" => {
                let payload = self.payload()?.ok_or_else(End::invalid_message)?;
                ClientMessage::Subscribe { id: self.id()?, payload }
            }
            "complete" => ClientMessage::Complete { id: self.id()? },
            _ => return Err(End::invalid_message()),
        })
    }

    fn id(&self) -> Result<String, End> {
        let id = self.id.and_then(|id| serde_json::from_str(id.get()).ok());
        id.filter(|id: &String| !id.is_empty()).ok_or_else(End::invalid_message)
    }

    /// The object that may stand there, as far as it can be read.
    fn payload(&self) -> Result<Option<Payload>, End> {
        match self.payload.map(RawValue::get) {
            None | Some("null") => Ok(None),
            Some(text) if text.starts_with('{') => Ok(Some(payload::members(text.as_bytes()))),
            Some(_) => Err(End::invalid_message()),
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

    /// Whether the client has no right to be here any longer, or has never shown one (4403, 4408): it is not waited for beyond its farewell.
    pub(super) fn is_of_the_unwanted(&self) -> bool {
        matches!(self, Self::Close { code: 4403 | 4408, .. })
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
