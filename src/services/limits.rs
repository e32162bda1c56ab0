//! How often something may be tried (T6, T7, T21): counted in the database by a keyed digest, so that no address stands there.
//!
//! A window begins with its first try. Tries are counted before they are judged and given back when they were right, so that
//! parallel requests and crashes win none.

use std::net::IpAddr;

use chrono::{DateTime, Duration, Utc};

use super::{KeyPurpose, Outcome, Services};
use crate::domain::person::EmailAddress;
use crate::domain::refusal::Reason;
use crate::store::{Transaction, throttles};

/// So many tries within so long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    name: &'static str,
    tries: i32,
    window: Duration,
}

/// Failed logins of one account in a row.
pub(super) const LOGINS: Limit = Limit { name: "login", tries: 10, window: Duration::minutes(15) };
/// Failed logins of one account in a day.
pub(super) const LOGINS_A_DAY: Limit = Limit { name: "login-day", tries: 100, window: LONGEST };
/// Failed logins from one network; a clinic's computers share one address.
pub(super) const LOGINS_OF_NETWORK: Limit = Limit { name: "login-network", tries: 100, window: Duration::minutes(15) };
/// Mails to one address that anybody can cause.
const MAILS: Limit = Limit { name: "mail", tries: 3, window: Duration::hours(1) };

/// Mails that one network can cause, whatever the addresses.
const MAILS_OF_NETWORK: Limit = Limit { name: "mail-network", tries: 60, window: Duration::hours(1) };

/// No window is longer.
pub(super) const LONGEST: Duration = Duration::days(1);

/// What is counted: a limit, and whom it holds for.
#[derive(Debug, Clone)]
pub(super) struct Counter {
    limit: Limit,
    subject: String,
}

impl Counter {
    pub(super) fn new(services: &Services, limit: Limit, whom: &[u8]) -> Self {
        let digest = services.key.digest(KeyPurpose::Throttle, &[limit.name.as_bytes(), whom]);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { limit, subject: format!("{}:{hex}", limit.name) }
    }

    /// Those of a mail that a visitor causes: of the network, where it is known, and of the address.
    fn of_mail(services: &Services, to: &EmailAddress, peer: Option<IpAddr>) -> (Option<Self>, Self) {
        let of_network = peer.map(|peer| Self::new(services, MAILS_OF_NETWORK, &network(peer)));
        (of_network, Self::new(services, MAILS, to.as_str().as_bytes()))
    }
}

/// Counts a try at each of these, or says when the next one is free. The refused try is one too many for the transaction: drop it.
pub(super) async fn count(
    services: &Services,
    tx: &Transaction,
    counters: &[Counter],
) -> Outcome<Result<(), DateTime<Utc>>> {
    let mut retry_at = None;
    for Counter { limit, subject } in counters {
        let counted = throttles::hit(tx, subject, limit.window, services.world.now()).await?;
        if counted.count > limit.tries {
            retry_at = retry_at.max(Some(counted.since + limit.window));
        }
    }
    Ok(retry_at.map_or(Ok(()), Err))
}

/// Counts a mail that a visitor causes. `false` when the address has had its share: then nothing is sent and the answer is as ever.
pub(super) async fn count_mail(
    services: &Services,
    tx: &Transaction,
    to: &EmailAddress,
    peer: Option<IpAddr>,
) -> Outcome<bool> {
    let (of_network, of_address) = Counter::of_mail(services, to, peer);
    if let Some(of_network) = of_network {
        count(services, tx, &[of_network]).await?.map_err(|retry_at| Reason::TooManyAttempts { retry_at })?;
    }
    Ok(count(services, tx, &[of_address]).await?.is_ok())
}

/// Gives a mail back that was counted and will not be sent.
pub(super) async fn give_mail_back(
    services: &Services,
    tx: &Transaction,
    to: &EmailAddress,
    peer: Option<IpAddr>,
) -> Outcome<()> {
    let (of_network, of_address) = Counter::of_mail(services, to, peer);
    give_back(tx, &of_network.into_iter().chain([of_address]).collect::<Vec<_>>()).await
}

/// The network of a peer: one household or office has a whole /64 of IPv6 to choose from.
pub(super) fn network(peer: IpAddr) -> Vec<u8> {
    match peer.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets()[..8].to_vec(),
    }
}

/// Gives the tries back.
pub(super) async fn give_back(tx: &Transaction, counters: &[Counter]) -> Outcome<()> {
    for counter in counters {
        throttles::take_back(tx, &counter.subject).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::fixture::{Fixture, reasons};

    const LIMIT: Limit = Limit { name: "test", tries: 2, window: Duration::minutes(10) };

    async fn try_once(portal: &Fixture, whom: &[u8]) -> Result<(), DateTime<Utc>> {
        let (services, counters) = (&portal.services, &[Counter::new(&portal.services, LIMIT, whom)]);
        let counted = services.write(|tx| async move {
            let counted = count(services, &tx, counters).await?;
            counted.map_err(|retry_at| Reason::TooManyAttempts { retry_at }.into())
        });
        match counted.await {
            Ok(()) => Ok(()),
            Err(failure) => match reasons::<()>(Err(failure)).as_slice() {
                [Reason::TooManyAttempts { retry_at }] => Err(*retry_at),
                other => panic!("{other:?}"),
            },
        }
    }

    /// The third try waits for the window that the first began; other people are counted apart; what is given back is free.
    #[tokio::test]
    async fn tries_are_counted_within_their_window() {
        let portal = Fixture::new().await;
        let end = portal.services.world.now() + LIMIT.window;
        assert_eq!(try_once(&portal, b"a").await, Ok(()));
        portal.pass(Duration::minutes(9));
        assert_eq!(try_once(&portal, b"a").await, Ok(()));
        assert_eq!(try_once(&portal, b"a").await, Err(end));
        assert_eq!(try_once(&portal, b"b").await, Ok(()));

        let counters = &[Counter::new(&portal.services, LIMIT, b"a")];
        portal.services.write(|tx| async move { give_back(&tx, counters).await }).await.expect("a try back");
        assert_eq!(try_once(&portal, b"a").await, Ok(()));
        assert_eq!(try_once(&portal, b"a").await, Err(end));

        portal.pass(Duration::minutes(1));
        assert_eq!(try_once(&portal, b"a").await, Ok(()));

        // A try that was right begins no window.
        portal.services.write(|tx| async move { give_back(&tx, counters).await }).await.expect("a try back");
        portal.pass(Duration::minutes(9));
        let end = portal.services.world.now() + LIMIT.window;
        assert_eq!((try_once(&portal, b"a").await, try_once(&portal, b"a").await), (Ok(()), Ok(())));
        assert_eq!(try_once(&portal, b"a").await, Err(end));
    }

    /// A network causes sixty mails an hour and is then told when to come again; neighbours in a /64 are one network.
    #[tokio::test]
    async fn a_network_causes_so_many_mails() {
        let portal = Fixture::new().await;
        let services = &portal.services;
        let mut allowed = 0;
        for number in 0..70 {
            let to = &EmailAddress::parse(&format!("a{number}@example.jp")).expect("an address");
            let peer = format!("2001:db8::{number}").parse().ok();
            let counted = services.write(|tx| async move { count_mail(services, &tx, to, peer).await });
            allowed += usize::from(matches!(counted.await, Ok(true)));
        }
        assert_eq!(allowed, 60);
    }

    /// The table of counters holds nothing by which a person can be told.
    #[tokio::test]
    async fn no_address_is_stored() {
        let portal = Fixture::new().await;
        let counter = Counter::new(&portal.services, LIMIT, b"clinic@example.jp");
        assert!(!counter.subject.contains("clinic") && counter.subject.len() == "test:".len() + 64);
    }
}
