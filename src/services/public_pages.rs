//! public_pages
