//! Mails over SMTP, with a mail server that others wrote (npm smtp-server): what arrives, and what becomes of what does not.

mod commands;
mod names;
mod trouble;

use std::path::Path;

use chrono::Duration;
use madoguchi::config::SmtpServer;
use madoguchi::domain::actor::Actor;
use madoguchi::domain::mail::{Mail, Posting, PostingStanding};
use madoguchi::services::mails;
use madoguchi::store::outbox::{self, Task, Wanted};
use mail_parser::{Message, MessageParser};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::node::{Beside, beside};
use crate::support::steps::{case_of, claim, draft, fill_in, verify};
use crate::support::{DEADLINE, Portal, eventually, poll};

/// A mail server and what it took.
struct Server {
    folder: TempDir,
    port: u16,
    _running: Beside,
}

impl Server {
    async fn start(options: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let running = beside("smtp.mjs", &[folder.path().to_str().unwrap(), &options.to_string()]).await;
        Self { folder, port: running.line.trim().parse().unwrap(), _running: running }
    }

    /// The address of the server on this machine, without encryption.
    fn plain(&self) -> Option<SmtpServer> {
        plain(self.port)
    }

    /// From now on it takes what it refused.
    fn accept(&self) {
        std::fs::write(self.folder.path().join("accept"), "").unwrap();
    }

    fn taken(&self) -> Vec<Vec<u8>> {
        let mails = (1..).map(|number| self.folder.path().join(format!("{number}.eml")));
        mails.map_while(|file| std::fs::read(file).ok()).collect()
    }

    async fn wait_for(&self, count: usize) -> Vec<Vec<u8>> {
        eventually(&format!("{count} mails"), || {
            let taken = self.taken();
            async move { (taken.len() >= count).then_some(taken) }
        })
        .await
    }
}

fn plain(port: u16) -> Option<SmtpServer> {
    SmtpServer::parse(&format!("smtp://127.0.0.1:{port}?tls=none"))
}

fn read(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).expect("a mail")
}

fn recipient(mail: &Message<'_>) -> String {
    mail.to().and_then(|to| to.first()).and_then(|to| to.address()).unwrap_or_default().to_owned()
}

async fn ask_for(portal: &Portal, to: &str) {
    let task = &Task::Deliver(Mail::NoSuchLogin { to: to.to_owned() });
    let services = &portal.services;
    services
        .database
        .write(|tx| async move { outbox::enqueue(&tx, &services.world, std::slice::from_ref(task)).await })
        .await
        .unwrap();
}

async fn postings(portal: &Portal, wanted: Wanted) -> Vec<Posting> {
    mails::list(&portal.services, &Actor::System, wanted, 100).await.unwrap()
}

/// A mail that is not delivered and failed for this reason.
async fn failing(portal: &Portal, reason: &str) -> Posting {
    let reasons = std::sync::Mutex::new(Vec::new());
    let look = || async {
        let found = postings(portal, Wanted::Undelivered).await;
        *reasons.lock().unwrap() = found.iter().map(|posting| posting.last_error.clone()).collect();
        found.into_iter().find(|posting| posting.last_error.as_deref() == Some(reason))
    };
    let waiting = tokio::time::timeout(DEADLINE * 2, poll(look)).await;
    waiting.unwrap_or_else(|_| panic!("{reason} did not come; there is {:?}", reasons.lock().unwrap()))
}

/// From registration to completion by way of a return, with names that only Unicode has: every mail arrives in its turn and reads
/// exactly, with the outbox id as its Message-ID.
#[tokio::test]
async fn japanese_mails_arrive_and_read_exactly() {
    let server = Server::start(json!({})).await;
    let portal = Portal::demo_with(|config| config.mail.smtp = server.plain()).await;
    let (email, password) = ("yoshida@example.jp", "a long password of my own");
    let form = json!({
        "displayName": "𠮷田 﨑子", "facilityKind": "TREATMENT_CLINIC", "facilityCode": "協1310003-0-0",
        "facilityName": "髙橋接骨院 𠮷田分院", "phoneNumber": "0312345678", "email": email, "password": password,
    });
    portal.visitor().done("RegisterUser", form).await;
    let taken = server.wait_for(1).await;
    let first = read(&taken[0]);
    assert_eq!(first.subject(), Some("ユーザー登録のご確認 / Confirm your registration"));
    let body = first.body_text(0).unwrap().replace("\r\n", "\n");
    let is_token =
        |line: &&str| line.len() > 40 && !line.contains(['/', ' ']) && line.is_ascii() && !line.starts_with('-');
    let token = body.lines().find(is_token).expect("a token").to_owned();
    portal.visitor().done("ConfirmRegistration", json!({ "token": token })).await;

    let client = portal.visitor().log_in(email, password).await;
    let reviewer = portal.log_in("reviewer@example.jp").await;
    let id = draft(&client).await;
    verify(&client, &id, 1, json!({ "managerDateOfBirth": "1980-03-15" })).await;
    fill_in(&client, &id, 2).await;
    client.done("SubmitApplication", json!({ "applicationId": id, "expectedVersion": 3 })).await;
    let version = claim(&reviewer, &id).await;
    let corrections = json!([{ "target": "STAFF_COUNT", "message": "職員名簿の人数（３名）と異なります。\n髙橋様・﨑田様は含まれますか。" }]);
    let returned = json!({ "reviewCaseId": case_of(&id), "expectedVersion": version, "reason": "人数をご確認ください。", "corrections": corrections });
    reviewer.done("ReturnApplication", returned).await;

    let taken = server.wait_for(3).await;
    let mails: Vec<_> = taken.iter().map(|mail| read(mail)).collect();
    assert!(mails.iter().all(|mail| recipient(mail) == email));
    let mut subjects: Vec<_> = mails[1..].iter().map(|mail| mail.subject().unwrap()).collect();
    subjects.sort_unstable();
    assert_eq!(
        subjects,
        [
            "マイナ資格確認アプリ 利用開始申請の修正のお願い / Please correct your start-of-use application",
            "マイナ資格確認アプリ 利用開始申請を受け付けました / We received your start-of-use application",
        ]
    );
    let returned = mails.iter().find(|mail| mail.subject().unwrap().contains("修正")).unwrap();
    let body = returned.body_text(0).unwrap().replace("\r\n", "\n");
    assert!(body.contains("\n施設：髙橋接骨院 𠮷田分院\n"), "{body}");
    assert!(
        body.contains("\n- 職員数: 職員名簿の人数（３名）と異なります。\n髙橋様・﨑田様は含まれますか。\n"),
        "{body}"
    );
    assert!(body.contains("\nReason:\n人数をご確認ください。\n"), "{body}");
    let known = postings(&portal, Wanted::All).await;
    for mail in &mails {
        let id = mail.message_id().unwrap().split('@').next().unwrap();
        assert!(known.iter().any(|posting| posting.id.to_string() == id), "{id}");
    }
}

/// What a server refuses for good is given up at once and listed without its address; sent again by an operator, it arrives.
#[tokio::test]
async fn a_refused_mail_is_kept_and_sent_again() {
    let server = Server::start(json!({})).await;
    let portal = Portal::with(|config| config.mail.smtp = server.plain()).await;
    ask_for(&portal, "refused@example.jp").await;
    ask_for(&portal, "fine@example.jp").await;
    let dead = failing(&portal, "smtp-550").await;
    assert!(matches!(dead.standing, PostingStanding::Dead(_)), "{dead:?}");
    assert_eq!(server.wait_for(1).await.len(), 1);
    server.accept();
    assert_eq!(mails::resend(&portal.services, &Actor::System, None).await.unwrap(), 1);
    let taken = server.wait_for(2).await;
    assert_eq!(recipient(&read(&taken[1])), "refused@example.jp");
    assert_eq!(postings(&portal, Wanted::Dead).await, []);
    let unknown = mails::resend(&portal.services, &Actor::System, Some(portal.services.world.id())).await;
    assert!(unknown.is_err());
}

/// A busy server and one that is down keep a mail waiting; it arrives once, under the Message-ID that it had from the start.
#[tokio::test]
async fn a_mail_waits_for_its_server() {
    let server = Server::start(json!({})).await;
    let portal = Portal::with(|config| config.mail.smtp = server.plain()).await;
    ask_for(&portal, "busy@example.jp").await;
    let waiting = failing(&portal, "smtp-451").await;
    assert!(matches!(waiting.standing, PostingStanding::Waiting(_)), "{waiting:?}");
    let Server { folder: _, port, _running } = server;
    drop(_running);
    portal.clock.pass(Duration::hours(1));
    let waiting = failing(&portal, "smtp-connection").await;
    let server = Server::start(json!({ "port": port })).await;
    server.accept();
    portal.clock.pass(Duration::hours(1));
    let taken = server.wait_for(1).await;
    assert_eq!(read(&taken[0]).message_id().unwrap().split('@').next(), Some(waiting.id.to_string().as_str()));
    eventually("the end of waiting", || async {
        postings(&portal, Wanted::Undelivered).await.is_empty().then_some(())
    })
    .await;
    assert_eq!(server.taken().len(), 1);
}

/// A server that falls silent, an address that is none and a failing one stop no other mail.
#[tokio::test]
async fn a_hanging_mail_stops_no_other() {
    let server = Server::start(json!({})).await;
    let portal = Portal::with(|config| config.mail.smtp = server.plain()).await;
    for to in ["hang@example.jp", "no address\r\nBcc: thief@example.jp", "refused@example.jp"] {
        ask_for(&portal, to).await;
    }
    for number in 0..20 {
        ask_for(&portal, &format!("reader{number}@example.jp")).await;
    }
    let taken = server.wait_for(20).await;
    assert!(taken.iter().all(|mail| recipient(&read(mail)).starts_with("reader")));
    assert!(taken.iter().all(|mail| !String::from_utf8_lossy(mail).contains("thief")));
    failing(&portal, "address").await;
    failing(&portal, "smtp-550").await;
    let hanging = failing(&portal, "too-slow").await;
    assert!(matches!(hanging.standing, PostingStanding::Waiting(_)), "{hanging:?}");
}

/// STARTTLS with an authority of one's own, and a login; without trust, without STARTTLS or with a wrong password nothing is sent, and
/// the mail waits for the operator.
#[tokio::test]
async fn mails_go_out_encrypted() {
    let keys = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (key, cert) = (keys.signing_key.serialize_pem(), keys.cert.pem());
    let login = json!({ "user": "portal", "pass": "pass/word" });
    let server = Server::start(json!({ "tls": { "key": key, "cert": cert }, "login": login })).await;
    let ca = server.folder.path().join("ca.pem");
    std::fs::write(&ca, cert).unwrap();
    let at = |login: &str, port: u16| SmtpServer::parse(&format!("smtp://{login}localhost:{port}"));
    let cases = [
        (at("portal:pass%2Fword@", server.port), false, Err("smtp-tls")),
        (at("portal:wrong@", server.port), true, Err("smtp-login-535")),
        (at("portal:pass%2Fword@", server.port), true, Ok(())),
    ];
    for (address, trusted, outcome) in cases {
        let portal = Portal::with(|config| {
            config.mail.smtp = address;
            config.mail.smtp_ca = trusted.then(|| ca.clone());
        })
        .await;
        ask_for(&portal, "reader@example.jp").await;
        match outcome {
            Ok(()) => assert_eq!(server.wait_for(1).await.len(), 1),
            Err(reason) => assert!(matches!(failing(&portal, reason).await.standing, PostingStanding::Waiting(_))),
        }
    }
    let bare = Server::start(json!({})).await;
    let portal = Portal::with(|config| config.mail.smtp = at("", bare.port)).await;
    ask_for(&portal, "reader@example.jp").await;
    failing(&portal, "smtp-not-offered").await;
    assert_eq!(bare.taken().len(), 0);
}

/// The folder of mails stays empty where a server takes them.
#[tokio::test]
async fn nothing_is_written_beside_the_server() {
    let server = Server::start(json!({})).await;
    let portal = Portal::with(|config| config.mail.smtp = server.plain()).await;
    ask_for(&portal, "reader@example.jp").await;
    server.wait_for(1).await;
    assert!(!Path::new(portal.folder()).join("mail").exists());
}
