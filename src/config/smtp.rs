//! The address of a mail server, as an operator writes it: `smtp://user:password@mail.example.jp:587`.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::domain::secret::Confidential;

/// What `mail.smtp` takes, to stand after "is not".
pub(super) const TAKES: &str = "an address like smtp://user:password@mail.example.jp:587 (STARTTLS), smtps://mail.example.jp (TLS from \
                                the start) or smtp://127.0.0.1:1025?tls=none";

/// A mail server.
#[derive(Clone)]
pub struct SmtpServer {
    /// Its host.
    pub host: String,
    /// Its port; 587 for STARTTLS, 465 for TLS from the start, 25 without.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: SmtpTls,
    /// User and password, when it asks for them.
    pub login: Option<(String, Confidential)>,
}

/// How a connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// STARTTLS (RFC 3207), and no mail where the server has none.
    StartTls,
    /// From the first byte (RFC 8314, section 3.3).
    Implicit,
    /// Not at all: for a server on the same machine.
    Off,
}

impl SmtpServer {
    /// Reads an address; `None` when it is none. A password is never sent in the clear.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let is_bare = matches!(url.path(), "" | "/") && url.fragment().is_none();
        let host = url.host_str().filter(|host| !host.is_empty() && is_bare)?.trim_matches(['[', ']']).to_owned();
        let (tls, port) = match (url.scheme(), url.query()) {
            ("smtp", None) => (SmtpTls::StartTls, 587),
            ("smtps", None) => (SmtpTls::Implicit, 465),
            ("smtp", Some("tls=none")) => (SmtpTls::Off, 25),
            _ => return None,
        };
        let text = |part: &str| percent_decode_str(part).decode_utf8().ok().map(String::from);
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) | (_, None) => return None,
            (user, Some(password)) => Some((text(user)?, Confidential::new(text(password)?))),
        };
        if tls == SmtpTls::Off && login.is_some() {
            return None;
        }
        Some(Self { host, port: url.port().unwrap_or(port), tls, login })
    }
}

impl fmt::Display for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, tls, login } = self;
        let scheme = if *tls == SmtpTls::Implicit { "smtps" } else { "smtp" };
        let login = login.as_ref().map_or_else(String::new, |(user, _)| format!("{user}:***@"));
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        let query = if *tls == SmtpTls::Off { "?tls=none" } else { "" };
        write!(f, "{scheme}://{login}{host}:{port}{query}")
    }
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each form is read with its port, shown without its password, and what could send a password in the clear is refused.
    #[test]
    fn an_address_is_read_and_shown_without_its_password() {
        for (text, shown) in [
            ("smtp://mail.example.jp", "smtp://mail.example.jp:587"),
            ("smtps://mail.example.jp/", "smtps://mail.example.jp:465"),
            ("smtp://u%40x:p%2Fw@mail.example.jp:2525", "smtp://u@x:***@mail.example.jp:2525"),
            ("smtp://127.0.0.1:1025?tls=none", "smtp://127.0.0.1:1025?tls=none"),
            ("smtp://[::1]?tls=none", "smtp://[::1]:25?tls=none"),
        ] {
            assert_eq!(SmtpServer::parse(text).map(|server| server.to_string()).as_deref(), Some(shown), "{text}");
        }
        let server = SmtpServer::parse("smtp://u%40x:p%2Fw@mail.example.jp").expect("a server");
        assert_eq!(
            server.login.map(|(user, password)| (user, password.expose().to_owned())),
            Some(("u@x".into(), "p/w".into()))
        );
        for text in [
            "",
            "mail.example.jp",
            "http://a",
            "smtp://",
            "smtp://u:p@a?tls=none",
            "smtp://u@a",
            "smtp://a/b",
            "smtps://a?tls=none",
        ] {
            assert!(SmtpServer::parse(text).is_none(), "{text}");
        }
    }
}
