//! The configuration: the only reader of the environment and of the config file.
//!
//! Every value has its default and its reason here; a new one is a field of a section, and `docs/operating.md` lists it.

pub mod content;
mod database;
mod documents;
pub mod key;
mod options;
mod smtp;
mod sources;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::Duration;
use ipnet::IpNet;

use crate::domain::verification::AttemptLimits;

pub use database::DatabaseAddress;
pub use documents::{Developers, DocumentMode, Documents};
pub use options::{OPTIONS, Opt, Takes};
pub use smtp::{SmtpServer, SmtpTls};
pub use sources::{CommandLine, ConfigError, Loaded, environment, load};

/// Everything that an operator can set.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the gateway listens.
    pub listen: SocketAddr,
    /// The folder that holds the embedded database, objects, mails and key.
    pub data: PathBuf,
    /// The database; `None` for a file of SQLite in the data folder.
    pub database: Option<DatabaseAddress>,
    /// How many connections the database is given.
    pub pool: Pool,
    /// The file of the server's key; `None` for one in the data folder.
    pub server_key_file: Option<PathBuf>,
    /// Whether the portal shows demonstration data.
    pub demo: bool,
    /// Whether it serves the public: then only what its developers foresaw is answered.
    pub production: bool,
    /// Trusted documents.
    pub documents: Documents,
    /// The address under which people reach the portal; `None` for the listening address.
    pub public_url: Option<String>,
    /// The facility check of method ①.
    pub verification: AttemptLimits,
    /// Logins.
    pub sessions: Sessions,
    /// Mails.
    pub mail: Mail,
    /// Files that are attached.
    pub uploads: Uploads,
    /// Whether a registry match is approved by the gateway itself, without a reviewer (design, status machine).
    pub approve_registry_matches: bool,
    /// A folder of content that takes the place of the texts inside the program.
    pub content: Option<PathBuf>,
    /// Operations that are taken on.
    pub operations: Operations,
    /// Connections that are open at once.
    pub max_connections: u32,
    /// Files that everybody fetches at once.
    pub downloads_at_once: u32,
    /// Proxies that are believed what they say of their clients.
    pub trusted_proxies: Vec<IpNet>,
    /// Points of cost that each actor may spend in a minute; 0 for no bound.
    pub cost_per_minute: u32,
    /// Origins beside the public address's own whose pages may use the session cookie.
    pub allowed_origins: Vec<String>,
    /// The log.
    pub log: Log,
}

/// How many connections the database is given.
#[derive(Debug, Clone, Copy)]
pub struct Pool {
    /// For writes; SQLite has one, whatever is said here.
    pub writers: u32,
    /// For reads.
    pub readers: u32,
}

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct Log {
    /// The form of a line.
    pub format: LogFormat,
    /// Directives of tracing-subscriber's EnvFilter.
    pub filter: String,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// The cookie that carries a browser's session.
pub const SESSION_COOKIE: &str = "madoguchi_session";

/// What mails say of the portal.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The sender (R52).
    pub from: String,
    /// Where links lead, as far as the `#`; `None` for GraphiQL under the public address.
    pub link_base: Option<String>,
    /// The server that mails are handed to; `None` for files in the data folder.
    pub smtp: Option<SmtpServer>,
    /// A PEM certificate that is trusted beside the public ones: of a mail server of one's own.
    pub smtp_ca: Option<PathBuf>,
}

/// What may be attached, and how much of it at once (T22).
#[derive(Debug, Clone, Copy)]
pub struct Uploads {
    /// The largest file in bytes (R44, read as 10^8 bytes a file; C6).
    pub max_file_size: u64,
    /// Files of one application: a notice of a few pages, photographed page by page.
    pub files_per_application: u32,
    /// Files that one user sends at once.
    pub at_once_per_user: u32,
    /// Files that everybody sends at once: bounds memory, and the writes that a disk has to bear.
    pub at_once_overall: u32,
    /// How long a sender may be silent.
    pub idle: std::time::Duration,
    /// How long a request with files may take in all: 100 MB at a slow line's 1.4 Mbit/s.
    pub deadline: std::time::Duration,
    /// Bytes that stay free on the disk, for the database, which must not stop for somebody's scan.
    pub free_space: u64,
}

/// How many operations are taken on before the next is refused.
#[derive(Debug, Clone, Copy)]
pub struct Operations {
    /// Those that work.
    pub at_once: u32,
    /// Those that wait for a place.
    pub waiting: u32,
    /// How long one waits at most.
    pub longest_wait: std::time::Duration,
}

/// How long things of a login last.
#[derive(Debug, Clone, Copy)]
pub struct Sessions {
    /// From login to logout by itself.
    pub lifetime: Duration,
    /// How long a registration's link works.
    pub registration_link: Duration,
    /// How long a link for a new password works (T7).
    pub reset_link: Duration,
}

impl Config {
    /// The address under which people reach the portal: the base of links in mails, and the origin that may use cookies.
    pub fn public_url(&self) -> String {
        let local = || {
            // Nobody can go to the address that stands for all of a machine's.
            let host = if self.listen.ip().is_unspecified() {
                SocketAddr::from(([127, 0, 0, 1], self.listen.port()))
            } else {
                self.listen
            };
            format!("http://{host}")
        };
        self.public_url.clone().unwrap_or_else(local)
    }

    /// Which documents are run.
    pub fn document_mode(&self) -> DocumentMode {
        self.documents.mode.unwrap_or(if self.production { DocumentMode::Only } else { DocumentMode::Prefer })
    }

    /// The folder of the objects.
    pub fn objects_folder(&self) -> PathBuf {
        self.data.join("objects")
    }

    /// Where the database is.
    pub fn database(&self) -> DatabaseAddress {
        self.database.clone().unwrap_or_else(|| DatabaseAddress::Sqlite(self.data.join("madoguchi.db")))
    }

    /// The file of the server's key.
    pub fn server_key_file(&self) -> PathBuf {
        self.server_key_file.clone().unwrap_or_else(|| self.data.join("server.key"))
    }

    /// Every origin whose pages may use the session cookie.
    pub fn origins(&self) -> Vec<String> {
        let own = values::address(&self.public_url()).map(|address| address.origin().ascii_serialization());
        own.into_iter().chain(self.allowed_origins.iter().cloned()).collect()
    }

    /// Where links in mails lead, as far as the `#`.
    pub fn link_base(&self) -> String {
        let graphiql = || format!("{}/graphiql/", self.public_url().trim_end_matches('/'));
        self.mail.link_base.clone().unwrap_or_else(graphiql)
    }

    /// Whether people reach the portal over TLS; cookies are then marked `Secure`.
    pub fn is_public_url_https(&self) -> bool {
        self.public_url().starts_with("https://")
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data: PathBuf::from("data"),
            database: None,
            pool: Pool { writers: 10, readers: 10 },
            server_key_file: None,
            demo: false,
            production: false,
            documents: Documents::default(),
            public_url: None,
            verification: AttemptLimits {
                per_facility: 5,
                facility_window: Duration::days(30),
                per_user_per_day: 10,
                overall_per_day: 200,
            },
            sessions: Sessions {
                lifetime: Duration::hours(12),
                registration_link: Duration::hours(24),
                reset_link: Duration::minutes(30),
            },
            mail: Mail {
                from: "from@mail.iryohokenjyoho-portalsite.jp".to_owned(),
                link_base: None,
                smtp: None,
                smtp_ca: None,
            },
            uploads: Uploads {
                max_file_size: 100_000_000,
                files_per_application: 10,
                at_once_per_user: 2,
                at_once_overall: 8,
                idle: std::time::Duration::from_secs(15),
                deadline: std::time::Duration::from_secs(600),
                free_space: 1_000_000_000,
            },
            approve_registry_matches: false,
            content: None,
            operations: Operations { at_once: 64, waiting: 256, longest_wait: std::time::Duration::from_secs(5) },
            max_connections: 20_000,
            downloads_at_once: 500,
            trusted_proxies: Vec::new(),
            cost_per_minute: 600_000,
            allowed_origins: Vec::new(),
            log: Log { format: LogFormat::Text, filter: "info,sea_orm_migration=warn".to_owned() },
        }
    }
}
