//! Sixty-four writers at once: none of them hears of a busy database, a pool that ran dry or a deadlock (R12).

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use madoguchi::app::demo;
use madoguchi::config::Pool;
use madoguchi::domain::actor::{Actor, Role};
use madoguchi::domain::facility::FacilityKind;
use madoguchi::domain::secret::Confidential;
use madoguchi::services::users::{self, FacilityForm, UserForm};
use madoguchi::store::{DbErr, Transaction, facts};
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::support::steps::{case_of, draft, submitted};
use crate::support::{Client, Portal};

const WRITERS: usize = 64;

/// A user who holds a facility for each writer: their client and the facilities.
async fn holder(portal: &Portal) -> (Client, Vec<String>) {
    let clinic =
        |number| FacilityForm {
            kind: FacilityKind::TreatmentClinic, code: format!("協27{number:05}-0-0"), name: None
        };
    let form = UserForm {
        display_name: "見本 太郎".to_owned(),
        email: "many@example.jp".to_owned(),
        phone_number: "0312345678".to_owned(),
        password: Confidential::new(demo::PASSWORD.to_owned()),
        role: Role::Applicant,
        facilities: (0..WRITERS).map(clinic).collect(),
    };
    users::create_user(&portal.services, &Actor::System, form).await.unwrap().unwrap();
    let client = portal.log_in("many@example.jp").await;
    let viewer = client.send("{ viewer { facilities(first: 100) { nodes { id } } } }", json!({})).await;
    let nodes = viewer["data"]["viewer"]["facilities"]["nodes"].as_array().unwrap().clone();
    (client, nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect())
}

/// Begins a draft and changes it three times; gives how long the slowest answer took.
async fn write(client: &Client, facility: &str) -> Duration {
    let mut slowest = Duration::ZERO;
    let started = Instant::now();
    let created = client.done("CreateStartOfUseApplication", json!({ "facilityId": facility })).await;
    slowest = slowest.max(started.elapsed());
    for version in 1..=3 {
        let started = Instant::now();
        let input = json!({
            "applicationId": created["application"]["id"], "expectedVersion": version, "staffCount": version,
        });
        let updated = client.done("UpdateStartOfUseApplication", input).await;
        assert_eq!(updated["application"]["version"], version + 1);
        slowest = slowest.max(started.elapsed());
    }
    slowest
}

/// With pools of one, four and ten connections everybody is served, and every write is there once.
#[tokio::test(flavor = "multi_thread")]
async fn writers_at_once_are_all_served() {
    for connections in [1, 4, 10] {
        let pool = Pool { writers: connections, readers: connections };
        let portal = Portal::with(|config| config.pool = pool).await;
        let (client, facilities) = holder(&portal).await;
        let started = Instant::now();
        let slowest = join_all(facilities.iter().map(|facility| write(&client, facility))).await;
        let slowest = slowest.into_iter().max().unwrap().as_millis();
        let (writes, took) = (WRITERS * 4, started.elapsed().as_secs_f32());
        println!(
            "{WRITERS} writers, pools of {connections}: {writes} writes in {took:.1} s, the slowest answer after {slowest} ms"
        );
    }
}

/// Sixty-four changes of one application at once, all made from the same version: one is taken, the others are told.
#[tokio::test(flavor = "multi_thread")]
async fn changes_of_one_application_are_taken_one_at_a_time() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = draft(&client).await;
    let change = |count: usize| {
        let input = json!({ "applicationId": id, "expectedVersion": 1, "staffCount": count });
        client.field("UpdateStartOfUseApplication", json!({ "input": input }))
    };
    let answers = join_all((1..=WRITERS).map(change)).await;
    let taken: Vec<_> = answers.iter().filter(|answer| !answer["application"].is_null()).collect();
    let told = answers.iter().filter(|answer| answer["userErrors"][0]["code"] == "VERSION_CONFLICT");
    assert_eq!((taken.len(), told.count()), (1, WRITERS - 1), "{answers:?}");
}

/// Of two reviewers who take the same case at the same moment one has it, time and again, and the other is told who.
#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_claimed_by_one() {
    let portal = Portal::demo().await;
    let application = submitted(&portal.log_in("clinic@example.jp").await).await;
    let reviewers = [portal.log_in("reviewer@example.jp").await, portal.log_in("reviewer2@example.jp").await];
    let input = json!({ "input": { "reviewCaseId": case_of(&application) } });
    for _ in 0..10 {
        let claims = join_all(reviewers.iter().map(|reviewer| reviewer.field("ClaimReview", input.clone()))).await;
        let winner = claims.iter().position(|claim| !claim["reviewCase"].is_null()).expect("a winner");
        assert_eq!(claims[1 - winner]["userErrors"][0]["code"], "ALREADY_CLAIMED", "{claims:?}");
        reviewers[winner].field("ReleaseReview", input.clone()).await;
    }
}

/// Two writes that take the same rows in opposite order both succeed: the database ends one of them, and it is run again.
#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_run_again() {
    let portal = Portal::empty().await;
    let database = &portal.services.database;
    for name in ["one", "other"] {
        database.write(|tx| async move { facts::put(&tx, name, "0").await }).await.unwrap();
    }
    let tries = AtomicU32::new(0);
    let crossing = |first: &'static str, second: &'static str| {
        let tries = &tries;
        database.write(move |tx: Transaction| async move {
            tries.fetch_add(1, Ordering::Relaxed);
            facts::put(&tx, first, first).await?;
            tokio::time::sleep(Duration::from_millis(100)).await;
            facts::put(&tx, second, first).await
        })
    };
    let (one, other) = tokio::join!(crossing("one", "other"), crossing("other", "one"));
    one.unwrap();
    other.unwrap();
    let value = async |name| facts::get(database.reader(), name).await.unwrap();
    assert_eq!(value("one").await, value("other").await, "one of them was last, in both rows");
    println!("two crossing writes took {} tries", tries.into_inner());
}

/// A write that loses a race is begun again from the start, and given up after some tries; one inside another is refused.
#[tokio::test]
async fn a_lost_race_is_run_again() {
    let portal = Portal::empty().await;
    let database = &portal.services.database;
    let tries = AtomicU32::new(0);
    let lost = |until: u32| {
        let tries = &tries;
        database.write(move |tx: Transaction| async move {
            facts::put(&tx, "race", "run").await?;
            if tries.fetch_add(1, Ordering::Relaxed) < until { Err(DbErr::RecordNotUpdated) } else { Ok(()) }
        })
    };
    lost(3).await.unwrap();
    assert_eq!(tries.load(Ordering::Relaxed), 4);
    assert!(lost(u32::MAX).await.is_err());
    let inside = database.write(|_| async move { database.write(|_| async { Ok::<(), DbErr>(()) }).await });
    assert!(inside.await.is_err());
    let failed = database.write(|tx| async move {
        facts::put(&tx, "race", "lost").await?;
        tx.execute_unprepared("SELECT no_such_column FROM portal_facts").await.map(drop)
    });
    assert!(failed.await.is_err());
    assert_eq!(facts::get(database.reader(), "race").await.unwrap().as_deref(), Some("run"));
}

/// A write whose caller goes away in the middle is taken back alone: those beside it go on and become true.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_cut_off_is_taken_back_alone() {
    let portal = Portal::empty().await;
    let database = portal.services.database.clone();
    for round in 0..20 {
        let (begun, mut is_begun) = tokio::sync::watch::channel(false);
        let cut_off = tokio::spawn({
            let database = database.clone();
            async move {
                let begun = &begun;
                let hang = |tx: Transaction| async move {
                    facts::put(&tx, "cut-off", "half").await?;
                    begun.send_replace(true);
                    std::future::pending::<Result<(), DbErr>>().await
                };
                database.write(hang).await
            }
        });
        is_begun.wait_for(|begun| *begun).await.unwrap();
        let name = &format!("beside-{round}");
        let beside = database.write(|tx| async move { facts::put(&tx, name, "whole").await });
        let (_, beside) = tokio::join!(async { cut_off.abort() }, beside);
        beside.unwrap();
        assert_eq!(facts::get(database.reader(), name).await.unwrap().as_deref(), Some("whole"));
        assert_eq!(facts::get(database.reader(), "cut-off").await.unwrap(), None);
    }
}
