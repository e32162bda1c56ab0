//! facilities
