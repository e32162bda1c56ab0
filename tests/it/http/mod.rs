//! The wire against a toy schema: what it promises whatever the gateway's own schema holds.

mod admission;
mod bodies;
mod credentials;
mod documents;
mod logs;
mod node_clients;
mod over_http;
mod slow_clients;
mod socket;
mod stop;
mod streams;
mod toy;
mod websocket;
mod websocket_limits;
