//! One mail in the form that goes over the wire (RFC 5322, MIME), and as a file: `<outbox id>.eml`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use lettre::Message;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};

use super::MailError;
use super::render::Letter;
use crate::domain::ids::OutboxMessageId;

/// What stands on a mail.
pub(super) struct Envelope<'a> {
    /// The same for each delivery of a message, so that a reader sees a doubled one once.
    pub message_id: String,
    pub from: &'a str,
    pub to: &'a str,
    pub created_at: DateTime<Utc>,
}

/// Writes a mail durably: it is there as a whole or not at all.
pub(super) async fn write(folder: &Path, id: OutboxMessageId, message: &Message) -> Result<(), MailError> {
    let message = message.formatted();
    let (folder, name) = (folder.to_owned(), format!("{id}.eml"));
    let written = tokio::task::spawn_blocking(move || put(&folder, &name, &message)).await;
    Ok(written.map_err(io::Error::other)??)
}

/// Puts a mail together.
pub(super) fn message(envelope: &Envelope<'_>, letter: Letter) -> Result<Message, MailError> {
    let mailbox = |address: &str| address.parse::<Mailbox>();
    // Tells other mail programs not to answer (RFC 3834, section 5); nobody reads answers (R56).
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    Ok(Message::builder()
        .from(mailbox(envelope.from)?)
        .to(mailbox(envelope.to)?)
        .subject(letter.subject)
        .message_id(Some(envelope.message_id.clone()))
        .date(envelope.created_at.into())
        .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
        .header(ContentType::TEXT_PLAIN)
        .body(letter.body)?)
}

fn put(folder: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let unfinished: PathBuf = folder.join(format!(".{name}.part"));
    let mut file = private_file(&unfinished)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(name))?;
    // The name is durable only when its folder is.
    File::open(folder)?.sync_all()
}

/// A mail carries tokens: only the gateway's own user reads it.
#[cfg(unix)]
fn private_file(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).open(path)
}
