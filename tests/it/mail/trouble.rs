//! Mail servers at their worst: answers that are lost, and doors that are closed to everybody.

use chrono::Duration;
use madoguchi::domain::mail::PostingStanding;
use madoguchi::store::outbox::Wanted;
use serde_json::json;

use super::{Server, ask_for, failing, postings, read};
use crate::support::{Portal, eventually};

/// A line that drops after the mail and before its answer leaves open whether it was taken, so it goes out again: at least once, and
/// for its reader's program the same mail.
#[tokio::test]
async fn a_lost_answer_repeats_the_same_mail() {
    let server = Server::start(json!({})).await;
    let portal = Portal::with(|config| config.mail.smtp = server.plain()).await;
    ask_for(&portal, "drop@example.jp").await;
    let waiting = failing(&portal, "smtp-connection").await;
    assert!(matches!(waiting.standing, PostingStanding::Waiting(_)), "{waiting:?}");
    server.accept();
    portal.clock.pass(Duration::hours(1));
    let taken = server.wait_for(2).await;
    let ids: Vec<_> = taken.iter().map(|mail| read(mail).message_id().unwrap().to_owned()).collect();
    assert_eq!(ids[0], ids[1]);
    assert!(ids[0].starts_with(&waiting.id.to_string()), "{ids:?}");
    eventually("the end of waiting", || async {
        postings(&portal, Wanted::Undelivered).await.is_empty().then_some(())
    })
    .await;
    assert_eq!(server.taken().len(), 2);
}

/// A server that turns everybody away by its greeting has refused no mail: all wait, and go out when it opens again.
#[tokio::test]
async fn a_closed_door_refuses_no_mail() {
    let server = Server::start(json!({ "closed": true })).await;
    let portal = Portal::with(|config| config.mail.smtp = server.plain()).await;
    for number in 0..3 {
        ask_for(&portal, &format!("reader{number}@example.jp")).await;
    }
    // All of them, before time passes: one that fails afterwards waits on.
    let waiting = eventually("three failures", || async {
        let known = postings(&portal, Wanted::Undelivered).await;
        known.iter().all(|posting| posting.attempts == 1).then_some(known)
    })
    .await;
    for posting in &waiting {
        assert_eq!(posting.last_error.as_deref(), Some("smtp-greeting-554"));
        assert!(matches!(posting.standing, PostingStanding::Waiting(_)), "{posting:?}");
    }
    assert_eq!((waiting.len(), postings(&portal, Wanted::Dead).await.len()), (3, 0));
    server.accept();
    portal.clock.pass(Duration::hours(1));
    server.wait_for(3).await;
}

/// A server that has taken a mail and then falls silent gets it once: nothing depends on its farewell.
#[tokio::test]
async fn silence_after_the_mail_repeats_nothing() {
    let server = Server::start(json!({})).await;
    let portal = Portal::with(|config| config.mail.smtp = server.plain()).await;
    ask_for(&portal, "mute@example.jp").await;
    server.wait_for(1).await;
    let known = eventually("the end of waiting", || async {
        let known = postings(&portal, Wanted::All).await;
        matches!(known[0].standing, PostingStanding::Delivered(_)).then_some(known)
    })
    .await;
    assert_eq!((known[0].attempts, server.taken().len()), (0, 1));
}
