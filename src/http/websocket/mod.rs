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
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Request, State, WebSocketUpgrade};
use axum::response::{IntoResponse, Response};
use axum::{RequestExt, http::HeaderValue};

use super::error_code::HttpErrorCode;
use super::observe::RequestId;
use super::refusal::Refusal;
use super::server::Connection;
use super::{Desk, caller, negotiation, origin};

use socket::Visitor;

const SUBPROTOCOL: &str = "graphql-transport-ws";

/// Takes the handshake. A cookie of a foreign page is refused here; whether a credential is good is found out at
/// `connection_init`, which may bring another one.
pub(super) async fn upgrade(
    State(desk): State<Arc<Desk>>,
    Extension(request_id): Extension<RequestId>,
    mut request: Request,
) -> Response {
    let handshake = request.extract_parts::<WebSocketUpgrade>().await;
    let (parts, _) = request.into_parts();
    let language = negotiation::language(&parts.headers);
    let handshake = match handshake {
        Ok(handshake) => handshake,
        Err(rejection) => return not_a_handshake(&rejection).in_language(language).of(&request_id).into_response(),
    };
    let credential = match caller::credential(&desk, &parts, origin::of_handshake) {
        Ok(credential) => credential,
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
    handshake.on_upgrade(async move |socket| {
        socket::attend(socket, &desk, visitor, is_understood).await;
        drop(held);
    })
}

fn not_a_handshake(rejection: &WebSocketUpgradeRejection) -> Refusal {
    tracing::debug!(%rejection, "no WebSocket handshake");
    Refusal::new(HttpErrorCode::UpgradeRequired)
}
