//! A folder of this machine as a place for objects: opening it, its room, and what killed writers left in it.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use tokio::task::spawn_blocking;

use super::StorageError;

/// A file that was being written when its writer was killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last written to.
    pub written_at: DateTime<Utc>,
}

impl Leftover {
    /// Its name, for people.
    pub fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Takes it away.
    pub async fn delete(self) -> Result<(), StorageError> {
        let Self { path, .. } = self;
        blocking(path, |path| fs::remove_file(path)).await
    }
}

/// Opens the folder, making it when need be: nobody else's to read.
pub(super) async fn open(folder: &Path) -> Result<Arc<dyn ObjectStore>, StorageError> {
    blocking(folder.to_owned(), |folder| {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        // A new folder is an entry of the one above it, which has to reach the disk as well.
        folder.parent().map_or(Ok(()), |above| fs::File::open(above)?.sync_all())
    })
    .await?;
    Ok(Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_fsync(true)))
}

/// Files with the name that object_store gives to what it has not finished: the object's, `#` and digits.
pub(super) async fn leftovers(folder: &Path) -> Result<Vec<Leftover>, StorageError> {
    blocking(folder.to_owned(), |folder| {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop().filter(|folder| folder.exists()) {
            for entry in fs::read_dir(folder)? {
                let (entry, path) = entry.map(|entry| (entry.metadata(), entry.path()))?;
                let entry = entry?;
                if entry.is_dir() {
                    folders.push(path);
                } else if is_unfinished(&path) {
                    found.push(Leftover { path, size: entry.len(), written_at: entry.modified()?.into() });
                }
            }
        }
        Ok(found)
    })
    .await
}

fn is_unfinished(path: &Path) -> bool {
    let mark = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.rsplit_once('#'));
    mark.is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// How many bytes the gateway may still write on the folder's disk.
pub(super) async fn free_bytes(folder: &Path) -> Option<u64> {
    let free = |folder: &Path| {
        let disk = rustix::fs::statvfs(folder)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    };
    blocking(folder.to_owned(), free).await.ok()
}

/// Runs what waits for the disk beside the async threads.
pub(super) async fn blocking<T: Send + 'static>(
    path: PathBuf,
    work: impl FnOnce(&Path) -> std::io::Result<T> + Send + 'static,
) -> Result<T, StorageError> {
    let place = path.clone();
    let done = spawn_blocking(move || work(&place)).await.unwrap_or_else(|ended| Err(std::io::Error::other(ended)));
    done.map_err(|cause| StorageError::Folder { path, cause })
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;
    use uuid::Uuid;

    use crate::storage::{ObjectKey, Objects};

    const KEY: ObjectKey = ObjectKey::Attachment(Uuid::from_u128(7));

    /// What was written is read, whole and by range; it is there only once it is finished, and goes without a trace.
    #[tokio::test]
    async fn an_object_is_written_read_and_deleted() {
        let folder = tempfile::tempdir().expect("a folder");
        let objects = Objects::local(folder.path().join("objects"));
        let bytes: Vec<u8> = (0..5_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
        let mut writing = objects.write(KEY).await.expect("a beginning");
        for part in bytes.chunks(70_000) {
            writing.write(part).await.expect("a part");
        }
        assert_eq!(objects.size(KEY).await.expect("an answer"), None);
        assert_eq!(objects.leftovers().await.expect("a list").len(), 1);
        writing.finish().await.expect("an end");
        let read = objects.read(KEY, None).await.expect("an object").try_collect::<Vec<_>>().await.expect("bytes");
        assert!(read.concat() == bytes);
        let range = objects.read(KEY, Some(1_000_000..1_000_010)).await.expect("an object");
        assert_eq!(range.try_collect::<Vec<_>>().await.expect("bytes").concat(), bytes[1_000_000..1_000_010]);
        let listed = objects.list().await.expect("a list").try_collect::<Vec<_>>().await.expect("entries");
        assert_eq!(listed.iter().map(|stored| (stored.key, stored.size)).collect::<Vec<_>>(), [(Some(KEY), 5_000_000)]);
        objects.delete(KEY).await.expect("gone");
        objects.delete(KEY).await.expect("gone already");
        assert!(objects.read(KEY, None).await.err().is_some_and(|error| error.is_not_found()));
    }

    /// An upload that is given up leaves nothing, and there is a number for the room that is left.
    #[tokio::test]
    async fn an_aborted_object_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let objects = Objects::local(folder.path().join("objects"));
        let mut writing = objects.write(KEY).await.expect("a beginning");
        writing.write(&[1; 3_000_000]).await.expect("parts");
        writing.abort().await.expect("an end");
        assert_eq!(objects.leftovers().await.expect("a list"), []);
        assert_eq!(objects.size(KEY).await.expect("an answer"), None);
        assert!(objects.free_bytes().await.is_some_and(|free| free > 0));
    }
}
