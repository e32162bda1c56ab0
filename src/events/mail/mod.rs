//! Mails: from the row that asks for one to a file that any mail program opens.
//!
//! The facts are read when the mail is written, not when it was asked for (E26); words stand in `templates/mail/`. Delivering the
//! same message again writes the same file again.

mod links;
mod render;
mod write;

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use self::render::{Facts, Templates};
use crate::domain::actor::Actor;
use crate::domain::ids::{ApplicationId, OutboxMessageId};
use crate::domain::mail::Mail;
use crate::services::Services;
use crate::services::links as tokens;
use crate::store::{DbErr, applications, facilities, password_resets, registrations, users};

/// Why a mail was not delivered; it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The facts could not be read.
    #[error("the facts of the mail could not be read: {0}")]
    Database(#[from] DbErr),
    /// The words could not be put together.
    #[error("the template failed: {0}")]
    Template(#[from] minijinja::Error),
    /// Sender or recipient is no address.
    #[error("an address of the mail is not one: {0}")]
    Address(#[from] lettre::address::AddressError),
    /// The message could not be put together.
    #[error("the message could not be built: {0}")]
    Message(#[from] lettre::error::Error),
    /// The file could not be written.
    #[error("the mail could not be written: {0}")]
    File(#[from] std::io::Error),
    /// The row asks for something that this program does not know.
    #[error("the message could not be read: {0}")]
    Unreadable(String),
    /// It took longer than a mail may.
    #[error("it took too long")]
    TooSlow,
    /// The delivery panicked.
    #[error("the delivery panicked")]
    Panicked,
}

/// Writes mails into the portal's folder.
#[derive(Clone)]
pub struct Mailer {
    services: Services,
    templates: Arc<Templates>,
    folder: PathBuf,
}

impl Mailer {
    /// A mailer that writes to `mail/` under the data folder.
    pub fn try_new(services: Services) -> Result<Self, MailError> {
        let folder = services.config.data.join("mail");
        Ok(Self { services, templates: Arc::new(Templates::try_new()?), folder })
    }

    /// Writes a mail and puts it where it is fetched from. Nothing happens when its occasion is gone.
    pub async fn deliver(&self, id: OutboxMessageId, created_at: DateTime<Utc>, mail: &Mail) -> Result<(), MailError> {
        let Some((to, facts)) = self.facts(mail).await? else { return Ok(()) };
        let letter = self.templates.render(mail.template(), &facts)?;
        let public_url = self.services.config.public_url();
        let host = links::host(&public_url);
        let envelope = write::Envelope {
            id,
            message_id: format!("<{id}@{host}>"),
            from: &self.services.config.mail.from,
            to: &to,
            created_at,
        };
        write::write(&self.folder, &envelope, letter).await
    }

    /// Where to, and what to say.
    async fn facts(&self, mail: &Mail) -> Result<Option<(String, Facts)>, MailError> {
        let Services { database, config, key, .. } = &self.services;
        let mut facts = Facts::new(&config.public_url());
        let to = match mail {
            Mail::ConfirmRegistration { registration, to } => {
                let Some(until) = registrations::expiry(database.reader(), *registration).await? else {
                    return Ok(None);
                };
                let token = tokens::registration_token(key, *registration);
                facts.link_to(links::confirm_registration(&config.link_base(), &token), &token, until);
                to.clone()
            }
            Mail::ResetPassword { reset, to } => {
                let Some(until) = password_resets::expiry(database.reader(), *reset).await? else { return Ok(None) };
                let token = tokens::reset_token(key, *reset);
                facts.link_to(links::reset_password(&config.link_base(), &token), &token, until);
                to.clone()
            }
            Mail::AlreadyRegistered { to } | Mail::NoSuchLogin { to } => to.clone(),
            Mail::ApplicationCompleted { application } => {
                return self.facts_of_completion(*application, facts).await;
            }
        };
        Ok(Some((to, facts)))
    }

    /// The address is the one that the applicant has now (E26). No account is named (E27).
    async fn facts_of_completion(
        &self,
        id: ApplicationId,
        mut facts: Facts,
    ) -> Result<Option<(String, Facts)>, MailError> {
        let reader = self.services.database.reader();
        let Some(application) = applications::find(reader, &Actor::System, id).await? else { return Ok(None) };
        let applicant = users::find(reader, &Actor::System, application.applicant).await?;
        let facility = facilities::find(reader, &Actor::System, application.facility).await?;
        let (Some(applicant), Some(facility)) = (applicant, facility) else { return Ok(None) };
        facts.name_application(facility.name, application.number);
        Ok(Some((applicant.email.as_str().to_owned(), facts)))
    }
}
