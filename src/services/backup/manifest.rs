//! What a backup says of itself: `manifest.json`, written last. A folder without one is no backup.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::BackupError;
use crate::storage::ObjectKey;
use crate::storage::files::{self, Content};
use crate::store::attachments::Named;

/// The manifest's file.
pub const MANIFEST: &str = "manifest.json";
/// The database's file; the same in a backup and in a data folder.
pub const DATABASE: &str = "madoguchi.db";
/// The key's file.
pub const KEY: &str = "server.key";
/// The objects' folder.
const OBJECTS: &str = "objects";
/// What the objects are in, from the backup's folder.
pub(in crate::services) const OBJECT_FOLDERS: &str = "objects/attachments";
/// The form of what is written here. A program reads its own and older ones.
const FORMAT: u32 = 1;

/// What is in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the backup.
    pub format: u32,
    /// The program's version, for people.
    pub program: String,
    /// The moment as of which it is: when its snapshot was begun.
    pub taken_at: DateTime<Utc>,
    /// The last migration that the database has seen.
    pub schema: String,
    /// How many rows each table has.
    pub rows: BTreeMap<String, u64>,
    /// Every file but this one.
    pub files: Vec<FileEntry>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its path from the backup's folder.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

impl FileEntry {
    /// A file with what it holds.
    pub(super) fn new(path: String, content: Content) -> Self {
        Self { path, size: content.size, sha256: hex(&content.sha256) }
    }

    /// The entry of an object.
    pub(super) fn of_object(key: ObjectKey, content: Content) -> Self {
        Self::new(format!("{OBJECTS}/{}", key.path()), content)
    }

    /// The entry that the object of a row must have.
    pub(in crate::services) fn of_row(row: &Named) -> Self {
        let Named { object, size, sha256, .. } = *row;
        Self::of_object(ObjectKey::Attachment(object), Content { size, sha256 })
    }

    /// The object that it is, if it is one.
    pub fn object(&self) -> Option<ObjectKey> {
        ObjectKey::parse(self.path.strip_prefix(OBJECTS)?.strip_prefix('/')?)
    }

    /// Whether the file holds what this says.
    pub fn fits(&self, content: Content) -> bool {
        self.size == content.size && self.sha256 == hex(&content.sha256)
    }
}

impl Manifest {
    pub(super) fn new(
        taken_at: DateTime<Utc>,
        schema: String,
        rows: BTreeMap<String, u64>,
        files: Vec<FileEntry>,
    ) -> Self {
        let program = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: FORMAT, program, taken_at, schema, rows, files }
    }

    /// Reads a backup's manifest. Every path in it is one that a backup can have.
    pub async fn read(folder: &Path) -> Result<Self, BackupError> {
        let unfit = |words: String| BackupError::Unfit(format!("{}: {words}", folder.display()));
        let Some(bytes) = files::read(folder.join(MANIFEST)).await? else {
            return Err(unfit(format!(
                "there is no {MANIFEST} in it, so this is no backup, or one that was not finished"
            )));
        };
        let damaged = |error| unfit(format!("{MANIFEST} is damaged: {error}"));
        let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(damaged)?;
        if let Some(newer) = value["format"].as_u64().filter(|format| *format > FORMAT.into()) {
            return Err(unfit(format!("it is of a newer program (format {newer}); restore it with that one")));
        }
        let manifest: Self = serde_json::from_value(value).map_err(damaged)?;
        let is_ours = |file: &&FileEntry| [DATABASE, KEY].contains(&file.path.as_str()) || file.object().is_some();
        if let Some(foreign) = manifest.files.iter().find(|file| !is_ours(file)) {
            return Err(unfit(format!("{MANIFEST} names {:?}, which no backup has", foreign.path)));
        }
        Ok(manifest)
    }

    pub(super) async fn write(&self, folder: &Path) -> Result<(), BackupError> {
        let text = serde_json::to_string_pretty(self).map_err(|error| BackupError::Unfit(error.to_string()))?;
        Ok(files::write_new(folder.join(MANIFEST), text.into_bytes()).await?)
    }

    /// The size of all files in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// The objects.
    pub fn objects(&self) -> impl Iterator<Item = &FileEntry> {
        self.files.iter().filter(|file| file.object().is_some())
    }

    /// Whether the server's key is in it.
    pub fn has_key(&self) -> bool {
        self.files.iter().any(|file| file.path == KEY)
    }
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
