//! Status pages: the current state or what came after the cursor, then everything as it happens, once and in order.

use std::time::Duration;

use entities::application_events;
use madoguchi::domain::ids::Id;
use madoguchi::store::{ConnectionTrait, Transaction, facilities};
use sea_orm::{DbErr, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use crate::support::socket::{Heard, Watching};
use crate::support::steps::{case_of, claim, draft, fill_in, ready, right_key, submitted, verify};
use crate::support::{Client, Portal};

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["kind"].as_str().unwrap()).collect()
}

async fn history(client: &Client) -> Vec<Value> {
    let facility = crate::support::steps::facility(client).await;
    let status = client.field("FacilityApplications", json!({ "facilityId": facility })).await;
    status["applications"]["nodes"][0]["history"].as_array().unwrap().clone()
}

/// A page that reconnects with its cursor gets what it missed, once and in order, and then goes on live.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_reconnects_misses_nothing() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = draft(&client).await;
    let mut page = Watching::begin(&client, "ApplicationEvents", json!({ "applicationId": id })).await;
    let mut seen = vec![page.event().await];
    verify(&client, &id, 1, right_key()).await;
    seen.push(page.event().await);
    drop(page);
    fill_in(&client, &id, 2).await;
    client.done("SubmitApplication", json!({ "applicationId": id, "expectedVersion": 3 })).await;
    let reviewer = portal.log_in("reviewer@example.jp").await;
    let version = claim(&reviewer, &id).await;

    let after = seen.last().unwrap()["cursor"].clone();
    let mut page = Watching::begin(&client, "ApplicationEvents", json!({ "applicationId": id, "after": after })).await;
    seen.push(page.event().await);
    seen.push(page.event().await);
    let reject =
        json!({ "reviewCaseId": case_of(&id), "expectedVersion": version, "reason": "書類の再確認が必要です。" });
    reviewer.done("RejectApplication", reject).await;
    seen.push(page.event().await);
    assert_eq!(kinds(&seen), ["CREATED", "FACILITY_VERIFIED", "SUBMITTED", "REVIEW_STARTED", "REJECTED"]);
    assert_eq!(seen[4]["reason"], "書類の再確認が必要です。");
    assert_eq!(kinds(&seen), kinds(&history(&client).await), "history tells the same");
}

/// A log of several pages is told whole, once and in order, page by page, and what happens meanwhile comes behind it.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_is_told_whole() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let facility = crate::support::steps::facility(&client).await;
    let watch = "subscription($id: ID!, $after: EventCursor) { facilityEvents(facilityId: $id, after: $after) { cursor application { id } } }";
    let first = draft(&client).await;
    let mut page = Watching::begin_with(&client, watch, json!({ "id": facility })).await;
    let after = page.event().await["cursor"].clone();
    drop(page);
    let mut expected = Vec::new();
    let mut id = first;
    for _ in 0..55 {
        client.done("WithdrawApplication", json!({ "applicationId": id, "expectedVersion": 1 })).await;
        expected.push(id);
        id = draft(&client).await;
        expected.push(id.clone());
    }
    portal.take_statements();
    let mut page = Watching::begin_with(&client, watch, json!({ "id": facility, "after": after })).await;
    let mut told = vec![page.event().await["application"]["id"].as_str().unwrap().to_owned()];
    client.done("WithdrawApplication", json!({ "applicationId": id, "expectedVersion": 1 })).await;
    expected.push(id);
    while told.len() < expected.len() {
        told.push(page.event().await["application"]["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(told, expected);
    let reads = portal.take_statements();
    let pages = reads.iter().filter(|sql| sql.contains("\"sequence\" >") && sql.contains("LIMIT")).count();
    assert!(pages >= 2, "{pages} pages");
}

/// Through a return and a resubmission, `history` says just what the subscription said, in Japanese and in English: when, who by role,
/// why, and what the applicant does next.
#[tokio::test(flavor = "multi_thread")]
async fn the_timeline_is_what_was_heard() {
    for english in [false, true] {
        let portal = Portal::demo().await;
        let client = portal.log_in("clinic@example.jp").await;
        let client = if english { client.in_english() } else { client };
        let id = draft(&client).await;
        let mut page = Watching::begin(&client, "ApplicationEvents", json!({ "applicationId": id })).await;
        // The page begins with the state that it finds.
        let mut heard = vec![page.event().await];
        verify(&client, &id, 1, right_key()).await;
        fill_in(&client, &id, 2).await;
        client.done("SubmitApplication", json!({ "applicationId": id, "expectedVersion": 3 })).await;
        let reviewer = portal.log_in("reviewer@example.jp").await;
        let version = claim(&reviewer, &id).await;
        let corrections = json!([{ "target": "STAFF_COUNT", "message": "人数" }]);
        let reason = "人数をご確認ください。";
        let returned = json!({ "reviewCaseId": case_of(&id), "expectedVersion": version, "reason": reason, "corrections": corrections });
        reviewer.done("ReturnApplication", returned).await;
        let change = json!({ "applicationId": id, "expectedVersion": version + 1, "staffCount": 3 });
        client.done("UpdateStartOfUseApplication", change).await;
        client.done("SubmitApplication", json!({ "applicationId": id, "expectedVersion": version + 2 })).await;
        let version = claim(&reviewer, &id).await;
        let approve = json!({ "reviewCaseId": case_of(&id), "expectedVersion": version });
        reviewer.done("ApproveApplication", approve).await;

        while heard.last().unwrap()["kind"] != "COMPLETED" {
            heard.push(page.event().await);
        }
        let document = "query($id: ID!) { application(id: $id) { history { cursor kind status occurredAt actor message reason nextStep } } }";
        let told = client.send(document, json!({ "id": id })).await["data"]["application"]["history"].clone();
        for event in &mut heard {
            event.as_object_mut().unwrap().remove("application");
        }
        assert_eq!(told, json!(heard));
        assert_eq!(
            kinds(&heard)[2..],
            ["SUBMITTED", "REVIEW_STARTED", "RETURNED", "RESUBMITTED", "REVIEW_STARTED", "APPROVED", "COMPLETED"]
        );
        let returned = &heard[4];
        assert_eq!((&returned["actor"], &returned["reason"]), (&json!("REVIEWER"), &json!(reason)));
        let next = if english {
            "Correct what was pinned, then submit again."
        } else {
            "指摘された項目を修正し、再度送信してください。"
        };
        assert_eq!(returned["nextStep"], next);
    }
}

/// A page that opens late sees the current state first, and nothing older.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_page_sees_the_current_state() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = submitted(&client).await;
    let mut page = Watching::begin(&client, "ApplicationEvents", json!({ "applicationId": id })).await;
    assert_eq!(page.event().await["kind"], "SUBMITTED");
    client.done("WithdrawApplication", json!({ "applicationId": id, "expectedVersion": 4 })).await;
    assert_eq!(page.event().await["kind"], "WITHDRAWN");
}

/// A cursor that is none is refused with what to do about it, in the client's language; as one beyond the last event is.
#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_is_none_is_refused() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = draft(&client).await;
    let mut page = Watching::begin(&client, "ApplicationEvents", json!({ "applicationId": id })).await;
    let last = page.event().await["cursor"].as_str().unwrap().to_owned();
    // The sequence is the cursor's end: somewhere in the future of this facility.
    let beyond = format!("{}zz", &last[..last.len() - 2]);
    for after in ["nonsense", &beyond] {
        let variables = json!({ "applicationId": id, "after": after });
        let mut page = Watching::begin(&client, "ApplicationEvents", variables).await;
        let Heard::Error(payload) = page.next().await else { panic!("{after} was taken") };
        let error = &payload[0];
        assert_eq!(
            (&error["extensions"]["code"], &error["extensions"]["field"]),
            (&json!("INVALID_CURSOR"), &json!(["after"]))
        );
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("afterを省く") && !message.contains("Leave"), "{message}");
    }
    // The last one is good: nothing has come after it.
    let mut page = Watching::begin(&client, "ApplicationEvents", json!({ "applicationId": id, "after": last })).await;
    client.done("VerifyFacility", json!({ "applicationId": id, "expectedVersion": 1, "key": right_key() })).await;
    assert_ne!(page.event().await["cursor"], last);
}

/// News that cannot be loaded when they come are told as soon as they can, though nothing else happens.
#[tokio::test(flavor = "multi_thread")]
async fn news_survive_a_failed_look() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = submitted(&client).await;
    let reviewer = portal.log_in("reviewer@example.jp").await;
    let mut page = Watching::begin(&client, "ApplicationEvents", json!({ "applicationId": id })).await;
    assert_eq!(page.event().await["kind"], "SUBMITTED");
    let rename = async |sql: &'static str| {
        let work = |tx: Transaction| async move { tx.execute_unprepared(sql).await.map(drop) };
        portal.services.database.write(work).await.unwrap();
    };
    // Who may hear of it cannot be read, and a claim does not ask.
    rename("ALTER TABLE facility_members RENAME TO members_away").await;
    portal.take_statements();
    claim(&reviewer, &id).await;
    // Each look is one statement that asks for members. The second begins once the first has failed.
    let mut looks = 0;
    while looks < 2 {
        sleep(Duration::from_millis(20)).await;
        looks += portal.take_statements().iter().filter(|sql| sql.contains("facility_members")).count();
    }
    rename("ALTER TABLE members_away RENAME TO facility_members").await;
    assert_eq!(page.event().await["kind"], "REVIEW_STARTED");
}

/// What another gateway has committed comes with the next change here, however much it was.
#[tokio::test(flavor = "multi_thread")]
async fn what_came_elsewhere_comes_with_the_next_change() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = draft(&client).await;
    let mut page = Watching::begin(&client, "ApplicationEvents", json!({ "applicationId": id })).await;
    page.event().await;
    // Written as another one does: nobody here is woken.
    let work = |tx: Transaction| async move {
        let first = application_events::Entity::find().all(&*tx).await?.into_iter();
        let first = first.max_by_key(|event| event.occurred_at).expect("an event");
        for number in 1..=250 {
            let sequence = facilities::next_event_sequence(&tx, first.facility_id).await?;
            let id = Id::from_uuid(Uuid::from_u128(number));
            let event = application_events::Model { id, sequence, ..first.clone() };
            application_events::Entity::insert(event.into_active_model()).exec_without_returning(&*tx).await?;
        }
        Ok::<_, DbErr>(())
    };
    portal.services.database.write(work).await.unwrap();
    verify(&client, &id, 1, right_key()).await;
    for _ in 0..250 {
        assert_eq!(page.event().await["kind"], "CREATED");
    }
    assert_eq!(page.event().await["kind"], "FACILITY_VERIFIED");
}

/// To staff a draft does not exist: what happens to it is not told, and what comes later is.
#[tokio::test(flavor = "multi_thread")]
async fn staff_hear_of_what_was_submitted() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let facility = crate::support::steps::facility(&client).await;
    let id = submitted(&client).await;
    let reviewer = portal.log_in("reviewer@example.jp").await;
    let mut page = Watching::begin(&reviewer, "FacilityEvents", json!({ "facilityId": facility })).await;
    let mut heard = vec![page.event().await];
    client.done("WithdrawApplication", json!({ "applicationId": id, "expectedVersion": 4 })).await;
    submitted(&client).await;
    heard.push(page.event().await);
    heard.push(page.event().await);
    assert_eq!(kinds(&heard), ["SUBMITTED", "WITHDRAWN", "SUBMITTED"]);
}

/// Whose role has changed is told that the login is over, whatever happens meanwhile, and not that there is no more to hear.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_role_is_the_end_of_a_login() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = submitted(&client).await;
    let reviewer = portal.log_in("reviewer@example.jp").await;
    let mut page = Watching::begin(&reviewer, "ApplicationEvents", json!({ "applicationId": id })).await;
    assert_eq!(page.event().await["kind"], "SUBMITTED");
    let promote = |tx: Transaction| async move {
        tx.execute_unprepared("UPDATE users SET role = 'OPERATOR' WHERE email = 'reviewer@example.jp'").await.map(drop)
    };
    portal.services.database.write(promote).await.unwrap();
    client.done("WithdrawApplication", json!({ "applicationId": id, "expectedVersion": 4 })).await;
    let heard = page.next().await;
    assert!(matches!(heard, Heard::Closed(4403)), "{heard:?}");
}

/// What one may not see does not exist: another's application, a made-up id and another facility's cursor are refused alike.
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_is_not_there() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = ready(&client).await;
    let other = portal.log_in("clinic2@example.jp").await;
    let made_up = "application_01h455vb4pex5vsknk084sn02q";
    let mut heard = Vec::new();
    for id in [id.as_str(), made_up] {
        let mut page = Watching::begin(&other, "ApplicationEvents", json!({ "applicationId": id })).await;
        let Heard::Error(mut error) = page.next().await else { panic!("no refusal") };
        if let Some(errors) = error.get("errors") {
            error = errors.clone();
        }
        heard.push(error[0]["extensions"]["code"].clone());
    }
    assert_eq!(heard, ["NOT_FOUND", "NOT_FOUND"]);
}

/// One event to many pages costs as many statements as one event to one page (invariant 5).
#[tokio::test(flavor = "multi_thread")]
async fn many_pages_cost_one_reading() {
    let portal = Portal::demo().await;
    let clients = [portal.log_in("clinic@example.jp").await, portal.log_in("clinic@example.jp").await];
    let id = draft(&clients[0]).await;
    let mut costs = Vec::new();
    let mut pages = Vec::new();
    for (number, target) in [(1_usize, 1_i64), (8, 2)] {
        // Five sockets a user at most; two logins of one user share that count, so the reviewer's side is not needed here.
        while pages.len() < number.min(5) {
            let mut page = Watching::begin(&clients[0], "ApplicationEvents", json!({ "applicationId": id })).await;
            page.event().await;
            pages.push(page);
        }
        portal.take_statements();
        if target == 1 {
            verify(&clients[0], &id, 1, right_key()).await;
        } else {
            client_withdraws(&clients[0], &id).await;
        }
        for page in &mut pages {
            page.event().await;
        }
        let reads = portal.take_statements();
        costs.push(reads.iter().filter(|sql| sql.contains("\"application_events\".\"sequence\" >")).count());
    }
    assert_eq!(costs, [1, 1], "the log is read once for all");
}

async fn client_withdraws(client: &Client, id: &str) {
    client.done("WithdrawApplication", json!({ "applicationId": id, "expectedVersion": 2 })).await;
}

/// A stopping gateway closes status pages with 1001.
#[tokio::test(flavor = "multi_thread")]
async fn stopping_closes_pages() {
    let mut portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = draft(&client).await;
    let mut page = Watching::begin(&client, "ApplicationEvents", json!({ "applicationId": id })).await;
    page.event().await;
    let (heard, ()) = tokio::join!(page.next(), portal.stop());
    assert!(matches!(heard, Heard::Closed(1001)), "{heard:?}");
}
