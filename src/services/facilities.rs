//! Facilities: what a user sees of theirs, the form that they fill in, and the menus that are open to them.

use std::collections::HashMap;

use super::{Outcome, Services};
use crate::domain::actor::Actor;
use crate::domain::application::{Application, ApplicationFilter, ApplicationKey};
use crate::domain::facility::{AdoptionStage, Facility};
use crate::domain::ids::{FacilityId, UserId};
use crate::domain::kinds::ApplicationKind;
use crate::domain::page::{Page, PageRequest};
use crate::domain::status::ApplicationStatus;
use crate::policy::{Action, authorise};
use crate::store::applications::Standing;
use crate::store::{applications, facilities};

/// One facility; `None` when it is not there for this actor.
pub async fn find(services: &Services, actor: &Actor, id: FacilityId) -> Outcome<Option<Facility>> {
    authorise(actor, Action::SeeFacility)?;
    Ok(facilities::find(services.database.reader(), actor, id).await?)
}

/// Those of these facilities that are there for this actor.
pub async fn find_for_many(
    services: &Services,
    actor: &Actor,
    ids: &[FacilityId],
) -> Outcome<HashMap<FacilityId, Facility>> {
    authorise(actor, Action::SeeFacility)?;
    Ok(facilities::find_many(services.database.reader(), actor, ids).await?)
}

/// A page of the facilities that a user holds (E38).
pub async fn held_by(
    services: &Services,
    actor: &Actor,
    user: UserId,
    page: PageRequest<FacilityId>,
) -> Outcome<Page<Facility>> {
    authorise(actor, Action::SeeFacility)?;
    Ok(facilities::held_by(services.database.reader(), actor, user, page).await?)
}

/// The same page of the facilities that each of these users holds; a user who holds none is not among them. Only a page with a cursor,
/// which belongs to one list, is read list by list.
pub async fn held_by_for_many(
    services: &Services,
    actor: &Actor,
    users: &[UserId],
    page: &PageRequest<FacilityId>,
) -> Outcome<HashMap<UserId, Page<Facility>>> {
    authorise(actor, Action::SeeFacility)?;
    let reader = services.database.reader();
    if page.is_outermost() {
        return Ok(facilities::held_by_many(reader, actor, users, page.clone()).await?);
    }
    let mut pages = HashMap::new();
    for user in users {
        pages.insert(*user, facilities::held_by(reader, actor, *user, page.clone()).await?);
    }
    Ok(pages)
}

/// How many facilities each of these users holds.
pub async fn count_held_by_for_many(
    services: &Services,
    actor: &Actor,
    users: &[UserId],
) -> Outcome<HashMap<UserId, u64>> {
    authorise(actor, Action::SeeFacility)?;
    Ok(facilities::count_held_by_many(services.database.reader(), actor, users).await?)
}

/// How far each of these facilities has come, and the status of its latest start-of-use application.
pub async fn progress_for_many(
    services: &Services,
    actor: &Actor,
    ids: &[FacilityId],
) -> Outcome<HashMap<FacilityId, Progress>> {
    authorise(actor, Action::SeeFacility)?;
    let reader = services.database.reader();
    let standings = applications::standings_of(reader, actor, ids, ApplicationKind::StartOfUse).await?;
    Ok(standings.into_iter().map(|(facility, standing)| (facility, Progress::of(standing))).collect())
}

/// Where a facility stands with its start-of-use application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The stage that the Ministry counts.
    pub stage: AdoptionStage,
    /// The latest application's status.
    pub start_of_use: Option<ApplicationStatus>,
}

impl Progress {
    /// A facility that never applied.
    pub const NONE: Self = Self { stage: AdoptionStage::NotApplied, start_of_use: None };

    fn of(standing: Standing) -> Self {
        use ApplicationStatus::{Approved, Completed, InReview, Returned, Submitted};
        let stage = match standing.blocking {
            Some(Completed) => AdoptionStage::Ready,
            Some(Submitted | InReview | Returned | Approved) => AdoptionStage::Applied,
            _ => AdoptionStage::NotApplied,
        };
        Self { stage, start_of_use: standing.newest }
    }
}

/// Those of these applications, named by facility and reception number, that are there for this actor.
pub async fn applications_by_number_for_many(
    services: &Services,
    actor: &Actor,
    wanted: &[(FacilityId, String)],
) -> Outcome<HashMap<(FacilityId, String), Application>> {
    authorise(actor, Action::SeeApplication)?;
    // No number of ours has anything else in it, and not every database can be asked for a zero.
    let is_possible = |number: &str| number.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let wanted: Vec<_> = wanted.iter().filter(|(_, number)| is_possible(number)).cloned().collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(applications::find_by_numbers(services.database.reader(), actor, &wanted).await?)
}

/// The same page of the applications of each of these facilities, newest first; a facility that has none is not among them. Only a page
/// with a cursor, which belongs to one list, is read list by list.
pub async fn applications_of_for_many(
    services: &Services,
    actor: &Actor,
    ids: &[FacilityId],
    filter: &ApplicationFilter,
    page: &PageRequest<ApplicationKey>,
) -> Outcome<HashMap<FacilityId, Page<Application>>> {
    authorise(actor, Action::SeeApplication)?;
    let reader = services.database.reader();
    if page.is_outermost() {
        return Ok(applications::of_facilities(reader, actor, ids, filter, page.clone()).await?);
    }
    let mut pages = HashMap::new();
    for id in ids {
        pages.insert(*id, applications::of_facility(reader, actor, *id, filter, page.clone()).await?);
    }
    Ok(pages)
}

/// How many applications of each of these facilities match.
pub async fn count_applications_of_for_many(
    services: &Services,
    actor: &Actor,
    ids: &[FacilityId],
    filter: &ApplicationFilter,
) -> Outcome<HashMap<FacilityId, u64>> {
    authorise(actor, Action::SeeApplication)?;
    Ok(applications::count_of_facilities(services.database.reader(), actor, ids, filter).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was rejected or withdrawn counts as little as what was not sent.
    #[test]
    fn the_stage_follows_what_still_stands() {
        for newest in ApplicationStatus::ALL {
            let blocking = Some(newest).filter(|status| status.blocks_another());
            let expected = match newest {
                ApplicationStatus::Draft | ApplicationStatus::Rejected | ApplicationStatus::Withdrawn => {
                    AdoptionStage::NotApplied
                }
                ApplicationStatus::Completed => AdoptionStage::Ready,
                _ => AdoptionStage::Applied,
            };
            let progress = Progress::of(Standing { newest: Some(newest), blocking });
            assert_eq!(progress, Progress { stage: expected, start_of_use: Some(newest) });
        }
        assert_eq!(Progress::of(Standing::default()), Progress::NONE);
    }
}
