//! Handing mails to a mail server (RFC 5321), each over a connection of its own, within a time.

use std::error::Error as _;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{Error, extension::ClientId};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::MailError;
use crate::config::{SmtpServer, SmtpTls};

/// For the connection; the dialogue on it is held by the limit that the relay sets for the whole, as lettre sets none.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For saying hello and no more.
const GREETING_TIMEOUT: Duration = Duration::from_secs(15);
/// Codes that say that we are not let in, and nothing of the mail: mended by the operator, so that the mail waits (RFC 4954, section 6).
const NOT_LET_IN: [u16; 5] = [454, 530, 534, 535, 538];

/// A mail server.
#[derive(Clone)]
pub(super) struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

impl Smtp {
    /// Makes no connection yet. `ca` is a PEM certificate that is trusted beside the public ones; `name` is what we call ourselves.
    pub(super) fn try_new(server: &SmtpServer, ca: Option<&[u8]>, name: &str) -> Result<Self, MailError> {
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
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host.clone())
            .port(server.port)
            .tls(tls)
            .hello_name(ClientId::Domain(name.to_owned()))
            .timeout(Some(CONNECT_TIMEOUT));
        if let Some((user, password)) = &server.login {
            transport = transport.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(Self(transport.build()))
    }

    /// Hands a mail over: when this returns, the server has taken it.
    pub(super) async fn send(&self, message: Message) -> Result<(), MailError> {
        let Err(error) = self.0.send(message).await else { return Ok(()) };
        // lettre does not tell a refusal of this mail from one of everybody, in the greeting: a block list, a server that is being
        // mended (RFC 7504). Only the first is for good, so the greeting is asked for again.
        if is_permanent(&error)
            && let Err(everybody) = self.0.test_connection().await
        {
            return Err(MailError::TurnedAway(everybody));
        }
        Err(error.into())
    }

    /// Says hello, logs in where a login is configured, and hangs up.
    pub(super) async fn greet(&self) -> Result<bool, MailError> {
        let greeting = tokio::time::timeout(GREETING_TIMEOUT, self.0.test_connection()).await;
        greeting.map_err(|_| MailError::TooSlow)?.map_err(MailError::TurnedAway)
    }
}

/// What went wrong, in a word of ours: a server's reply may repeat the address.
pub(super) fn class(error: &Error) -> String {
    match error.status() {
        Some(code) if NOT_LET_IN.contains(&code.into()) => format!("smtp-login-{code}"),
        Some(code) => format!("smtp-{code}"),
        None if error.is_timeout() => "smtp-timeout".to_owned(),
        None if error.is_tls() || is_distrusted(error) => "smtp-tls".to_owned(),
        None if error.is_response() => "smtp-malformed-reply".to_owned(),
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

/// lettre gives a failed handshake as a failed connection, with rustls' words at the end of the chain.
fn is_distrusted(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.to_string().contains("certificate") {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Whether trying again cannot help: the server will not have this mail.
pub(super) fn is_permanent(error: &Error) -> bool {
    error.is_permanent() && !error.status().is_some_and(|code| NOT_LET_IN.contains(&code.into()))
}
