//! Asks the services to tidy up, at the start and every hour.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::services::{Failure, Services, tidying};

const EVERY: Duration = Duration::from_secs(3600);

pub(super) async fn run(services: &Services, stop: &CancellationToken) {
    loop {
        if let Err(Failure::Fault(fault)) = tidying::tidy(services).await {
            tracing::error!(%fault, "tidying failed; it is tried again in an hour");
        }
        if stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
            return;
        }
    }
}
