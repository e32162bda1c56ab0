//! `mail check`, `preview`, `list` and `resend`: the words of mails, and what became of those that were to go out.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::terminal::Terminal;
use super::{Failed, user};
use crate::config::Config;
use crate::domain::actor::Actor;
use crate::domain::clock::japan;
use crate::domain::ids::OutboxMessageId;
use crate::domain::mail::{Posting, PostingStanding, TEMPLATES};
use crate::events::mail::{self, Checked, MailError};
use crate::services::mails;
use crate::store::outbox::Wanted;

/// The most mails that are listed.
const LISTED: u64 = 1000;

/// What to do with mails.
#[derive(Debug, Subcommand)]
pub enum Mail {
    /// Put every mail together with invented facts, and say hello to the mail server where one is configured.
    ///
    /// Example:  madoguchi mail check --config madoguchi.toml
    #[command(verbatim_doc_comment)]
    Check,
    /// Print a mail with invented facts; without a name, every mail.
    ///
    /// Example:  madoguchi mail preview application-completed
    #[command(verbatim_doc_comment)]
    Preview {
        /// The mail's name.
        #[arg(value_parser = TEMPLATES)]
        name: Option<String>,
    },
    /// List the mails that wait or were given up, newest first: id, name, tries, why the last one failed. No addresses.
    ///
    /// A mail that fails is tried again after 1 s, 2 s, 4 s and so on, at last every hour, for about a day; then it is given up. One that
    /// the server refuses for good is given up at once.
    ///
    /// Example:  madoguchi mail list --dead
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
    /// Does it.
    pub async fn run(self, config: Config, terminal: &mut Terminal) -> Result<(), Failed> {
        match self {
            Self::Check => check(&config, terminal).await,
            Self::Preview { name } => preview(name.as_deref(), terminal),
            Self::List(list) => list.run(config, terminal).await,
            Self::Resend(resend) => resend.run(config, terminal).await,
        }
    }
}

async fn check(config: &Config, terminal: &mut Terminal) -> Result<(), Failed> {
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
        _ => return error.to_string(),
    };
    format!("{words} ({class})")
}

fn preview(name: Option<&str>, terminal: &mut Terminal) -> Result<(), Failed> {
    for template in TEMPLATES.iter().filter(|template| name.is_none_or(|name| name == **template)) {
        let (subject, body) = mail::preview(template).map_err(Failed::broken)?;
        terminal.print(&format!("== {template}\nSubject: {subject}\n\n{body}"));
    }
    Ok(())
}

impl List {
    async fn run(self, config: Config, terminal: &mut Terminal) -> Result<(), Failed> {
        let services = user::open(config).await?;
        let wanted = match self {
            Self { dead: true, .. } => Wanted::Dead,
            Self { all: true, .. } => Wanted::All,
            Self { .. } => Wanted::Undelivered,
        };
        let listed = mails::list(&services, &Actor::System, wanted, LISTED).await;
        services.database.close().await.map_err(Failed::broken)?;
        let postings = listed.map_err(|failure| user::told(&failure))?;
        for posting in &postings {
            terminal.print(&line(posting));
        }
        if postings.is_empty() {
            terminal.complain("no such mails");
        }
        Ok(())
    }
}

/// One mail, its parts between tabs.
fn line(posting: &Posting) -> String {
    let Posting { id, template, created_at, attempts, last_error, standing } = posting;
    let standing = match standing {
        PostingStanding::Waiting(at) => format!("waiting until {}", instant(*at)),
        PostingStanding::Delivered(at) => format!("delivered {}", instant(*at)),
        PostingStanding::Dead(at) => format!("dead since {}", instant(*at)),
    };
    let (template, error) = (template.unwrap_or("unknown"), last_error.as_deref().unwrap_or("-"));
    format!("{id}\t{template}\tasked {}\t{standing}\t{attempts} failures\t{error}", instant(*created_at))
}

fn instant(at: DateTime<Utc>) -> String {
    at.with_timezone(&japan()).format("%Y-%m-%d %H:%M:%S").to_string()
}

impl Resend {
    async fn run(self, config: Config, terminal: &mut Terminal) -> Result<(), Failed> {
        let services = user::open(config).await?;
        let sent = mails::resend(&services, &Actor::System, self.id).await;
        services.database.close().await.map_err(Failed::broken)?;
        let count = sent.map_err(|failure| user::told(&failure))?;
        terminal.print(&format!("{count} mails go out again"));
        Ok(())
    }
}
