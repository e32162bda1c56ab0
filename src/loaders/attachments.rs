//! Attachments by id, and the attachments of applications.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;

use super::{Batch, BatchError};
use crate::domain::attachment::Attachment;
use crate::domain::ids::{ApplicationId, AttachmentId};
use crate::services::attachments;

/// The files of an application, oldest first, those that were replaced among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AttachmentsOf(pub ApplicationId);

impl Loader<AttachmentsOf> for Batch {
    type Value = Vec<Attachment>;
    type Error = BatchError;

    async fn load(&self, keys: &[AttachmentsOf]) -> Result<HashMap<AttachmentsOf, Self::Value>, BatchError> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found =
            attachments::of_applications_for_many(&self.services, self.actor(), &ids).await.map_err(Arc::new)?;
        Ok(found.into_iter().map(|(id, files)| (AttachmentsOf(id), files)).collect())
    }
}

impl Loader<AttachmentId> for Batch {
    type Value = Attachment;
    type Error = BatchError;

    async fn load(&self, keys: &[AttachmentId]) -> Result<HashMap<AttachmentId, Self::Value>, BatchError> {
        attachments::find_for_many(&self.services, self.actor(), keys).await.map_err(Arc::new)
    }
}
