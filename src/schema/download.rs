//! Addresses of files.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};

/// An address from which a file can be fetched by GET, for this login alone and for five minutes. Ask again for another one.
///
/// The answer is the file, to be saved. 404 when the address is over, altered or of another login.
#[derive(Debug, Clone, SimpleObject)]
pub struct SignedDownload {
    /// The address. It needs no header; a credential that is sent with it must be of the login that asked for it.
    pub url: String,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
}
