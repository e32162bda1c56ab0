//! `migrate`: the schema of the database.

use clap::Subcommand;

use super::Failed;
use super::portal::{self, refuse_newer};
use super::terminal::Terminal;
use crate::app;
use crate::config::Config;
use crate::store::Database;
use crate::store::schema::{self, Standing};

/// What to do with the schema.
#[derive(Debug, Subcommand)]
pub enum Migrate {
    /// Apply what is not applied yet. `serve` does this by itself only on an empty database, or with --migrate.
    Up,
    /// Take the last migration back, with the data that it made room for.
    ///
    /// Example:  madoguchi migrate down --yes --steps 2
    #[command(verbatim_doc_comment)]
    Down {
        /// Says that you know that data will be lost.
        #[arg(long)]
        yes: bool,
        /// How many migrations to take back.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        steps: u32,
    },
    /// List the migrations and whether each is applied. Changes nothing.
    Status,
}

impl Migrate {
    /// Does it.
    pub async fn run(self, config: &Config, terminal: &mut Terminal) -> Result<(), Failed> {
        if let Self::Down { yes: false, .. } = self {
            return Err(Failed::Wrong("migrate down loses data; say --yes when that is what you want".to_owned()));
        }
        let database = match self {
            Self::Up => app::open_database(config).await.map_err(Failed::broken)?,
            Self::Down { .. } => portal::expect_existing(config).await?,
            Self::Status => match portal::existing(config).await? {
                Some(database) => database,
                None => {
                    terminal.print(&format!("there is no portal in {} yet", config.database()));
                    schema::known().iter().for_each(|name| terminal.print(&format!("pending {name}")));
                    return Ok(());
                }
            },
        };
        let done = self.on(&database, terminal).await;
        database.close().await.map_err(Failed::broken)?;
        done
    }

    async fn on(self, database: &Database, terminal: &mut Terminal) -> Result<(), Failed> {
        let standing = schema::standing(database).await.map_err(Failed::broken)?;
        match self {
            Self::Up => {
                refuse_newer(&standing)?;
                let applied = schema::up(database).await.map_err(Failed::broken)?;
                terminal.print(&format!("{applied} migrations applied"));
            }
            Self::Down { steps, .. } => {
                refuse_newer(&standing)?;
                let taken_back = schema::down(database, steps).await.map_err(Failed::broken)?;
                terminal.print(&format!("{taken_back} migrations taken back"));
            }
            Self::Status => {
                let known = schema::status(database).await.map_err(Failed::broken)?;
                for (name, is_applied) in known {
                    terminal.print(&format!("{} {name}", if is_applied { "applied" } else { "pending" }));
                }
                if let Standing::Newer(unknown) = standing {
                    unknown.iter().for_each(|name| terminal.print(&format!("unknown {name}")));
                }
            }
        }
        Ok(())
    }
}
