//! The engine: contract only, the body follows.
