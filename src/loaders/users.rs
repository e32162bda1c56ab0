//! Users by id.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;

use super::{Batch, BatchError};
use crate::domain::ids::UserId;
use crate::domain::person::User;
use crate::services::users;

impl Loader<UserId> for Batch {
    type Value = User;
    type Error = BatchError;

    async fn load(&self, keys: &[UserId]) -> Result<HashMap<UserId, Self::Value>, BatchError> {
        users::users_for_many(&self.services, self.actor(), keys).await.map_err(Arc::new)
    }
}
