//! 添付ファイル: the fields of a file, and the mutations that bring and take them.

use std::fmt::Write;

use async_graphql::{Context, ID, Object, Result};
use chrono::{DateTime, Utc};

use super::context::{Ask, asked, bring_last};
use super::download::sign;
use super::errors::{error, refusals};
use super::ids;
use crate::domain::application::Application as Loaded;
use crate::domain::download::Download;
use crate::loaders::AttachmentsOf;
use crate::policy::Action;
use crate::schema::attachment::{
    AddAttachmentInput, AddAttachmentPayload, Attachment, FileType, RemoveAttachmentInput, RemoveAttachmentPayload,
};
use crate::schema::download::SignedDownload;
use crate::schema::form::EvidenceKind;
use crate::schema::scalars::BigInt;
use crate::services::attachments::{self, Addition};
use crate::services::uploads::{Upload, Uploads};

/// Mutations of files.
#[derive(Default)]
pub struct AttachmentMutation;

#[Object]
impl AttachmentMutation {
    /// Attaches a file of evidence (添付ファイルを追加), which chooses method 2 where no method was chosen. Send it as
    /// multipart/form-data. What is refused or breaks off leaves nothing.
    async fn add_attachment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which file, and where to.")] input: AddAttachmentInput,
    ) -> Result<AddAttachmentPayload> {
        let AddAttachmentInput { application_id, file, replaces, expected_version } = input;
        let added = async {
            let (services, actor) = asked(ctx, Action::Apply)?;
            let application = ids::read(&application_id, "input.applicationId")?;
            let replaces = replaces.map(|id| ids::read(&id, "input.replaces")).transpose()?;
            let file = Upload { part: file.0, files: ctx.data_opt::<Uploads>().cloned() };
            attachments::add(services, actor, Addition { application, file, replaces, expected_version }).await
        };
        Ok(match refusals(ctx, added.await)? {
            Ok((application, attachment)) => AddAttachmentPayload {
                attachment: Some(Attachment(attachment)),
                application: Some(application.into()),
                user_errors: Vec::new(),
            },
            Err(user_errors) => AddAttachmentPayload { attachment: None, application: None, user_errors },
        })
    }

    /// Takes a file away while the application is a draft, or while its evidence is open for correction.
    async fn remove_attachment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which file.")] input: RemoveAttachmentInput,
    ) -> Result<RemoveAttachmentPayload> {
        let RemoveAttachmentInput { attachment_id, expected_version } = input;
        let removed = async {
            let (services, actor) = asked(ctx, Action::Apply)?;
            let id = ids::read(&attachment_id, "input.attachmentId")?;
            attachments::remove(services, actor, id, expected_version).await
        };
        Ok(match refusals(ctx, removed.await)? {
            Ok(application) => {
                RemoveAttachmentPayload { application: Some(application.into()), user_errors: Vec::new() }
            }
            Err(user_errors) => RemoveAttachmentPayload { application: None, user_errors },
        })
    }
}

/// 添付ファイル: a file that was attached to an application as evidence (method 2).
#[Object]
impl Attachment {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Which document it is taken for; it follows from the kind of facility.
    async fn kind(&self) -> EvidenceKind {
        self.0.kind.into()
    }

    /// Its name, as its sender's computer calls it, cleaned: one line of at most 100 characters, never a path.
    async fn file_name(&self) -> &str {
        &self.0.file_name
    }

    /// Its type, told by its content.
    #[graphql(name = "type")]
    async fn file_type(&self) -> FileType {
        self.0.file_type.into()
    }

    /// Its size in bytes.
    async fn size(&self) -> BigInt {
        BigInt(self.0.size)
    }

    /// The SHA-256 of its bytes, in hexadecimal.
    async fn sha256(&self) -> String {
        self.0.sha256.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// An address to fetch it from. Ranges can be asked for, so that a download that breaks off goes on where it was.
    async fn download(&self, ctx: &Context<'_>) -> Result<SignedDownload> {
        sign(ctx, Download::Attachment(self.0.id))
    }

    /// When it was attached.
    async fn uploaded_at(&self) -> DateTime<Utc> {
        self.0.uploaded_at
    }

    /// When it was replaced or removed in a correction; null while it counts.
    async fn replaced_at(&self) -> Option<DateTime<Utc>> {
        self.0.replaced_at
    }
}

/// The files of an application, oldest first.
pub(super) async fn of(ctx: &Context<'_>, application: &Loaded, include_replaced: bool) -> Result<Vec<Attachment>> {
    let loaded =
        ctx.loaders()?.load_one(AttachmentsOf(application.id)).await.map_err(|failure| error(ctx, &failure))?;
    let files = loaded.into_iter().flatten().filter(|file| include_replaced || file.is_current());
    bring_last(ctx, files.map(Attachment).collect())
}
