//! Whole files of this machine, copied, digested and listed: what backups are made of.
//!
//! Everything here blocks, and so runs beside the async threads. A copy is on the disk before it counts as made; its folder's entry is
//! not, until [`Building::finish`](super::Building::finish).

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::local::blocking;
use super::{LongWork, StorageError};

/// How much is read before it is written; also how soon a stop is heard.
const BUFFER: usize = 256 * 1024;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
}

/// Copies a file to where there is none, readable by its owner only, and tells what it holds; `None` when there is no such file.
pub async fn copy(from: PathBuf, to: PathBuf, work: &LongWork) -> Result<Option<Content>, StorageError> {
    let work = work.clone();
    let place = to.clone();
    let read = move |to: &Path| {
        let Some(from) = open(&from)? else { return Ok(None) };
        let mut copy = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
        let content = pour(from, &mut copy, &work)?;
        copy.sync_all()?;
        work.add_file();
        Ok(Some(content))
    };
    blocking(place, read).await.map_err(stopped)
}

/// Reads a file to its end and tells what it holds; `None` when there is no such file.
pub async fn digest(file: PathBuf, work: &LongWork) -> Result<Option<Content>, StorageError> {
    let work = work.clone();
    let read = move |file: &Path| {
        let Some(file) = open(file)? else { return Ok(None) };
        let content = pour(file, &mut std::io::sink(), &work)?;
        work.add_file();
        Ok(Some(content))
    };
    blocking(file, read).await.map_err(stopped)
}

fn open(file: &Path) -> std::io::Result<Option<File>> {
    match File::open(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}

fn pour(mut from: File, to: &mut impl Write, work: &LongWork) -> std::io::Result<Content> {
    let (mut buffer, mut digest, mut size) = (vec![0; BUFFER], Sha256::new(), 0);
    loop {
        if work.is_stopped() {
            return Err(std::io::Error::other(Stopped));
        }
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(Content { size, sha256: digest.finalize().into() });
        }
        digest.update(&buffer[..count]);
        to.write_all(&buffer[..count])?;
        size += count as u64;
        work.add_bytes(count as u64);
    }
}

/// Says through an IO error that nobody wants the result any more.
#[derive(Debug, thiserror::Error)]
#[error("stopped")]
struct Stopped;

fn stopped(error: StorageError) -> StorageError {
    match &error {
        StorageError::Folder { cause, .. } if cause.get_ref().is_some_and(|cause| cause.is::<Stopped>()) => {
            StorageError::Stopped
        }
        _ => error,
    }
}

/// Writes a small new file, readable by its owner only; durably, but for its folder's entry.
pub async fn write_new(file: PathBuf, bytes: Vec<u8>) -> Result<(), StorageError> {
    blocking(file, move |file| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
        file.write_all(&bytes)?;
        file.sync_all()
    })
    .await
}

/// Reads a small file; `None` when there is none.
pub async fn read(file: PathBuf) -> Result<Option<Vec<u8>>, StorageError> {
    blocking(file, |file| match fs::read(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        bytes => bytes.map(Some),
    })
    .await
}

/// A file's size; `None` when there is no such file.
pub async fn size(file: PathBuf) -> Result<Option<u64>, StorageError> {
    let found = blocking(file, |file| match fs::metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        found => found.map(|found| Some(found.len())),
    });
    found.await
}

/// Takes a file away; one that is not there is fine.
pub async fn remove(file: PathBuf) -> Result<(), StorageError> {
    blocking(file, |file| match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    })
    .await
}

/// Makes a folder with those above it, each readable by its owner only.
pub async fn make_folder(folder: PathBuf) -> Result<(), StorageError> {
    blocking(folder, |folder| DirBuilder::new().recursive(true).mode(0o700).create(folder)).await
}

/// Brings a file that somebody else wrote, or a folder's entries, to the disk.
pub async fn sync(path: PathBuf) -> Result<(), StorageError> {
    blocking(path, |path| File::open(path)?.sync_all()).await
}

/// Everything below a folder but folders, by its path from there; nothing where there is no folder.
pub async fn list(folder: PathBuf) -> Result<Vec<String>, StorageError> {
    blocking(folder, |folder| {
        let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
        while let Some(inside) = folders.pop() {
            let entries = match fs::read_dir(&inside) {
                Err(error) if error.kind() == ErrorKind::NotFound && inside == folder => break,
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                let path = entry.path();
                if entry.file_type()?.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(folder).unwrap_or(&path);
                    found.push(name.to_string_lossy().into_owned());
                }
            }
        }
        found.sort();
        Ok(found)
    })
    .await
}

/// Whether this is a file itself, and no link to one.
pub async fn is_file(path: PathBuf) -> Result<bool, StorageError> {
    blocking(path, |path| Ok(fs::symlink_metadata(path)?.is_file())).await
}
