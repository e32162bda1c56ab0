//! Who stands behind a proxy: the address that one names whose word is taken (`X-Forwarded-For`).
//!
//! Each proxy adds the address that it was asked from, on the right. What stands left of the first that no trusted proxy has added is
//! whatever a client likes to say.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client of a request that came from `peer`, as far as trusted proxies tell.
pub(super) fn client(trusted: &[IpNet], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let mut client = peer;
    for line in headers.get_all(FORWARDED_FOR).iter().rev() {
        for hop in line.as_bytes().rsplit(|byte| *byte == b',') {
            let named = std::str::from_utf8(hop).ok().and_then(address);
            let Some(address) = named.filter(|_| is_trusted(client)) else { return client };
            client = address;
        }
    }
    client
}

/// An address, with a port or without.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn named(peer: &str, lines: &[&'static str]) -> String {
        let trusted = ["10.0.0.0/8", "::1/128"].map(|network| network.parse().expect("a network"));
        let lines = lines.iter().map(|line| (FORWARDED_FOR, HeaderValue::from_static(line)));
        let headers = lines.collect();
        client(&trusted, peer.parse().expect("an address"), &headers).to_string()
    }

    /// The nearest that is no trusted proxy is the client, however much it says of others.
    #[test]
    fn the_word_of_trusted_proxies_is_taken() {
        assert_eq!(named("203.0.113.9", &["192.0.2.1"]), "203.0.113.9", "no proxy of ours");
        assert_eq!(named("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(named("10.0.0.1", &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(named("10.0.0.1", &["198.51.100.7, 192.0.2.1, 10.0.0.2"]), "192.0.2.1");
        assert_eq!(named("::1", &["198.51.100.7", "192.0.2.1 ", "10.0.0.2:4711"]), "192.0.2.1");
        assert_eq!(named("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3", "somebody inside");
        assert_eq!(named("10.0.0.1", &["192.0.2.1, unknown"]), "10.0.0.1", "what is no address says nothing");
        assert_eq!(named("10.0.0.1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(named("10.0.0.1", &["::ffff:192.0.2.1"]), "192.0.2.1");
    }
}
