//! `backup`: a copy of the portal, taken while a gateway serves it.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::long_work::{size, watch};
use super::terminal::Terminal;
use super::{Failed, portal, user};
use crate::config::{Config, DatabaseAddress};
use crate::domain::actor::Actor;
use crate::services::backup::{self, BackupError, KEY, Manifest, Source, Taken};
use crate::storage::LongWork;

/// Where the backup goes.
#[derive(Debug, Args)]
pub struct Backup {
    /// The backup's folder: new, or empty.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

impl Backup {
    /// Does it.
    pub async fn run(self, config: &Config, terminal: &mut Terminal) -> Result<(), Failed> {
        let Self { folder } = self;
        expect_embedded(config)?;
        let database = portal::expect_existing(config).await?;
        let (started, work, world) = (Instant::now(), LongWork::default(), portal::world());
        let source = Source { database: &database, config, world: &world };
        let taken = watch(terminal, &work, backup::take(&source, &Actor::System, &folder, &work)).await;
        if !matches!(taken, Err(BackupError::Interrupted)) {
            // A snapshot that was interrupted may still be running; it ends with the process.
            database.close().await.map_err(Failed::broken)?;
        }
        let Taken { manifest, snapshots } = taken.map_err(|error| told(&error, "no backup was made"))?;
        terminal.print(&format!("the backup is in {}", folder.display()));
        tell(terminal, &manifest);
        if snapshots > 1 {
            terminal.print(&format!("  files were taken away meanwhile: the snapshot was taken {snapshots} times"));
        }
        terminal.print(&key_note(config, &manifest));
        terminal.print(&format!("  taken in {:.1} s", started.elapsed().as_secs_f32()));
        terminal.print(&format!("check it at any time: madoguchi restore --check '{}'", folder.display()));
        Ok(())
    }
}

fn key_note(config: &Config, manifest: &Manifest) -> String {
    let key = config.server_key_file();
    if manifest.has_key() {
        format!("  {KEY} is in it: keep the backup as safe as the portal")
    } else if key.exists() {
        format!(
            "  the server's key is kept outside the data folder and is not in it: back up {} as well",
            key.display()
        )
    } else {
        "  there is no server's key yet, so none is in it".to_owned()
    }
}

/// What is in a backup.
pub(super) fn tell(terminal: &mut Terminal, manifest: &Manifest) {
    let (mut objects, mut bytes) = (0_u64, 0);
    for object in manifest.objects() {
        (objects, bytes) = (objects + 1, bytes + object.size);
    }
    let rows: u64 = manifest.rows.values().sum();
    let database: u64 = manifest.bytes() - bytes;
    terminal.print(&format!("  database   {rows} rows, {}, schema {}", size(database), manifest.schema));
    let main = ["facilities", "applications", "attachments", "eligibility_accounts"];
    let main =
        main.iter().filter_map(|table| Some(format!("{} {}", manifest.rows.get(*table)?, table.replace('_', " "))));
    terminal.print(&format!("             {}", main.collect::<Vec<_>>().join(", ")));
    terminal.print(&format!("  objects    {objects} files, {}", size(bytes)));
    terminal.print(&format!("  as of      {}", manifest.taken_at.format("%Y-%m-%d %H:%M:%S UTC")));
}

/// Why it did not work out, and what became of it.
pub(super) fn told(error: &BackupError, outcome: &str) -> Failed {
    match error {
        BackupError::Failed(failure) => user::told(failure),
        other => Failed::Broken(format!("{other}\n{outcome}")),
    }
}

/// Refuses a portal whose database is a server's: its own tools know better.
pub(super) fn expect_embedded(config: &Config) -> Result<(), Failed> {
    let DatabaseAddress::Postgres(_) = config.database() else { return Ok(()) };
    let address = config.database().to_string().replacen(":***@", "@", 1);
    let objects = config.objects_folder();
    let (objects, data) = (objects.display(), config.data.display());
    Err(Failed::Wrong(format!(
        "the database is on a PostgreSQL server, which has its own tools; madoguchi backup and restore are for the embedded one. Copy \
         the files, then the database, then the files that came meanwhile:\n\
         \x20 mkdir -p -m 700 backup && cp -a '{objects}' backup/\n\
         \x20 pg_dump --format=custom --file=backup/madoguchi.dump '{address}'\n\
         \x20 cp -an '{objects}' backup/\n\
         and the server's key, {}, to a place of its own. To restore, into an empty database and a new data folder:\n\
         \x20 pg_restore --exit-on-error --no-owner --dbname='{address}' backup/madoguchi.dump\n\
         \x20 mkdir -p -m 700 '{data}' && cp -a backup/objects '{data}/'\n\
         \x20 madoguchi objects sweep --dry-run    (names what is not whole)\n\
         The password goes into PGPASSWORD or ~/.pgpass.",
        config.server_key_file().display()
    )))
}
