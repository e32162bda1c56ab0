//! `serve`: opens the data folder, fills it when told to, and serves until it is told to stop.

use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::terminal::Terminal;
use super::{Failed, descriptors, portal};
use crate::app;
use crate::app::demo::{self, Filled};
use crate::config::{self, Config};
use crate::http::shutdown::{self, Shutdown};
use crate::services::Services;
use crate::store::schema;

/// How long the database may take to close.
const CLOSING: Duration = Duration::from_millis(300);

/// Options of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen [default: 127.0.0.1:8080] [env: MADOGUCHI_LISTEN] [key: listen].
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Hand mails to this server: smtp://user:password@host:587 (STARTTLS), smtps://host, or smtp://127.0.0.1:1025?tls=none; without
    /// one, each is a file in the data folder's mail/. A password is better kept in the variable: others see a command line
    /// [env: MADOGUCHI_MAIL_SMTP] [key: mail.smtp].
    #[arg(long, value_name = "ADDRESS")]
    smtp: Option<String>,
    /// Fill an empty data folder with demonstration data [env: MADOGUCHI_DEMO] [key: demo].
    #[arg(long)]
    demo: bool,
    /// Serve the public: run trusted documents alone, and tell the schema to developers only [env: MADOGUCHI_PRODUCTION]
    /// [key: production].
    #[arg(long)]
    production: bool,
    /// Bring an older database to this program's schema first; without it the gateway does not start on one.
    #[arg(long)]
    pub migrate: bool,
}

impl Serve {
    /// What was said on the command line, by key.
    pub fn values(&self) -> Vec<(&'static str, &'static str, String)> {
        let listen = self.listen.clone().map(|listen| ("listen", "--listen", listen));
        let smtp = self.smtp.clone().map(|smtp| ("mail.smtp", "--smtp", smtp));
        let demo = self.demo.then(|| ("demo", "--demo", "true".to_owned()));
        let production = self.production.then(|| ("production", "--production", "true".to_owned()));
        listen.into_iter().chain(smtp).chain(demo).chain(production).collect()
    }
}

/// Serves until SIGTERM or Ctrl-C.
pub async fn run(mut config: Config, migrate: bool, terminal: &mut Terminal) -> Result<(), Failed> {
    // Bound before anything is made, so that a taken port costs nothing, and port 0 is known where mails say where to go.
    let address = config.listen;
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failed::Broken(format!(
            "cannot listen on {address}: {error}; choose another with --listen, for example 127.0.0.1:8081"
        ))
    })?;
    descriptors::hold(&mut config);
    app::manifest(&config).map_err(|error| Failed::Wrong(error.to_string()))?;
    config.listen = listener.local_addr().map_err(Failed::broken)?;
    let local = config.listen.to_string();
    if config.demo {
        demo::expect_own_folder(&config).map_err(Failed::broken)?;
    }
    let services = open(config, migrate).await?;
    let filled = match services.config.demo {
        true => Some(demo::fill(&services).await.map_err(Failed::broken)?),
        false => None,
    };
    let pages = match (filled, &services.config.mail.smtp) {
        (Some(_), None) => {
            crate::http::graphiql::routes().merge(crate::http::demo_mail::routes(services.config.data.join("mail")))
        }
        _ => crate::http::graphiql::routes(),
    };
    welcome(terminal, &services, &local, filled);
    let shutdown = Shutdown::default();
    tokio::spawn(stop_on_signal(shutdown.clone()));
    let database = services.database.clone();
    let served = app::serve(services, listener, pages, shutdown).await.map_err(Failed::broken);
    // A write that still waits for its turn is begun for nobody any more: the process ends without it.
    match timeout(CLOSING, database.close()).await {
        Ok(closed) => closed.map_err(Failed::broken)?,
        Err(_) => tracing::warn!("a write still waits for the database; it is left"),
    }
    served
}

pub(super) async fn open(config: Config, migrate: bool) -> Result<Services, Failed> {
    let content = config::content::load(config.content.as_deref()).map_err(|error| Failed::Wrong(error.to_string()))?;
    crate::events::mail::check_settings(&config).map_err(|error| Failed::Wrong(error.to_string()))?;
    if migrate {
        let database = app::open_database(&config).await.map_err(Failed::broken)?;
        portal::refuse_newer(&schema::standing(&database).await.map_err(Failed::broken)?)?;
        schema::up(&database).await.map_err(Failed::broken)?;
        database.close().await.map_err(Failed::broken)?;
    }
    let database = portal::database(&config).await?;
    app::make_data_folder(&config).map_err(Failed::broken)?;
    let key = app::key::load(&config, &database).await.map_err(Failed::broken)?;
    app::services(config, database, key, content, portal::world()).map_err(Failed::broken)
}

/// The first signal stops gracefully, the second at once.
async fn stop_on_signal(shutdown: Shutdown) {
    if let Err(error) = shutdown::signal().await {
        tracing::error!(%error, "signals cannot be heard");
        return;
    }
    shutdown.begin();
    if shutdown::signal().await.is_ok() {
        std::process::exit(130);
    }
}

fn welcome(terminal: &mut Terminal, services: &Services, local: &str, filled: Option<Filled>) {
    let base = services.config.public_url();
    let base = base.trim_end_matches('/');
    terminal.print(&format!("Madoguchi is serving on http://{local}"));
    terminal.print(&format!(
        "  GraphiQL   {base}/graphiql    the API   {base}/graphql    subscriptions   {base}/graphql/ws"
    ));
    let Some(filled) = filled else { return };
    let logins: Vec<_> = demo::LOGINS.iter().map(|login| login.email).collect();
    let data = services.config.data.display();
    terminal.print(&format!("  Logins     {}", logins.join(", ")));
    terminal.print(&format!("             all with the password {}", demo::PASSWORD));
    terminal.print(&match &services.config.mail.smtp {
        None => format!("  Mails      {base}/demo/mail (files in {data}/mail)"),
        Some(server) => format!("  Mails      handed to {server}; see: madoguchi mail list --all"),
    });
    terminal.print(
        "  Try first  the tab LogIn in GraphiQL, then Viewer; the README has the key that verifies each facility",
    );
    if services.config.production {
        terminal.print("  Careful    a demonstration in production: everybody knows the password, and reads the mails");
    }
    if filled == Filled::Before {
        terminal.print(&format!("  The data is as you left it; delete {data} to begin anew."));
    }
}
