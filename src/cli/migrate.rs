//! `migrate`: the schema of the database.

use clap::Subcommand;

use super::Failed;
use super::terminal::Terminal;
use crate::app;
use crate::config::Config;
use crate::store::schema;

/// What to do with the schema.
#[derive(Debug, Subcommand)]
pub enum Migrate {
    /// Apply what is not applied yet. `serve` does this by itself.
    Up,
    /// Take the last migration back, with the data that it made room for.
    Down {
        /// Says that you know that data will be lost.
        #[arg(long)]
        yes: bool,
        /// How many migrations to take back.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        steps: u32,
    },
    /// List the migrations and whether each is applied.
    Status,
}

impl Migrate {
    /// Does it.
    pub async fn run(self, config: &Config, terminal: &mut Terminal) -> Result<(), Failed> {
        if let Self::Down { yes: false, .. } = self {
            return Err(Failed::Wrong("migrate down loses data; say --yes when that is what you want".to_owned()));
        }
        let database = app::open_database(config).await.map_err(Failed::broken)?;
        match self {
            Self::Up => {
                let applied = schema::up(&database).await.map_err(Failed::broken)?;
                terminal.print(&format!("{applied} migrations applied"));
            }
            Self::Down { steps, .. } => {
                schema::down(&database, steps).await.map_err(Failed::broken)?;
                terminal.print(&format!("{steps} migrations taken back"));
            }
            Self::Status => {
                for (name, is_applied) in schema::status(&database).await.map_err(Failed::broken)? {
                    terminal.print(&format!("{} {name}", if is_applied { "applied" } else { "pending" }));
                }
            }
        }
        database.close().await.map_err(Failed::broken)
    }
}
