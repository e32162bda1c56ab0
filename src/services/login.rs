//! ログイン (R03): an address and a password for a session's token; the token's digest for the actor.
//!
//! One failure whatever was wrong and the same work whether or not the address is known (T5); tries are counted before (T6).

use std::collections::HashSet;
use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::Services;
use super::failure::{Fault, Outcome};
use super::limits::{self, Counter};
use crate::domain::actor::Actor;
use crate::domain::ids::SessionId;
use crate::domain::person::{EmailAddress, PASSWORD_MAX, User};
use crate::domain::refusal::Reason;
use crate::domain::secret::Confidential;
use crate::policy::{Action, authorise};
use crate::store::audit::{self, Entry};
use crate::store::users::Credentials;
use crate::store::{sessions, users};

/// A new session. The token is shown here once; the database holds its digest.
#[derive(Debug, Clone)]
pub struct Login {
    /// Proves the session.
    pub token: Confidential,
    /// When the session ends by itself.
    pub expires_at: DateTime<Utc>,
    /// Who is logged in.
    pub user: User,
    /// The actor that the session makes them.
    pub actor: Actor,
}

/// Logs a person in. `peer` is the other end of the connection, where it is known.
pub async fn log_in(
    services: &Services,
    actor: &Actor,
    email: &str,
    password: Confidential,
    peer: Option<IpAddr>,
) -> Outcome<Login> {
    authorise(actor, Action::UsePublicPages)?;
    let email = EmailAddress::parse(email).map_err(|reason| reason.at("input.email"))?;
    let counters = &counters(services, &email, peer);
    let counted = services.write(|tx| async move {
        limits::count(services, &tx, counters).await?.map_err(|retry_at| {
            tracing::warn!("logins are refused for a while: too many failures");
            Reason::TooManyAttempts { retry_at }.into()
        })
    });
    counted.await?;

    let proven = &match proven(services, &email, password).await {
        Ok(Some(credentials)) => credentials,
        Ok(None) => return Err(Reason::InvalidCredentials.into()),
        Err(failure) => {
            services.write(|tx| async move { limits::give_back(&tx, counters).await }).await?;
            return Err(failure);
        }
    };

    let token = new_token()?;
    let token_digest = &digest(&token);
    let expires_at = services.world.now() + services.config.sessions.lifetime;
    let user = &proven.user;
    let begun = services.write(|tx| async move {
        // While the password was judged, a reset may have ended all that it had opened.
        if !users::hold_credentials(&tx, proven).await? {
            return Err(Reason::InvalidCredentials.into());
        }
        limits::give_back(&tx, counters).await?;
        let session = sessions::insert(&tx, &services.world, user.id, token_digest, expires_at).await?;
        let by = Actor::User { user: user.id, role: user.role, session };
        record(services, &tx, "log-in", &by, session.to_string()).await?;
        Ok(by)
    });
    Ok(Login { token, expires_at, user: user.clone(), actor: begun.await? })
}

/// Ends the session that the actor uses; nothing happens to somebody who is not logged in.
pub async fn log_out(services: &Services, actor: &Actor) -> Outcome<()> {
    authorise(actor, Action::UsePublicPages)?;
    let Actor::User { session, .. } = actor else { return Ok(()) };
    services
        .write(|tx| async move {
            sessions::delete(&tx, *session).await?;
            record(services, &tx, "log-out", actor, session.to_string()).await?;
            Ok(())
        })
        .await
}

/// Who stands behind a token; nobody when it is unknown, has expired or was revoked. One statement: it runs on every request.
pub async fn actor_of(services: &Services, token: &Confidential) -> Outcome<Option<Actor>> {
    // The one function without a policy check: what it gives is what the policy judges.
    Ok(sessions::actor_of(services.database.reader(), &digest(token), services.world.now()).await?)
}

/// Those of these actors who are still what they were: logged in, not disabled, in the same role. One statement.
pub async fn still_standing(services: &Services, actors: &[Actor]) -> Outcome<HashSet<Actor>> {
    // As with `actor_of`, it gives what the policy judges.
    let ids: Vec<SessionId> = actors.iter().filter_map(Actor::session).collect();
    let found = sessions::actors_in(services.database.reader(), &ids, services.world.now()).await?;
    let found: HashSet<Actor> = found.into_iter().collect();
    Ok(actors.iter().copied().filter(|actor| found.contains(actor)).collect())
}

/// The credentials of the user whose password this is.
async fn proven(services: &Services, email: &EmailAddress, password: Confidential) -> Outcome<Option<Credentials>> {
    if password.expose().len() > PASSWORD_MAX {
        return Ok(None);
    }
    let found = users::find_credentials_by_email_unscoped(services.database.reader(), email).await?;
    let found = found.filter(|credentials| !credentials.is_disabled);
    let hash = found.as_ref().map(|credentials| credentials.password_hash.clone());
    let is_right = services.passwords.verify(password, hash).await?;
    Ok(found.filter(|_| is_right))
}

fn counters(services: &Services, email: &EmailAddress, peer: Option<IpAddr>) -> Vec<Counter> {
    let account = email.as_str().as_bytes();
    let mut counters =
        vec![Counter::new(services, limits::LOGINS, account), Counter::new(services, limits::LOGINS_A_DAY, account)];
    counters.extend(peer.map(|peer| Counter::new(services, limits::LOGINS_OF_NETWORK, &limits::network(peer))));
    counters
}

/// 256 bits from the operating system, in base64url.
fn new_token() -> Result<Confidential, Fault> {
    let mut bytes = Zeroizing::new([0; 32]);
    SysRng.try_fill_bytes(&mut *bytes).map_err(|error| Fault::new(error.to_string()))?;
    Ok(Confidential::new(BASE64_URL_SAFE_NO_PAD.encode(bytes.as_slice())))
}

/// A token has full entropy, so that one pass of SHA-256 keeps it as well as anything slower would.
fn digest(token: &Confidential) -> [u8; 32] {
    Sha256::digest(token.expose()).into()
}

async fn record(
    services: &Services,
    tx: &crate::store::Transaction,
    action: &'static str,
    actor: &Actor,
    subject: String,
) -> Outcome<()> {
    let entry = Entry { action, subject, detail: serde_json::json!({}), actor };
    Ok(audit::record(tx, &services.world, entry).await?)
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use futures_util::future::join_all;

    use super::*;
    use crate::services::fixture::{Fixture, PASSWORD, reasons};

    const EMAIL: &str = "clinic@example.jp";
    const WRONG: &str = "not-the-password-at-all";

    /// A session's token proves its user until it ends by itself or by log-out; the database does not hold the token.
    #[tokio::test]
    async fn a_session_lasts_until_it_ends() {
        let portal = Fixture::new().await;
        let user = portal.applicant(EMAIL, 1).await;
        let one = portal.log_in("CLINIC@example.jp ", PASSWORD).await.expect("a login");
        let two = portal.log_in(EMAIL, PASSWORD).await.expect("a login");
        assert_eq!(one.token.expose().len(), 43);
        let actor = actor_of(&portal.services, &one.token).await.expect("an answer").expect("an actor");
        assert_eq!(actor.user(), Some(user.id));

        log_out(&portal.services, &actor).await.expect("a log-out");
        assert_eq!(actor_of(&portal.services, &one.token).await.expect("an answer"), None);
        assert!(actor_of(&portal.services, &two.token).await.expect("an answer").is_some());
        portal.pass(portal.services.config.sessions.lifetime);
        assert_eq!(actor_of(&portal.services, &two.token).await.expect("an answer"), None);
    }

    /// A wrong password, an unknown address and a disabled user fail alike and by the same statements; a disabled user's
    /// sessions end.
    #[tokio::test]
    async fn failures_look_alike() {
        let portal = Fixture::new().await;
        let user = portal.applicant(EMAIL, 1).await;
        let login = portal.log_in(EMAIL, PASSWORD).await.expect("a login");
        portal.statements();
        assert_eq!(reasons(portal.log_in(EMAIL, WRONG).await), [Reason::InvalidCredentials]);
        let of_known = portal.statements();
        assert_eq!(reasons(portal.log_in("nobody@example.jp", WRONG).await), [Reason::InvalidCredentials]);
        assert_eq!(portal.statements(), of_known);

        let (id, since) = (user.id, Some(portal.services.world.now()));
        let disabled = portal.services.write(|tx| async move { Ok(users::set_disabled(&tx, id, since).await?) });
        disabled.await.expect("an update");
        assert_eq!(actor_of(&portal.services, &login.token).await.expect("an answer"), None);
        portal.statements();
        assert_eq!(reasons(portal.log_in(EMAIL, PASSWORD).await), [Reason::InvalidCredentials]);
        assert_eq!(portal.statements(), of_known);
    }

    /// Thirty tries at once win no more than ten; then the right password waits as well, for this account alone.
    #[tokio::test]
    async fn parallel_tries_win_nothing() {
        let portal = Fixture::new().await;
        portal.applicant(EMAIL, 1).await;
        portal.applicant("other@example.jp", 2).await;
        let outcomes = join_all((0..30).map(|_| portal.log_in(EMAIL, WRONG))).await;
        let judged = outcomes.into_iter().map(reasons).filter(|reasons| *reasons == [Reason::InvalidCredentials]);
        assert_eq!(judged.count(), 10);
        let retry_at = portal.services.world.now() + Duration::minutes(15);
        assert_eq!(reasons(portal.log_in(EMAIL, PASSWORD).await), [Reason::TooManyAttempts { retry_at }]);
        assert!(portal.log_in("other@example.jp", PASSWORD).await.is_ok());
        portal.pass(Duration::minutes(15));
        assert!(portal.log_in(EMAIL, PASSWORD).await.is_ok());
    }

    /// Logging in often is no failure.
    #[tokio::test]
    async fn right_passwords_are_not_counted() {
        let portal = Fixture::new().await;
        portal.applicant(EMAIL, 1).await;
        for _ in 0..12 {
            portal.log_in(EMAIL, PASSWORD).await.expect("a login");
        }
    }
}
