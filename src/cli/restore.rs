//! `restore`: a data folder out of a backup, or only the check whether that would work.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::Failed;
use super::backup::{expect_embedded, tell, told};
use super::long_work::{size, watch};
use super::terminal::Terminal;
use crate::config::{Config, DatabaseAddress};
use crate::domain::actor::Actor;
use crate::services::backup::{BackupError, DATABASE};
use crate::services::restore::{self, Whole};
use crate::storage::{LongWork, PlaceError};

/// Which backup, and what to do with it.
#[derive(Debug, Args)]
pub struct Restore {
    /// The backup's folder.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Only check the backup: everything is read and nothing is written.
    #[arg(long)]
    check: bool,
}

impl Restore {
    /// Does it.
    pub async fn run(self, config: &Config, terminal: &mut Terminal) -> Result<(), Failed> {
        let Self { folder, check } = self;
        let (started, work, data) = (Instant::now(), LongWork::default(), config.data.as_path());
        if check {
            let whole = watch(terminal, &work, restore::check(&Actor::System, &folder, &work)).await;
            let whole = whole.map_err(|error| told(&error, "the backup cannot be restored as it is"))?;
            terminal.print(&format!("the backup in {} is whole", folder.display()));
            tell(terminal, &whole.manifest);
            terminal.print(&format!("  checked in {:.1} s", started.elapsed().as_secs_f32()));
            return Ok(());
        }
        expect_embedded(config)?;
        expect_own_place(config)?;
        let whole = watch(terminal, &work, restore::restore(&Actor::System, &folder, data, &work)).await;
        let Whole { manifest, pending } = whole.map_err(|error| match error {
            BackupError::Place(PlaceError::Taken(_)) => {
                told(&error, "nothing was restored; move what is there away, or name a new folder with --data")
            }
            _ => told(&error, "nothing was restored"),
        })?;
        terminal.print(&format!("restored into {}", data.display()));
        tell(terminal, &manifest);
        let (bytes, seconds) = (manifest.bytes(), started.elapsed().as_secs_f64());
        let pace = size((bytes as f64 / seconds.max(0.001)) as u64);
        terminal.print(&format!("  restored in {seconds:.1} s, {} at {pace} a second", size(bytes)));
        if !manifest.has_key() {
            let key = config.server_key_file();
            terminal
                .print(&format!("the server's key is not in the backup: put it at {} before you serve", key.display()));
        }
        let data = data.display();
        terminal.print(&if pending.is_empty() {
            format!("go on with: madoguchi serve --data '{data}'")
        } else {
            let lacking = pending.join(", ");
            format!("the backup is of an older version and lacks {lacking}; go on with: madoguchi migrate up --data '{data}'")
        });
        Ok(())
    }
}

/// Refuses a configuration that would look for the database elsewhere than where it is made.
fn expect_own_place(config: &Config) -> Result<(), Failed> {
    let made = config.data.join(DATABASE);
    match config.database() {
        DatabaseAddress::Sqlite(file) if file != made => Err(Failed::Wrong(format!(
            "restore makes the database {}, but the configuration has it at {}; restore without that (--database 'sqlite:{}'), then \
             move the file",
            made.display(),
            file.display(),
            made.display()
        ))),
        _ => Ok(()),
    }
}
