//! The table of options: for each its key, its environment variable, what it takes, and what it means.
//!
//! Reading, messages, `config check` and docs/operating.md all come from this one table. A new option is a row.

use std::fmt;
use std::path::PathBuf;

use chrono::Duration;

use super::database::{self, DatabaseAddress};
use super::smtp::{self, SmtpServer};
use super::values::{each, list, network, origin, path, truth, url, whole};
use super::{Config, Developers, DocumentMode, LogFormat};

/// One option.
pub struct Opt {
    /// The key in the config file: a name, or section and name with a dot.
    pub key: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What it means.
    pub meaning: &'static str,
    /// Reads a value; `false` when it is none of those that the option takes. [`Opt::read`] looks at the range.
    set: fn(&mut Config, &str) -> bool,
    /// The value as it would be written.
    pub get: fn(&Config) -> String,
}

/// The values that an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// In words, to stand after "is not".
    Words(&'static str),
    /// The same of several between commas.
    List(&'static str),
    /// Whole numbers, both ends included.
    Whole(u32, u32),
}

impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(words) | Self::List(words) => f.write_str(words),
            Self::Whole(least, most) => write!(f, "a whole number from {least} to {most}"),
        }
    }
}

impl Opt {
    /// Takes a value into the configuration; `false` when it is none of those that the option takes.
    pub fn read(&self, config: &mut Config, text: &str) -> bool {
        let fits = match self.takes {
            Takes::Words(_) | Takes::List(_) => true,
            Takes::Whole(least, most) => text.parse().is_ok_and(|number: u32| (least..=most).contains(&number)),
        };
        fits && (self.set)(config, text)
    }

    /// The environment variable: the key in capitals after `MADOGUCHI_`, `verification.facility_window_days` being
    /// `MADOGUCHI_VERIFICATION_FACILITY_WINDOW_DAYS`.
    pub fn variable(&self) -> String {
        format!("MADOGUCHI_{}", self.key.replace('.', "_").to_ascii_uppercase())
    }
}

/// Every option, in the order of the documentation.
pub const OPTIONS: [Opt; 41] = [
    Opt {
        key: "listen",
        takes: Takes::Words("an address and a port like 127.0.0.1:8080"),
        meaning: "Where the gateway listens.",
        set: |config, text| text.parse().map(|address| config.listen = address).is_ok(),
        get: |config| config.listen.to_string(),
    },
    Opt {
        key: "data",
        takes: Takes::Words("a folder"),
        meaning: "Holds the embedded database, files, mails and the server's key; made when it is not there.",
        set: |config, text| path(text, |folder| config.data = folder),
        get: |config| config.data.display().to_string(),
    },
    Opt {
        key: "database",
        takes: Takes::Words(database::TAKES),
        meaning: "The database: a file of SQLite, or PostgreSQL 15 or later, directly or through a pooler that keeps sessions. Without \
                  one, `madoguchi.db` in the data folder. A password is better kept in the variable: others see a command line.",
        set: |config, text| DatabaseAddress::parse(text).map(|address| config.database = Some(address)).is_some(),
        get: |config| config.database().to_string(),
    },
    Opt {
        key: "pool.writers",
        takes: Takes::Whole(1, 1000),
        meaning: "Connections of PostgreSQL that write at once; SQLite has one writer.",
        set: |config, text| whole(text, |count| config.pool.writers = count),
        get: |config| config.pool.writers.to_string(),
    },
    Opt {
        key: "pool.readers",
        takes: Takes::Whole(1, 1000),
        meaning: "Connections of either database that read at once.",
        set: |config, text| whole(text, |count| config.pool.readers = count),
        get: |config| config.pool.readers.to_string(),
    },
    Opt {
        key: "server_key_file",
        takes: Takes::Words("a file"),
        meaning: "Holds the server's key, when it is to stand apart from the database; its folder must be there.",
        set: |config, text| path(text, |file| config.server_key_file = Some(file)),
        get: |config| config.server_key_file().display().to_string(),
    },
    Opt {
        key: "demo",
        takes: Takes::Words("true or false"),
        meaning: "Fills an empty data folder with demonstration data.",
        set: |config, text| truth(text, |demo| config.demo = demo),
        get: |config| config.demo.to_string(),
    },
    Opt {
        key: "production",
        takes: Takes::Words("true or false"),
        meaning: "Serves the public: trusted documents alone (`documents.mode`), and the schema is told to developers only.",
        set: |config, text| truth(text, |production| config.production = production),
        get: |config| config.production.to_string(),
    },
    Opt {
        key: "documents.mode",
        takes: Takes::Words("off, prefer or only"),
        meaning: "`off` runs documents that are sent whole; `prefer` also those known by an id, from a manifest or sent before \
                  (automatic persisted queries); `only` none but those of the manifests. Without it `only` in production, else `prefer`.",
        set: |config, text| DocumentMode::parse(text).map(|mode| config.documents.mode = Some(mode)).is_some(),
        get: |config| config.document_mode().as_str().to_owned(),
    },
    Opt {
        key: "documents.manifests",
        takes: Takes::List("a list of files, between commas"),
        meaning: "Trusted documents, as Relay, Apollo, graphql-codegen and `madoguchi documents build` write them; those of older \
                  releases of clients beside the newest.",
        set: |config, text| {
            config.documents.manifests = list(text).map(PathBuf::from).collect();
            true
        },
        get: |config| {
            let files: Vec<_> = config.documents.manifests.iter().map(|file| file.display().to_string()).collect();
            files.join(",")
        },
    },
    Opt {
        key: "documents.developers",
        takes: Takes::Words("nobody, operators or staff"),
        meaning: "Who, once logged in, may send any document and ask for the schema, where others may not.",
        set: |config, text| Developers::parse(text).map(|who| config.documents.developers = who).is_some(),
        get: |config| config.documents.developers.as_str().to_owned(),
    },
    Opt {
        key: "public_url",
        takes: Takes::Words("an address beginning with http:// or https://, without ?, # and @"),
        meaning: "Where people reach the portal: the base of links in mails, and the origin whose pages may use cookies. Without \
                  one, http:// and the listening address.",
        set: |config, text| url(text, |address| config.public_url = Some(address)),
        get: Config::public_url,
    },
    Opt {
        key: "content",
        takes: Takes::Words("a folder"),
        meaning: "Texts of the public pages that take the place of those inside the program.",
        set: |config, text| path(text, |folder| config.content = Some(folder)),
        get: |config| config.content.as_ref().map_or_else(String::new, |folder| folder.display().to_string()),
    },
    Opt {
        key: "mail.from",
        takes: Takes::Words("a mail address"),
        meaning: "The sender of all mails (R52).",
        set: |config, text| {
            crate::domain::person::EmailAddress::parse(text)
                .map(|from| config.mail.from = from.as_str().to_owned())
                .is_ok()
        },
        get: |config| config.mail.from.clone(),
    },
    Opt {
        key: "mail.link_base",
        takes: Takes::Words("an address beginning with http:// or https://, without ?, # and @"),
        meaning: "Where links in mails lead, as far as the `#`. Without one, GraphiQL under the public address.",
        set: |config, text| url(text, |address| config.mail.link_base = Some(address)),
        get: Config::link_base,
    },
    Opt {
        key: "mail.smtp",
        takes: Takes::Words(smtp::TAKES),
        meaning: "The mail server that mails are handed to. Without one, each is a file in the data folder's `mail/`.",
        set: |config, text| SmtpServer::parse(text).map(|server| config.mail.smtp = Some(server)).is_some(),
        get: |config| config.mail.smtp.as_ref().map_or_else(String::new, ToString::to_string),
    },
    Opt {
        key: "mail.smtp_ca",
        takes: Takes::Words("a file"),
        meaning: "A certificate (PEM) that is trusted beside the system's own when the mail server shows its: that of a private authority.",
        set: |config, text| path(text, |file| config.mail.smtp_ca = Some(file)),
        get: |config| config.mail.smtp_ca.as_ref().map_or_else(String::new, |file| file.display().to_string()),
    },
    Opt {
        key: "verification.failures_per_facility",
        takes: Takes::Whole(1, 100),
        meaning: "Failures of the facility check before method 1 is locked for a facility.",
        set: |config, text| whole(text, |count| config.verification.per_facility = count),
        get: |config| config.verification.per_facility.to_string(),
    },
    Opt {
        key: "verification.facility_window_days",
        takes: Takes::Whole(1, 3650),
        meaning: "For how many days a failure of a facility counts, and so how long the lock holds.",
        set: |config, text| whole(text, |days| config.verification.facility_window = Duration::days(days.into())),
        get: |config| config.verification.facility_window.num_days().to_string(),
    },
    Opt {
        key: "verification.attempts_per_user_per_day",
        takes: Takes::Whole(1, 1000),
        meaning: "Tries of one user in a day, over all facilities.",
        set: |config, text| whole(text, |count| config.verification.per_user_per_day = count),
        get: |config| config.verification.per_user_per_day.to_string(),
    },
    Opt {
        key: "verification.failures_overall_per_day",
        takes: Takes::Whole(1, 1000000),
        meaning: "Failures of everybody in a day before method 1 rests for all.",
        set: |config, text| whole(text, |count| config.verification.overall_per_day = count),
        get: |config| config.verification.overall_per_day.to_string(),
    },
    Opt {
        key: "sessions.lifetime_hours",
        takes: Takes::Whole(1, 720),
        meaning: "From login to logout by itself.",
        set: |config, text| whole(text, |hours| config.sessions.lifetime = Duration::hours(hours.into())),
        get: |config| config.sessions.lifetime.num_hours().to_string(),
    },
    Opt {
        key: "sessions.registration_link_hours",
        takes: Takes::Whole(1, 168),
        meaning: "How long the link of a registration works.",
        set: |config, text| whole(text, |hours| config.sessions.registration_link = Duration::hours(hours.into())),
        get: |config| config.sessions.registration_link.num_hours().to_string(),
    },
    Opt {
        key: "sessions.reset_link_minutes",
        takes: Takes::Whole(5, 1440),
        meaning: "How long the link for a new password works.",
        set: |config, text| whole(text, |minutes| config.sessions.reset_link = Duration::minutes(minutes.into())),
        get: |config| config.sessions.reset_link.num_minutes().to_string(),
    },
    Opt {
        key: "review.approve_registry_matches",
        takes: Takes::Words("true or false"),
        meaning: "Whether an application that was verified by a registry match is approved by the gateway itself.",
        set: |config, text| truth(text, |approve| config.approve_registry_matches = approve),
        get: |config| config.approve_registry_matches.to_string(),
    },
    Opt {
        key: "uploads.max_file_bytes",
        takes: Takes::Whole(1, 2_000_000_000),
        meaning: "The largest file of evidence (R44: 100 MB).",
        set: |config, text| whole(text, |bytes| config.uploads.max_file_size = bytes.into()),
        get: |config| config.uploads.max_file_size.to_string(),
    },
    Opt {
        key: "uploads.files_per_application",
        takes: Takes::Whole(1, 100),
        meaning: "Files of one application.",
        set: |config, text| whole(text, |count| config.uploads.files_per_application = count),
        get: |config| config.uploads.files_per_application.to_string(),
    },
    Opt {
        key: "uploads.at_once_per_user",
        takes: Takes::Whole(1, 100),
        meaning: "Files that one user sends at once.",
        set: |config, text| whole(text, |count| config.uploads.at_once_per_user = count),
        get: |config| config.uploads.at_once_per_user.to_string(),
    },
    Opt {
        key: "uploads.at_once_overall",
        takes: Takes::Whole(1, 1000),
        meaning: "Files that everybody sends at once; each takes up to 12 MB of memory.",
        set: |config, text| whole(text, |count| config.uploads.at_once_overall = count),
        get: |config| config.uploads.at_once_overall.to_string(),
    },
    Opt {
        key: "uploads.idle_seconds",
        takes: Takes::Whole(1, 600),
        meaning: "How long the sender of a file may be silent.",
        set: |config, text| whole(text, |seconds| config.uploads.idle = std::time::Duration::from_secs(seconds.into())),
        get: |config| config.uploads.idle.as_secs().to_string(),
    },
    Opt {
        key: "uploads.free_megabytes",
        takes: Takes::Whole(0, 1_000_000),
        meaning: "Room that must stay free on the disk; files are refused before it is touched.",
        set: |config, text| whole(text, |megabytes| config.uploads.free_space = u64::from(megabytes) * 1_000_000),
        get: |config| (config.uploads.free_space / 1_000_000).to_string(),
    },
    Opt {
        key: "http.max_connections",
        takes: Takes::Whole(1, 1000000),
        meaning: "Connections that are open at once, sockets among them; fewer where the limit of open files holds fewer.",
        set: |config, text| whole(text, |count| config.max_connections = count),
        get: |config| config.max_connections.to_string(),
    },
    Opt {
        key: "http.downloads_at_once",
        takes: Takes::Whole(1, 100_000),
        meaning: "Files that everybody fetches at once, each of which is an open file or a connection to the storage; fewer where the limit of \
                  open files holds fewer. A user fetches 20.",
        set: |config, text| whole(text, |count| config.downloads_at_once = count),
        get: |config| config.downloads_at_once.to_string(),
    },
    Opt {
        key: "http.trusted_proxies",
        takes: Takes::List("a list of addresses or networks like 10.0.0.0/8, between commas"),
        meaning: "Proxies whose `X-Forwarded-For` is believed: limits then count the network that it names, and not the proxy's.",
        set: |config, text| each(text, network, |proxies| config.trusted_proxies = proxies),
        get: |config| config.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    },
    Opt {
        key: "http.operations_at_once",
        takes: Takes::Whole(1, 10_000),
        meaning: "Operations that work at once; the next ones wait. A few for each connection of the database.",
        set: |config, text| whole(text, |count| config.operations.at_once = count),
        get: |config| config.operations.at_once.to_string(),
    },
    Opt {
        key: "http.operations_waiting",
        takes: Takes::Whole(0, 100_000),
        meaning: "Operations that wait for a place, in their order; the next ones are refused with 503 and `Retry-After`.",
        set: |config, text| whole(text, |count| config.operations.waiting = count),
        get: |config| config.operations.waiting.to_string(),
    },
    Opt {
        key: "http.longest_wait_seconds",
        takes: Takes::Whole(1, 60),
        meaning: "How long an operation waits for a place before it is refused.",
        set: |config, text| {
            whole(text, |seconds| config.operations.longest_wait = std::time::Duration::from_secs(seconds.into()))
        },
        get: |config| config.operations.longest_wait.as_secs().to_string(),
    },
    Opt {
        key: "http.cost_per_minute",
        takes: Takes::Whole(0, 1_000_000_000),
        meaning: "Points of cost that each user may spend in a minute, and each network that nobody is logged in from; 429 and \
                  `Retry-After` beyond (docs/api.md, \"Limits\"). With 0 nothing is counted. Each gateway counts for itself.",
        set: |config, text| whole(text, |points| config.cost_per_minute = points),
        get: |config| config.cost_per_minute.to_string(),
    },
    Opt {
        key: "http.allowed_origins",
        takes: Takes::List("a list of origins like https://portal.example.jp, between commas"),
        meaning: "Further origins, beside the one of `public_url`, whose pages may use the session cookie.",
        set: |config, text| each(text, origin, |origins| config.allowed_origins = origins),
        get: |config| config.allowed_origins.join(","),
    },
    Opt {
        key: "log.format",
        takes: Takes::Words("text or json"),
        meaning: "How log lines are written.",
        set: |config, text| {
            let format = match text {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                _ => return false,
            };
            config.log.format = format;
            true
        },
        get: |config| match config.log.format {
            LogFormat::Text => "text".to_owned(),
            LogFormat::Json => "json".to_owned(),
        },
    },
    Opt {
        key: "log.filter",
        takes: Takes::List("directives like info or madoguchi=debug,info"),
        meaning: "What is logged (the directives of tracing-subscriber's EnvFilter).",
        set: |config, text| {
            let fits = tracing_subscriber::EnvFilter::try_new(text).is_ok();
            if fits {
                config.log.filter = text.to_owned();
            }
            fits
        },
        get: |config| config.log.filter.clone(),
    },
];
