//! Addresses of files: GraphQL gives one out to who may see the file, and it works for a few minutes, for that login alone.
//!
//! A ticket says what for, for which login and until when, under the server's key. It is no permission by itself: whoever redeems it
//! is judged anew, as the person of its login. What is wrong with a ticket is not told; it does not exist.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use super::{KeyPurpose, Outcome, Services};
use crate::domain::actor::Actor;
use crate::domain::download::Download;
use crate::domain::ids::{SessionId, TicketId};
use crate::domain::refusal::Reason;
use crate::policy::{Action, authorise};
use crate::store::{sessions, tickets};

/// Between the parts of a ticket; in none of them, and unreserved in an address (RFC 3986, section 2.3).
const MARK: char = '~';

/// An address that was given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedDownload {
    /// The whole address, under the portal's public one.
    pub url: String,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
}

/// Gives out an address for a file that the actor has just been shown to exist.
pub fn sign(services: &Services, actor: &Actor, download: Download) -> Outcome<SignedDownload> {
    authorise(actor, action(download))?;
    let Actor::User { session, .. } = actor else { return Err(Reason::Unauthenticated.into()) };
    let expires_at = services.world.now() + Download::LIFETIME;
    let ticket = Ticket { download, session: *session, expires: expires_at.timestamp(), id: services.world.id() };
    let claims = ticket.claims();
    let seal = BASE64_URL_SAFE_NO_PAD.encode(services.key.digest(KeyPurpose::Download, &[claims.as_bytes()]));
    let base = services.config.public_url();
    let url = format!("{}/files/{claims}{MARK}{seal}", base.trim_end_matches('/'));
    Ok(SignedDownload { url, expires_at })
}

/// Reads a ticket, without the database: nobody has one that the gateway did not seal.
pub fn read(services: &Services, text: &str) -> Outcome<Ticket> {
    let now = services.world.now().timestamp();
    Ok(unsealed(services, text).filter(|ticket| now < ticket.expires).ok_or(Reason::NotFound)?)
}

/// Who asks by a ticket. `shown` is whom the request's own credential proved, if it had one: somebody else's login finds nothing, as does a
/// ticket that is used up, or of a login that has ended.
pub async fn redeem(services: &Services, ticket: &Ticket, shown: Option<&Actor>) -> Outcome<Actor> {
    let now = services.world.now();
    let found = sessions::actor_in(services.database.reader(), ticket.session, now).await?;
    let actor = found.ok_or(Reason::NotFound)?;
    if shown.is_some_and(|shown| *shown != actor) {
        return Err(Reason::NotFound.into());
    }
    authorise(&actor, action(ticket.download)).map_err(|_| Reason::NotFound)?;
    // Before anybody pays for it.
    if ticket.download.is_single_use() && tickets::is_used(services.database.reader(), ticket.id).await? {
        return Err(Reason::NotFound.into());
    }
    Ok(actor)
}

/// Uses a ticket up that works once; what was used before finds nothing.
pub async fn use_up(services: &Services, ticket: &Ticket) -> Outcome<()> {
    if !ticket.download.is_single_use() {
        return Ok(());
    }
    let (id, now) = (ticket.id, services.world.now());
    let is_first = services.write(|tx| async move { Ok(tickets::use_up(&tx, id, now).await?) }).await?;
    if is_first { Ok(()) } else { Err(Reason::NotFound.into()) }
}

/// Whether the actor's role has a part in such a file at all; which files are theirs is asked where they are read.
pub fn may_take(actor: &Actor, download: Download) -> bool {
    authorise(actor, action(download)).is_ok()
}

const fn action(download: Download) -> Action {
    match download {
        Download::Settings(_) | Download::SettingsArchive(_) => Action::TakeSettings,
        Download::Receipt(_) => Action::TakeReceipt,
        Download::Attachment(_) => Action::SeeApplication,
    }
}

/// A ticket that is valid as far as it says itself.
#[derive(Debug)]
pub struct Ticket {
    /// What it is for.
    pub download: Download,
    session: SessionId,
    /// Seconds since 1970.
    expires: i64,
    id: TicketId,
}

impl Ticket {
    fn claims(&self) -> String {
        let Self { download, session, expires, id } = self;
        let (purpose, subject) = (download.purpose(), download.subject());
        format!("{purpose}{MARK}{subject}{MARK}{session}{MARK}{expires}{MARK}{id}")
    }
}

fn unsealed(services: &Services, text: &str) -> Option<Ticket> {
    let (claims, seal) = text.rsplit_once(MARK)?;
    let seal = BASE64_URL_SAFE_NO_PAD.decode(seal).ok()?;
    if !services.key.verify(KeyPurpose::Download, &[claims.as_bytes()], &seal) {
        return None;
    }
    let mut parts = claims.split(MARK);
    let download = Download::parse(parts.next()?, parts.next()?)?;
    let (session, expires, id) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Ticket { download, session: session.parse().ok()?, expires: expires.parse().ok()?, id: id.parse().ok()? })
}
