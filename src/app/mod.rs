//! The composition root: the one place that knows every layer, joins them, and takes them apart again.
//!
//! The command line calls it, and so do the tests, with a clock and ids of their own. No rule belongs here.

mod clock;
pub mod demo;
pub mod key;
mod sessions;

use std::fs::OpenOptions;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, DatabaseAddress, DocumentMode, Operations, Uploads};
use crate::domain::clock::World;
use crate::domain::content::Content;
use crate::events::{self, Bus, Feeds, Mailer};
use crate::execution::{self, Engine, Limits};
use crate::http::documents::{DocumentSettings, manifest::Manifest};
use crate::http::{
    self, AdmissionSettings, Gateway, HttpSettings, ServerSettings, UploadSettings, server, shutdown::Shutdown,
};
use crate::resolvers;
use crate::services::uploads::Seats;
use crate::services::{PasswordHasher, ServerKey, Services};
use crate::storage::Objects;
use crate::store::{Database, Pools};

pub use clock::{RandomIds, SystemClock};

/// How long mails that are due may take once the last request is answered.
const LAST_MAILS: Duration = Duration::from_millis(500);

/// Why the gateway could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database could not be opened.
    #[error("the database {address} could not be opened: {cause}")]
    Database {
        /// Where it is.
        address: DatabaseAddress,
        /// Why.
        cause: crate::store::DbErr,
    },
    /// The data folder could not be made.
    #[error("the data folder {folder} could not be made: {cause}")]
    Folder {
        /// The data folder.
        folder: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The database's file could not be made or written to.
    #[error("the database {file} could not be made or written to: {cause}")]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The database was made with a key that is gone.
    #[error(
        "the server's key {0} is missing, though this database was made with one; put it back from its backup, or name where it is \
         with server_key_file. When it is lost for good: madoguchi key replace --help"
    )]
    KeyMissing(PathBuf),
    /// The key is another one than the database was made with.
    #[error(
        "the server's key {0} is not the one that this database was made with; put the right one in its place, from a backup. When \
         that is lost for good: madoguchi key replace --help"
    )]
    KeyForeign(PathBuf),
    /// A manifest of trusted documents cannot be read.
    #[error("documents.manifests: {file}: {cause}")]
    Manifest {
        /// The file.
        file: PathBuf,
        /// Why.
        cause: String,
    },
    /// Nothing could be asked of the gateway.
    #[error(
        "documents.mode is `only` and documents.manifests names no documents: make a manifest with `madoguchi documents build`, or set \
         documents.mode = \"prefer\""
    )]
    NoDocuments,
    /// A part could not be put together; a fault of this program or of a file beside it.
    #[error("{0}")]
    Part(String),
}

/// Makes the data folder when there is none.
pub fn make_data_folder(config: &Config) -> Result<(), StartError> {
    let folder = config.data.clone();
    // Nobody else's to read: it holds names, addresses and mails.
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map_err(|cause| StartError::Folder { folder, cause })
}

/// Opens the database, making the data folder and the file of an embedded one when there are none.
pub async fn open_database(config: &Config) -> Result<Database, StartError> {
    let address = config.database();
    let pools = Pools { writers: config.pool.writers, readers: config.pool.readers };
    let opened = match &address {
        DatabaseAddress::Sqlite(file) => {
            make_data_folder(config)?;
            // SQLite gives the files beside it the mode of this one.
            let guarded = OpenOptions::new().append(true).create(true).mode(0o600).open(file);
            guarded.map_err(|cause| StartError::File { file: file.clone(), cause })?;
            Database::open_sqlite(file, pools).await
        }
        DatabaseAddress::Postgres(address) => Database::open_postgres(address.expose(), pools).await,
    };
    opened.map_err(|cause| StartError::Database { address, cause })
}

/// The use cases over an open database.
pub fn services(
    config: Config,
    database: Database,
    key: [u8; 32],
    content: Content,
    world: World,
) -> Result<Services, StartError> {
    let (config, content) = (Arc::new(config), Arc::new(content));
    let objects = Objects::local(config.objects_folder());
    let passwords = PasswordHasher::new().map_err(|error| StartError::Part(error.to_string()))?;
    let (key, seats) = (ServerKey::new(key), Seats::default());
    Ok(Services { database, objects, seats, world, config, content, key, passwords })
}

/// The engine that runs the gateway's schema.
pub fn engine(feeds: Feeds) -> Result<Engine, StartError> {
    let schema = execution::configure(resolvers::schema_builder()).data(feeds).finish();
    Engine::new(schema, limits()).map_err(|error| StartError::Part(error.to_string()))
}

/// What costs more than one short value: texts by their usual length in 64 bytes, four of which are a point. A count looks at up to ten thousand
/// rows, as fast as some dozens are read; a router's copy of the schema costs what GraphiQL's does.
const WEIGHTS: [(&str, u64); 29] = [
    ("totalCount", 200),
    ("sdl", 10_400),
    ("TermsOfUse.body", 256),
    ("FaqEntry.answer", 64),
    ("FaqEntry.question", 8),
    ("Announcement.body", 128),
    ("reason", 8),
    ("internalNote", 8),
    ("message", 8),
    ("help", 24),
    ("unavailableReason", 12),
    ("deviceCountAdvice", 8),
    ("advice", 12),
    ("nextStep", 8),
    ("closedReason", 8),
    ("caption", 8),
    ("warnings", 8),
    ("url", 8),
    ("title", 8),
    ("name", 6),
    ("displayName", 6),
    ("facilityName", 6),
    ("fileName", 6),
    ("email", 4),
    ("cursor", 2),
    ("endCursor", 2),
    ("startCursor", 2),
    ("Contact.hours", 2),
    ("Article.body", 4),
];

/// Lists without pages that usually hold more than others, or fewer.
const LISTS: [(&str, u64); 6] =
    [("history", 20), ("accounts", 20), ("decisions", 5), ("corrections", 5), ("userErrors", 3), ("field", 3)];

/// Scalars of our own that are strings on the wire.
const TEXTS: [&str; 3] = ["ConfidentialText", "DateTime", "EventCursor"];

/// What documents may ask for.
pub fn limits() -> Limits {
    Limits { weights: &WEIGHTS, lists: &LISTS, texts: &TEXTS, ..Limits::default() }
}

/// The same without anything to run on: it says which documents fit.
pub fn judge_of_documents() -> Result<Engine, StartError> {
    let schema = execution::configure(resolvers::schema_builder()).finish();
    Engine::new(schema, limits()).map_err(|error| StartError::Part(error.to_string()))
}

/// The trusted documents that the configuration names.
pub fn manifest(config: &Config) -> Result<Manifest, StartError> {
    let mut manifest = Manifest::default();
    for file in &config.documents.manifests {
        let unfit = |cause: String| StartError::Manifest { file: file.clone(), cause };
        let text = std::fs::read_to_string(file).map_err(|error| unfit(error.to_string()))?;
        manifest.add(&text).map_err(|error| unfit(error.to_string()))?;
    }
    if manifest.is_empty() && config.document_mode() == DocumentMode::Only {
        return Err(StartError::NoDocuments);
    }
    Ok(manifest)
}

/// Serves until `shutdown` begins; returns when the last request is answered, the sockets are closed and due mails are out.
pub async fn serve(
    services: Services,
    listener: TcpListener,
    pages: Router,
    shutdown: Shutdown,
) -> Result<(), StartError> {
    let bus = Bus::default();
    let mailer = Mailer::try_new(services.clone()).map_err(|error| StartError::Part(error.to_string()))?;
    let gateway = Gateway {
        engine: engine(Feeds::new(services.clone(), bus.clone()))?,
        sessions: Arc::new(sessions::OverServices::new(services.clone())),
        readiness: readiness(services.clone()),
        settings: settings(&services.config)?,
        shutdown: shutdown.clone(),
    };
    name_unfit(&gateway);
    let max_connections = services.config.max_connections as usize;
    let trusted_proxies = services.config.trusted_proxies.clone();
    let limits = ServerSettings { max_connections, trusted_proxies, ..ServerSettings::default() };
    let pages = pages.merge(http::downloads::routes(services.clone(), services.config.downloads_at_once as usize));
    let stop = CancellationToken::new();
    let after_commits = tokio::spawn(events::run(services.clone(), bus, mailer, stop.clone()));
    server::serve(listener, http::router(gateway, pages), limits, shutdown).await;
    stop.cancel();
    if tokio::time::timeout(LAST_MAILS, after_commits).await.is_err() {
        tracing::info!("mails that are still due go out at the next start");
    }
    Ok(())
}

/// Names the trusted documents that this schema does not run: who sends their ids would be refused, release after release.
fn name_unfit(gateway: &Gateway) {
    for (document, text) in gateway.settings.documents.manifest.documents() {
        if let Err(answer) = gateway.engine.document(text) {
            let cause = answer.errors.first().map(|error| error.message.as_str()).unwrap_or_default();
            tracing::warn!(document, cause, "a trusted document does not fit the schema, and will be refused");
        }
    }
}

/// Ready when the database answers.
fn readiness(services: Services) -> http::Readiness {
    Arc::new(move || {
        let database = services.database.clone();
        Box::pin(async move { database.answers().await })
    })
}

fn settings(config: &Config) -> Result<HttpSettings, StartError> {
    let Uploads { max_file_size, idle, deadline, .. } = config.uploads;
    let uploads = UploadSettings { max_file_size, idle, deadline };
    let Operations { at_once, waiting, longest_wait } = config.operations;
    let admission = AdmissionSettings { at_once: at_once as usize, waiting: waiting as usize, patience: longest_wait };
    let documents = DocumentSettings {
        mode: config.document_mode(),
        manifest: Arc::new(manifest(config)?),
        introspection: !config.production,
        developers: config.documents.developers,
    };
    Ok(HttpSettings {
        allowed_origins: config.origins(),
        cost_per_minute: config.cost_per_minute,
        admission,
        documents,
        uploads,
        ..HttpSettings::default()
    })
}
