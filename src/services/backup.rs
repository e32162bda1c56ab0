//! Taking a backup of the embedded portal while a gateway serves it: a snapshot of the database, the objects that it names, the key.
//!
//! A finished backup names no object that it lacks. An object is durable before its row and goes after it, so whatever a snapshot names
//! was there when it was taken; what went away before it could be copied was taken away by an applicant, and another snapshot no
//! longer names it. Nothing is written into the portal.

mod manifest;
mod objects;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};

pub(super) use manifest::OBJECT_FOLDERS;
pub use manifest::{DATABASE, FileEntry, KEY, MANIFEST, Manifest};
use objects::Copier;
pub(super) use objects::FILES_AT_ONCE;

use super::{Failure, Fault};
use crate::config::Config;
use crate::domain::actor::Actor;
use crate::domain::clock::World;
use crate::domain::refusal::Reason;
use crate::policy::{Action, authorise};
use crate::storage::{Building, LongWork, ObjectKey, PlaceError, StorageError, files};
use crate::store::attachments::{self, Named};
use crate::store::schema::{self, Standing};
use crate::store::snapshot::{self, Snapshot};
use crate::store::{Database, DbErr};

/// How often a snapshot is taken until no object that it names goes away.
const TRIES: u32 = 10;
/// How many rows or files are looked at together.
pub(super) const AT_ONCE: u64 = 500;
/// How often the growing snapshot is measured.
const MEASURED_EVERY: Duration = Duration::from_millis(200);

/// The portal that a backup is taken of, of whatever version its schema is.
pub struct Source<'a> {
    /// Its database, of SQLite.
    pub database: &'a Database,
    /// Where its objects and its key are.
    pub config: &'a Config,
    /// The time.
    pub world: &'a World,
}

/// A backup that was taken.
#[derive(Debug)]
pub struct Taken {
    /// What is in it.
    pub manifest: Manifest,
    /// How many snapshots that took; more than one when files were taken away meanwhile.
    pub snapshots: u32,
}

/// Why there is no backup, or why one cannot be restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It cannot be made where it should be.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The portal or the backup is not as it must be; in words for the operator.
    #[error("{0}")]
    Unfit(String),
    /// A file could not be read or written.
    #[error("{0}")]
    Storage(StorageError),
    /// Somebody stopped it.
    #[error("it was interrupted")]
    Interrupted,
    /// Something else.
    #[error("{0:?}")]
    Failed(Failure),
}

impl From<StorageError> for BackupError {
    fn from(error: StorageError) -> Self {
        if matches!(error, StorageError::Stopped) { Self::Interrupted } else { Self::Storage(error) }
    }
}

impl From<DbErr> for BackupError {
    fn from(error: DbErr) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Reason> for BackupError {
    fn from(reason: Reason) -> Self {
        Self::Failed(reason.into())
    }
}

/// Takes a backup into a folder that is new or empty.
pub async fn take(source: &Source<'_>, actor: &Actor, folder: &Path, work: &LongWork) -> Result<Taken, BackupError> {
    authorise(actor, Action::KeepBackups)?;
    let building = Building::begin(folder).await?;
    let filled = match fill(source, &building, work).await {
        Ok(taken) => building.finish().await.map(|()| taken).map_err(BackupError::from),
        Err(error) => Err(error),
    };
    if filled.is_err() {
        building.give_up().await?;
    }
    filled
}

async fn fill(source: &Source<'_>, building: &Building, work: &LongWork) -> Result<Taken, BackupError> {
    if let Standing::Newer(unknown) = schema::standing(source.database).await? {
        let unknown = unknown.join(", ");
        return Err(BackupError::Unfit(format!(
            "the database is of a newer program, which knows {unknown}: back it up with that one"
        )));
    }
    files::make_folder(building.path().join(OBJECT_FOLDERS)).await?;
    let mut copier = Copier::new(source.config.objects_folder(), building.path().join("objects"));
    let (there, bytes) = copier.there().await?;
    let database_size = snapshot::expected_size(source.database).await?;
    building.expect_room(bytes + database_size).await?;
    work.begin("copying objects", bytes);
    copier.copy(there, work).await?;
    let file = building.path().join(DATABASE);
    for snapshots in 1..=TRIES {
        let as_of = source.world.now();
        take_snapshot(source.database, &file, database_size, work).await?;
        let snapshot = Snapshot::open(&file).await?;
        let (named, vanished) = complete(&snapshot, &mut copier, work).await?;
        if vanished.is_empty() {
            let manifest = finish(source, building, &snapshot, as_of, copier.kept(&named).await?, work).await?;
            snapshot.close().await?;
            return Ok(Taken { manifest, snapshots });
        }
        snapshot.close().await?;
        expect_removed(source.database, &vanished).await?;
        files::remove(file.clone()).await?;
    }
    Err(BackupError::Unfit(format!("files were taken away while each of {TRIES} snapshots was completed; try again")))
}

/// Takes a snapshot into a file that only its owner can read, and measures it as it grows.
async fn take_snapshot(database: &Database, file: &Path, expected: u64, work: &LongWork) -> Result<(), BackupError> {
    work.begin("taking the snapshot", expected);
    files::write_new(file.to_owned(), Vec::new()).await?;
    let mut ticks = tokio::time::interval(MEASURED_EVERY);
    let mut taking = std::pin::pin!(snapshot::take(database, file));
    loop {
        tokio::select! {
            taken = &mut taking => break taken?,
            () = work.stopped() => return Err(BackupError::Interrupted),
            _ = ticks.tick() => work.set_bytes(files::size(file.to_owned()).await?.unwrap_or(0)),
        }
    }
    Ok(files::sync(file.to_owned()).await?)
}

/// Copies what the snapshot names and is not copied yet. Gives every object that it names, and the rows of those that went away.
async fn complete(
    snapshot: &Snapshot,
    copier: &mut Copier,
    work: &LongWork,
) -> Result<(HashSet<ObjectKey>, Vec<Named>), BackupError> {
    work.begin("copying objects that came meanwhile", 0);
    let (mut keys, mut vanished, mut last) = (HashSet::new(), Vec::new(), None);
    loop {
        let rows = snapshot.objects_after(last, AT_ONCE).await?;
        let Some(end) = rows.last() else { return Ok((keys, vanished)) };
        last = Some(end.id);
        let missing = rows.iter().map(|row| ObjectKey::Attachment(row.object)).filter(|key| !copier.has(*key));
        let missing = missing.collect();
        copier.copy(missing, work).await?;
        for row in rows {
            let key = ObjectKey::Attachment(row.object);
            match copier.content(key) {
                None => vanished.push(row),
                Some(content) if (content.size, content.sha256) == (row.size, row.sha256) => {
                    keys.insert(key);
                }
                Some(_) => {
                    return Err(BackupError::Unfit(format!(
                        "the file of {} of {} is not the one that was attached: {} is damaged. Put it back from an earlier backup, \
                         then begin again",
                        row.id,
                        row.application,
                        key.path()
                    )));
                }
            }
        }
    }
}

/// Refuses a portal whose evidence is lost: a row that is still there goes before its object, so one of these was not taken away.
async fn expect_removed(database: &Database, vanished: &[Named]) -> Result<(), BackupError> {
    let objects: Vec<_> = vanished.iter().map(|row| row.object).collect();
    let mut lost = HashSet::new();
    for objects in objects.chunks(usize::try_from(AT_ONCE).unwrap_or(usize::MAX)) {
        lost.extend(attachments::named(database.reader(), objects).await?);
    }
    match vanished.iter().find(|row| lost.contains(&row.object)) {
        None => Ok(()),
        Some(row) => Err(BackupError::Unfit(format!(
            "files that are lost: {}, {} of {} among them; a backup without them would not be whole. See: madoguchi objects sweep \
             --dry-run. Put them back from an earlier backup, then begin again",
            lost.len(),
            row.id,
            row.application
        ))),
    }
}

/// Reads the snapshot back, copies the key, and writes the manifest, which is what makes it a backup.
async fn finish(
    source: &Source<'_>,
    building: &Building,
    snapshot: &Snapshot,
    as_of: DateTime<Utc>,
    objects: Vec<FileEntry>,
    work: &LongWork,
) -> Result<Manifest, BackupError> {
    let migrations = snapshot.migrations().await?;
    let file = building.path().join(DATABASE);
    work.begin("reading the snapshot back", files::size(file.clone()).await?.unwrap_or(0));
    let database = files::digest(file.clone(), work).await?.ok_or_else(|| gone(&file))?;
    let mut entries = vec![FileEntry::new(DATABASE.to_owned(), database)];
    if let Some(key) = key_in_folder(source.config) {
        let copied = files::copy(key, building.path().join(KEY), work).await?;
        entries.extend(copied.map(|content| FileEntry::new(KEY.to_owned(), content)));
    }
    entries.extend(objects);
    let rows = snapshot.counts().await?;
    let schema = migrations.last().cloned().unwrap_or_default();
    let manifest = Manifest::new(as_of, schema, rows, entries);
    manifest.write(building.path()).await?;
    Ok(manifest)
}

/// The server's key when it lies in the data folder. One that the operator keeps elsewhere stays apart from the database.
fn key_in_folder(config: &Config) -> Option<PathBuf> {
    let key = std::fs::canonicalize(config.server_key_file()).ok()?;
    let place = std::fs::canonicalize(&config.data).ok()?.join(KEY);
    (key == place).then_some(key)
}

fn gone(file: &Path) -> BackupError {
    BackupError::Failed(Fault::new(format!("{} is gone", file.display())).into())
}
