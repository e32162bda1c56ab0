//! Whatever reads a stranger's bytes, under any bytes at all: the guard, the multipart reader, the WebSocket reader.
//!
//! Each file has one function that takes an input, brings it to the reader by the way that a client's bytes take, and panics when a rule
//! is broken. [`properties`] calls them with a few hundred inputs in every run of the tests; the crate in `fuzz/` holds these same
//! files, and calls them for as long as one likes with inputs that are bred by what they reach (`cargo xtask fuzz`).

pub mod gateway;
pub mod guard;
pub mod multipart;
pub mod seeds;
pub mod websocket;

#[cfg(test)]
mod properties;
