//! The sweep: objects that no row names, rows whose object is missing, and what killed writers left behind.
//!
//! A crash can leave the first and the last; the second would be a fault of ours or of the disk, so that nothing is ever done about
//! it but to say so. What is younger than the limit may still be on its way in and is left alone.

use std::collections::HashSet;

use chrono::{DateTime, Duration, Utc};
use futures_util::{StreamExt, TryStreamExt};
use uuid::Uuid;

use super::{Outcome, Services};
use crate::domain::actor::Actor;
use crate::domain::ids::{ApplicationId, AttachmentId};
use crate::policy::{Action, authorise};
use crate::storage::{ObjectKey, Stored};
use crate::store::attachments;

/// Objects and rows that are looked at together.
const AT_ONCE: usize = 500;

/// What to do.
#[derive(Debug, Clone, Copy)]
pub struct Sweep {
    /// Objects younger than this are left alone.
    pub older_than: Duration,
    /// Whether to say only what would be done.
    pub dry_run: bool,
}

/// What a sweep found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Objects that were looked at.
    pub objects: u64,
    /// Rows that were looked at.
    pub rows: u64,
    /// Objects that no row names, or that nobody finished, by their paths; taken away unless it was a dry run.
    pub unnamed: Vec<String>,
    /// Bytes that those take, or took.
    pub unnamed_bytes: u64,
    /// Objects that no row names and that are too young to tell.
    pub young: u64,
    /// Files of the gateway's folder that are none of its objects.
    pub foreign: Vec<String>,
    /// Rows whose object is missing or has another size: evidence that is lost.
    pub lost: Vec<Lost>,
}

/// A row whose object is not there as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The file.
    pub attachment: AttachmentId,
    /// Its application.
    pub application: ApplicationId,
    /// The object's size; `None` when it is missing.
    pub found: Option<u64>,
    /// The size that it should have.
    pub expected: u64,
}

/// Sweeps, and tells how far it has come after every few hundred.
pub async fn sweep(
    services: &Services,
    actor: &Actor,
    sweep: Sweep,
    progress: &mut (dyn FnMut(&Swept) + Send),
) -> Outcome<Swept> {
    authorise(actor, Action::SweepObjects)?;
    let mut swept = Swept::default();
    let before = services.world.now() - sweep.older_than;
    leftovers(services, sweep, before, &mut swept).await?;
    let mut listed = services.objects.list().await?.try_chunks(AT_ONCE);
    while let Some(objects) = listed.next().await {
        look_at_objects(services, sweep, before, &objects.map_err(|error| error.1)?, &mut swept).await?;
        progress(&swept);
    }
    let mut last = None;
    loop {
        let rows = attachments::after(services.database.reader(), last, AT_ONCE as u64).await?;
        let Some(end) = rows.last() else { break };
        last = Some(end.id);
        for row in rows {
            swept.rows += 1;
            let found = services.objects.size(ObjectKey::Attachment(row.object)).await?;
            // A row that was taken away meanwhile took its object along.
            let is_off = found != Some(row.size);
            if is_off && !attachments::named(services.database.reader(), &[row.object]).await?.is_empty() {
                let (attachment, application, expected) = (row.id, row.application, row.size);
                swept.lost.push(Lost { attachment, application, found, expected });
            }
        }
        progress(&swept);
    }
    Ok(swept)
}

async fn leftovers(services: &Services, sweep: Sweep, before: DateTime<Utc>, swept: &mut Swept) -> Outcome<()> {
    for leftover in services.objects.leftovers().await? {
        if leftover.written_at > before {
            swept.young += 1;
            continue;
        }
        swept.unnamed.push(leftover.name());
        swept.unnamed_bytes += leftover.size;
        if !sweep.dry_run {
            leftover.delete().await?;
        }
    }
    Ok(())
}

async fn look_at_objects(
    services: &Services,
    sweep: Sweep,
    before: DateTime<Utc>,
    objects: &[Stored],
    swept: &mut Swept,
) -> Outcome<()> {
    let uuid = |stored: &Stored| stored.key.map(|ObjectKey::Attachment(uuid)| uuid);
    let uuids: Vec<Uuid> = objects.iter().filter_map(uuid).collect();
    let named: HashSet<Uuid> = attachments::named(services.database.reader(), &uuids).await?;
    for stored in objects {
        swept.objects += 1;
        match uuid(stored) {
            None => swept.foreign.push(stored.path.clone()),
            Some(uuid) if named.contains(&uuid) => {}
            Some(_) if stored.written_at > before => swept.young += 1,
            Some(_) => {
                swept.unnamed.push(stored.path.clone());
                swept.unnamed_bytes += stored.size;
                if !sweep.dry_run {
                    services.objects.delete_stored(stored).await?;
                }
            }
        }
    }
    Ok(())
}
