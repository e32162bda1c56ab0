//! What time has emptied is taken away: ended sessions, links and tickets that work no more, answers that are
//! kept no longer, counters whose windows are over.

use chrono::Duration;

use super::failure::Outcome;
use super::{Services, idempotency, limits};
use crate::domain::download::Download;
use crate::store::{idempotency as idempotency_keys, password_resets, registrations, sessions, throttles, tickets};

/// How long a dead link is kept, so that an enquiry of the same day can be answered.
const DEAD_LINKS: Duration = Duration::days(7);

/// Takes it away, by the gateway itself.
pub async fn tidy(services: &Services) -> Outcome<()> {
    let now = services.world.now();
    services
        .write(|tx| async move {
            sessions::delete_expired(&tx, now).await?;
            registrations::delete_expired(&tx, now - DEAD_LINKS).await?;
            password_resets::delete_expired(&tx, now - DEAD_LINKS).await?;
            tickets::delete_used_before(&tx, now - Download::LIFETIME).await?;
            idempotency_keys::forget(&tx, now - idempotency::KEPT).await?;
            throttles::delete_begun_before(&tx, now - limits::LONGEST).await?;
            Ok(())
        })
        .await
}
