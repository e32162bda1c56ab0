//! From the outbox to the world: reads what is due after each commit, does it, and writes down that it was done.
//!
//! Wake-ups and mails have a worker each, so that no slow mail keeps a watcher waiting. Each mail is a task with its own time
//! limit: one that fails, hangs or panics is put off and stops no other (T20).

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::Bus;
use super::mail::{MailError, Mailer};
use crate::domain::ids::OutboxMessageId;
use crate::domain::mail::Mail;
use crate::services::Services;
use crate::store::outbox::{self, Due, Task, Topic};
use crate::store::{DbErr, Transaction};

/// Finds what became due by time alone, or was written by another process.
const TICK: Duration = Duration::from_secs(1);
/// For a whole mail: its facts, its words, and the dialogue with the mail server.
const MAIL_TIMEOUT: Duration = Duration::from_secs(20);
/// After so many failures a mail is given up. With the pauses of [`outbox::postpone`] that is after about a day.
const MOST_ATTEMPTS: i32 = 36;
/// Wake-ups take no time; so many are written down as done in one transaction.
const MOST_WAKES: usize = 100;
/// Mails under way at once, each with a connection of its own.
const MOST_MAILS: usize = 8;

/// Does what the outbox asks for.
pub struct Relay {
    services: Services,
    bus: Bus,
    mailer: Mailer,
}

impl Relay {
    /// A relay that has not begun yet.
    pub const fn new(services: Services, bus: Bus, mailer: Mailer) -> Self {
        Self { services, bus, mailer }
    }

    /// Works until `stop`, then once more, so that nothing due is left behind.
    pub async fn run(&self, stop: &CancellationToken) {
        tokio::join!(self.work(Topic::Wake, stop), self.work(Topic::Mail, stop));
    }

    async fn work(&self, topic: Topic, stop: &CancellationToken) {
        let mut commits = self.services.database.commits();
        loop {
            let is_last = stop.is_cancelled();
            // Before the outbox is read, so that a commit meanwhile is not missed.
            commits.mark_unchanged();
            if let Err(error) = self.drain(topic).await {
                tracing::error!(%error, ?topic, "the outbox could not be worked on; it is tried again");
            }
            if is_last {
                return;
            }
            tokio::select! {
                _ = commits.changed() => {}
                () = tokio::time::sleep(TICK) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Does everything of a topic that is due, and what becomes due meanwhile: one that hangs keeps no other waiting.
    pub async fn drain(&self, topic: Topic) -> Result<(), DbErr> {
        let mut commits = self.services.database.commits();
        let mut under_way = UnderWay::new();
        loop {
            commits.mark_unchanged();
            self.take_on(topic, &mut under_way).await?;
            if under_way.is_empty() {
                return Ok(());
            }
            tokio::select! {
                // What is done is written down at once, so that it is not done twice because of another that hangs.
                outcomes = under_way.next_done() => self.write_down(&outcomes).await?,
                _ = commits.changed() => {}
                () = tokio::time::sleep(TICK) => {}
            }
        }
    }

    /// Begins as much of what is due as may be under way at once.
    async fn take_on<'a>(&'a self, topic: Topic, under_way: &mut UnderWay<'a>) -> Result<(), DbErr> {
        let most = match topic {
            Topic::Wake => MOST_WAKES,
            Topic::Mail => MOST_MAILS,
        };
        if under_way.ids.len() < most {
            let (reader, now) = (self.services.database.reader(), self.services.world.now());
            for message in outbox::due(reader, topic, now, most as u64).await? {
                if under_way.ids.len() < most && under_way.ids.insert(message.id) {
                    under_way.running.push(async move { (self.perform(&message).await, message) }.boxed());
                }
            }
        }
        Ok(())
    }

    async fn write_down(&self, outcomes: &[Outcome]) -> Result<(), DbErr> {
        let now = self.services.world.now();
        self.services.database.write(|tx| async move { write_down(&tx, outcomes, now).await }).await
    }

    async fn perform(&self, message: &Due) -> Result<(), MailError> {
        match &message.task {
            Ok(Task::Wake(facility)) => {
                self.bus.wake(*facility);
                Ok(())
            }
            Ok(Task::Deliver(mail)) => self.deliver(message, mail.clone()).await,
            Err(error) => Err(MailError::Unreadable(error.to_string())),
        }
    }

    async fn deliver(&self, message: &Due, mail: Mail) -> Result<(), MailError> {
        let (mailer, id, at) = (self.mailer.clone(), message.id, message.created_at);
        let delivery = AbortOnDropHandle::new(tokio::spawn(async move { mailer.deliver(id, at, &mail).await }));
        match tokio::time::timeout(MAIL_TIMEOUT, delivery).await {
            Err(_) => Err(MailError::TooSlow),
            Ok(Err(_)) => Err(MailError::Panicked),
            Ok(Ok(outcome)) => outcome,
        }
    }
}

/// A message and what came of it.
type Outcome = (Result<(), MailError>, Due);

/// Writes down what came of messages.
async fn write_down(tx: &Transaction, outcomes: &[Outcome], now: DateTime<Utc>) -> Result<(), DbErr> {
    let done = outcomes.iter().filter(|(outcome, _)| outcome.is_ok()).map(|(_, message)| message.id);
    outbox::finish(tx, &done.collect::<Vec<_>>(), now).await?;
    for (outcome, message) in outcomes {
        let Err(error) = outcome else { continue };
        let (id, attempts, class) = (message.id, message.attempts + 1, error.class());
        if error.is_permanent() || attempts >= MOST_ATTEMPTS {
            tracing::error!(%id, attempts, error = class, "a mail was given up; see: madoguchi mail list --dead");
            outbox::bury(tx, message, &class, now).await?;
        } else {
            tracing::warn!(%id, attempts, error = class, "put off");
            outbox::postpone(tx, message, &class, now).await?;
        }
    }
    Ok(())
}

/// Messages that are being done.
struct UnderWay<'a> {
    running: FuturesUnordered<BoxFuture<'a, Outcome>>,
    ids: HashSet<OutboxMessageId>,
}

impl UnderWay<'_> {
    fn new() -> Self {
        Self { running: FuturesUnordered::new(), ids: HashSet::new() }
    }

    fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Waits for the first that is done, and takes with it whatever else is.
    async fn next_done(&mut self) -> Vec<Outcome> {
        let mut done: Vec<_> = self.running.next().await.into_iter().collect();
        while let Some(Some(another)) = self.running.next().now_or_never() {
            done.push(another);
        }
        for (_, message) in &done {
            self.ids.remove(&message.id);
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use mail_parser::MessageParser;

    use super::*;
    use crate::config::SmtpServer;
    use crate::domain::actor::Actor;
    use crate::domain::ids::FacilityId;
    use crate::domain::mail::PostingStanding;
    use crate::services::fixture::{self, Fixture};
    use crate::services::{links, registration};
    use crate::store::outbox::Wanted;

    fn relay(portal: &Fixture) -> (Relay, Bus) {
        let (services, bus) = (portal.services.clone(), Bus::default());
        let mailer = Mailer::try_new(services.clone()).expect("a mailer");
        (Relay::new(services, bus.clone(), mailer), bus)
    }

    fn mails(portal: &Fixture) -> Vec<PathBuf> {
        let folder = portal.services.config.data.join("mail");
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.sort();
        files
    }

    async fn enqueue(portal: &Fixture, task: Task) {
        let (services, task) = (&portal.services, &task);
        let written = services
            .database
            .write(|tx| async move { outbox::enqueue(&tx, &services.world, std::slice::from_ref(task)).await });
        written.await.expect("a row");
    }

    /// A registration's mail is a file whose Japanese reads back exactly, with the link that the configuration names and a token
    /// that works; it is written once.
    #[tokio::test]
    async fn a_mail_becomes_a_file() {
        let portal = Fixture::new().await;
        let form = fixture::registration("taro@example.jp", "協1312345-0-0");
        registration::register(&portal.services, &Actor::Anonymous, form, None).await.expect("an answer");
        let Mail::ConfirmRegistration { registration: id, .. } = portal.mails().await.remove(0) else {
            panic!("no link was mailed")
        };
        let (relay, _) = relay(&portal);
        relay.drain(Topic::Mail).await.expect("a drained outbox");
        relay.drain(Topic::Mail).await.expect("an empty outbox");

        let files = mails(&portal);
        let [file] = files.as_slice() else { panic!("{files:?}") };
        let bytes = std::fs::read(file).expect("a file");
        let mail = MessageParser::default().parse(&bytes).expect("a mail");
        let stem = file.file_stem().expect("a name").to_string_lossy().into_owned();
        assert_eq!(mail.message_id(), Some(format!("{stem}@127.0.0.1").as_str()));
        assert_eq!(mail.subject(), Some("ユーザー登録のご確認 / Confirm your registration"));
        assert_eq!(mail.to().and_then(|to| to.first()).and_then(|to| to.address()), Some("taro@example.jp"));
        let from = mail.from().and_then(|from| from.first()).and_then(|from| from.address());
        assert_eq!(from, Some("from@mail.iryohokenjyoho-portalsite.jp"));
        assert_eq!(mail.date().map(|date| date.to_timestamp()), Some(portal.services.world.now().timestamp()));
        let token = links::registration_token(&portal.services.key, id);
        let body = mail.body_text(0).expect("a text").replace("\r\n", "\n");
        assert!(body.starts_with("施術所等向け総合ポータルサイトのユーザー登録を受け付けました。\n"), "{body}");
        assert!(body.contains(&format!("\n{}\n", token.expose())), "{body}");
        assert!(body.contains("http://127.0.0.1:8080/graphiql/#operation=ConfirmRegistration&variables=%7B"), "{body}");
    }

    /// A mail that cannot be written is given up and kept; those before and after it are delivered.
    #[tokio::test]
    async fn a_poisoned_mail_stops_no_other() {
        let portal = Fixture::new().await;
        for to in ["a@example.jp", "not an address\r\nBcc: b@example.jp", "c@example.jp"] {
            enqueue(&portal, Task::Deliver(Mail::NoSuchLogin { to: to.to_owned() })).await;
        }
        let (relay, _) = relay(&portal);
        relay.drain(Topic::Mail).await.expect("a drained outbox");
        assert_eq!(mails(&portal).len(), 2);
        let reader = portal.services.database.reader();
        let dead = outbox::postings(reader, Wanted::Dead, 10).await.expect("the outbox");
        assert_eq!(dead.iter().map(|posting| posting.last_error.as_deref()).collect::<Vec<_>>(), [Some("address")]);
        assert_eq!(outbox::postings(reader, Wanted::Undelivered, 10).await.expect("the outbox").len(), 1);
    }

    /// While no mail server answers, the pauses grow to an hour; after about a day the mail is given up, and stays.
    #[tokio::test]
    async fn a_mail_is_given_up_after_about_a_day() {
        let portal = Fixture::new().await;
        let mut services = portal.services.clone();
        // Nothing listens on port 1, which is answered at once.
        Arc::make_mut(&mut services.config).mail.smtp = SmtpServer::parse("smtp://127.0.0.1:1?tls=none");
        let relay = Relay::new(services.clone(), Bus::default(), Mailer::try_new(services).expect("a mailer"));
        enqueue(&portal, Task::Deliver(Mail::NoSuchLogin { to: "a@example.jp".to_owned() })).await;
        let begun = portal.services.world.now();
        let mut longest = chrono::Duration::zero();
        let dead = loop {
            relay.drain(Topic::Mail).await.expect("a drained outbox");
            let mut known =
                outbox::postings(portal.services.database.reader(), Wanted::All, 10).await.expect("the outbox");
            let posting = known.remove(0);
            let PostingStanding::Waiting(until) = posting.standing else { break posting };
            let pause = until - portal.services.world.now();
            assert!(pause >= longest, "pauses grow");
            longest = pause;
            portal.pass(pause);
        };
        let hours = (portal.services.world.now() - begun).num_hours();
        assert_eq!((dead.attempts, dead.last_error.as_deref()), (MOST_ATTEMPTS, Some("smtp-connection")));
        assert!((23..=26).contains(&hours) && longest == chrono::Duration::hours(1), "{hours} h, {longest}");
    }

    /// A commit wakes the watcher through the running relay; stopping delivers what is left and ends.
    #[tokio::test]
    async fn the_relay_follows_commits_and_stops() {
        let portal = Fixture::new().await;
        let (relay, bus) = relay(&portal);
        let stop = CancellationToken::new();
        let facility = FacilityId::from_uuid(uuid::Uuid::from_u128(1));
        let mut watch = bus.watch(facility);
        let running = tokio::spawn({
            let stop = stop.clone();
            async move { relay.run(&stop).await }
        });
        enqueue(&portal, Task::Wake(facility)).await;
        tokio::time::timeout(Duration::from_secs(10), watch.woken()).await.expect("a wake-up");

        enqueue(&portal, Task::Deliver(Mail::NoSuchLogin { to: "a@example.jp".to_owned() })).await;
        stop.cancel();
        tokio::time::timeout(Duration::from_secs(10), running).await.expect("an end").expect("no panic");
        assert_eq!(mails(&portal).len(), 1);
    }
}
