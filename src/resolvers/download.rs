//! Addresses of files, as fields of what they belong to give them out.

use async_graphql::{Context, Result};

use super::context::Ask;
use super::errors::answer;
use crate::domain::download::Download;
use crate::schema::download::SignedDownload;
use crate::services::downloads;

/// An address for a file that the actor sees.
pub(super) fn sign(ctx: &Context<'_>, download: Download) -> Result<SignedDownload> {
    let downloads::SignedDownload { url, expires_at } =
        answer(ctx, downloads::sign(ctx.services()?, ctx.actor()?, download))?;
    Ok(SignedDownload { url, expires_at })
}

/// The same where not everybody who sees the thing may have its file: null for them.
pub(super) fn sign_if_allowed(ctx: &Context<'_>, download: Download) -> Result<Option<SignedDownload>> {
    if !downloads::may_take(ctx.actor()?, download) {
        return Ok(None);
    }
    sign(ctx, download).map(Some)
}
