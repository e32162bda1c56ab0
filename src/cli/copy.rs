//! `copy`: moves a portal from one database into another, with its progress, and says what to do next.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::terminal::Terminal;
use super::{Failed, portal, user};
use crate::app;
use crate::config::{Config, DatabaseAddress};
use crate::domain::actor::Actor;
use crate::http::shutdown;
use crate::services::copy::{self, Copied, CopyError, Key, Progress, Side};
use crate::store::schema::{self, Standing};

/// Where from, and where to.
#[derive(Debug, Args)]
pub struct Copy {
    /// Where the portal is: sqlite:FILE or postgres://user:password@host/name [default: the configured database].
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// Where it is to go, likewise: a database without tables, or one that was migrated and holds no row.
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    /// Where its objects/ and its server.key are [default: the folder of a SQLite file; otherwise --data].
    #[arg(long, value_name = "FOLDER")]
    from_data: Option<PathBuf>,
    /// Where these are to go [default: likewise]. With one folder for both, every file is only looked at.
    #[arg(long, value_name = "FOLDER")]
    to_data: Option<PathBuf>,
}

/// Reads an address. One that is none is not repeated: it may hold a password.
fn address(name: &str, text: Option<String>) -> Result<Option<DatabaseAddress>, Failed> {
    let read = text.map(|text| {
        let wrong = || format!("{name} takes an address like sqlite:FILE or postgres://user:password@host/name");
        DatabaseAddress::parse(&text).ok_or_else(|| Failed::Wrong(wrong()))
    });
    read.transpose()
}

impl Copy {
    /// Does it.
    pub async fn run(self, config: Config, terminal: &mut Terminal) -> Result<(), Failed> {
        let from = side(&config, address("--from", self.from)?, self.from_data);
        let to = side(&config, address("--to", self.to)?, self.to_data);
        if is_same(&from.database(), &to.database()) {
            return Err(Failed::Wrong(format!(
                "--from and --to are both {}; name two databases: madoguchi copy --help",
                from.database()
            )));
        }
        let source = portal::expect_existing(&from).await.map_err(|failed| on("--from", failed))?;
        portal::expect_current(&source).await.map_err(|failed| on("--from", failed))?;
        let target = app::open_database(&to).await.map_err(Failed::broken)?;
        if schema::standing(&target).await.map_err(Failed::broken)? != Standing::Empty {
            portal::expect_current(&target).await.map_err(|failed| on("--to", failed))?;
        }
        let (from, to) = (Side { database: source, config: from }, Side { database: target, config: to });
        let started = Instant::now();
        let stop = CancellationToken::new();
        let listening = tokio::spawn(stop_on_signal(stop.clone()));
        let mut pace = Pace { step: "", table: "", done: 0, at: started };
        let outcome = copy::copy(&Actor::System, &from, &to, &stop, &mut |progress| {
            terminal.progress(&format!("{}, {:.1} s", pace.tell(progress), started.elapsed().as_secs_f32()));
        })
        .await;
        listening.abort();
        terminal.end_progress();
        let Side { database: source, .. } = from;
        let Side { database: target, config: to } = to;
        let closed = source.close().await.and(target.close().await);
        let copied = outcome.map_err(told)?;
        closed.map_err(Failed::broken)?;
        tell(terminal, &copied, &to, started.elapsed().as_secs_f64());
        Ok(())
    }
}

/// The configuration of one side.
fn side(config: &Config, database: Option<DatabaseAddress>, data: Option<PathBuf>) -> Config {
    let database = database.unwrap_or_else(|| config.database());
    let data = data.unwrap_or_else(|| match &database {
        DatabaseAddress::Sqlite(file) => {
            // The folder of a bare name is the working one.
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
            folder.unwrap_or(Path::new(".")).to_owned()
        }
        DatabaseAddress::Postgres(_) => config.data.clone(),
    });
    Config { data, database: Some(database), ..config.clone() }
}

/// Whether two addresses are one database. Of PostgreSQL's, other ways to write the same are found by its rows.
fn is_same(one: &DatabaseAddress, other: &DatabaseAddress) -> bool {
    let place = |file: &Path| file.canonicalize().unwrap_or_else(|_| file.to_owned());
    match (one, other) {
        (DatabaseAddress::Sqlite(one), DatabaseAddress::Sqlite(other)) => place(one) == place(other),
        _ => one.expose() == other.expose(),
    }
}

fn on(side: &str, failed: Failed) -> Failed {
    match failed {
        Failed::Wrong(words) => Failed::Wrong(format!("{side}: {words}")),
        Failed::Broken(words) => Failed::Broken(format!("{side}: {words}")),
    }
}

/// The first signal stops where nothing is left behind, the second at once; either way no row is there but after the commit.
async fn stop_on_signal(stop: CancellationToken) {
    if shutdown::signal().await.is_ok() {
        stop.cancel();
        if shutdown::signal().await.is_ok() {
            std::process::exit(130);
        }
    }
}

/// How fast it goes.
struct Pace {
    step: &'static str,
    table: &'static str,
    done: u64,
    at: Instant,
}

impl Pace {
    fn tell(&mut self, progress: Progress) -> String {
        let (step, table, done) = match progress {
            Progress::Objects { done, .. } => ("objects", "", done),
            Progress::Rows { step, table, done, .. } => (step, table, done),
        };
        let before = if (step, table) == (self.step, self.table) { self.done } else { 0 };
        let pace = (done - before) as f64 / self.at.elapsed().as_secs_f64().max(0.001);
        *self = Self { step, table, done, at: Instant::now() };
        match progress {
            Progress::Objects { done, of, bytes } => {
                format!("objects {done} of {of}, {:.1} MB", bytes as f64 / 1_000_000.0)
            }
            Progress::Rows { of, .. } => format!("{step} {table} {done} of {of} rows, {pace:.0} rows/s"),
        }
    }
}

fn tell(terminal: &mut Terminal, copied: &Copied, to: &Config, seconds: f64) {
    let Copied { rows, objects, key } = copied;
    terminal.print(&format!(
        "{rows} rows moved and compared one by one, in {seconds:.1} s ({:.0} rows/s); {} attached files, {:.1} MB, of which {} had to be \
         copied",
        *rows as f64 / seconds.max(0.001),
        objects.objects,
        objects.bytes as f64 / 1_000_000.0,
        objects.copied
    ));
    terminal.print(&match key {
        Key::There(file) => format!("the server's key is {}", file.display()),
        Key::Brought(file) => format!("the server's key went along: {}", file.display()),
        Key::Missing(file) => {
            format!("the server's key was on neither side; put it in its place first: {}", file.display())
        }
    });
    terminal.print(&format!("next: madoguchi serve --database '{}' --data {}", to.database(), to.data.display()));
    terminal.print("the old database was left as it is; do not serve from it any more");
}

fn told(error: CopyError) -> Failed {
    let again = "no row was written; the same command can be run again";
    match error {
        CopyError::Failed(failure) => match user::told(&failure) {
            Failed::Wrong(words) | Failed::Broken(words) => Failed::Broken(format!("{words}\n{again}")),
        },
        CopyError::Uncertain(_) => Failed::Broken(format!(
            "{error}\nrun the same command again: it does the copy, or says that the rows are there already"
        )),
        CopyError::Occupied(_) | CopyError::Strangers(_) | CopyError::OtherKey(..) | CopyError::ForeignKey(_) => {
            Failed::Broken(format!("{error}\nnothing was written"))
        }
        _ => Failed::Broken(format!("{error}\n{again}")),
    }
}
