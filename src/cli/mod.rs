//! The command line: what it understands, and what it tells when it does not.
//!
//! Each command is a file. Exit codes: 0 done, 1 failed, 2 called or configured wrongly. No rule of the counter belongs here.

mod backup;
mod check;
mod copy;
mod demo_data;
mod descriptors;
mod documents;
mod key;
mod log;
mod long_work;
mod mail;
mod migrate;
mod objects;
mod portal;
mod registry;
mod restore;
mod serve;
mod terminal;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{self, CommandLine, Loaded};
use terminal::Terminal;

/// What the list of commands does not show: the commands below them, each with a line to copy.
const EXAMPLES: &str = "\
Every command, with an example:
  serve              madoguchi serve --listen 127.0.0.1:8080 --data ./data --demo
  migrate up         madoguchi migrate up
  migrate down       madoguchi migrate down --yes --steps 1
  migrate status     madoguchi migrate status
  schema print       madoguchi schema print > schema.graphql
  documents build    madoguchi documents build graphql/operations --output trusted.json
  copy               madoguchi copy --from sqlite:data/madoguchi.db --to postgres://portal@localhost/portal
  registry import    madoguchi registry import registry.csv
  user create        madoguchi user create --email r@example.jp --name '審査 一郎' --phone 0312345678 --role reviewer
  demo-data          madoguchi demo-data --applications 100000 --data ./large
  config check       madoguchi config check --config madoguchi.toml
  backup             madoguchi backup /mnt/backups/2026-11-24 --data ./data
  restore            madoguchi restore /mnt/backups/2026-11-24 --data ./restored
  restore --check    madoguchi restore --check /mnt/backups/2026-11-24
  mail check         madoguchi mail check
  mail preview       madoguchi mail preview application-completed
  mail list          madoguchi mail list --dead
  mail resend        madoguchi mail resend --all-dead
  key replace        madoguchi key replace --yes

Exit codes: 0 done; 1 it did not work out; 2 called or configured wrongly.";

/// 窓口: a typed GraphQL gateway for a public application counter.
///
/// Start here:  madoguchi serve --demo
///
/// Every option is also an environment variable and a key of the config file:
/// --listen is MADOGUCHI_LISTEN and `listen`. `madoguchi config check` lists
/// them all with their values.
#[derive(Debug, Parser)]
#[command(name = "madoguchi", version, verbatim_doc_comment, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

/// Options that every command takes.
#[derive(Debug, Args)]
struct Common {
    /// The config file, TOML; madoguchi.toml in this folder when there is one [env: MADOGUCHI_CONFIG].
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data folder: database, mails, the server's key [default: data] [env: MADOGUCHI_DATA] [key: data].
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<String>,
    /// The database, sqlite:FILE or postgres://user:password@host/name [default: madoguchi.db in the data folder]
    /// [env: MADOGUCHI_DATABASE] [key: database].
    #[arg(long, global = true, value_name = "ADDRESS")]
    database: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the portal until SIGTERM or Ctrl-C.
    ///
    /// Makes and migrates the data folder when need be. GraphiQL is at /graphiql, the API at /graphql, subscriptions at /graphql/ws.
    ///
    /// Example:  madoguchi serve --demo --listen 127.0.0.1:8080 --data ./data
    #[command(verbatim_doc_comment)]
    Serve(serve::Serve),
    /// Bring the database to this program's schema, back, or tell how it stands.
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    /// Move a whole portal into another database: rows, attached files and key, compared row by row.
    ///
    /// Stop the gateway first. The other database must be empty; the portal that is moved is left as it is. Interrupted, the command
    /// leaves no row and can be run again. What is left out of --from and --to is the configured database, so that a password can
    /// stay in MADOGUCHI_DATABASE. Delivered mails (the folder mail/) stay where they are.
    ///
    /// Example:  madoguchi copy --from sqlite:data/madoguchi.db --to postgres://portal@localhost/portal --data ./data
    #[command(verbatim_doc_comment)]
    Copy(copy::Copy),
    /// The GraphQL schema.
    #[command(subcommand)]
    Schema(Schema),
    /// Trusted documents: what clients may ask where `documents.mode` is `only`.
    #[command(subcommand)]
    Documents(documents::Documents),
    /// The registry that the facility check (method 1) matches with.
    #[command(subcommand)]
    Registry(registry::Registry),
    /// Mails: their words, what waits, what was given up, sending again.
    #[command(subcommand)]
    Mail(mail::Mail),
    /// The bytes of attached files.
    #[command(subcommand)]
    Objects(objects::Objects),
    /// Take a backup of the portal while it serves: a new folder with the database, the attached files and the server's key.
    ///
    /// For the embedded database. The backup is whole or not there: until it is, its name ends with .unfinished. A key that is kept
    /// outside the data folder is not in it.
    ///
    /// Example:  madoguchi backup /mnt/backups/2026-11-24 --data ./data
    #[command(verbatim_doc_comment)]
    Backup(backup::Backup),
    /// Make a data folder of a backup, once everything in the backup is checked; with --check, only check it.
    ///
    /// Every file is compared with its size and digest, the database with itself, each attached file with its row. The data folder has
    /// to be new or empty, so that nothing is ever written over a portal.
    ///
    /// Examples:
    ///   madoguchi restore /mnt/backups/2026-11-24 --data ./restored
    ///   madoguchi restore --check /mnt/backups/2026-11-24
    #[command(verbatim_doc_comment)]
    Restore(restore::Restore),
    /// The server's key, when it is lost.
    #[command(subcommand)]
    Key(key::Key),
    /// The people who log in.
    #[command(subcommand)]
    User(user::User),
    /// Fill a portal with applications by the hundred thousand, to try it at the size of a country.
    ///
    /// Into an empty database or a demonstration (`serve --demo`); one that holds anybody's real data is left alone. The same number
    /// gives the same portal each time: facilities, people, applications in every status with cases, decisions, events and accounts.
    /// No files, mails or audit rows are made. All of it has happened in the three years before the demonstration's story, whose logins
    /// work; whoever holds the first hundred facilities logs in as applicant-0000000@example.jp.
    ///
    /// Example:  madoguchi demo-data --applications 100000 --data ./large
    #[command(verbatim_doc_comment)]
    DemoData(demo_data::DemoData),
    /// The configuration.
    #[command(subcommand)]
    Config(Configuration),
}

#[derive(Debug, Subcommand)]
enum Schema {
    /// Print the schema in the definition language, sorted.
    ///
    /// With --federation it is the subgraph of Apollo Federation 2, for composing a supergraph where no gateway can be asked:
    ///
    ///   madoguchi schema print --federation > madoguchi.graphql
    ///   rover supergraph compose --config supergraph.yaml
    ///
    /// Examples:
    ///   madoguchi schema print > schema.graphql
    ///   madoguchi schema print --federation > madoguchi.graphql
    #[command(verbatim_doc_comment)]
    Print {
        /// With the keys of the entities, and without the fields that are for routers alone.
        #[arg(long)]
        federation: bool,
    },
}

#[derive(Debug, Subcommand)]
enum Configuration {
    /// List every option with its value and where it came from; or everything that is wrong with them (exit code 2).
    Check,
}

/// Why a command did not succeed.
enum Failed {
    /// Called or configured wrongly.
    Wrong(String),
    /// It did not work out.
    Broken(String),
}

impl Failed {
    fn broken(error: impl std::fmt::Display) -> Self {
        Self::Broken(error.to_string())
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut terminal = Terminal::default();
    let done = run(cli, &mut terminal).and_then(|()| match terminal.take_lost() {
        Some(error) => Err(Failed::Broken(format!("the result could not be written: {error}"))),
        None => Ok(()),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed::Wrong(words)) => {
            terminal.complain(&words);
            ExitCode::from(2)
        }
        Err(Failed::Broken(words)) => {
            terminal.complain(&words);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli, terminal: &mut Terminal) -> Result<(), Failed> {
    let Cli { command, common } = cli;
    if let Command::Schema(Schema::Print { federation }) = command {
        terminal.print(&if federation { crate::resolvers::subgraph_sdl() } else { crate::resolvers::sdl() });
        return Ok(());
    }
    if let Command::Documents(documents) = command {
        return documents.run(terminal);
    }
    let data = common.data.map(|data| ("data", "--data", data));
    let database = common.database.map(|database| ("database", "--database", database));
    let mut values: Vec<_> = data.into_iter().chain(database).collect();
    if let Command::Serve(serve) = &command {
        values.extend(serve.values());
    }
    if let Command::Mail(mail) = &command {
        values.extend(mail.values());
    }
    let loaded = config::load(&CommandLine { file: common.config, values }, &config::environment());
    let loaded = loaded.map_err(|error| Failed::Wrong(error.to_string()))?;
    if let Command::Config(Configuration::Check) = command {
        return check::list(&loaded, terminal);
    }
    let Loaded { config, .. } = loaded;
    let log_to_terminal = matches!(command, Command::Serve(_));
    if log_to_terminal {
        log::start(&config);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failed::broken)?;
    runtime.block_on(async {
        match command {
            Command::Serve(serve) => serve::run(config, serve.migrate, terminal).await,
            Command::Migrate(migrate) => migrate.run(&config, terminal).await,
            Command::Mail(mail) => mail.run(config, terminal).await,
            Command::DemoData(demo) => demo.run(config, terminal).await,
            Command::Copy(copy) => copy.run(config, terminal).await,
            Command::Key(key) => key.run(&config, terminal).await,
            Command::Registry(registry) => registry.run(config, terminal).await,
            Command::Objects(objects) => objects.run(config, terminal).await,
            Command::Backup(backup) => backup.run(&config, terminal).await,
            Command::Restore(restore) => restore.run(&config, terminal).await,
            Command::User(user) => user.run(config, terminal).await,
            Command::Schema(Schema::Print { .. }) | Command::Documents(_) | Command::Config(Configuration::Check) => {
                Ok(())
            }
        }
    })
}
