//! Files of evidence (method ②): attaching, taking away, reading.
//!
//! Whoever may not attach is told before a byte of the file is read. The object is durable before its row commits, and a row goes
//! before its object, so that a crash leaves at most an object that nobody names; `objects::sweep` finds those.

use std::collections::HashMap;
use std::ops::Range;

use bytes::Bytes;
use futures_util::stream::BoxStream;

use super::uploads::Upload;
use super::{Failure, Outcome, Services};
use crate::domain::actor::Actor;
use crate::domain::application::Application;
use crate::domain::attachment::Attachment;
use crate::domain::evidence::EvidenceKind;
use crate::domain::facility::Facility;
use crate::domain::ids::{ApplicationId, AttachmentId};
use crate::domain::refusal::Reason;
use crate::policy::{Action, authorise};
use crate::storage::{ObjectKey, StorageError};
use crate::store::audit::{self, Entry};
use crate::store::{ConnectionTrait, Transaction, applications, attachments, facilities};

mod receive;

use receive::{Received, receive};

/// A file that somebody attaches.
pub struct Addition {
    /// To which application.
    pub application: ApplicationId,
    /// The file.
    pub file: Upload,
    /// The one whose place it takes.
    pub replaces: Option<AttachmentId>,
    /// The version that the client saw, when that matters to it.
    pub expected_version: Option<i32>,
}

/// Those of these files that are there for this actor.
pub async fn find_for_many(
    services: &Services,
    actor: &Actor,
    ids: &[AttachmentId],
) -> Outcome<HashMap<AttachmentId, Attachment>> {
    authorise(actor, Action::SeeApplication)?;
    Ok(attachments::find_many(services.database.reader(), actor, ids).await?)
}

/// The files of each of these applications, oldest first; those that were replaced are among them.
pub async fn of_applications_for_many(
    services: &Services,
    actor: &Actor,
    ids: &[ApplicationId],
) -> Outcome<HashMap<ApplicationId, Vec<Attachment>>> {
    authorise(actor, Action::SeeApplication)?;
    Ok(attachments::of_applications(services.database.reader(), actor, ids).await?)
}

/// A file that is there for this actor, to be read.
#[derive(Debug, Clone)]
pub struct Opened {
    /// What is known of it.
    pub attachment: Attachment,
    objects: crate::storage::Objects,
}

impl Opened {
    /// Its bytes, or a range of them, as they are read from the storage.
    pub async fn bytes(&self, range: Option<Range<u64>>) -> Outcome<BoxStream<'static, Result<Bytes, StorageError>>> {
        Ok(self.objects.read(ObjectKey::Attachment(self.attachment.object), range).await?)
    }
}

/// Opens a file to be handed out, which the audit trail keeps. Nothing of it is read yet.
pub async fn open(services: &Services, actor: &Actor, id: AttachmentId) -> Outcome<Opened> {
    authorise(actor, Action::SeeApplication)?;
    services
        .write(|tx| async move {
            let attachment = attachments::find(&*tx, actor, id).await?.ok_or(Reason::NotFound)?;
            record(services, &tx, actor, "take-attachment", &attachment).await?;
            Ok(Opened { attachment, objects: services.objects.clone() })
        })
        .await
}

/// Attaches a file. The same file under the same name, sent again, is the one that is there.
pub async fn add(services: &Services, actor: &Actor, addition: Addition) -> Outcome<(Application, Attachment)> {
    authorise(actor, Action::Apply)?;
    let user = actor.user().ok_or(Reason::Unauthenticated)?;
    let reader = services.database.reader();
    let found = applications::find(reader, actor, addition.application).await?;
    admit(services, reader, actor, found, &addition).await?;
    let at_file = |reason: Reason| reason.at("input.file");
    let seat = services.seats.take(user, &services.config.uploads).map_err(at_file)?;
    let received = receive(services, &addition.file).await?;
    drop(seat);
    let object = received.object;
    let kept = keep(services, actor, &addition, &received).await;
    match &kept {
        Ok((_, attachment)) if attachment.object == object => {}
        // A fault may have come after the commit; the sweep knows.
        Err(Failure::Fault(_)) => {}
        Ok(_) | Err(Failure::Refused(_)) => drop_object(services, object).await,
    }
    kept
}

/// Takes a file away: for good while nobody has judged it, into history when a reviewer may have seen it.
pub async fn remove(
    services: &Services,
    actor: &Actor,
    id: AttachmentId,
    expected_version: Option<i32>,
) -> Outcome<Application> {
    authorise(actor, Action::Apply)?;
    let missing = || Reason::NotFound.at("input.attachmentId");
    let (application, attachment, is_gone) = services
        .write(|tx| async move {
            let of = attachments::find(&*tx, actor, id).await?.ok_or_else(missing)?.application;
            let mut application = applications::find_to_change(&tx, actor, of).await?.ok_or_else(missing)?;
            // Read when nobody else can change it any more.
            let found = attachments::find(&*tx, actor, id).await?;
            let attachment = found.filter(Attachment::is_current).ok_or_else(missing)?;
            let read_at = application.version;
            application.expect_removable(&attachment).map_err(|reason| reason.at("input.attachmentId"))?;
            expect_version(&application, expected_version)?;
            application.version += 1;
            applications::update(&tx, &application, read_at).await?;
            let is_gone = retire(services, &tx, &application, &attachment).await?;
            record(services, &tx, actor, "remove-attachment", &attachment).await?;
            Ok((application, attachment, is_gone))
        })
        .await?;
    if is_gone {
        drop_object(services, attachment.object).await;
    }
    Ok(application)
}

/// What an addition stands on.
struct Ground {
    application: Application,
    facility: Facility,
    /// The application's files that count.
    current: Vec<Attachment>,
    replaced: Option<Attachment>,
}

/// Whether the actor may attach now: asked before the file is read, and again when it is kept.
async fn admit(
    services: &Services,
    conn: &impl ConnectionTrait,
    actor: &Actor,
    found: Option<Application>,
    addition: &Addition,
) -> Outcome<Ground> {
    let at_application = |reason: Reason| reason.at("input.applicationId");
    let mut application = found.ok_or_else(|| at_application(Reason::NotFound))?;
    application.expect_evidence_open().map_err(at_application)?;
    expect_version(&application, addition.expected_version)?;
    application.details.choose_evidence().map_err(at_application)?;
    let facility = facilities::find(conn, actor, application.facility).await?.ok_or(Reason::NotFound)?;
    let all = attachments::of_applications(conn, actor, &[application.id]).await?.remove(&application.id);
    let current: Vec<_> = all.into_iter().flatten().filter(Attachment::is_current).collect();
    let replaced = match addition.replaces {
        None => None,
        Some(id) => {
            let found = current.iter().find(|attachment| attachment.id == id).cloned();
            let found = found.ok_or_else(|| Reason::NotFound.at("input.replaces"))?;
            application.expect_removable(&found).map_err(|reason| reason.at("input.replaces"))?;
            Some(found)
        }
    };
    let max = services.config.uploads.files_per_application;
    if current.len() - usize::from(replaced.is_some()) >= max as usize {
        return Err(Reason::TooManyFiles { max }.at("input.file").into());
    }
    Ok(Ground { application, facility, current, replaced })
}

fn expect_version(application: &Application, expected: Option<i32>) -> Outcome<()> {
    let expected = expected.unwrap_or(application.version);
    Ok(application.expect_version(expected).map_err(|reason| reason.at("input.expectedVersion"))?)
}

/// Writes the row of a file whose object is durable.
async fn keep(
    services: &Services,
    actor: &Actor,
    addition: &Addition,
    received: &Received,
) -> Outcome<(Application, Attachment)> {
    let (application, attachment, gone) = services
        .write(|tx| async move {
            let found = applications::find_to_change(&tx, actor, addition.application).await?;
            let Ground { mut application, facility, current, replaced } =
                admit(services, &*tx, actor, found, addition).await?;
            let Received { object, name, file_type, size, sha256 } = received;
            let is_same = |known: &&Attachment| known.sha256 == *sha256 && known.file_name == *name;
            if let Some(known) = current.iter().find(is_same) {
                let Some(replaced) = replaced.filter(|replaced| replaced.id != known.id) else {
                    let application = super::applications::reload(&tx, actor, application.id).await?;
                    return Ok((application, known.clone(), None));
                };
                // It takes the other one's place all the same.
                let read_at = application.version;
                application.version += 1;
                applications::update(&tx, &application, read_at).await?;
                let gone = retire(services, &tx, &application, &replaced).await?.then_some(replaced.object);
                record(services, &tx, actor, "remove-attachment", &replaced).await?;
                return Ok((application, known.clone(), gone));
            }
            let attachment = Attachment {
                id: services.world.id(),
                application: application.id,
                facility: facility.id,
                kind: EvidenceKind::of(facility.kind),
                file_name: name.clone(),
                file_type: *file_type,
                size: *size,
                sha256: *sha256,
                object: *object,
                uploaded_by: actor.user().ok_or(Reason::Unauthenticated)?,
                uploaded_at: services.world.now(),
                replaced_at: None,
            };
            let read_at = application.version;
            application.version += 1;
            applications::update(&tx, &application, read_at).await?;
            attachments::insert(&tx, &attachment).await?;
            let mut gone = None;
            if let Some(replaced) = replaced {
                gone = retire(services, &tx, &application, &replaced).await?.then_some(replaced.object);
            }
            record(services, &tx, actor, "add-attachment", &attachment).await?;
            Ok((application, attachment, gone))
        })
        .await?;
    if let Some(gone) = gone {
        drop_object(services, gone).await;
    }
    Ok((application, attachment))
}

/// Lets a file count no longer; `true` when its row is gone, so that its object can go.
async fn retire(
    services: &Services,
    tx: &Transaction,
    application: &Application,
    attachment: &Attachment,
) -> Outcome<bool> {
    if attachment.was_sent_with(application) {
        attachments::replace(tx, attachment.id, services.world.now()).await?;
        return Ok(false);
    }
    attachments::delete(tx, attachment.id).await?;
    Ok(true)
}

/// The audit row: which file, of what kind and size. Its name may name a person and stays out.
async fn record(
    services: &Services,
    tx: &Transaction,
    actor: &Actor,
    action: &'static str,
    attachment: &Attachment,
) -> Outcome<()> {
    let Attachment { application, file_type, size, .. } = attachment;
    let detail = serde_json::json!({ "application": application, "type": file_type.extension(), "size": size });
    let subject = attachment.id.to_string();
    Ok(audit::record(tx, &services.world, Entry { action, subject, detail, actor }).await?)
}

/// Takes away an object that no row names. What cannot be taken away now is left to the sweep.
async fn drop_object(services: &Services, object: uuid::Uuid) {
    if let Err(error) = services.objects.delete(ObjectKey::Attachment(object)).await {
        tracing::warn!(%object, cause = %error, "an object is left over; `madoguchi objects sweep` takes it away");
    }
}
