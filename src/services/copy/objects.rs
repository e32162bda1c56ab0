//! The objects: each that a row names, whole and with the right digest at the target before any row is.

use std::path::{Path, PathBuf};

use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};

use super::{CopyError, Moving, Progress};
use crate::domain::attachment::Attachment;
use crate::storage::{ObjectKey, Objects, Writing};
use crate::store::{View, attachments, copy};

/// Rows that are read together.
const AT_ONCE: u64 = 500;
/// The most lost files that are named.
const MOST_NAMED: usize = 20;
/// After how many objects, or bytes of them, progress is told.
const TOLD_EVERY: (u64, u64) = (100, 50_000_000);

/// What was done with the objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moved {
    /// How many there are.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many of them had to be copied; the others were there.
    pub copied: u64,
}

/// Brings every object to the target that is not there yet. Where both sides have one folder, that is looking at each.
pub(super) async fn copy(moving: &Moving<'_>, snapshot: &View) -> Result<Moved, CopyError> {
    let of = copy::ATTACHMENTS.count(snapshot).await?;
    let (here, there) = (moving.from.config.objects_folder(), moving.to.config.objects_folder());
    if of > 0 && !here.is_dir() {
        return Err(CopyError::NoObjects { folder: here, count: of });
    }
    let (source, target) = (Objects::local(here.clone()), Objects::local(there.clone()));
    let target = (resolved(&here) != resolved(&there)).then_some(&target);
    let (mut moved, mut lost, mut last, mut told) = (Moved::default(), Vec::new(), None, (0, 0));
    loop {
        let rows = attachments::after(&**snapshot, last, AT_ONCE).await?;
        let Some(end) = rows.last() else { break };
        last = Some(end.id);
        for row in &rows {
            match bring(&source, target, row).await? {
                Brought::There => {}
                Brought::Copied => moved.copied += 1,
                Brought::Lost(why) if lost.len() < MOST_NAMED => {
                    lost.push(format!("{} of {}: {why}", row.id, row.application));
                }
                Brought::Lost(_) => return Err(CopyError::Lost(lost)),
            }
            moved.objects += 1;
            moved.bytes += row.size;
            if moved.objects >= told.0 + TOLD_EVERY.0 || moved.bytes >= told.1 + TOLD_EVERY.1 || moved.objects == of {
                told = (moved.objects, moved.bytes);
                moving.tell(Progress::Objects { done: moved.objects, of, bytes: moved.bytes });
            }
        }
    }
    if lost.is_empty() { Ok(moved) } else { Err(CopyError::Lost(lost)) }
}

enum Brought {
    There,
    Copied,
    Lost(String),
}

/// Brings one object along; without a target it only looks at it.
async fn bring(source: &Objects, target: Option<&Objects>, row: &Attachment) -> Result<Brought, CopyError> {
    let key = ObjectKey::Attachment(row.object);
    match target {
        Some(target) if target.size(key).await? == Some(row.size) && pour(target, key, None).await? == digest(row) => {
            return Ok(Brought::There);
        }
        _ => {}
    }
    match source.size(key).await? {
        None => return Ok(Brought::Lost(format!("its {} bytes are missing", row.size))),
        Some(found) if found != row.size => {
            return Ok(Brought::Lost(format!("{found} bytes instead of {}", row.size)));
        }
        Some(_) => {}
    }
    let Some(target) = target else {
        let is_whole = pour(source, key, None).await? == digest(row);
        return Ok(if is_whole { Brought::There } else { altered() });
    };
    let mut writing = target.write(key).await?;
    match pour(source, key, Some(&mut writing)).await {
        Ok(found) if found == digest(row) => {
            writing.finish().await?;
            Ok(Brought::Copied)
        }
        outcome => {
            writing.abort().await?;
            outcome.map(|_| altered())
        }
    }
}

/// Reads an object to its end, writing it elsewhere on the way, and gives its digest.
async fn pour(source: &Objects, key: ObjectKey, mut target: Option<&mut Writing>) -> Result<Vec<u8>, CopyError> {
    let (mut bytes, mut digest) = (source.read(key, None).await?, Sha256::new());
    while let Some(part) = bytes.try_next().await? {
        digest.update(&part);
        if let Some(target) = &mut target {
            target.write(&part).await?;
        }
    }
    Ok(digest.finalize().to_vec())
}

fn digest(row: &Attachment) -> Vec<u8> {
    row.sha256.to_vec()
}

fn altered() -> Brought {
    Brought::Lost("its bytes are not those that were attached (SHA-256)".to_owned())
}

/// The folder itself, by whatever way it was named; one that is not there has only its name.
fn resolved(folder: &Path) -> PathBuf {
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}
