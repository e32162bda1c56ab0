//! Applications by id, their histories, and the decisions on them.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;

use super::{Batch, BatchError};
use crate::domain::application::Application;
use crate::domain::event::ApplicationEvent;
use crate::domain::ids::ApplicationId;
use crate::domain::review::Decision;
use crate::services::applications;

/// What happened to an application, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HistoryOf(pub ApplicationId);

/// The decisions on an application, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DecisionsOn(pub ApplicationId);

impl Loader<ApplicationId> for Batch {
    type Value = Application;
    type Error = BatchError;

    async fn load(&self, keys: &[ApplicationId]) -> Result<HashMap<ApplicationId, Self::Value>, BatchError> {
        applications::find_for_many(&self.services, self.actor(), keys).await.map_err(Arc::new)
    }
}

impl Loader<HistoryOf> for Batch {
    type Value = Vec<ApplicationEvent>;
    type Error = BatchError;

    async fn load(&self, keys: &[HistoryOf]) -> Result<HashMap<HistoryOf, Self::Value>, BatchError> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = applications::history_for_many(&self.services, self.actor(), &ids).await.map_err(Arc::new)?;
        Ok(found.into_iter().map(|(id, events)| (HistoryOf(id), events)).collect())
    }
}

impl Loader<DecisionsOn> for Batch {
    type Value = Vec<Decision>;
    type Error = BatchError;

    async fn load(&self, keys: &[DecisionsOn]) -> Result<HashMap<DecisionsOn, Self::Value>, BatchError> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = applications::decisions_for_many(&self.services, self.actor(), &ids).await.map_err(Arc::new)?;
        Ok(found.into_iter().map(|(id, decisions)| (DecisionsOn(id), decisions)).collect())
    }
}
