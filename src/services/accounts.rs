//! Accounts of the eligibility app: issued with an approval, listed for their facility (R53–R55).

use std::collections::HashMap;

use super::{Outcome, Services, account_secrets};
use crate::domain::account::{AccountStatus, EligibilityAccount, LAST_ACCOUNT_NUMBER, account_name};
use crate::domain::actor::Actor;
use crate::domain::application::Application;
use crate::domain::ids::{ApplicationId, EligibilityAccountId, FacilityId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::refusal::Reason;
use crate::policy::{Action, authorise};
use crate::store::counters::{self, Counter};
use crate::store::{Transaction, accounts};

/// The same page of the accounts of each of these facilities, by name; a facility that has none is not among them. Only a page with a
/// cursor, which belongs to one list, is read list by list.
pub async fn of_facilities_for_many(
    services: &Services,
    actor: &Actor,
    ids: &[FacilityId],
    page: &PageRequest<String>,
) -> Outcome<HashMap<FacilityId, Page<EligibilityAccount>>> {
    authorise(actor, Action::SeeFacility)?;
    let reader = services.database.reader();
    if page.is_outermost() {
        return Ok(accounts::of_facilities(reader, actor, ids, page.clone()).await?);
    }
    let mut pages = HashMap::new();
    for id in ids {
        pages.insert(*id, accounts::of_facility(reader, actor, *id, page.clone()).await?);
    }
    Ok(pages)
}

/// How many accounts each of these facilities has; a facility that has none is not among them.
pub async fn count_of_facilities_for_many(
    services: &Services,
    actor: &Actor,
    ids: &[FacilityId],
) -> Outcome<HashMap<FacilityId, u64>> {
    authorise(actor, Action::SeeFacility)?;
    Ok(accounts::count_of_facilities(services.database.reader(), actor, ids).await?)
}

/// Those of these accounts that are there for this actor.
pub async fn find_for_many(
    services: &Services,
    actor: &Actor,
    ids: &[EligibilityAccountId],
) -> Outcome<HashMap<EligibilityAccountId, EligibilityAccount>> {
    authorise(actor, Action::SeeFacility)?;
    Ok(accounts::find_many(services.database.reader(), actor, ids).await?)
}

/// The accounts of each of these applications.
pub async fn of_applications_for_many(
    services: &Services,
    actor: &Actor,
    applications: &[ApplicationId],
) -> Outcome<HashMap<ApplicationId, Vec<EligibilityAccount>>> {
    authorise(actor, Action::SeeApplication)?;
    Ok(accounts::of_applications(services.database.reader(), actor, applications).await?)
}

/// Issues an approved application's accounts in the approving transaction: all of them or none, under names never given before.
pub(super) async fn issue(services: &Services, tx: &Transaction, application: &Application) -> Outcome<u32> {
    let count = application.details.accounts_to_issue();
    let numbers = counters::draw(tx, Counter::AccountName, count).await?.into_iter();
    let issued = numbers
        .map(|number| u32::try_from(number).ok().filter(|number| *number <= LAST_ACCOUNT_NUMBER))
        .map(|number| {
            let account = EligibilityAccount {
                id: services.world.id(),
                account_name: account_name(number.ok_or(Reason::AccountNumbersExhausted)?),
                facility: application.facility,
                application: application.id,
                status: AccountStatus::Issued,
                issued_at: services.world.now(),
            };
            let secret = account_secrets::seal(&services.key, account.id, &account_secrets::make()?)?;
            Ok((account, secret))
        })
        .collect::<Outcome<Vec<_>>>()?;
    accounts::insert_many(tx, &issued).await?;
    Ok(count)
}
