//! Review cases by their application.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;

use super::{Batch, BatchError};
use crate::domain::ids::ApplicationId;
use crate::domain::review::ReviewCase;
use crate::services::review;

/// The reviewers' side of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CaseOf(pub ApplicationId);

impl Loader<CaseOf> for Batch {
    type Value = ReviewCase;
    type Error = BatchError;

    async fn load(&self, keys: &[CaseOf]) -> Result<HashMap<CaseOf, Self::Value>, BatchError> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = review::find_for_many(&self.services, self.actor(), &ids).await.map_err(Arc::new)?;
        Ok(found.into_iter().map(|(id, case)| (CaseOf(id), case)).collect())
    }
}
