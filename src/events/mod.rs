//! What follows a commit: wake-ups for whoever watches, mails, and the tidying that time asks for.
//!
//! Services write outbox rows and know nothing of this; nothing here decides anything. A row is done at least once. A new sort of
//! work after a commit is a task of the outbox and its place in [`relay`].

mod bus;
mod feed;
pub mod mail;
mod relay;
mod tidying;

use tokio_util::sync::CancellationToken;

pub use bus::{Bus, Watch};
pub use feed::{Delivery, Feeds};
pub use mail::Mailer;
pub use relay::Relay;

use crate::services::Services;

/// Runs beside the requests until `stop`, and returns when the outbox holds nothing more that is due.
pub async fn run(services: Services, bus: Bus, mailer: Mailer, stop: CancellationToken) {
    let relay = Relay::new(services.clone(), bus, mailer);
    tokio::join!(relay.run(&stop), tidying::run(&services, &stop));
}
