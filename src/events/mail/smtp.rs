//! Handing mails to a mail server (RFC 5321), each over a connection of its own, within a time.
//!
//! The steps are our own over lettre's connection: its transport does not tell a refusal of everybody from one of this mail, and waits
//! for the answer to its farewell after the mail was taken.

use std::error::Error as _;
use std::time::Duration;

use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;
use url::Host;

use super::MailError;
use crate::config::{SmtpServer, SmtpTls};

/// For the connection; the dialogue on it is held by the limit that the relay sets for the whole, as lettre sets none.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For saying hello and no more.
const GREETING_TIMEOUT: Duration = Duration::from_secs(15);
/// For the answer to our farewell, on which nothing depends.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(1);
/// Codes that say that we are not let in, and nothing of the mail: mended by the operator, so that the mail waits (RFC 4954, section 6).
const NOT_LET_IN: [u16; 5] = [454, 530, 534, 535, 538];

/// A mail server.
#[derive(Clone)]
pub(super) struct Smtp {
    host: String,
    port: u16,
    tls: Tls,
    login: Option<Credentials>,
    /// What we call ourselves.
    name: ClientId,
}

/// What a host calls itself: its name, or its address as a literal (RFC 5321, section 4.1.3).
fn greeting(host: Host<String>) -> ClientId {
    match host {
        Host::Domain(name) => ClientId::Domain(name),
        Host::Ipv4(address) => ClientId::Ipv4(address),
        Host::Ipv6(address) => ClientId::Ipv6(address),
    }
}

impl Smtp {
    /// Makes no connection yet. `ca` is a PEM certificate that is trusted beside the public ones; `name` is what we call ourselves.
    pub(super) fn try_new(server: &SmtpServer, ca: Option<&[u8]>, name: Host<String>) -> Result<Self, MailError> {
        let parameters = || {
            let mut parameters = TlsParameters::builder(server.host.clone());
            if let Some(pem) = ca {
                parameters = parameters.add_root_certificate(Certificate::from_pem(pem)?);
            }
            parameters.build_rustls()
        };
        let tls = match server.tls {
            SmtpTls::StartTls => Tls::Required(parameters()?),
            SmtpTls::Implicit => Tls::Wrapper(parameters()?),
            SmtpTls::Off => Tls::None,
        };
        let login = server.login.as_ref();
        let login = login.map(|(user, password)| Credentials::new(user.clone(), password.expose().to_owned()));
        Ok(Self { host: server.host.clone(), port: server.port, tls, login, name: greeting(name) })
    }

    /// Hands a mail over: when this returns, the server has taken it.
    pub(super) async fn send(&self, message: &Message) -> Result<(), MailError> {
        // A server that turns everybody away (a block list, one that is being mended: RFC 7504) has refused no mail.
        let mut connection = self.connect().await.map_err(MailError::TurnedAway)?;
        connection.send(message.envelope(), &message.formatted()).await?;
        hang_up(connection).await;
        Ok(())
    }

    /// Says hello, logs in where a login is configured, and hangs up.
    pub(super) async fn greet(&self) -> Result<bool, MailError> {
        let greeting = async {
            let mut connection = self.connect().await.map_err(MailError::TurnedAway)?;
            let is_there = connection.test_connected().await;
            hang_up(connection).await;
            Ok(is_there)
        };
        timeout(GREETING_TIMEOUT, greeting).await.map_err(|_| MailError::TooSlow)?
    }

    /// As far as a mail may be given over: encrypted and logged in as configured.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let from_the_start = if let Tls::Wrapper(parameters) = &self.tls { Some(parameters.clone()) } else { None };
        let address = (self.host.as_str(), self.port);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(address, Some(CONNECT_TIMEOUT), &self.name, from_the_start, None);
        let mut connection = connecting.await?;
        if let Tls::Required(parameters) = &self.tls {
            connection.starttls(parameters.clone(), &self.name).await?;
        }
        if let Some(login) = &self.login {
            connection.auth(DEFAULT_MECHANISMS, login).await?;
        }
        Ok(connection)
    }
}

/// Says farewell. A mail that was taken is taken, whether or not there is an answer.
async fn hang_up(mut connection: AsyncSmtpConnection) {
    let _ = timeout(FAREWELL_TIMEOUT, connection.abort()).await;
}

/// What went wrong, in a word of ours: a server's reply may repeat the address.
pub(super) fn class(error: &Error) -> String {
    match error.status() {
        Some(code) if NOT_LET_IN.contains(&code.into()) => format!("smtp-login-{code}"),
        Some(code) => format!("smtp-{code}"),
        None if error.is_timeout() => "smtp-timeout".to_owned(),
        None if error.is_tls() || has_cause(error, "certificate") => "smtp-tls".to_owned(),
        None if error.is_response() && !has_cause(error, "incomplete response") => "smtp-malformed-reply".to_owned(),
        // What the server does not offer: STARTTLS above all.
        None if error.is_client() => "smtp-not-offered".to_owned(),
        None => "smtp-connection".to_owned(),
    }
}

/// The same of a connection that came to no mail.
pub(super) fn class_of_greeting(error: &Error) -> String {
    match error.status() {
        Some(code) if !NOT_LET_IN.contains(&code.into()) => format!("smtp-greeting-{code}"),
        _ => class(error),
    }
}

/// Whether words stand somewhere in the chain of causes. lettre gives a failed handshake as a failed connection, and a line that was
/// dropped as a malformed reply.
fn has_cause(error: &Error, words: &str) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.to_string().contains(words) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Whether trying again cannot help: the server will not have this mail. Some ask for a login only when they hear of one.
pub(super) fn is_permanent(error: &Error) -> bool {
    error.is_permanent() && !error.status().is_some_and(|code| NOT_LET_IN.contains(&code.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name is a name, and an address a literal.
    #[test]
    fn a_host_says_what_it_is() {
        for (host, expected) in
            [("portal.example.jp", "portal.example.jp"), ("127.0.0.1", "[127.0.0.1]"), ("[::1]", "[IPv6:::1]")]
        {
            assert_eq!(greeting(Host::parse(host).expect("a host")).to_string(), expected);
        }
    }
}
