//! Accounts by id, and the accounts of applications.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;

use super::{Batch, BatchError};
use crate::domain::account::EligibilityAccount;
use crate::domain::ids::{ApplicationId, EligibilityAccountId};
use crate::services::accounts;

/// The accounts that were issued for an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountsOf(pub ApplicationId);

impl Loader<AccountsOf> for Batch {
    type Value = Vec<EligibilityAccount>;
    type Error = BatchError;

    async fn load(&self, keys: &[AccountsOf]) -> Result<HashMap<AccountsOf, Self::Value>, BatchError> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = accounts::of_applications_for_many(&self.services, self.actor(), &ids).await.map_err(Arc::new)?;
        Ok(found.into_iter().map(|(id, accounts)| (AccountsOf(id), accounts)).collect())
    }
}

impl Loader<EligibilityAccountId> for Batch {
    type Value = EligibilityAccount;
    type Error = BatchError;

    async fn load(
        &self,
        keys: &[EligibilityAccountId],
    ) -> Result<HashMap<EligibilityAccountId, Self::Value>, BatchError> {
        accounts::find_for_many(&self.services, self.actor(), keys).await.map_err(Arc::new)
    }
}
