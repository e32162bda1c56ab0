//! The demonstration at the size of a country: applications by the hundred thousand, to see that lists and look-ups do not slow down.

use super::{DemoError, fill};
use crate::services::Services;
use crate::store::counters::{self, Counter};
use crate::store::demonstration::{self, MOST_ACCOUNTS, Scale};
use crate::store::{DbErr, Transaction, facts};

/// So many applications become one transaction.
const AT_ONCE: u32 = 20_000;
/// Applications a facility.
const EACH: i64 = 10;
/// When the last of them is made: before the story's morning.
const UNTIL: i64 = super::script::START.timestamp() - 2 * 86_400;
const UNFINISHED: &str = "unfinished";

/// Adds so many applications to an empty database or a demonstration; `false` when they are there already. `progress` hears how many
/// are made.
pub async fn add(services: &Services, applications: u32, progress: &mut dyn FnMut(u32)) -> Result<bool, DemoError> {
    fill(services).await?;
    let wanted = applications.to_string();
    match facts::get(services.database.reader(), facts::APPLICATIONS).await?.as_deref() {
        None => {}
        Some(made) if *made == wanted => return Ok(false),
        Some(UNFINISHED) => return Err(DemoError::NotWhole),
        Some(made) => return Err(DemoError::OtherSize(made.to_owned())),
    }
    let scale = services.database.write(|tx| async move { begin(&tx, applications).await }).await?;
    let mut made = 0;
    while made < applications {
        let next = applications.min(made + AT_ONCE);
        let range = i64::from(made)..i64::from(next);
        let (scale, range) = (&scale, &range);
        services
            .database
            .write(|tx| async move {
                let new = range.start..range.end.min(scale.facilities);
                if !new.is_empty() {
                    demonstration::add_facilities(&tx, scale, new).await?;
                }
                demonstration::add_applications(&tx, scale, range.clone()).await
            })
            .await?;
        made = next;
        progress(made);
    }
    services.database.vacuum().await?;
    let wanted = &wanted;
    services.database.write(|tx| async move { facts::put(&tx, facts::APPLICATIONS, wanted).await }).await?;
    Ok(true)
}

async fn begin(tx: &Transaction, applications: u32) -> Result<Scale, DbErr> {
    facts::put(tx, facts::APPLICATIONS, UNFINISHED).await?;
    let facilities = (i64::from(applications) / EACH).max(1);
    Ok(Scale {
        applications: applications.into(),
        facilities,
        first_application: counters::skip(tx, Counter::ApplicationNumber, applications.into()).await?,
        first_account: counters::skip(tx, Counter::AccountName, facilities * MOST_ACCOUNTS).await?,
        until: UNTIL,
    })
}
