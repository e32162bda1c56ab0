//! The wire: everything that speaks HTTP or WebSocket, and nothing that knows an application.
//!
//! A transport reads a request, finds out who stands behind it ([`Sessions`]), hands the document to
//! [`crate::execution::Engine`] and writes the answer down. No rule of the counter and no SQL belong here. A new transport is one file
//! that reads what is asked ([`payload`]), prepares it ([`documents`]) and calls [`run`]; new pages are merged by the composition root.

mod accept;
mod admission;
mod body;
mod budget;
mod caller;
mod compression;
mod cors;
mod credential;
pub mod demo_mail;
pub mod documents;
pub mod downloads;
mod error_code;
pub mod graphiql;
mod graphql;
mod headers;
mod health;
mod json;
mod lingering;
mod meter;
mod multipart;
mod negotiation;
mod observe;
mod origin;
mod pace;
mod payload;
mod proxies;
mod query_string;
mod refusal;
mod run;
mod seats;
pub mod server;
mod sessions;
mod settings;
pub mod shutdown;
mod streaming;
mod vigil;
mod websocket;

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::middleware::from_fn;
use axum::routing::get;
use axum::{Extension, Router};
use tower::util::option_layer;

use crate::execution::Engine;

pub use credential::{Credential, SESSION_COOKIE};
pub use error_code::HttpErrorCode;
pub use health::Readiness;
pub use observe::RequestId;
pub use sessions::{CredentialError, RequestFacts, Sessions, Transport};
pub use settings::{
    AdmissionSettings, HttpSettings, ServerSettings, StreamSettings, UploadSettings, WebSocketSettings,
};

use admission::Gate;
use body::Bodies;
use budget::Budgets;
use documents::Documents;
use health::Health;
use refusal::Refusal;
use seats::Seats;
use shutdown::Shutdown;
use streaming::Reservations;
use vigil::Vigil;

/// What the router needs from the composition root.
pub struct Gateway {
    /// Runs documents.
    pub engine: Engine,
    /// Says who stands behind a credential, and equips requests for the resolvers.
    pub sessions: Arc<dyn Sessions>,
    /// Answers `/readyz`.
    pub readiness: Readiness,
    /// Limits and lists.
    pub settings: HttpSettings,
    /// The same one that [`server::serve`] is given: sockets and mutations outlive their connection and are waited for.
    pub shutdown: Shutdown,
}

/// The router's state: what was given, and what the transports keep between requests.
struct Desk {
    gateway: Gateway,
    /// Before the engine.
    gate: Gate,
    /// Before credentials are looked up.
    door: Gate,
    budgets: Arc<Budgets>,
    health: Health,
    documents: Documents,
    bodies: Bodies,
    /// Of sockets.
    seats: Seats,
    /// Of streams over HTTP.
    stream_seats: Seats,
    reservations: Reservations,
    /// Over those who hold something open.
    vigil: Vigil,
}

/// All routes. `pages` are routes of others (GraphiQL, downloads), which get the same headers, request ids and log lines, and may ask
/// the same gate and the same budgets.
pub fn router(gateway: Gateway, pages: Router) -> Router {
    let cors = cors::layer(&gateway.settings.allowed_origins);
    let seats = Seats::new(gateway.settings.websocket.max_sockets_per_user);
    let stream_seats = Seats::new(gateway.settings.streams.max_streams_per_user);
    let admission = &gateway.settings.admission;
    let (gate, door) = (Gate::of_operations(admission), Gate::of_look_ups(admission));
    let vigil = Vigil::new(Arc::clone(&gateway.sessions), gateway.settings.revalidate);
    let documents = Documents::new(gateway.settings.documents.clone());
    let budgets = Arc::new(Budgets::new(gateway.settings.cost_per_minute));
    let bodies = Bodies::new(gateway.settings.large_bodies);
    let health = Health::new(Arc::clone(&gateway.readiness));
    let desk = Arc::new(Desk {
        health,
        budgets: Arc::clone(&budgets),
        bodies,
        gateway,
        documents,
        gate: gate.clone(),
        door,
        seats,
        stream_seats,
        reservations: Reservations::default(),
        vigil,
    });
    Router::new()
        .route("/graphql", get(graphql::answer).post(graphql::answer))
        .route("/graphql/stream", streaming::single::routes())
        .route("/graphql/ws", get(websocket::upgrade))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .with_state(desk)
        .merge(pages)
        .fallback(not_found)
        .method_not_allowed_fallback(graphql::method_not_allowed)
        .layer(Extension(gate))
        .layer(Extension(budgets))
        .layer(option_layer(cors))
        .layer(compression::layer())
        .layer(from_fn(headers::keep))
        .layer(from_fn(observe::observe))
}

async fn not_found(Extension(request_id): Extension<RequestId>, headers: HeaderMap) -> Refusal {
    Refusal::new(HttpErrorCode::NotFound).in_language_of(&headers).of(&request_id)
}
