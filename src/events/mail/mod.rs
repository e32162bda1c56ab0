//! Mails: from the row that asks for one to a mail server, or to a file that any mail program opens.
//!
//! The facts are read when the mail is written, not when it was asked for (E26); words stand in `templates/mail/`. Delivering the
//! same message again writes the same file again.

mod links;
mod render;
mod smtp;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use self::render::{Facts, Templates};
use crate::config::Config;
use crate::domain::actor::Actor;
use crate::domain::ids::{ApplicationId, DecisionId, OutboxMessageId};
use crate::domain::language::Language;
use crate::domain::mail::{Mail, TEMPLATES};
use crate::domain::review::Decision;
use crate::services::Services;
use crate::services::links as tokens;
use crate::store::{DbErr, applications, facilities, password_resets, registrations, review, users};

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
    /// The mail server could not be reached, or did not take it.
    #[error("the mail server did not take it: {}", smtp::class(.0))]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// The mail server turned us away before it heard of any mail.
    #[error("the mail server turns us away: {}", smtp::class_of_greeting(.0))]
    TurnedAway(lettre::transport::smtp::Error),
    /// The file of a certificate that is trusted could not be read.
    #[error("mail.smtp_ca: {0} could not be read: {1}")]
    Certificate(PathBuf, std::io::Error),
    /// The file of a certificate that is trusted holds none.
    #[error("mail.smtp_ca: {0} holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----")]
    NoCertificate(PathBuf),
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

impl MailError {
    /// Whether trying again cannot help.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Smtp(error) => smtp::is_permanent(error),
            Self::Address(_) | Self::Message(_) | Self::Unreadable(_) => true,
            _ => false,
        }
    }

    /// What went wrong in a word, for the row and the log: nothing that was in the mail, and no address.
    pub fn class(&self) -> String {
        let word = match self {
            Self::Smtp(error) => return smtp::class(error),
            Self::TurnedAway(error) => return smtp::class_of_greeting(error),
            Self::Database(_) => "database",
            Self::Template(_) => "template",
            Self::Address(_) => "address",
            Self::Message(_) => "message",
            Self::Certificate(..) | Self::NoCertificate(_) => "certificate",
            Self::File(_) => "file",
            Self::Unreadable(_) => "unreadable",
            Self::TooSlow => "too-slow",
            Self::Panicked => "panicked",
        };
        word.to_owned()
    }
}

/// Writes mails and hands them over.
#[derive(Clone)]
pub struct Mailer {
    services: Services,
    templates: Arc<Templates>,
    post: Post,
}

/// Where mails go.
#[derive(Clone)]
enum Post {
    /// To a mail server.
    Server(smtp::Smtp),
    /// Into a folder, a file each.
    Folder(PathBuf),
}

impl Post {
    fn try_new(config: &Config) -> Result<Self, MailError> {
        let Some(server) = &config.mail.smtp else { return Ok(Self::Folder(config.data.join("mail"))) };
        let ca = config.mail.smtp_ca.as_deref().map(certificate).transpose()?;
        Ok(Self::Server(smtp::Smtp::try_new(server, ca.as_deref(), links::host(&config.public_url()))?))
    }
}

fn certificate(file: &Path) -> Result<Vec<u8>, MailError> {
    let pem = std::fs::read(file).map_err(|error| MailError::Certificate(file.to_owned(), error))?;
    // lettre takes a file without any for an empty list of certificates.
    if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
        return Err(MailError::NoCertificate(file.to_owned()));
    }
    Ok(pem)
}

/// Reads what the configuration of the mail server names, as `serve` will. Makes no connection.
pub fn check_settings(config: &Config) -> Result<(), MailError> {
    Post::try_new(config).map(drop)
}

impl Mailer {
    /// A mailer to the mail server that is configured, or to `mail/` under the data folder.
    pub fn try_new(services: Services) -> Result<Self, MailError> {
        let post = Post::try_new(&services.config)?;
        Ok(Self { services, templates: Arc::new(Templates::try_new()?), post })
    }

    /// Writes a mail and hands it over. Nothing happens when its occasion is gone.
    pub async fn deliver(&self, id: OutboxMessageId, created_at: DateTime<Utc>, mail: &Mail) -> Result<(), MailError> {
        let Some((to, facts)) = self.facts(mail).await? else { return Ok(()) };
        let letter = self.templates.render(mail.template(), &facts)?;
        let host = links::host(&self.services.config.public_url());
        let envelope = write::Envelope {
            message_id: format!("<{id}@{host}>"),
            from: &self.services.config.mail.from,
            to: &to,
            created_at,
        };
        let message = write::message(&envelope, letter)?;
        match &self.post {
            Post::Server(server) => server.send(&message).await,
            Post::Folder(folder) => write::write(folder, id, &message).await,
        }
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
            Mail::ApplicationSubmitted { application } | Mail::ApplicationCompleted { application } => {
                return self.facts_of(*application, None, facts).await;
            }
            Mail::ApplicationReturned { application, decision }
            | Mail::ApplicationRejected { application, decision } => {
                return self.facts_of(*application, Some(*decision), facts).await;
            }
        };
        Ok(Some((to, facts)))
    }

    /// What an application and a decision on it are called. The address is the one that the applicant has now (E26). No account is
    /// named (E27).
    async fn facts_of(
        &self,
        id: ApplicationId,
        decision: Option<DecisionId>,
        mut facts: Facts,
    ) -> Result<Option<(String, Facts)>, MailError> {
        let reader = self.services.database.reader();
        let Some(application) = applications::find(reader, &Actor::System, id).await? else { return Ok(None) };
        let applicant = users::find(reader, &Actor::System, application.applicant).await?;
        let facility = facilities::find(reader, &Actor::System, application.facility).await?;
        let (Some(applicant), Some(facility)) = (applicant, facility) else { return Ok(None) };
        facts.name_application(facility.name, application.number);
        if let Some(decision) = decision {
            let decisions = review::decisions_on(reader, &Actor::System, &[id]).await?.remove(&id);
            let found = decisions.into_iter().flatten().find(|known| known.id == decision);
            let Some(Decision { verdict, .. }) = found else { return Ok(None) };
            facts.give_reasons(&verdict);
        }
        Ok(Some((applicant.email.as_str().to_owned(), facts)))
    }
}

/// Whether every mail has its words in both languages, told by name where one has not; and, where a mail server is configured,
/// whether it lets us in.
pub async fn check(config: &Config) -> Result<Checked, MailError> {
    let templates = Templates::try_new()?;
    let wrong = TEMPLATES.iter().filter_map(|name| Some((*name, templates.render(name, &Facts::sample(name)).err()?)));
    let wrong = wrong.map(|(name, error)| format!("{name}: {error}")).collect();
    let server = match (Post::try_new(config)?, &config.mail.smtp) {
        (Post::Server(server), Some(name)) => Some((name.to_string(), server.greet().await)),
        _ => None,
    };
    Ok(Checked { wrong, server })
}

/// What [`check`] found.
#[derive(Debug)]
pub struct Checked {
    /// Templates that cannot be put together, each with what is wrong.
    pub wrong: Vec<String>,
    /// The mail server without its password, and whether it answered.
    pub server: Option<(String, Result<bool, MailError>)>,
}

/// A mail with invented facts, subject and text: as its reader would see it, or its part in one language.
pub fn preview(template: &str, language: Option<Language>) -> Result<(String, String), MailError> {
    let (templates, facts) = (Templates::try_new()?, Facts::sample(template));
    let letter = match language {
        Some(language) => templates.part(template, language, &facts),
        None => templates.render(template, &facts),
    }?;
    Ok((letter.subject, letter.body))
}
