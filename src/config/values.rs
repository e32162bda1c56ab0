//! Reads values of options. Each takes the value in and says whether it fits.

use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use url::Url;

pub(super) fn path(text: &str, set: impl FnOnce(PathBuf)) -> bool {
    let fits = !text.is_empty();
    if fits {
        set(PathBuf::from(text));
    }
    fits
}

/// What stands between commas.
pub(super) fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|one| !one.is_empty())
}

/// All that stands between commas, when each of it fits.
pub(super) fn each<T>(text: &str, read: impl Fn(&str) -> Option<T>, set: impl FnOnce(Vec<T>)) -> bool {
    list(text).map(read).collect::<Option<_>>().map(set).is_some()
}

pub(super) fn truth(text: &str, set: impl FnOnce(bool)) -> bool {
    text.parse().map(set).is_ok()
}

pub(super) fn whole(text: &str, set: impl FnOnce(u32)) -> bool {
    text.parse().map(set).is_ok()
}

pub(super) fn url(text: &str, set: impl FnOnce(String)) -> bool {
    let fits = address(text).is_some();
    if fits {
        set(text.to_owned());
    }
    fits
}

/// A network, or an address alone. One with bits beyond its prefix is a mistake that would trust others than were meant.
pub(super) fn network(text: &str) -> Option<IpNet> {
    let network: IpNet = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()?;
    // Peers are known by their address of IPv4 where they have one.
    let is_mapped = matches!(network, IpNet::V6(network) if network.addr().to_ipv4_mapped().is_some());
    (network.trunc() == network && !is_mapped).then_some(network)
}

/// An origin as browsers write it: in small letters, without the port that its scheme has anyway.
pub(super) fn origin(text: &str) -> Option<String> {
    let address = address(text).filter(|address| address.path() == "/")?;
    // An origin is one; a star in it would stand for itself.
    let has_stars = address.host_str().is_some_and(|host| host.contains('*'));
    (!has_stars).then(|| address.origin().ascii_serialization())
}

/// An address of a place on the web, and of nothing within it.
pub(super) fn address(text: &str) -> Option<Url> {
    let begins = text.starts_with("https://") || text.starts_with("http://");
    let address = Url::parse(text).ok().filter(|_| begins && !text.contains(char::is_whitespace))?;
    let is_bare = address.query().is_none() && address.fragment().is_none();
    let is_open = address.username().is_empty() && address.password().is_none();
    (address.has_host() && is_bare && is_open).then_some(address)
}
