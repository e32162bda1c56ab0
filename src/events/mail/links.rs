//! Links of mails: they open the operation with its token filled in, and do nothing before a person presses the button.
//!
//! A link is made of the configured address alone; nothing of a request enters it (T7).

use std::fmt::Write;

use serde_json::json;
use url::{Host, Url};

use crate::domain::secret::Confidential;

pub(super) fn confirm_registration(base: &str, token: &Confidential) -> String {
    link(base, "ConfirmRegistration", &json!({ "input": { "token": token.expose() } }))
}

pub(super) fn reset_password(base: &str, token: &Confidential) -> String {
    link(base, "ResetPassword", &json!({ "input": { "token": token.expose(), "newPassword": "" } }))
}

/// The host of an address, for greetings and Message-IDs: in ASCII, as mail servers know it.
pub(super) fn host(url: &str) -> Host<String> {
    let named = Url::parse(url).ok().and_then(|url| url.host().map(|host| host.to_owned()));
    match named {
        Some(Host::Domain(name)) => Host::Domain(name.trim_end_matches('.').to_owned()),
        Some(address) => address,
        None => Host::Domain("localhost".to_owned()),
    }
}

fn link(base: &str, operation: &str, variables: &serde_json::Value) -> String {
    format!("{base}#operation={operation}&variables={}", percent_encode(&variables.to_string()))
}

/// Everything but the unreserved characters (RFC 3986, section 2.3).
fn percent_encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A link carries its variables as JSON, so encoded that nothing in it ends it early.
    #[test]
    fn a_link_carries_its_variables() {
        let token = Confidential::new("ab-_9".to_owned());
        assert_eq!(
            confirm_registration("http://127.0.0.1:8080/graphiql/", &token),
            "http://127.0.0.1:8080/graphiql/#operation=ConfirmRegistration&variables=\
             %7B%22input%22%3A%7B%22token%22%3A%22ab-_9%22%7D%7D"
        );
        assert!(reset_password("x", &token).ends_with("%22newPassword%22%3A%22%22%7D%7D"));
    }

    /// The host is what stands between scheme and port.
    #[test]
    fn the_host_is_found() {
        for (url, expected) in [
            ("http://127.0.0.1:8080", "127.0.0.1"),
            ("https://portal.example.jp/a", "portal.example.jp"),
            ("http://[::1]:8080/a", "[::1]"),
            ("https://窓口.example.jp.", "xn--6or331g.example.jp"),
            ("", "localhost"),
        ] {
            assert_eq!(host(url).to_string(), expected, "{url}");
        }
    }
}
