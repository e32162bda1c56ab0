//! Papers as the use cases give them: to whom, with which secret, with which trace.

use std::io::{Cursor, Read};

use madoguchi::app::demo;
use madoguchi::domain::actor::Actor;
use madoguchi::domain::ids::{ApplicationId, EligibilityAccountId, FacilityId};
use madoguchi::domain::refusal::Reason;
use madoguchi::domain::secret::Confidential;
use madoguchi::services::papers::{self, Document};
use madoguchi::services::{Failure, Outcome, ServerKey, login};
use madoguchi::store::Transaction;
use sea_orm::{ConnectionTrait, Statement};

use super::Paper;
use crate::support::{Portal, database};

async fn actor(portal: &Portal, email: &str) -> Actor {
    let password = Confidential::new(demo::PASSWORD.to_owned());
    login::log_in(&portal.services, &Actor::Anonymous, email, password, None).await.unwrap().actor
}

/// The first column of rows of the portal's database.
async fn rows<T: sea_orm::TryGetable>(portal: &Portal, sql: &str) -> Vec<T> {
    let reader = portal.services.database.reader();
    let rows = reader.query_all_raw(Statement::from_string(reader.get_database_backend(), sql)).await.unwrap();
    rows.into_iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

async fn execute(portal: &Portal, sql: &str) {
    let work = |tx: Transaction| async move { tx.execute_unprepared(sql).await.map(drop) };
    portal.services.database.write(work).await.unwrap();
}

/// The demonstration's completed clinic: an account, its facility and its application.
async fn completed(portal: &Portal) -> (EligibilityAccountId, FacilityId, ApplicationId) {
    let id = async |column: &str| {
        let sql = format!("SELECT {column} FROM eligibility_accounts ORDER BY account_name LIMIT 1");
        rows::<uuid::Uuid>(portal, &sql).await.remove(0)
    };
    let (account, facility) = (id("id").await, id("facility_id").await);
    let application = id("application_id").await;
    (EligibilityAccountId::from_uuid(account), FacilityId::from_uuid(facility), ApplicationId::from_uuid(application))
}

fn secret_of(document: &Document) -> String {
    let text = Paper::new(&document.bytes).text();
    let is_secret =
        |line: &&str| line.len() == 16 && line.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    text.lines().find(is_secret).unwrap_or_else(|| panic!("no secret: {text}")).to_owned()
}

fn reason<T: std::fmt::Debug>(outcome: Outcome<T>) -> Reason {
    match outcome {
        Err(Failure::Refused(mut refusals)) => refusals.remove(0).reason,
        other => panic!("{other:?}"),
    }
}

/// The facility's applicant takes the document as often as they like, with the same secret; each fetch leaves a trace, and the
/// secret stands in no file.
#[tokio::test(flavor = "multi_thread")]
async fn the_applicant_takes_the_document() {
    let portal = Portal::demo().await;
    let applicant = actor(&portal, "sample@example.jp").await;
    let (account, facility, _) = completed(&portal).await;
    let first = papers::settings_document(&portal.services, &applicant, account).await.unwrap().make().await.unwrap();
    let second = papers::settings_document(&portal.services, &applicant, account).await.unwrap().make().await.unwrap();
    assert_eq!((first.file_name.as_str(), first.media_type), ("ユーザ設定情報_W0000001.pdf", "application/pdf"));
    assert_eq!(first.bytes, second.bytes);
    let archive = papers::settings_zip(&portal.services, &applicant, facility).await.unwrap().make().await.unwrap();

    let traces =
        rows::<String>(&portal, "SELECT action FROM audit_entries WHERE action LIKE 'take-%' ORDER BY id").await;
    assert_eq!(traces, ["take-settings-document", "take-settings-document", "take-settings-archive"]);
    let secret = secret_of(&first);
    assert!(!format!("{first:?} {archive:?}").contains(&secret));
    for entry in std::fs::read_dir(portal.folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(16).any(|window| window == secret.as_bytes());
            assert!(!found, "the secret is in {}", path.display());
        }
    }
}

/// The archive holds each account's own document under its name, in order; every account has a secret of its own.
#[tokio::test(flavor = "multi_thread")]
async fn the_archive_holds_every_document() {
    let portal = Portal::demo().await;
    let applicant = actor(&portal, "sample@example.jp").await;
    let (account, facility, _) = completed(&portal).await;
    let archive = papers::settings_zip(&portal.services, &applicant, facility).await.unwrap().make().await.unwrap();
    assert_eq!(
        (archive.file_name.as_str(), archive.media_type),
        ("ユーザ設定情報_協2710005-0-0.zip", "application/zip")
    );
    let mut entries = zip::ZipArchive::new(Cursor::new(archive.bytes)).unwrap();
    let mut documents = Vec::new();
    for at in 0..entries.len() {
        let mut entry = entries.by_index(at).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        documents.push(Document {
            file_name: entry.name().unwrap().into_owned(),
            media_type: "application/pdf",
            bytes,
        });
    }
    let names: Vec<_> = documents.iter().map(|document| document.file_name.clone()).collect();
    let expected: Vec<_> = (1..=names.len()).map(|number| format!("ユーザ設定情報_W{number:07}.pdf")).collect();
    assert_eq!(names, expected);
    assert!(names.len() > 1, "{names:?}");
    let alone = papers::settings_document(&portal.services, &applicant, account).await.unwrap().make().await.unwrap();
    assert_eq!(alone.bytes, documents[0].bytes);
    let mut secrets: Vec<_> = documents.iter().map(secret_of).collect();
    secrets.sort();
    secrets.dedup();
    assert_eq!(secrets.len(), names.len());
}

/// Staff never see a secret; to another applicant and to nobody the account does not exist. None of that leaves a trace.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_takes_it() {
    let portal = Portal::demo().await;
    let (account, facility, application) = completed(&portal).await;
    let other = actor(&portal, "clinic@example.jp").await;
    let mut judged = vec![(Actor::Anonymous, Reason::Unauthenticated), (other, Reason::NotFound)];
    for email in ["reviewer@example.jp", "operator@example.jp"] {
        judged.push((actor(&portal, email).await, Reason::Forbidden));
    }
    for (actor, wanted) in judged {
        assert_eq!(reason(papers::settings_document(&portal.services, &actor, account).await), wanted);
        assert_eq!(reason(papers::settings_zip(&portal.services, &actor, facility).await), wanted);
    }
    assert_eq!(reason(papers::receipt(&portal.services, &other, application).await), Reason::NotFound);
    assert_eq!(rows::<String>(&portal, "SELECT action FROM audit_entries WHERE action LIKE 'take-%'").await, [""; 0]);
}

/// An account that was issued before secrets were kept gets one with its first document, and keeps it.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_account_gets_its_secret_once() {
    let portal = Portal::demo().await;
    let applicant = actor(&portal, "sample@example.jp").await;
    let (account, ..) = completed(&portal).await;
    execute(&portal, "UPDATE eligibility_accounts SET sealed_secret = NULL").await;
    let (one, other) = tokio::join!(
        papers::settings_document(&portal.services, &applicant, account),
        papers::settings_document(&portal.services, &applicant, account),
    );
    let (one, other) = tokio::join!(one.unwrap().make(), other.unwrap().make());
    assert_eq!(secret_of(&one.unwrap()), secret_of(&other.unwrap()));
    let sealed = rows::<String>(
        &portal,
        "SELECT name FROM (SELECT account_name AS name FROM eligibility_accounts WHERE sealed_secret IS NOT NULL) AS sealed",
    );
    assert_eq!(sealed.await, ["W0000001"]);
}

/// With another key, or with another account's secret in the row, there is a fault that says so, and never a wrong secret.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_cannot_be_opened_is_a_fault() {
    let portal = Portal::demo().await;
    let applicant = actor(&portal, "sample@example.jp").await;
    let (account, facility, _) = completed(&portal).await;
    let elsewhere = madoguchi::services::Services { key: ServerKey::new([8; 32]), ..portal.services.clone() };
    let with_another_key = papers::settings_document(&elsewhere, &applicant, account).await;
    execute(
        &portal,
        "UPDATE eligibility_accounts SET sealed_secret =
           (SELECT sealed_secret FROM eligibility_accounts WHERE account_name = 'W0000002') WHERE account_name = 'W0000001'",
    )
    .await;
    let moved = papers::settings_document(&portal.services, &applicant, account).await;
    let in_the_archive = papers::settings_zip(&portal.services, &applicant, facility).await;
    for outcome in [with_another_key, moved, in_the_archive] {
        let Err(Failure::Fault(fault)) = outcome else { panic!("{outcome:?}") };
        assert!(
            fault.to_string().contains(&format!("the initial password of {account} cannot be decrypted")),
            "{fault}"
        );
    }
}

/// Applicant and staff take a receipt of what was sent; while it may differ from that there is none.
#[tokio::test(flavor = "multi_thread")]
async fn receipts_are_of_what_was_sent() {
    let portal = Portal::demo().await;
    let (.., application) = completed(&portal).await;
    for email in ["sample@example.jp", "reviewer@example.jp", "operator@example.jp"] {
        let actor = actor(&portal, email).await;
        let document = papers::receipt(&portal.services, &actor, application).await.unwrap().make().await.unwrap();
        let text = Paper::new(&document.bytes).letters();
        assert!(text.contains("見本整骨院（手続き完了）") && text.contains("①支払基金または"), "{text}");
        let number = document.file_name.strip_prefix("利用開始申請書控え_").unwrap().strip_suffix(".pdf").unwrap();
        assert!(text.contains(&format!("受付番号{number}")), "{text}");
    }
    let applicant = actor(&portal, "sample@example.jp").await;
    let hex = if database::server().is_some() { "id::text" } else { "lower(hex(id))" };
    let states = rows::<String>(&portal, &format!("SELECT {hex} || ' ' || status FROM applications")).await;
    for state in states {
        let (id, status) = state.split_once(' ').unwrap();
        let id = ApplicationId::from_uuid(uuid::Uuid::parse_str(id).unwrap());
        let outcome = papers::receipt(&portal.services, &applicant, id).await;
        match status {
            "DRAFT" | "RETURNED" | "WITHDRAWN" => {
                assert!(matches!(reason(outcome), Reason::NoReceipt { .. }), "{status}");
            }
            _ => assert!(outcome.is_ok(), "{status}"),
        }
    }
}
