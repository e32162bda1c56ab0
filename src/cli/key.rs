//! `key replace`: the way back when the server's key is lost for good.

use clap::Subcommand;

use super::Failed;
use super::portal;
use super::terminal::Terminal;
use crate::app;
use crate::config::Config;

/// What to do with the server's key.
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Go on with the key that the file holds now, or with a new one, because the old one is lost for good.
    ///
    /// What was made with the old key stays unreadable: import the registry again, or every facility check fails; links in mails
    /// under way stop working; settings documents that are fetched from now on show new initial passwords. Logins, applications and
    /// accounts are untouched. Stop the gateway first.
    ///
    /// Example:  madoguchi key replace --yes --data ./data
    #[command(verbatim_doc_comment)]
    Replace {
        /// Yes, the old key is lost.
        #[arg(long)]
        yes: bool,
    },
}

impl Key {
    /// Does it.
    pub async fn run(self, config: &Config, terminal: &mut Terminal) -> Result<(), Failed> {
        let Self::Replace { yes } = self;
        if !yes {
            return Err(Failed::Wrong(
                "key replace gives the old key up; say --yes when it is lost for good".to_owned(),
            ));
        }
        let database = portal::expect_existing(config).await?;
        portal::expect_current(&database).await?;
        let replaced = app::key::replace(config, &database, &portal::world()).await.map_err(Failed::broken);
        database.close().await.map_err(Failed::broken)?;
        replaced?;
        terminal.print(&format!("the key in {} is the database's from now on", config.server_key_file().display()));
        terminal.print("now import the registry again: madoguchi registry import FILE.csv");
        Ok(())
    }
}
