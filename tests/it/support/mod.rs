//! A portal of its own for each test: the real gateway on a port of its own, over a migrated database in a folder that goes with it,
//! on a clock that the test sets. Clients speak HTTP and WebSocket to it and send the documents of `graphql/operations/`.

pub mod client;
pub mod data_folder;
pub mod database;
pub mod gateway;
pub mod generated;
pub mod node;
pub mod operations;
pub mod socket;
pub mod steps;
pub mod upload;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration as Wait;

use chrono::{DateTime, Duration, TimeZone, Utc};
use madoguchi::app::{self, RandomIds, demo};
use madoguchi::config::{Config, DatabaseAddress, Pool};
use madoguchi::domain::clock::{Clock, World};
use madoguchi::domain::content::{Bilingual, Content, TermsOfUse};
use madoguchi::http::graphiql;
use madoguchi::http::shutdown::Shutdown;
use madoguchi::services::Services;
use madoguchi::store::schema;
use sea_orm::Statement;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;

pub use client::Client;
use database::Template;

/// No test waits longer than this for anything.
pub const DEADLINE: Wait = Wait::from_secs(20);

/// A running gateway.
pub struct Portal {
    pub services: Services,
    pub address: String,
    pub clock: Arc<TestClock>,
    statements: Arc<Mutex<Vec<Statement>>>,
    shutdown: Shutdown,
    serving: Option<JoinHandle<()>>,
    _end: End,
    folder: TempDir,
}

/// Gives a portal's connections back when its test lets go of it; some make dozens of portals.
struct End {
    shutdown: Shutdown,
    services: Services,
}

impl Drop for End {
    fn drop(&mut self) {
        self.shutdown.begin();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(self.services.database.clone().close());
        }
    }
}

impl Portal {
    /// An empty portal.
    pub async fn empty() -> Self {
        Self::with(|_| {}).await
    }

    /// A portal with the demonstration's people, facilities and applications.
    pub async fn demo() -> Self {
        Self::demo_with(|_| {}).await
    }

    /// The demonstration with so many applications that plans matter; each list in it is longer than a page.
    pub async fn large() -> Self {
        Self::copied_from(large().await, |_| {}).await
    }

    /// The same with a configuration that is changed before it starts.
    pub async fn demo_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::copied_from(demonstration().await, change).await
    }

    /// An empty portal whose configuration is changed before it starts.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::copied_from(migrated().await, change).await
    }

    async fn copied_from(template: &Template, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = template.copy(folder.path()).await;
        Self::over(folder, &address, change).await
    }

    /// Over a data folder and the database at an address.
    pub async fn over(folder: TempDir, database: &str, change: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let mut config =
            Config { data: folder.path().to_owned(), public_url: Some(address.clone()), ..Config::default() };
        config.database = DatabaseAddress::parse(database);
        // Many portals share a server.
        config.pool = Pool { writers: 4, readers: 4 };
        change(&mut config);
        let mut database = app::open_database(&config).await.unwrap();
        let statements = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&statements);
        database.on_statement(move |statement| seen.lock().unwrap().push(statement.clone()));
        let clock = Arc::new(TestClock::new());
        let world = World::new(clock.clone(), Arc::new(RandomIds::default()));
        let services = app::services(config, database, [7; 32], content(), world).unwrap();
        let shutdown = Shutdown::default();
        let serving = tokio::spawn({
            let (services, shutdown) = (services.clone(), shutdown.clone());
            async move { app::serve(services, listener, graphiql::routes(), shutdown).await.unwrap() }
        });
        let _end = End { shutdown: shutdown.clone(), services: services.clone() };
        Self { services, address, clock, statements, shutdown, serving: Some(serving), _end, folder }
    }

    /// Stops the gateway and starts another over the same folder; the address changes.
    pub async fn restart(mut self) -> Self {
        self.stop().await;
        let Self { folder, clock, services, .. } = self;
        services.database.close().await.unwrap();
        let now = clock.now();
        let database = services.config.database().expose();
        let portal = Self::over(folder, &database, |_| {}).await;
        portal.clock.set(now);
        portal
    }

    /// Stops the gateway as SIGTERM does.
    pub async fn stop(&mut self) {
        self.shutdown.begin();
        if let Some(serving) = self.serving.take() {
            tokio::time::timeout(DEADLINE, serving).await.expect("the gateway stops").unwrap();
        }
    }

    /// A client that nobody is logged in with.
    pub fn visitor(&self) -> Client {
        Client::new(&self.address)
    }

    /// A client that a demonstration login uses.
    pub async fn log_in(&self, email: &str) -> Client {
        self.visitor().log_in(email, demo::PASSWORD).await
    }

    /// The folder that holds everything.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The texts of the statements that were sent since the last call.
    pub fn take_statements(&self) -> Vec<String> {
        self.take_bound_statements().into_iter().map(|statement| statement.sql).collect()
    }

    /// The same with their values.
    pub fn take_bound_statements(&self) -> Vec<Statement> {
        std::mem::take(&mut self.statements.lock().unwrap())
    }

    /// The texts of all mails that were delivered so far to an address.
    pub fn mails_to(&self, address: &str) -> Vec<Mail> {
        let Ok(entries) = std::fs::read_dir(self.folder().join("mail")) else { return Vec::new() };
        let files =
            entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "eml"));
        let mut files: Vec<PathBuf> = files.collect();
        files.sort();
        files.iter().filter_map(|file| Mail::read(file)).filter(|mail| mail.to == address).collect()
    }

    /// Waits until an address has so many mails.
    pub async fn wait_for_mails(&self, address: &str, count: usize) -> Vec<Mail> {
        eventually(&format!("{count} mails to {address}"), || {
            let mails = self.mails_to(address);
            async move { (mails.len() >= count).then_some(mails) }
        })
        .await
    }
}

/// A mail as its reader sees it.
#[derive(Debug, Clone)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub body: String,
}

impl Mail {
    fn read(file: &Path) -> Option<Self> {
        let bytes = std::fs::read(file).ok()?;
        let mail = mail_parser::MessageParser::default().parse(&bytes)?;
        let to = mail.to()?.first()?.address()?.to_owned();
        Some(Self { to, subject: mail.subject()?.to_owned(), body: mail.body_text(0)?.replace("\r\n", "\n") })
    }

    /// The token that stands on a line of its own.
    pub fn token(&self) -> &str {
        let alone =
            |line: &&str| line.len() > 40 && line.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        self.body.lines().find(alone).expect("a token in the mail")
    }
}

/// Polls until there is a value.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, look: impl FnMut() -> F) -> T {
    tokio::time::timeout(DEADLINE, poll(look)).await.unwrap_or_else(|_| panic!("{what} did not come"))
}

/// The same without an end, for who sets one.
pub async fn poll<T, F: Future<Output = Option<T>>>(mut look: impl FnMut() -> F) -> T {
    loop {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Wait::from_millis(10)).await;
    }
}

/// A clock that stands until it is moved.
pub struct TestClock(Mutex<DateTime<Utc>>);

impl TestClock {
    fn new() -> Self {
        // A Tuesday morning in Tokyo, after the demonstration's story.
        Self(Mutex::new(Utc.with_ymd_and_hms(2026, 11, 24, 1, 0, 0).single().unwrap()))
    }

    pub fn pass(&self, time: Duration) {
        *self.0.lock().unwrap() += time;
    }

    pub fn set(&self, now: DateTime<Utc>) {
        *self.0.lock().unwrap() = now;
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// A migrated database, made once for the whole run and copied for each test.
async fn migrated() -> &'static Template {
    static MADE: OnceCell<Template> = OnceCell::const_new();
    let make = || {
        Template::make(async |address| {
            migrate(address).await;
        })
    };
    MADE.get_or_init(make).await
}

/// The demonstration's database, filled once for the whole run and copied for each test.
async fn demonstration() -> &'static Template {
    static FILLED: OnceCell<Template> = OnceCell::const_new();
    let make = || {
        Template::make(async |address| {
            migrate(address).await;
            let mut portal = Portal::over(tempfile::tempdir().unwrap(), address, |_| {}).await;
            demo::fill(&portal.services).await.unwrap();
            portal.stop().await;
            portal.services.database.clone().close().await.unwrap();
        })
    };
    FILLED.get_or_init(make).await
}

/// The same with so many applications: MADOGUCHI_TEST_APPLICATIONS, or 20,000.
async fn large() -> &'static Template {
    static FILLED: OnceCell<Template> = OnceCell::const_new();
    let make = || {
        Template::make(async |address| {
            migrate(address).await;
            let mut portal = Portal::over(tempfile::tempdir().unwrap(), address, |_| {}).await;
            let applications =
                std::env::var("MADOGUCHI_TEST_APPLICATIONS").map_or(20_000, |text| text.parse().unwrap());
            demo::add_applications(&portal.services, applications, &mut |_| {}).await.unwrap();
            portal.stop().await;
            portal.services.database.clone().close().await.unwrap();
        })
    };
    FILLED.get_or_init(make).await
}

async fn migrate(address: &str) {
    let config = Config { data: std::env::temp_dir(), database: DatabaseAddress::parse(address), ..Config::default() };
    let database = app::open_database(&config).await.unwrap();
    schema::up(&database).await.unwrap();
    database.close().await.unwrap();
}

fn content() -> Content {
    let both = |ja: &str, en: &str| Bilingual { ja: ja.into(), en: en.into() };
    let terms = |version: &str, from: &str| TermsOfUse {
        version: version.into(),
        effective_from: DateTime::parse_from_rfc3339(from).unwrap().with_timezone(&Utc),
        title: both("利用規約", "Terms of use"),
        body: both("見本", "Sample"),
    };
    let (now, later) = (terms("1.0", "2024-04-01T00:00:00+09:00"), terms("2.0", "2027-04-01T00:00:00+09:00"));
    Content { terms: vec![now, later], ..Content::default() }
}
