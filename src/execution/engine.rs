//! The engine's public shape; see `mod.rs`.
