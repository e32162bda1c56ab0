//! Objects: the bytes of files, apart from the database, behind one interface for a local folder and, later, S3.
//!
//! Keys are an enum, so that no name that somebody sent ever becomes a path. Nothing here knows who may read what: services do.
//! A new kind of object is a variant of [`ObjectKey`]; a new place is a way to open an [`Objects`].

mod building;
pub mod files;
mod key;
mod local;
mod long_work;
mod writing;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::{BoxStream, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt};
use tokio::sync::OnceCell;

pub use building::{Building, PlaceError, UNFINISHED};
pub use key::ObjectKey;
pub use local::Leftover;
pub use long_work::{LongWork, SoFar, Step};
pub use writing::Writing;

/// Where objects are. A clone is the same place.
#[derive(Debug, Clone)]
pub struct Objects(Arc<Place>);

#[derive(Debug)]
struct Place {
    folder: PathBuf,
    /// Opened when it is first needed, so that a command that touches no object makes no folder.
    store: OnceCell<Arc<dyn ObjectStore>>,
}

/// An object that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its key; `None` for something that no key of ours names.
    pub key: Option<ObjectKey>,
    /// Its path, for people.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was written.
    pub written_at: DateTime<Utc>,
}

/// Why an object could not be written, read or deleted.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The store's own account of it.
    #[error(transparent)]
    Store(#[from] object_store::Error),
    /// The folder's.
    #[error("{path}: {cause}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// Long work was told to stop.
    #[error("stopped")]
    Stopped,
}

impl StorageError {
    /// Whether there is no such object.
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::Store(object_store::Error::NotFound { .. }))
    }

    /// Whether the disk is full.
    pub fn is_full(&self) -> bool {
        let mut cause = Some(self as &(dyn std::error::Error + 'static));
        while let Some(error) = cause {
            if error.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::StorageFull) {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

impl Objects {
    /// Objects in a folder of this machine, which is made when it is first needed. What was written is synced to the disk, file and
    /// folder, before it counts as written.
    pub fn local(folder: PathBuf) -> Self {
        Self(Arc::new(Place { folder, store: OnceCell::new() }))
    }

    async fn store(&self) -> Result<&Arc<dyn ObjectStore>, StorageError> {
        self.0.store.get_or_try_init(|| local::open(&self.0.folder)).await
    }

    /// Begins to write an object, whose size need not be known.
    pub async fn write(&self, key: ObjectKey) -> Result<Writing, StorageError> {
        Ok(Writing::new(self.store().await?.put_multipart(&Path::from(key)).await?))
    }

    /// An object's bytes, or a range of them, as they are read.
    pub async fn read(
        &self,
        key: ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<BoxStream<'static, Result<Bytes, StorageError>>, StorageError> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        let found = self.store().await?.get_opts(&Path::from(key), options).await?;
        Ok(found.into_stream().map_err(StorageError::from).boxed())
    }

    /// An object's size; `None` when there is none.
    pub async fn size(&self, key: ObjectKey) -> Result<Option<u64>, StorageError> {
        match self.store().await?.head(&Path::from(key)).await.map_err(StorageError::from) {
            Ok(found) => Ok(Some(found.size)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes an object away; one that is not there is fine.
    pub async fn delete(&self, key: ObjectKey) -> Result<(), StorageError> {
        self.delete_path(&Path::from(key)).await
    }

    /// Takes something away that was listed.
    pub async fn delete_stored(&self, stored: &Stored) -> Result<(), StorageError> {
        self.delete_path(&Path::from(stored.path.as_str())).await
    }

    async fn delete_path(&self, path: &Path) -> Result<(), StorageError> {
        match self.store().await?.delete(path).await.map_err(StorageError::from) {
            Err(error) if error.is_not_found() => Ok(()),
            outcome => outcome,
        }
    }

    /// Everything that is there, in no order.
    pub async fn list(&self) -> Result<BoxStream<'static, Result<Stored, StorageError>>, StorageError> {
        let listed = self.store().await?.list(None).map_ok(|found| Stored {
            key: ObjectKey::from_path(&found.location),
            path: found.location.to_string(),
            size: found.size,
            written_at: found.last_modified,
        });
        Ok(listed.map_err(StorageError::from).boxed())
    }

    /// What writers that were killed left behind, which no list shows.
    pub async fn leftovers(&self) -> Result<Vec<Leftover>, StorageError> {
        local::leftovers(&self.0.folder).await
    }

    /// How many bytes may still be written; `None` when nobody can tell.
    pub async fn free_bytes(&self) -> Option<u64> {
        self.store().await.ok()?;
        local::free_bytes(&self.0.folder).await
    }
}
