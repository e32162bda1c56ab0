//! Who makes a request, found out before its body is read.

use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::domain::actor::Actor;

use super::Desk;
use super::credential::Credential;
use super::error_code::HttpErrorCode;
use super::observe::RequestId;
use super::refusal::Refusal;
use super::sessions::CredentialError;

/// Who makes a request.
pub(super) struct Caller {
    pub(super) actor: Actor,
    /// Whether the browser should forget its cookie.
    pub(super) is_cookie_stale: bool,
}

/// Refuses what a page of a foreign origin made: one of `origin`.
type OriginCheck = fn(&HeaderMap, Option<&str>, &[String]) -> Result<(), Refusal>;

/// Reads the credential's form, and refuses the cookie of a foreign page.
pub(super) fn credential(desk: &Desk, parts: &Parts, check: OriginCheck) -> Result<Option<Credential>, Refusal> {
    let credential = Credential::from_headers(&parts.headers)?;
    if let Some(Credential::Cookie(_)) = credential {
        let authority = parts.uri.authority().map(|authority| authority.as_str());
        check(&parts.headers, authority, &desk.gateway.settings.allowed_origins)?;
    }
    Ok(credential)
}

/// Looks the credential up. A stale cookie makes its bearer a stranger, who can then log in; a stale token is refused, because
/// the program that sent it means to be somebody.
pub(super) async fn identify(
    desk: &Desk,
    credential: Option<Credential>,
    request_id: &RequestId,
) -> Result<Caller, Refusal> {
    let is_cookie = matches!(credential, Some(Credential::Cookie(_)));
    let _place = match credential {
        Some(_) => Some(desk.door.enter().await?),
        None => None,
    };
    match desk.gateway.sessions.actor(credential).await {
        Ok(actor) => Ok(Caller { actor, is_cookie_stale: false }),
        Err(CredentialError::Invalid) if is_cookie => Ok(Caller { actor: Actor::Anonymous, is_cookie_stale: true }),
        Err(CredentialError::Invalid) => Err(Refusal::new(HttpErrorCode::Unauthenticated)),
        Err(CredentialError::Overloaded) => Err(Refusal::new(HttpErrorCode::Overloaded)),
        Err(CredentialError::Unavailable) => Err(Refusal::fault(request_id)),
    }
}
