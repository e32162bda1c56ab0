//! Reads values of options. Each takes the value in and says whether it fits.

use std::path::PathBuf;

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

pub(super) fn truth(text: &str, set: impl FnOnce(bool)) -> bool {
    text.parse().map(set).is_ok()
}

pub(super) fn whole(text: &str, set: impl FnOnce(u32)) -> bool {
    text.parse().map(set).is_ok()
}

pub(super) fn url(text: &str, set: impl FnOnce(String)) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let fits = host.is_some_and(|host| {
        !host.is_empty()
            && !host.starts_with(['/', ':'])
            && !host.contains(|c: char| c.is_whitespace() || c == '?' || c == '#')
    });
    if fits {
        set(text.to_owned());
    }
    fits
}
