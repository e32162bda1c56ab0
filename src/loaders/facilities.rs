//! Facilities by id, how far each has come, and where each stands with method ①.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;

use super::{Batch, BatchError};
use crate::domain::facility::Facility;
use crate::domain::ids::FacilityId;
use crate::domain::verification::AttemptStanding;
use crate::services::facilities::{self, Progress};
use crate::services::verification;

/// How far a facility has come with its start-of-use application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProgressOf(pub FacilityId);

/// Where a facility stands with method ①.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StandingOf(pub FacilityId);

impl Loader<FacilityId> for Batch {
    type Value = Facility;
    type Error = BatchError;

    async fn load(&self, keys: &[FacilityId]) -> Result<HashMap<FacilityId, Self::Value>, BatchError> {
        facilities::find_for_many(&self.services, self.actor(), keys).await.map_err(Arc::new)
    }
}

impl Loader<ProgressOf> for Batch {
    type Value = Progress;
    type Error = BatchError;

    async fn load(&self, keys: &[ProgressOf]) -> Result<HashMap<ProgressOf, Self::Value>, BatchError> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = facilities::progress_for_many(&self.services, self.actor(), &ids).await.map_err(Arc::new)?;
        Ok(found.into_iter().map(|(id, progress)| (ProgressOf(id), progress)).collect())
    }
}

impl Loader<StandingOf> for Batch {
    type Value = AttemptStanding;
    type Error = BatchError;

    async fn load(&self, keys: &[StandingOf]) -> Result<HashMap<StandingOf, Self::Value>, BatchError> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = verification::standing_for_many(&self.services, self.actor(), &ids).await.map_err(Arc::new)?;
        Ok(found.into_iter().map(|(id, standing)| (StandingOf(id), standing)).collect())
    }
}
