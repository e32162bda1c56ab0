//! パスワードの再設定 (R05): a mail with a link that works for half an hour and once (T7).
//!
//! The answer and the work are the same whether or not the address has a login (T5).

use std::net::IpAddr;

use super::failure::{Failure, Outcome};
use super::{Services, limits, links};
use crate::domain::actor::Actor;
use crate::domain::mail::Mail;
use crate::domain::person::{self, EmailAddress};
use crate::domain::refusal::Reason;
use crate::domain::secret::Confidential;
use crate::policy::{Action, authorise};
use crate::store::audit::{self, Entry};
use crate::store::outbox::{self, Task};
use crate::store::{password_resets, sessions, users};

/// Sends a link for a new password to an address, or a note that it has no login.
pub async fn request_password_reset(
    services: &Services,
    actor: &Actor,
    email: &str,
    peer: Option<IpAddr>,
) -> Outcome<()> {
    authorise(actor, Action::UsePublicPages)?;
    let email = EmailAddress::parse(email).map_err(|reason| reason.at("input.email"))?;
    let email = &email;
    let expires_at = services.world.now() + services.config.sessions.reset_link;

    services
        .write(|tx| async move {
            if !limits::count_mail(services, &tx, email, peer).await? {
                return Ok(());
            }
            let found = users::find_credentials_by_email_unscoped(&*tx, email).await?;
            let user = found.filter(|credentials| !credentials.is_disabled).map(|credentials| credentials.user.id);
            let reset = password_resets::insert(&tx, &services.world, user, expires_at).await?;
            let to = email.as_str().to_owned();
            let mail = match user {
                Some(_) => Mail::ResetPassword { reset, to },
                None => Mail::NoSuchLogin { to },
            };
            outbox::enqueue(&tx, &services.world, &[Task::Deliver(mail)]).await?;
            Ok(())
        })
        .await
}

/// Sets a new password by the token of a link and ends every session of the user.
pub async fn reset_password(
    services: &Services,
    actor: &Actor,
    token: &Confidential,
    new_password: Confidential,
) -> Outcome<()> {
    authorise(actor, Action::UsePublicPages)?;
    let link_invalid = || Failure::from(Reason::LinkInvalid.at("input.token"));
    let id = links::read_reset_token(&services.key, token).ok_or_else(link_invalid)?;
    let owner = password_resets::owner(services.database.reader(), id, services.world.now()).await?;
    let (user, email) = owner.ok_or_else(link_invalid)?;
    person::check_new_password(&new_password, Some(&email)).map_err(|reason| reason.at("input.newPassword"))?;
    let hash = &services.passwords.hash(new_password).await?;

    services
        .write(|tx| async move {
            let now = services.world.now();
            // Looked up again: while the hash was made, another request may have used the link.
            password_resets::owner(&*tx, id, now).await?.ok_or_else(link_invalid)?;
            password_resets::use_up(&tx, user, now).await?;
            users::set_password(&tx, user, hash).await?;
            let ended = sessions::delete_of_user(&tx, user).await?;
            let detail = serde_json::json!({ "endedSessions": ended });
            let entry = Entry { action: "reset-password", subject: user.to_string(), detail, actor };
            audit::record(&tx, &services.world, entry).await?;
            Ok(())
        })
        .await
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::domain::ids::PasswordResetId;
    use crate::services::fixture::{Fixture, PASSWORD, reasons, secret};
    use crate::services::login;

    const EMAIL: &str = "clinic@example.jp";
    const NEW: &str = "a-new-password-2027";

    async fn ask(portal: &Fixture, email: &str) -> PasswordResetId {
        request_password_reset(&portal.services, &Actor::Anonymous, email, None).await.expect("an answer");
        match portal.mails().await.pop() {
            Some(Mail::ResetPassword { reset, .. }) => reset,
            other => panic!("no link was mailed: {other:?}"),
        }
    }

    async fn reset(portal: &Fixture, id: PasswordResetId, password: &str) -> Outcome<()> {
        let token = links::reset_token(&portal.services.key, id);
        reset_password(&portal.services, &Actor::Anonymous, &token, secret(password)).await
    }

    /// The new password takes the place of the old one, every session ends, and no open link of the user works any more.
    #[tokio::test]
    async fn a_reset_ends_everything_old() {
        let portal = Fixture::new().await;
        portal.applicant(EMAIL, 1).await;
        let login = portal.log_in(EMAIL, PASSWORD).await.expect("a login");
        let (earlier, id) = (ask(&portal, EMAIL).await, ask(&portal, EMAIL).await);

        assert_eq!(reasons(reset(&portal, id, "short").await), [Reason::PasswordLength]);
        reset(&portal, id, NEW).await.expect("a reset");
        assert_eq!(login::actor_of(&portal.services, &login.token).await.expect("an answer"), None);
        assert_eq!(reasons(portal.log_in(EMAIL, PASSWORD).await), [Reason::InvalidCredentials]);
        assert!(portal.log_in(EMAIL, NEW).await.is_ok());
        for used in [id, earlier] {
            assert_eq!(reasons(reset(&portal, used, NEW).await), [Reason::LinkInvalid]);
        }
    }

    /// Whoever knows the old password and logs in again and again while it is reset is in no session afterwards.
    #[tokio::test(flavor = "multi_thread")]
    async fn no_login_outlives_a_reset() {
        let portal = Fixture::new().await;
        portal.applicant(EMAIL, 1).await;
        let id = ask(&portal, EMAIL).await;
        let knocking = || async {
            let mut tokens = Vec::new();
            while let Ok(login) = portal.log_in(EMAIL, PASSWORD).await {
                tokens.push(login.token);
            }
            tokens
        };
        let (done, one, two, three) = tokio::join!(reset(&portal, id, NEW), knocking(), knocking(), knocking());
        done.expect("a reset");
        for token in [one, two, three].concat() {
            assert_eq!(login::actor_of(&portal.services, &token).await.expect("an answer"), None);
        }
    }

    /// Two uses of one link at once: one sets the password.
    #[tokio::test]
    async fn a_link_works_once() {
        let portal = Fixture::new().await;
        portal.applicant(EMAIL, 1).await;
        let id = ask(&portal, EMAIL).await;
        let (one, two) = tokio::join!(reset(&portal, id, NEW), reset(&portal, id, "another-password-2027"));
        assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|is_ok| **is_ok).count(), 1);
    }

    /// A link works for half an hour, and a registration's token sets no password.
    #[tokio::test]
    async fn a_link_ends() {
        let portal = Fixture::new().await;
        portal.applicant(EMAIL, 1).await;
        let id = ask(&portal, EMAIL).await;
        let other = links::registration_token(&portal.services.key, id.cast());
        let outcome = reset_password(&portal.services, &Actor::Anonymous, &other, secret(NEW)).await;
        assert_eq!(reasons(outcome), [Reason::LinkInvalid]);
        portal.pass(Duration::minutes(30));
        assert_eq!(reasons(reset(&portal, id, NEW).await), [Reason::LinkInvalid]);
    }

    /// An unknown address gets the same answer by the same statements, and a mail that says so; three an hour.
    #[tokio::test]
    async fn an_unknown_address_looks_like_any_other() {
        let portal = Fixture::new().await;
        portal.applicant(EMAIL, 1).await;
        portal.statements();
        request_password_reset(&portal.services, &Actor::Anonymous, EMAIL, None).await.expect("an answer");
        let for_known = portal.statements();
        assert!(for_known.iter().any(|sql| sql.starts_with("INSERT INTO \"outbox_messages\"")), "{for_known:?}");
        for _ in 0..4 {
            portal.statements();
            request_password_reset(&portal.services, &Actor::Anonymous, "nobody@example.jp", None)
                .await
                .expect("an answer");
            if portal.mails().await.len() == 2 {
                assert_eq!(portal.statements()[..for_known.len()], for_known);
            }
        }
        let mails = portal.mails().await;
        assert_eq!(mails.iter().filter(|mail| matches!(mail, Mail::NoSuchLogin { .. })).count(), 3);
    }
}
