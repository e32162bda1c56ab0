//! Checking a backup, and making a portal's data folder of it.
//!
//! A backup is believed in nothing that can be looked at: every byte is read, the database is checked by SQLite, each row's object is
//! compared. The folder is made beside its place and takes it at the end.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use futures_util::{StreamExt, stream};

use super::ServerKey;
use super::backup::{
    AT_ONCE, BackupError, DATABASE, FILES_AT_ONCE, FileEntry, KEY, MANIFEST, Manifest, OBJECT_FOLDERS,
};
use crate::config;
use crate::domain::actor::Actor;
use crate::policy::{Action, authorise};
use crate::storage::{Building, LongWork, StorageError, UNFINISHED, files};
use crate::store::facts;
use crate::store::schema::Standing;
use crate::store::snapshot::{self, Snapshot};

/// How many faults are named.
const MOST_FAULTS: usize = 20;

/// A backup that is whole.
#[derive(Debug)]
pub struct Whole {
    /// What is in it.
    pub manifest: Manifest,
    /// Migrations that this program knows and the backup's database has not seen.
    pub pending: Vec<String>,
}

/// Makes a data folder, new or empty, of a backup.
pub async fn restore(actor: &Actor, backup: &Path, data: &Path, work: &LongWork) -> Result<Whole, BackupError> {
    authorise(actor, Action::KeepBackups)?;
    let manifest = expect_manifest(backup).await?;
    let building = Building::begin(data).await?;
    let made = async {
        building.expect_room(manifest.bytes()).await?;
        files::make_folder(building.path().join(OBJECT_FOLDERS)).await?;
        let whole = examine(manifest, backup, Some(building.path()), work).await?;
        building.finish().await?;
        Ok(whole)
    };
    let made = made.await;
    if made.is_err() {
        building.give_up().await?;
    }
    made
}

/// Does everything that restoring does, but writes nothing.
pub async fn check(actor: &Actor, backup: &Path, work: &LongWork) -> Result<Whole, BackupError> {
    authorise(actor, Action::KeepBackups)?;
    let manifest = expect_manifest(backup).await?;
    examine(manifest, backup, None, work).await
}

/// The manifest of a finished backup whose files are those that it names.
async fn expect_manifest(backup: &Path) -> Result<Manifest, BackupError> {
    let name = backup.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if name.ends_with(UNFINISHED) {
        return Err(unfit(
            backup,
            &[format!("a backup that was not finished; only one without {UNFINISHED} in its name is whole")],
        ));
    }
    let manifest = Manifest::read(backup).await?;
    let named: BTreeSet<_> = manifest.files.iter().map(|file| file.path.clone()).collect();
    let mut there: BTreeSet<_> = files::list(backup.to_owned()).await?.into_iter().collect();
    let mut faults = Vec::new();
    if !there.remove(MANIFEST) || named.len() != manifest.files.len() || !named.contains(DATABASE) {
        faults.push(format!("{MANIFEST} does not name each file once, {DATABASE} among them"));
    }
    faults.extend(named.difference(&there).map(|path| format!("{path} is missing")));
    faults.extend(
        there.difference(&named).map(|path| format!("{path} is not of the backup: {MANIFEST} does not name it")),
    );
    for path in named.intersection(&there) {
        if !files::is_file(backup.join(path)).await? {
            faults.push(format!("{path} is no file"));
        }
    }
    if faults.is_empty() { Ok(manifest) } else { Err(unfit(backup, &faults)) }
}

/// Reads every file of a backup, into a folder where one is named, and checks what it read.
async fn examine(
    manifest: Manifest,
    backup: &Path,
    into: Option<&Path>,
    work: &LongWork,
) -> Result<Whole, BackupError> {
    // Before anything is read: another program is wanted, not another backup.
    expect_known(backup, std::slice::from_ref(&manifest.schema))?;
    work.begin(if into.is_some() { "restoring files" } else { "reading files" }, manifest.bytes());
    let faults = read_all(&manifest, backup, into, work).await?;
    if !faults.is_empty() {
        return Err(unfit(backup, &faults));
    }
    work.begin("checking the database", 0);
    let place = into.unwrap_or(backup);
    let snapshot = Snapshot::open(&place.join(DATABASE)).await?;
    let checked = tokio::select! {
        checked = look_at(&snapshot, &manifest, place) => checked?,
        () = work.stopped() => return Err(BackupError::Interrupted),
    };
    let migrations = snapshot.migrations().await?;
    snapshot.close().await?;
    if !checked.is_empty() {
        return Err(unfit(backup, &checked));
    }
    let pending = match expect_known(backup, &migrations)? {
        Standing::Older(pending) => pending,
        _ => Vec::new(),
    };
    Ok(Whole { manifest, pending })
}

fn expect_known(backup: &Path, migrations: &[String]) -> Result<Standing, BackupError> {
    match snapshot::standing(migrations) {
        Standing::Newer(unknown) => {
            let words =
                format!("it is of a newer program, which knows {}; restore it with that one", unknown.join(", "));
            Err(unfit(backup, &[words]))
        }
        standing => Ok(standing),
    }
}

/// Reads every file, a few at once, and says which hold something else than they should.
async fn read_all(
    manifest: &Manifest,
    backup: &Path,
    into: Option<&Path>,
    work: &LongWork,
) -> Result<Vec<String>, BackupError> {
    let files = manifest.files.iter().map(|file| read(file, backup, into, work));
    let mut files = stream::iter(files).buffer_unordered(FILES_AT_ONCE);
    let (mut faults, mut failed) = (Vec::new(), None);
    while let Some(read) = files.next().await {
        match read {
            Ok(fault) => faults.extend(fault),
            Err(error) => {
                work.stop();
                failed = failed.or(Some(BackupError::from(error)));
            }
        }
    }
    faults.sort();
    failed.map_or(Ok(faults), Err)
}

/// Reads one file, and says what is wrong with it.
async fn read(
    file: &FileEntry,
    backup: &Path,
    into: Option<&Path>,
    work: &LongWork,
) -> Result<Option<String>, StorageError> {
    let FileEntry { path, size, .. } = file;
    let from = backup.join(path);
    let content = match into {
        Some(folder) => files::copy(from, folder.join(path), work).await?,
        None => files::digest(from, work).await?,
    };
    Ok(match content {
        None => Some(format!("{path} is missing")),
        Some(content) if file.fits(content) => None,
        Some(content) if content.size != *size => Some(format!("{path} has {} bytes instead of {size}", content.size)),
        Some(_) => Some(format!("{path} is damaged: it does not have the digest that it had")),
    })
}

/// What is wrong with a database whose bytes are right, and with how it fits the files beside it.
async fn look_at(snapshot: &Snapshot, manifest: &Manifest, place: &Path) -> Result<Vec<String>, BackupError> {
    let mut faults: Vec<_> = snapshot.faults().await?.into_iter().map(|fault| format!("{DATABASE}: {fault}")).collect();
    if snapshot.migrations().await?.last() != Some(&manifest.schema) {
        faults.push(format!("{DATABASE} is not of the schema {}", manifest.schema));
    }
    let counts = snapshot.counts().await?;
    let other = manifest.rows.iter().filter(|(table, rows)| counts.get(*table) != Some(rows));
    faults.extend(other.map(|(table, rows)| format!("{DATABASE} does not have {rows} rows in {table}")));
    faults.extend(look_at_objects(snapshot, manifest).await?);
    if manifest.has_key() && !key_fits(snapshot, &place.join(KEY)).await? {
        faults.push(format!("{KEY} is not the key that the database was made with"));
    }
    Ok(faults)
}

/// Compares each row with its object, and each object with its row.
async fn look_at_objects(snapshot: &Snapshot, manifest: &Manifest) -> Result<Vec<String>, BackupError> {
    let mut surplus: HashSet<&FileEntry> = manifest.objects().collect();
    let (mut faults, mut last) = (Vec::new(), None);
    loop {
        let rows = snapshot.objects_after(last, AT_ONCE).await?;
        let Some(end) = rows.last() else { break };
        last = Some(end.id);
        for row in rows {
            let expected = FileEntry::of_row(&row);
            if !surplus.remove(&expected) {
                faults.push(format!(
                    "{} of {} is not the file that was attached as {}",
                    expected.path, row.application, row.id
                ));
            }
        }
    }
    faults.extend(surplus.into_iter().map(|file| format!("{} is named by no row", file.path)));
    Ok(faults)
}

async fn key_fits(snapshot: &Snapshot, file: &Path) -> Result<bool, BackupError> {
    let text = files::read(file.to_owned()).await?.unwrap_or_default();
    let key = std::str::from_utf8(&text).ok().and_then(config::key::parse);
    let known = snapshot.fact(facts::SERVER_KEY).await?;
    // A database that never met a key takes any.
    Ok(key.is_some_and(|key| known.is_none_or(|known| known == ServerKey::new(key).fingerprint())))
}

fn unfit(backup: &Path, faults: &[String]) -> BackupError {
    let mut lines: Vec<_> =
        faults.iter().take(MOST_FAULTS).map(|fault| format!("{}: {fault}", backup.display())).collect();
    if faults.len() > MOST_FAULTS {
        lines.push(format!("and {} more", faults.len() - MOST_FAULTS));
    }
    BackupError::Unfit(lines.join("\n"))
}
