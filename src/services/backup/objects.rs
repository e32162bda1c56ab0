//! Copying objects out of a running portal: a few at once, each once, with what each turned out to hold.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use futures_util::{StreamExt, stream};

use super::BackupError;
use super::manifest::FileEntry;
use crate::storage::files::{self, Content};
use crate::storage::{LongWork, ObjectKey, StorageError};

/// Files that are copied at once: their waits for the disk are shared.
pub(in crate::services) const FILES_AT_ONCE: usize = 4;

/// What was copied so far.
pub(super) struct Copier {
    from: PathBuf,
    to: PathBuf,
    copied: HashMap<ObjectKey, Content>,
}

impl Copier {
    /// From one folder of objects to another.
    pub(super) fn new(from: PathBuf, to: PathBuf) -> Self {
        Self { from, to, copied: HashMap::new() }
    }

    /// The objects that are there now, and their size in bytes.
    pub(super) async fn there(&self) -> Result<(Vec<ObjectKey>, u64), StorageError> {
        let (mut keys, mut bytes) = (Vec::new(), 0);
        for path in files::list(self.from.clone()).await? {
            let Some(key) = ObjectKey::parse(&path) else { continue };
            if let Some(size) = files::size(self.from.join(path)).await? {
                keys.push(key);
                bytes += size;
            }
        }
        Ok((keys, bytes))
    }

    /// Copies these, but for those that are no longer there. When it returns, nothing of it goes on.
    pub(super) async fn copy(&mut self, keys: Vec<ObjectKey>, work: &LongWork) -> Result<(), BackupError> {
        let (from, to) = (&self.from, &self.to);
        let copies = keys.into_iter().map(|key| async move { (key, copy(from, to, key, work).await) });
        let mut copies = stream::iter(copies).buffer_unordered(FILES_AT_ONCE);
        let mut done = Ok(());
        while let Some((key, copied)) = copies.next().await {
            match copied {
                Ok(Some(content)) => {
                    self.copied.insert(key, content);
                }
                Ok(None) => {}
                Err(error) => {
                    // The others end at once, and are waited for: what is given up is taken away whole.
                    work.stop();
                    done = done.and(Err(error.into()));
                }
            }
        }
        done
    }

    /// Whether one is copied.
    pub(super) fn has(&self, key: ObjectKey) -> bool {
        self.copied.contains_key(&key)
    }

    /// What a copied one holds.
    pub(super) fn content(&self, key: ObjectKey) -> Option<Content> {
        self.copied.get(&key).copied()
    }

    /// Takes the others away, and tells what is to be said of each of these, in order.
    pub(super) async fn kept(self, keys: &HashSet<ObjectKey>) -> Result<Vec<FileEntry>, StorageError> {
        let mut entries = Vec::with_capacity(keys.len());
        for (key, content) in self.copied {
            if keys.contains(&key) {
                entries.push(FileEntry::of_object(key, content));
            } else {
                files::remove(self.to.join(key.path())).await?;
            }
        }
        entries.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(entries)
    }
}

async fn copy(from: &Path, to: &Path, key: ObjectKey, work: &LongWork) -> Result<Option<Content>, StorageError> {
    let path = key.path();
    files::copy(from.join(&path), to.join(&path), work).await
}
