//! The address of the database, as an operator writes it: `sqlite:data/madoguchi.db` or `postgres://user:password@host/name`.

use std::fmt;
use std::path::PathBuf;

use url::Url;

use crate::domain::secret::Confidential;

/// What `database` takes, to stand after "is not".
pub(super) const TAKES: &str =
    "an address like sqlite:data/madoguchi.db or postgres://user:password@host:5432/madoguchi";

/// A database.
#[derive(Clone)]
pub enum DatabaseAddress {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A database of PostgreSQL, by its connection URI (PostgreSQL manual, section 34.1.1.2).
    Postgres(Confidential),
}

impl DatabaseAddress {
    /// Reads an address; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            let is_file =
                !path.is_empty() && !path.ends_with('/') && !path.contains(['?', '#', '\0']) && path != ":memory:";
            return is_file.then(|| Self::Sqlite(PathBuf::from(path)));
        }
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "postgres" | "postgresql"))?;
        let has_host =
            url.host_str().is_some_and(|host| !host.is_empty()) || url.query_pairs().any(|(key, _)| key == "host");
        let has_name = url.path().len() > 1 && !url.path()[1..].contains('/');
        let fits = has_host && has_name && url.fragment().is_none();
        fits.then(|| Self::Postgres(Confidential::new(text.replacen("postgresql:", "postgres:", 1))))
    }
}

impl DatabaseAddress {
    /// The address as it was written, password and all: for whoever hands it on.
    pub fn expose(&self) -> String {
        match self {
            Self::Sqlite(file) => format!("sqlite:{}", file.display()),
            Self::Postgres(address) => address.expose().to_owned(),
        }
    }
}

impl fmt::Display for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
            Self::Postgres(address) => {
                // It was read by the same parser; a password may also stand in the query.
                let Ok(url) = Url::parse(address.expose()) else { return f.write_str("postgres://***") };
                let login = match (url.username(), url.password()) {
                    ("", _) => String::new(),
                    (user, None) => format!("{user}@"),
                    (user, Some(_)) => format!("{user}:***@"),
                };
                let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
                write!(f, "postgres://{login}{}{port}{}", url.host_str().unwrap_or_default(), url.path())
            }
        }
    }
}

impl fmt::Debug for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each form is read and shown without its password; what is half an address is refused.
    #[test]
    fn an_address_is_read_and_shown_without_its_password() {
        for (text, shown) in [
            ("sqlite:madoguchi.db", "sqlite:madoguchi.db"),
            ("sqlite:///srv/portal.db", "sqlite:/srv/portal.db"),
            ("sqlite://data/portal.db", "sqlite:data/portal.db"),
            ("postgres://host/portal", "postgres://host/portal"),
            ("postgresql://u:p%2Fw@host:5433/portal?sslmode=require", "postgres://u:***@host:5433/portal"),
            ("postgres:///portal?host=/run/postgresql&user=u&password=secret", "postgres:///portal"),
        ] {
            assert_eq!(
                DatabaseAddress::parse(text).map(|address| address.to_string()).as_deref(),
                Some(shown),
                "{text}"
            );
        }
        for text in [
            "",
            "madoguchi.db",
            "sqlite:",
            "sqlite::memory:",
            "sqlite:a?mode=ro",
            "sqlite:data/",
            "mysql://a/b",
            "postgres:",
            "postgres://host",
            "postgres://host/",
            "postgres://host/a/b",
            "postgres:///portal",
        ] {
            assert!(DatabaseAddress::parse(text).is_none(), "{text}");
        }
    }
}
