//! How a stream's messages are written: after the protocol document of graphql-sse (distinct connections mode), or after Apollo's
//! multipart protocol for subscriptions.

use async_graphql::ServerError;
use axum::http::{HeaderMap, HeaderValue};
use bytes::Bytes;
use serde::Serialize;

use crate::execution::Answer;
use crate::http::accept;

/// A way to write answers one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Format {
    /// `text/event-stream`: an event `next` for each answer, `complete` at the end.
    Events,
    /// `multipart/mixed` with `subscriptionSpec=1.0`: a part for each answer.
    Parts,
}

/// A part. A fault of the transport stands beside a payload of null, the operation's own errors within it.
#[derive(Serialize)]
struct Part<'a> {
    payload: Option<&'a Answer>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
}

/// A message of a stream that several operations share, of one of them.
#[derive(Serialize)]
struct Message<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a Answer>,
}

impl Format {
    /// The one that `Accept` prefers, the first of equals; ranges with stars name none, as they ask for no stream.
    pub(in crate::http) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let named = accept::ranges(headers).into_iter().filter(|range| range.quality > 0.0).filter_map(|range| {
            let format = match range.essence.as_str() {
                "text/event-stream" => Self::Events,
                "multipart/mixed" if range.parameter("subscriptionSpec") == Some("1.0") => Self::Parts,
                _ => return None,
            };
            Some((range.quality, format))
        });
        named.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, format)| format)
    }

    pub(super) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Events => "text/event-stream; charset=utf-8",
            Self::Parts => "multipart/mixed; boundary=\"graphql\"; subscriptionSpec=\"1.0\"",
        })
    }

    /// What is sent at once: some browsers show no headers before the first byte of a body.
    pub(super) fn opening(self) -> Bytes {
        match self {
            Self::Events => self.heartbeat(),
            Self::Parts => Bytes::from_static(b"\r\n--graphql"),
        }
    }

    /// What is sent in silence.
    pub(super) fn heartbeat(self) -> Bytes {
        match self {
            Self::Events => Bytes::from_static(b":\n\n"),
            Self::Parts => part("{}"),
        }
    }

    /// One answer.
    pub(super) fn answer(self, answer: &Answer) -> Bytes {
        match self {
            Self::Events => event("next", &text(answer)),
            Self::Parts => part(&text(&Part { payload: Some(answer), errors: &[] })),
        }
    }

    /// The operation has ended by itself.
    pub(super) fn end(self) -> Bytes {
        match self {
            Self::Events => event("complete", ""),
            Self::Parts => Bytes::from_static(b"--\r\n"),
        }
    }

    /// Why no more answers come, with the end.
    pub(super) fn broken_off(self, answer: &Answer) -> Bytes {
        let last = match self {
            Self::Events => self.answer(answer),
            Self::Parts => part(&text(&Part { payload: None, errors: &answer.errors })),
        };
        [last, self.end()].concat().into()
    }
}

/// An event. JSON has no line breaks, so that its data is one line.
fn event(name: &str, data: &str) -> Bytes {
    format!("event: {name}\ndata: {data}\n\n").into()
}

/// An answer of one operation of a shared stream.
pub(super) fn next(id: &str, answer: &Answer) -> Bytes {
    event("next", &text(&Message { id, payload: Some(answer) }))
}

/// That one operation of a shared stream has no more answers.
pub(super) fn complete(id: &str) -> Bytes {
    event("complete", &text(&Message { id, payload: None }))
}

/// A part with the mark behind it: clients take a part for whole when they see the next mark.
fn part(body: &str) -> Bytes {
    format!("\r\ncontent-type: application/json; charset=utf-8\r\n\r\n{body}\r\n--graphql").into()
}

/// As JSON.
fn text(message: &impl Serialize) -> String {
    serde_json::to_string(message).unwrap_or_else(|error| {
        tracing::error!(%error, "a message could not be written as JSON");
        r#"{"errors":[{"message":"INTERNAL","extensions":{"code":"INTERNAL"}}]}"#.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the clients of each protocol send, and what asks for no stream.
    #[test]
    fn a_stream_is_what_a_client_names() {
        for (accept, expected) in [
            ("text/event-stream", Some(Format::Events)),
            ("multipart/mixed;subscriptionSpec=1.0, application/json", Some(Format::Parts)),
            ("multipart/mixed;boundary=\"graphql\";subscriptionSpec=\"1.0\",application/json", Some(Format::Parts)),
            (
                "application/graphql-response+json, application/json, text/event-stream, multipart/mixed",
                Some(Format::Events),
            ),
            ("multipart/mixed;deferSpec=20220824,application/json", None),
            ("multipart/mixed;subscriptionSpec=1.0;q=0.1, text/event-stream;q=0.9", Some(Format::Events)),
            ("text/event-stream;q=0", None),
            ("*/*", None),
        ] {
            let headers = HeaderMap::from_iter([(axum::http::header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(Format::negotiate(&headers), expected, "{accept}");
        }
    }
}
