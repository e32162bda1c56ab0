//! graphql-transport-ws at `/graphql/ws`: the upgrade. What happens on the socket afterwards is in `socket`.
//!
//! After the protocol document of graphql-ws, with limits that it leaves to servers. `protocol` has the messages and close codes,
//! `operations` what runs on a socket, `outbox` the way out, `seats` how many sockets a person holds.

mod operations;
mod outbox;
mod protocol;
mod pulse;
mod socket;

use std::sync::Arc;

use axum::Extension;
use axum::RequestExt;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Request, State, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::domain::language::Language;

use super::error_code::HttpErrorCode;
use super::observe::RequestId;
use super::refusal::Refusal;
use super::server::Connection;
use super::{Desk, caller, negotiation, origin};
use protocol::End;
use socket::Visitor;

const SUBPROTOCOL: &str = "graphql-transport-ws";

/// Takes the handshake. Whether a credential is good is found out at `connection_init`, which may bring another one; the cookie of a
/// foreign page is none.
pub(super) async fn upgrade(
    State(desk): State<Arc<Desk>>,
    Extension(request_id): Extension<RequestId>,
    mut request: Request,
) -> Response {
    read_lists(request.headers_mut());
    let handshake = request.extract_parts::<WebSocketUpgrade>().await;
    let (parts, _) = request.into_parts();
    let language = negotiation::language(&parts.headers);
    let handshake = match handshake {
        Ok(handshake) => handshake,
        Err(rejection) => return not_a_handshake(&rejection, language, &request_id),
    };
    if !has_key(&parts.headers) {
        return malformed_key().in_language(language).of(&request_id).into_response();
    }
    let credential = match caller::credential(&desk, &parts, origin::of_handshake) {
        Ok(credential) => Ok(credential),
        // A page cannot keep its browser from sending a cookie along; the token that it means to show is still to come.
        Err(refusal) if refusal.code() == HttpErrorCode::CrossOrigin => Err(End::cross_origin()),
        Err(refusal) => return refusal.in_language(language).of(&request_id).into_response(),
    };
    let connection = parts.extensions.get::<Connection>().cloned();
    let visitor = Visitor { request_id, language, credential, connection };
    let limits = &desk.gateway.settings.websocket;
    let handshake = handshake
        .protocols([SUBPROTOCOL])
        .read_buffer_size(limits.buffer)
        .write_buffer_size(limits.buffer)
        .max_message_size(limits.max_message)
        .max_frame_size(limits.max_message);
    let is_understood = handshake.selected_protocol() == Some(&HeaderValue::from_static(SUBPROTOCOL));
    let held = desk.gateway.shutdown.hold();
    let mut response = handshake.on_upgrade(async move |socket| {
        socket::attend(socket, &desk, visitor, is_understood).await;
        drop(held);
    });
    // Names of headers have no case, and yet some clients know `Sec-WebSocket-Protocol` by the one that they wrote alone (gql 4 of Python):
    // hyper writes them so that finds how they came among the extensions.
    response.extensions_mut().extend(parts.extensions);
    response
}

/// Says what a handshake needs (RFC 6455, section 4.4; RFC 9110, section 7.8).
fn not_a_handshake(rejection: &WebSocketUpgradeRejection, language: Language, request_id: &RequestId) -> Response {
    tracing::debug!(%rejection, "no WebSocket handshake");
    let refusal = match rejection {
        WebSocketUpgradeRejection::WebSocketKeyHeaderMissing(_) => malformed_key(),
        _ => Refusal::new(HttpErrorCode::UpgradeRequired),
    };
    let mut response = refusal.in_language(language).of(request_id).into_response();
    if response.status() == StatusCode::UPGRADE_REQUIRED {
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    }
    response
}

/// Leaves of the handshake's lists of words the one that it is about, where it stands in them (RFC 6455, section 4.2.1; RFC 9110, section
/// 5.6.1).
fn read_lists(headers: &mut HeaderMap) {
    for (name, word) in [(header::CONNECTION, "upgrade"), (header::UPGRADE, "websocket")] {
        let lines = headers.get_all(&name).iter().filter_map(|line| line.to_str().ok());
        let is_there = lines.flat_map(|line| line.split(',')).any(|given| given.trim().eq_ignore_ascii_case(word));
        headers.remove(&name);
        if is_there {
            headers.insert(name, HeaderValue::from_static(word));
        }
    }
}

fn malformed_key() -> Refusal {
    Refusal::malformed("Sec-WebSocket-Key", "16バイトをbase64で書いてください", "must be 16 bytes in base64")
}

/// Whether the key of a handshake is one, and stands there once; HTTP/2 has none (RFC 6455, section 4.2.1; RFC 8441).
fn has_key(headers: &HeaderMap) -> bool {
    let keys = headers.get_all(header::SEC_WEBSOCKET_KEY);
    let is_key = |key: &HeaderValue| BASE64_STANDARD.decode(key).is_ok_and(|key| key.len() == 16);
    keys.iter().count() <= 1 && keys.iter().all(is_key)
}
