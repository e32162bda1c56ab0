//! Applications by id and by number, their histories, and the decisions on them.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use async_graphql::dataloader::Loader;

use super::{Batch, BatchError};
use crate::domain::application::Application;
use crate::domain::event::ApplicationEvent;
use crate::domain::ids::{ApplicationId, FacilityId};
use crate::domain::refusal::Refusal;
use crate::domain::review::Decision;
use crate::services::{applications, facilities};

/// An application of a facility by its reception number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ApplicationNumbered(pub FacilityId, pub String);

/// What happened to an application, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HistoryOf(pub ApplicationId);

/// The decisions on an application, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DecisionsOn(pub ApplicationId);

/// What keeps an application, as it was read, from being sent.
#[derive(Debug, Clone)]
pub struct ReadinessOf(pub Arc<Application>);

impl PartialEq for ReadinessOf {
    fn eq(&self, other: &Self) -> bool {
        (self.0.id, self.0.version) == (other.0.id, other.0.version)
    }
}

impl Eq for ReadinessOf {}

impl Hash for ReadinessOf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0.id, self.0.version).hash(state);
    }
}

impl Loader<ReadinessOf> for Batch {
    type Value = Vec<Refusal>;
    type Error = BatchError;

    async fn load(&self, keys: &[ReadinessOf]) -> Result<HashMap<ReadinessOf, Self::Value>, BatchError> {
        let read: Vec<_> = keys.iter().map(|key| &*key.0).collect();
        let judged = applications::readiness_for_many(&self.services, self.actor(), &read).await.map_err(Arc::new)?;
        Ok(keys.iter().cloned().zip(judged).collect())
    }
}

impl Loader<ApplicationId> for Batch {
    type Value = Application;
    type Error = BatchError;

    async fn load(&self, keys: &[ApplicationId]) -> Result<HashMap<ApplicationId, Self::Value>, BatchError> {
        applications::find_for_many(&self.services, self.actor(), keys).await.map_err(Arc::new)
    }
}

impl Loader<ApplicationNumbered> for Batch {
    type Value = Application;
    type Error = BatchError;

    async fn load(
        &self,
        keys: &[ApplicationNumbered],
    ) -> Result<HashMap<ApplicationNumbered, Self::Value>, BatchError> {
        let names: Vec<_> =
            keys.iter().map(|ApplicationNumbered(facility, number)| (*facility, number.clone())).collect();
        let found = facilities::applications_by_number_for_many(&self.services, self.actor(), &names).await;
        let key = |(facility, number)| ApplicationNumbered(facility, number);
        Ok(found.map_err(Arc::new)?.into_iter().map(|(name, application)| (key(name), application)).collect())
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
