//! One file from the wire into the storage, looked at and digested on the way. Memory does not grow with it.

use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::attachment::FileType;
use crate::domain::attachment::content::Inspector;
use crate::domain::attachment::name;
use crate::domain::ids::{Id, kind};
use crate::domain::refusal::Reason;
use crate::services::uploads::{IncomingFile, Upload};
use crate::services::{Failure, Outcome, Services};
use crate::storage::{ObjectKey, Writing};

/// A file whose object is durable, and which no row names yet.
pub(super) struct Received {
    pub(super) object: Uuid,
    pub(super) name: String,
    pub(super) file_type: FileType,
    pub(super) size: u64,
    pub(super) sha256: [u8; 32],
}

/// Takes a file in. What is refused, or breaks off, leaves no object.
pub(super) async fn receive(services: &Services, upload: &Upload) -> Outcome<Received> {
    let at_file = |reason: Reason| Failure::from(reason.at("input.file"));
    let files = upload.files.as_ref().ok_or_else(|| at_file(Reason::FileExpected))?;
    expect_room(services).await?;
    let mut file = files.open(&upload.part).await.map_err(|broken| at_file(broken.into()))?;
    let name = file.name.as_deref().ok_or(Reason::FileNameMissing).and_then(name::clean).map_err(at_file)?;
    let id: Id<kind::Attachment> = services.world.id();
    let mut writing = services.objects.write(ObjectKey::Attachment(id.uuid())).await?;
    let max = services.config.uploads.max_file_size;
    let poured = pour(&mut file, &mut writing, max).await.and_then(|(inspector, sha256)| {
        let size = inspector.size();
        let file_type = inspector.finish().map_err(at_file)?;
        name::expect_extension(&name, file_type).map_err(at_file)?;
        Ok((file_type, size, sha256))
    });
    match poured {
        Ok((file_type, size, sha256)) => {
            writing.finish().await?;
            Ok(Received { object: id.uuid(), name, file_type, size, sha256 })
        }
        Err(failure) => {
            if let Err(error) = writing.abort().await {
                tracing::warn!(cause = %error, "an upload that was given up left something behind");
            }
            Err(failure)
        }
    }
}

/// Pours the bytes over, until the last, the first that cannot be, or the first too many.
async fn pour(file: &mut IncomingFile, writing: &mut Writing, max: u64) -> Outcome<(Inspector, [u8; 32])> {
    let at_file = |reason: Reason| Failure::from(reason.at("input.file"));
    let (mut inspector, mut digest) = (Inspector::default(), Sha256::new());
    while let Some(bytes) = file.bytes.next().await {
        let bytes = bytes.map_err(|broken| at_file(broken.into()))?;
        inspector.take(&bytes).map_err(at_file)?;
        if inspector.size() > max {
            return Err(at_file(Reason::FileTooLarge { max }));
        }
        digest.update(&bytes);
        writing.write(&bytes).await?;
    }
    Ok((inspector, digest.finalize().into()))
}

/// Refuses while the disk has less room than must stay free once the largest file of everybody who sends one now is on it.
async fn expect_room(services: &Services) -> Outcome<()> {
    let limits = &services.config.uploads;
    let coming = limits.max_file_size.saturating_mul(services.seats.taken().into());
    match services.objects.free_bytes().await {
        Some(free) if free < limits.free_space.saturating_add(coming) => {
            tracing::error!(free, coming, "files are refused: the disk for objects is nearly full");
            Err(Reason::StorageFull.at("input.file").into())
        }
        _ => Ok(()),
    }
}
