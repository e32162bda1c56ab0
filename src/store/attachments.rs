//! Attachments: what is known of each file. Their bytes are in the storage, and no statement here waits for them.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entities::attachments::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};
use uuid::Uuid;

use super::columns::Stored;
use super::keys::Keys;
use super::{Transaction, scope};
use crate::domain::actor::Actor;
use crate::domain::attachment::{Attachment, FileType};
use crate::domain::evidence::EvidenceKind;
use crate::domain::ids::{ApplicationId, AttachmentId};

/// One file, when the actor may see it.
pub async fn find(conn: &impl ConnectionTrait, actor: &Actor, id: AttachmentId) -> Result<Option<Attachment>, DbErr> {
    Ok(find_many(conn, actor, &[id]).await?.remove(&id))
}

/// Those of these files that the actor may see.
pub async fn find_many(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    ids: &[AttachmentId],
) -> Result<HashMap<AttachmentId, Attachment>, DbErr> {
    let condition = scope::attachments(actor).add(Keys::ids(conn, ids).hold(Column::Id));
    let rows = Entity::find().filter(condition).all(conn).await?;
    rows.into_iter().map(|row| attachment(row).map(|found| (found.id, found))).collect()
}

/// The files of each of these applications in the order in which they came, those that no longer count among them.
pub async fn of_applications(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    applications: &[ApplicationId],
) -> Result<HashMap<ApplicationId, Vec<Attachment>>, DbErr> {
    let rows = Entity::find()
        .filter(Keys::ids(conn, applications).hold(Column::ApplicationId))
        .filter(scope::attachments(actor))
        .order_by_asc(Column::ApplicationId)
        .order_by_asc(Column::Id)
        .all(conn)
        .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        found.entry(row.application_id).or_default().push(attachment(row)?);
    }
    Ok(found)
}

/// How many files of each of these applications count, whoever asks: what their readiness is judged by. Those that have none are not told.
pub async fn counts(
    conn: &impl ConnectionTrait,
    applications: &[ApplicationId],
) -> Result<HashMap<ApplicationId, u32>, DbErr> {
    let rows: Vec<(ApplicationId, i64)> = Entity::find()
        .select_only()
        .column(Column::ApplicationId)
        .column_as(Column::Id.count(), "count")
        .filter(Keys::ids(conn, applications).hold(Column::ApplicationId))
        .filter(Column::ReplacedAt.is_null())
        .group_by(Column::ApplicationId)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|(id, count)| (id, u32::try_from(count).unwrap_or(u32::MAX))).collect())
}

/// Writes a new one.
pub async fn insert(tx: &Transaction, attachment: &Attachment) -> Result<(), DbErr> {
    row(attachment)?.insert(&**tx).await.map(drop)
}

/// Lets one count no longer, and keeps it.
pub async fn replace(tx: &Transaction, id: AttachmentId, now: DateTime<Utc>) -> Result<(), DbErr> {
    let at = Expr::value(Some(now));
    Entity::update_many().col_expr(Column::ReplacedAt, at).filter(Column::Id.eq(id)).exec(&**tx).await.map(drop)
}

/// Takes one away.
pub async fn delete(tx: &Transaction, id: AttachmentId) -> Result<(), DbErr> {
    Entity::delete_by_id(id).exec(&**tx).await.map(drop)
}

/// Those of these objects that a row names; for the sweep, which asks for nobody.
pub async fn named(conn: &impl ConnectionTrait, objects: &[Uuid]) -> Result<HashSet<Uuid>, DbErr> {
    let rows =
        Entity::find().select_only().column(Column::Object).filter(Keys::ids(conn, objects).hold(Column::Object));
    Ok(rows.into_tuple::<Uuid>().all(conn).await?.into_iter().collect())
}

/// The next files after an id, in the order of ids; for the sweep, which asks for nobody.
pub async fn after(
    conn: &impl ConnectionTrait,
    id: Option<AttachmentId>,
    count: u64,
) -> Result<Vec<Attachment>, DbErr> {
    let mut rows = Entity::find().order_by_asc(Column::Id).limit(count);
    if let Some(id) = id {
        rows = rows.filter(Column::Id.gt(id));
    }
    rows.all(conn).await?.into_iter().map(attachment).collect()
}

/// What a row says of its object: as much as a backup needs, of whatever version the schema is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// The file.
    pub id: AttachmentId,
    /// Its application.
    pub application: ApplicationId,
    /// The object's key.
    pub object: Uuid,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
}

/// The objects of the next files after an id, in the order of ids; for backups, which ask for nobody.
pub async fn objects_after(
    conn: &impl ConnectionTrait,
    id: Option<AttachmentId>,
    count: u64,
) -> Result<Vec<Named>, DbErr> {
    let columns = [Column::Id, Column::ApplicationId, Column::Object, Column::Size, Column::Sha256];
    let mut rows = Entity::find().select_only().columns(columns).order_by_asc(Column::Id).limit(count);
    if let Some(id) = id {
        rows = rows.filter(Column::Id.gt(id));
    }
    let rows: Vec<(AttachmentId, ApplicationId, Uuid, i64, Vec<u8>)> = rows.into_tuple().all(conn).await?;
    let named = rows.into_iter().map(|(id, application, object, size, sha256)| {
        let misfit = |column: &str| DbErr::Type(format!("{column} of {id} does not fit"));
        let size = u64::try_from(size).map_err(|_| misfit("size"))?;
        let sha256 = sha256.as_slice().try_into().map_err(|_| misfit("sha256"))?;
        Ok(Named { id, application, object, size, sha256 })
    });
    named.collect()
}

fn attachment(row: Model) -> Result<Attachment, DbErr> {
    let misfit = |column: &str| DbErr::Type(format!("{column} of {} does not fit", row.id));
    Ok(Attachment {
        id: row.id,
        application: row.application_id,
        facility: row.facility_id,
        kind: EvidenceKind::from_text(&row.kind)?,
        file_type: FileType::from_text(&row.file_type)?,
        size: u64::try_from(row.size).map_err(|_| misfit("size"))?,
        sha256: row.sha256.as_slice().try_into().map_err(|_| misfit("sha256"))?,
        file_name: row.file_name,
        object: row.object,
        uploaded_by: row.uploaded_by,
        uploaded_at: row.uploaded_at,
        replaced_at: row.replaced_at,
    })
}

fn row(attachment: &Attachment) -> Result<ActiveModel, DbErr> {
    Ok(ActiveModel {
        id: Set(attachment.id),
        application_id: Set(attachment.application),
        facility_id: Set(attachment.facility),
        kind: Set(attachment.kind.to_text().to_owned()),
        file_name: Set(attachment.file_name.clone()),
        file_type: Set(attachment.file_type.to_text().to_owned()),
        size: Set(i64::try_from(attachment.size).map_err(|error| DbErr::Type(error.to_string()))?),
        sha256: Set(attachment.sha256.to_vec()),
        object: Set(attachment.object),
        uploaded_by: Set(attachment.uploaded_by),
        uploaded_at: Set(attachment.uploaded_at),
        replaced_at: Set(attachment.replaced_at),
    })
}
