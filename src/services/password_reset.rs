//! パスワードの再設定 (R05): a mail with a link that works for half an hour and once (T7).
//!
//! The answer and the work are the same whether or not the address has a login (T5).

use super::failure::{Failure, Outcome};
use super::limits::{self, Counter};
use super::{Services, links};
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
pub async fn request_password_reset(services: &Services, actor: &Actor, email: &str) -> Outcome<()> {
    authorise(actor, Action::UsePublicPages)?;
    let email = EmailAddress::parse(email).map_err(|reason| reason.at("input.email"))?;
    let to = email.as_str().to_owned();
    let expires_at = services.world.now() + services.config.sessions.reset_link;

    let tx = services.database.begin().await?;
    let mails = Counter::new(services, limits::MAILS, to.as_bytes());
    if limits::count(services, &tx, &[mails]).await?.is_err() {
        return Ok(());
    }
    let found = users::find_credentials_by_email_unscoped(&*tx, &email).await?;
    let user = found.filter(|credentials| !credentials.is_disabled).map(|credentials| credentials.user.id);
    let reset = password_resets::insert(&tx, &services.world, user, expires_at).await?;
    let mail = match user {
        Some(_) => Mail::ResetPassword { reset, to },
        None => Mail::NoSuchLogin { to },
    };
    outbox::enqueue(&tx, &services.world, &Task::Deliver(mail)).await?;
    Ok(tx.commit().await?)
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
    person::check_new_password(&new_password, &email).map_err(|reason| reason.at("input.newPassword"))?;
    let hash = services.passwords.hash(new_password).await?;

    let tx = services.database.begin().await?;
    let now = services.world.now();
    // Looked up again: while the hash was made, another request may have used the link.
    password_resets::owner(&*tx, id, now).await?.ok_or_else(link_invalid)?;
    password_resets::use_up(&tx, user, now).await?;
    users::set_password(&tx, user, &hash).await?;
    let ended = sessions::delete_of_user(&tx, user).await?;
    let detail = serde_json::json!({ "endedSessions": ended });
    let entry = Entry { action: "reset-password", subject: user.to_string(), detail, actor };
    audit::record(&tx, &services.world, entry).await?;
    Ok(tx.commit().await?)
}
