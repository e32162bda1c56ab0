//! Pages of lists inside lists: the facilities of many users, the applications and accounts of many facilities, and how many there are.
//!
//! Keys that ask for the same page of different users or facilities are one look-up.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use async_graphql::dataloader::Loader;

use super::{Batch, BatchError};
use crate::domain::account::EligibilityAccount;
use crate::domain::application::{Application, ApplicationFilter, ApplicationKey};
use crate::domain::facility::Facility;
use crate::domain::ids::{FacilityId, UserId};
use crate::domain::page::{Page, PageRequest};
use crate::services::{accounts, facilities};

/// A page of the facilities that a user holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FacilityPageOf(pub UserId, pub PageRequest<FacilityId>);

/// How many facilities a user holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FacilityCountOf(pub UserId);

/// A page of a facility's applications.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ApplicationPageOf(pub FacilityId, pub ApplicationFilter, pub PageRequest<ApplicationKey>);

/// How many of a facility's applications match.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ApplicationCountOf(pub FacilityId, pub ApplicationFilter);

/// A page of a facility's accounts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccountPageOf(pub FacilityId, pub PageRequest<String>);

/// How many accounts a facility has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountCountOf(pub FacilityId);

impl Loader<FacilityPageOf> for Batch {
    type Value = Page<Facility>;
    type Error = BatchError;

    async fn load(&self, keys: &[FacilityPageOf]) -> Result<HashMap<FacilityPageOf, Self::Value>, BatchError> {
        let alike = by_question(keys, |FacilityPageOf(id, page)| (*id, page.clone()));
        let mut found = HashMap::new();
        for (page, ids) in alike {
            let pages = facilities::held_by_for_many(&self.services, self.actor(), &ids, &page).await;
            let key = |id| FacilityPageOf(id, page.clone());
            found.extend(pages.map_err(Arc::new)?.into_iter().map(|(id, page)| (key(id), page)));
        }
        Ok(found)
    }
}

impl Loader<FacilityCountOf> for Batch {
    type Value = u64;
    type Error = BatchError;

    async fn load(&self, keys: &[FacilityCountOf]) -> Result<HashMap<FacilityCountOf, Self::Value>, BatchError> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let counts = facilities::count_held_by_for_many(&self.services, self.actor(), &ids).await;
        Ok(counts.map_err(Arc::new)?.into_iter().map(|(id, count)| (FacilityCountOf(id), count)).collect())
    }
}

impl Loader<ApplicationPageOf> for Batch {
    type Value = Page<Application>;
    type Error = BatchError;

    async fn load(&self, keys: &[ApplicationPageOf]) -> Result<HashMap<ApplicationPageOf, Self::Value>, BatchError> {
        let alike = by_question(keys, |ApplicationPageOf(id, filter, page)| (*id, (filter.clone(), page.clone())));
        let mut found = HashMap::new();
        for ((filter, page), ids) in alike {
            let pages = facilities::applications_of_for_many(&self.services, self.actor(), &ids, &filter, &page).await;
            let key = |id| ApplicationPageOf(id, filter.clone(), page.clone());
            found.extend(pages.map_err(Arc::new)?.into_iter().map(|(id, page)| (key(id), page)));
        }
        Ok(found)
    }
}

impl Loader<ApplicationCountOf> for Batch {
    type Value = u64;
    type Error = BatchError;

    async fn load(&self, keys: &[ApplicationCountOf]) -> Result<HashMap<ApplicationCountOf, Self::Value>, BatchError> {
        let alike = by_question(keys, |ApplicationCountOf(id, filter)| (*id, filter.clone()));
        let mut found = HashMap::new();
        for (filter, ids) in alike {
            let counts = facilities::count_applications_of_for_many(&self.services, self.actor(), &ids, &filter).await;
            let key = |id| ApplicationCountOf(id, filter.clone());
            found.extend(counts.map_err(Arc::new)?.into_iter().map(|(id, count)| (key(id), count)));
        }
        Ok(found)
    }
}

impl Loader<AccountPageOf> for Batch {
    type Value = Page<EligibilityAccount>;
    type Error = BatchError;

    async fn load(&self, keys: &[AccountPageOf]) -> Result<HashMap<AccountPageOf, Self::Value>, BatchError> {
        let alike = by_question(keys, |AccountPageOf(id, page)| (*id, page.clone()));
        let mut found = HashMap::new();
        for (page, ids) in alike {
            let pages = accounts::of_facilities_for_many(&self.services, self.actor(), &ids, &page).await;
            let key = |id| AccountPageOf(id, page.clone());
            found.extend(pages.map_err(Arc::new)?.into_iter().map(|(id, page)| (key(id), page)));
        }
        Ok(found)
    }
}

impl Loader<AccountCountOf> for Batch {
    type Value = u64;
    type Error = BatchError;

    async fn load(&self, keys: &[AccountCountOf]) -> Result<HashMap<AccountCountOf, Self::Value>, BatchError> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let counts = accounts::count_of_facilities_for_many(&self.services, self.actor(), &ids).await;
        Ok(counts.map_err(Arc::new)?.into_iter().map(|(id, count)| (AccountCountOf(id), count)).collect())
    }
}

/// The owners of the lists that the keys name, by what is asked of them.
fn by_question<K, I, Q: Eq + Hash>(keys: &[K], split: impl Fn(&K) -> (I, Q)) -> HashMap<Q, Vec<I>> {
    let mut alike: HashMap<Q, Vec<I>> = HashMap::new();
    for (id, question) in keys.iter().map(split) {
        alike.entry(question).or_default().push(id);
    }
    alike
}
