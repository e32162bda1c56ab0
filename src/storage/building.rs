//! A folder that is made beside its place, under a name that says so, and takes its place when it is whole.
//!
//! Whatever interrupts the work, a folder with the final name is a finished one.

use std::fs::{self, DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::StorageError;
use super::local::{blocking, free_bytes};

/// What the name of an unfinished folder ends with.
pub const UNFINISHED: &str = ".unfinished";
/// How often a folder that somebody still writes into is tried to be taken away.
const TRIES: u32 = 50;

/// A folder under way. End it by [`Building::finish`] or [`Building::give_up`].
#[derive(Debug)]
pub struct Building {
    path: PathBuf,
    place: PathBuf,
}

/// Why a folder cannot be made in a place.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Something is there.
    #[error("{0} is there and is no empty folder; nothing is ever written over what is there")]
    Taken(PathBuf),
    /// Another program makes it now, or was stopped while it did.
    #[error(
        "{0} is there: the same is under way, or was killed in the middle; when nothing is under way, delete it and begin again: \
         rm -r '{0}'"
    )]
    Unfinished(PathBuf),
    /// The folder above is missing.
    #[error("there is no folder {0} to make it in; a disk may not be mounted")]
    NoFolder(PathBuf),
    /// A disk's own folder cannot be replaced.
    #[error("{0} is where a disk is mounted and cannot take another folder's place; name a folder in it")]
    Mount(PathBuf),
    /// The disk is too small.
    #[error("{place} has room for {free} bytes, and {needed} are needed")]
    NoRoom {
        /// The folder above.
        place: PathBuf,
        /// Bytes that can be written.
        free: u64,
        /// Bytes that will be.
        needed: u64,
    },
    /// The file system's own account of it.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Building {
    /// Makes the unfinished folder. Its place may be an empty folder.
    pub async fn begin(place: &Path) -> Result<Self, PlaceError> {
        blocking(place.to_owned(), begin).await?
    }

    /// Where files are to be put.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Refuses a disk that has no room for so many bytes.
    pub async fn expect_room(&self, needed: u64) -> Result<(), PlaceError> {
        match free_bytes(&self.path).await {
            Some(free) if free < needed => {
                Err(PlaceError::NoRoom { place: folder_above(&self.place).to_owned(), free, needed })
            }
            _ => Ok(()),
        }
    }

    /// Gives it its name, durably. Its folders are synced here; its files have to be already.
    pub async fn finish(&self) -> Result<(), StorageError> {
        let place = self.place.clone();
        blocking(self.path.clone(), move |path| {
            sync_folders(path)?;
            fs::rename(path, &place)?;
            File::open(folder_above(&place))?.sync_all()
        })
        .await
    }

    /// Takes it away with all that is in it.
    pub async fn give_up(self) -> Result<(), StorageError> {
        let remove = |path: &Path| {
            for _ in 1..TRIES {
                match fs::remove_dir_all(path) {
                    Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {
                        std::thread::sleep(Duration::from_millis(20));
                    }
                    done => return done,
                }
            }
            fs::remove_dir_all(path)
        };
        blocking(self.path, remove).await
    }
}

fn begin(place: &Path) -> std::io::Result<Result<Building, PlaceError>> {
    // A folder that is there is named in full, so that `.` has a name that the other can stand beside.
    let place = if place.exists() { fs::canonicalize(place)? } else { place.to_owned() };
    let above = folder_above(&place);
    let Some(name) = place.file_name() else { return Ok(Err(PlaceError::Taken(place))) };
    if !above.is_dir() {
        return Ok(Err(PlaceError::NoFolder(above.to_owned())));
    }
    if fs::symlink_metadata(&place).is_ok() {
        let is_empty = place.is_dir() && fs::read_dir(&place)?.next().is_none();
        if !is_empty {
            return Ok(Err(PlaceError::Taken(place)));
        }
        if fs::metadata(&place)?.dev() != fs::metadata(above)?.dev() {
            return Ok(Err(PlaceError::Mount(place)));
        }
    }
    let mut unfinished = name.to_owned();
    unfinished.push(UNFINISHED);
    let path = above.join(unfinished);
    match DirBuilder::new().mode(0o700).create(&path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Err(PlaceError::Unfinished(path))),
        made => made.map(|()| Ok(Building { path, place })),
    }
}

fn folder_above(place: &Path) -> &Path {
    // The folder of a bare name is the working one.
    place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_folders(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder has its name once it is whole; one that is given up, or whose place is taken, leaves everything as it was.
    #[tokio::test]
    async fn a_folder_is_whole_or_not_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("made");
        let building = Building::begin(&place).await.expect("a beginning");
        assert!(building.path().ends_with("made.unfinished"));
        assert!(matches!(Building::begin(&place).await, Err(PlaceError::Unfinished(_))));
        fs::write(building.path().join("a"), "a").expect("a file");
        building.give_up().await.expect("an end");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);

        fs::create_dir(&place).expect("an empty folder is no obstacle");
        let building = Building::begin(&place).await.expect("a beginning");
        fs::write(building.path().join("a"), "a").expect("a file");
        building.expect_room(1).await.expect("room");
        assert!(matches!(building.expect_room(u64::MAX).await, Err(PlaceError::NoRoom { .. })));
        building.finish().await.expect("an end");
        assert_eq!(fs::read(place.join("a")).expect("the file"), b"a");
        assert!(matches!(Building::begin(&place).await, Err(PlaceError::Taken(_))));
        assert!(matches!(Building::begin(&folder.path().join("no/way")).await, Err(PlaceError::NoFolder(_))));
    }
}
