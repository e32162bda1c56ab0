//! `mail check`, `preview`, `list` and `resend`: the words of mails, and what became of those that were to go out.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand, ValueEnum};

use super::portal;
use super::terminal::Terminal;
use super::{Failed, user};
use crate::config::Config;
use crate::domain::actor::Actor;
use crate::domain::clock::japan;
use crate::domain::ids::OutboxMessageId;
use crate::domain::language::Language;
use crate::domain::mail::{Posting, PostingStanding, TEMPLATES};
use crate::events::mail::{self, Checked, MailError};
use crate::services::{Outcome, Services, mails};
use crate::store::outbox::Wanted;

/// The most mails that are listed.
const LISTED: u64 = 1000;

/// What to do with mails.
#[derive(Debug, Subcommand)]
pub enum Mail {
    /// Put every mail together with invented facts, and say hello to the mail server where one is configured.
    ///
    /// Sends no mail.
    ///
    /// Examples:
    ///   madoguchi mail check --config madoguchi.toml
    ///   madoguchi mail check --smtp 'smtp://127.0.0.1:1025?tls=none'
    #[command(verbatim_doc_comment)]
    Check {
        /// Say hello to this server, as `serve --smtp` would use it [env: MADOGUCHI_MAIL_SMTP] [key: mail.smtp].
        #[arg(long, value_name = "ADDRESS")]
        smtp: Option<String>,
    },
    /// Print a mail with invented facts; without a name, every mail.
    ///
    /// Examples:
    ///   madoguchi mail preview application-completed
    ///   madoguchi mail preview application-returned --language en
    #[command(verbatim_doc_comment)]
    Preview {
        /// The mail's name.
        #[arg(value_parser = TEMPLATES)]
        name: Option<String>,
        /// Only the part in this language; a mail is in both.
        #[arg(long)]
        language: Option<LanguageName>,
    },
    /// List the mails that wait or were given up, newest first: id, name, when the next try is, failures, why the last one failed.
    ///
    /// A mail that fails is tried again after 1 s, 2 s, 4 s and so on, at last every hour, for about a day; then it is given up. One that
    /// the server refuses for good is given up at once.
    ///
    /// Examples:
    ///   madoguchi mail list --dead
    ///   madoguchi mail list --all --show-addresses
    #[command(verbatim_doc_comment)]
    List(List),
    /// Send a mail again, delivered or not; or all that were given up. A running gateway sends it within a second.
    ///
    /// Examples:
    ///   madoguchi mail resend outbox_01k…
    ///   madoguchi mail resend --all-dead
    #[command(verbatim_doc_comment)]
    Resend(Resend),
}

/// Which mails to list.
#[derive(Debug, Args)]
pub struct List {
    /// Only those that were given up.
    #[arg(long, conflicts_with = "all")]
    dead: bool,
    /// Those that were delivered as well.
    #[arg(long)]
    all: bool,
    /// Whom each goes to. Addresses are personal data; without this none is shown.
    #[arg(long)]
    show_addresses: bool,
}

/// A language, as the command line names it.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LanguageName {
    /// Japanese.
    Ja,
    /// English.
    En,
}

impl From<LanguageName> for Language {
    fn from(name: LanguageName) -> Self {
        match name {
            LanguageName::Ja => Self::Ja,
            LanguageName::En => Self::En,
        }
    }
}

/// Which mails to send again.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Resend {
    /// The mail's id, as `mail list` shows it.
    #[arg(value_name = "ID")]
    id: Option<OutboxMessageId>,
    /// All that were given up.
    #[arg(long)]
    all_dead: bool,
}

impl Mail {
    /// What was said on the command line, by key.
    pub fn values(&self) -> Option<(&'static str, &'static str, String)> {
        let Self::Check { smtp } = self else { return None };
        smtp.clone().map(|smtp| ("mail.smtp", "--smtp", smtp))
    }

    /// Does it.
    pub async fn run(self, config: Config, terminal: &mut Terminal) -> Result<(), Failed> {
        match self {
            Self::Check { .. } => check(&config, terminal).await,
            Self::Preview { name, language } => preview(name.as_deref(), language.map(Language::from), terminal),
            Self::List(list) => list.run(config, terminal).await,
            Self::Resend(resend) => resend.run(config, terminal).await,
        }
    }
}

async fn check(config: &Config, terminal: &mut Terminal) -> Result<(), Failed> {
    mail::check_settings(config).map_err(|error| Failed::Wrong(error.to_string()))?;
    let Checked { wrong, server } = mail::check(config).await.map_err(Failed::broken)?;
    if !wrong.is_empty() {
        return Err(Failed::Broken(wrong.join("\n")));
    }
    terminal.print(&format!("{} mails in 2 languages: all can be put together", TEMPLATES.len()));
    match server {
        None => {
            let folder = config.data.join("mail");
            terminal
                .print(&format!("no mail server is configured (mail.smtp): mails are files in {}", folder.display()));
            Ok(())
        }
        Some((name, Ok(true))) => {
            terminal.print(&format!("{name} answers and lets us in"));
            Ok(())
        }
        Some((name, Ok(false))) => Err(Failed::Broken(format!("{name} answers, but not as a mail server does"))),
        Some((name, Err(error))) => Err(Failed::Broken(format!("{name}: {}", advice(&error)))),
    }
}

/// What an operator does about it.
fn advice(error: &MailError) -> String {
    let class = error.class();
    let words = match class.as_str() {
        "smtp-connection" => "there is no connection; is it running, and are host and port right?",
        "smtp-timeout" | "too-slow" => "it does not answer in time; is a firewall between?",
        "smtp-tls" => {
            "its certificate is not trusted; name the authority's with mail.smtp_ca, and use the host name that it is for"
        }
        "smtp-not-offered" => {
            "it does not offer STARTTLS, or no way to log in; smtps:// or, on this machine alone, ?tls=none"
        }
        login if login.starts_with("smtp-login") => "it does not let us in; are user and password right?",
        greeting if greeting.starts_with("smtp-greeting") => {
            "it turns us away; is it being mended, or is this machine on a block list?"
        }
        _ => return error.to_string(),
    };
    format!("{words} ({class})")
}

fn preview(name: Option<&str>, language: Option<Language>, terminal: &mut Terminal) -> Result<(), Failed> {
    for template in TEMPLATES.iter().filter(|template| name.is_none_or(|name| name == **template)) {
        let (subject, body) = mail::preview(template, language).map_err(Failed::broken)?;
        terminal.print(&format!("== {template}\nSubject: {subject}\n\n{body}"));
    }
    Ok(())
}

impl List {
    async fn run(self, config: Config, terminal: &mut Terminal) -> Result<(), Failed> {
        let services = portal::open_existing(config).await?;
        let listed = self.read(&services).await;
        services.database.close().await.map_err(Failed::broken)?;
        let (postings, addresses) = listed.map_err(|failure| user::told(&failure))?;
        for posting in &postings {
            let address = addresses.as_ref().map(|known| known.get(&posting.id).map_or("-", String::as_str));
            terminal.print(&line(posting, address));
        }
        if postings.is_empty() {
            terminal.complain("no such mails");
        }
        Ok(())
    }

    /// The mails, and their addresses where they were asked for.
    async fn read(&self, services: &Services) -> Outcome<(Vec<Posting>, Option<HashMap<OutboxMessageId, String>>)> {
        let wanted = match self {
            Self { dead: true, .. } => Wanted::Dead,
            Self { all: true, .. } => Wanted::All,
            Self { .. } => Wanted::Undelivered,
        };
        let postings = mails::list(services, &Actor::System, wanted, LISTED).await?;
        if !self.show_addresses {
            return Ok((postings, None));
        }
        let ids: Vec<_> = postings.iter().map(|posting| posting.id).collect();
        let addresses = mails::addresses(services, &Actor::System, &ids).await?;
        Ok((postings, Some(addresses)))
    }
}

/// One mail, its parts between tabs; the address, where it was asked for, is the last.
fn line(posting: &Posting, address: Option<&str>) -> String {
    let Posting { id, template, created_at, attempts, last_error, standing } = posting;
    let standing = match standing {
        PostingStanding::Waiting(at) => format!("waiting until {}", instant(*at)),
        PostingStanding::Delivered(at) => format!("delivered {}", instant(*at)),
        PostingStanding::Dead(at) => format!("dead since {}", instant(*at)),
    };
    let (template, error) = (template.unwrap_or("unknown"), last_error.as_deref().unwrap_or("-"));
    let address = address.map_or_else(String::new, |address| format!("\t{address}"));
    format!("{id}\t{template}\tasked {}\t{standing}\t{attempts} failures\t{error}{address}", instant(*created_at))
}

fn instant(at: DateTime<Utc>) -> String {
    at.with_timezone(&japan()).format("%Y-%m-%d %H:%M:%S").to_string()
}

impl Resend {
    async fn run(self, config: Config, terminal: &mut Terminal) -> Result<(), Failed> {
        let services = portal::open_existing(config).await?;
        let sent = mails::resend(&services, &Actor::System, self.id).await;
        services.database.close().await.map_err(Failed::broken)?;
        let count = sent.map_err(|failure| user::told(&failure))?;
        terminal.print(&if count == 1 {
            "1 mail goes out again".to_owned()
        } else {
            format!("{count} mails go out again")
        });
        Ok(())
    }
}
