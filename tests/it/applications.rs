//! Applications: one at a time, one version at a time, once however often it is sent.

use chrono::{Duration, TimeZone, Utc};
use futures_util::future::join_all;
use serde_json::json;

use crate::support::Portal;
use crate::support::steps::{case_of, claim, draft, facility, ready, submitted};

/// Eight submissions at once, with and without a key, make one; repeats with the key get its answer.
#[tokio::test(flavor = "multi_thread")]
async fn submissions_at_once_make_one() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = ready(&client).await;
    let input = json!({ "applicationId": id, "expectedVersion": 3, "idempotencyKey": "the-one-and-only" });
    let keyed = join_all((0..8).map(|_| client.field("SubmitApplication", json!({ "input": input.clone() })))).await;
    assert!(keyed.iter().all(|payload| *payload == keyed[0]), "{keyed:?}");
    assert_eq!(keyed[0]["application"]["status"], "SUBMITTED");
    let other = json!({ "applicationId": id, "expectedVersion": 4, "idempotencyKey": "the-one-and-only" });
    assert_eq!(client.refused("SubmitApplication", other).await[0].0, "IDEMPOTENCY_KEY_REUSED");
    let unkeyed = json!({ "applicationId": id, "expectedVersion": 3 });
    assert_eq!(client.refused("SubmitApplication", unkeyed).await[0].0, "INVALID_STATE_TRANSITION");
    let status = client.field("FacilityApplications", json!({ "facilityId": facility(&client).await })).await;
    let events = status["applications"]["nodes"][0]["history"].as_array().unwrap().clone();
    assert_eq!(events.iter().filter(|event| event["kind"] == "SUBMITTED").count(), 1);
}

/// The open draft is given again; once it was sent, another is refused and pointed to the additional-device menu (E20).
#[tokio::test(flavor = "multi_thread")]
async fn a_second_application_is_refused() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let drafts = join_all((0..4).map(|_| draft(&client))).await;
    assert!(drafts.iter().all(|id| *id == drafts[0]));
    let id = submitted(&client).await;
    let variables = json!({ "input": { "facilityId": facility(&client).await } });
    let refused = client.field("CreateStartOfUseApplication", variables.clone()).await;
    assert_eq!(refused["userErrors"][0]["code"], "DUPLICATE_APPLICATION");
    assert!(refused["userErrors"][0]["message"].as_str().unwrap().contains("追加申請"), "{refused}");
    client.done("WithdrawApplication", json!({ "applicationId": id, "expectedVersion": 4 })).await;
    let again = client.field("CreateStartOfUseApplication", variables).await;
    assert_ne!(again["application"]["id"], id, "a withdrawn application makes room");
}

/// All changes of an update or none: each refusal names its field, and nothing was written.
#[tokio::test(flavor = "multi_thread")]
async fn an_update_is_whole() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = draft(&client).await;
    let input = json!({
        "applicationId": id, "expectedVersion": 1, "staffCount": 3, "deviceCount": 21, "acceptTermsVersion": "0.9",
    });
    let refused = client.refused("UpdateStartOfUseApplication", input).await;
    let expected = [("DEVICE_COUNT_OUT_OF_RANGE", "input.deviceCount"), ("TERMS_OUTDATED", "input.acceptTermsVersion")];
    assert_eq!(refused, expected.map(|(code, field)| (code.to_owned(), field.to_owned())));
    let input = json!({ "applicationId": id, "expectedVersion": 1, "deviceCount": 20 });
    let updated = client.done("UpdateStartOfUseApplication", input).await;
    assert_eq!(
        (&updated["application"]["staffCount"], &updated["application"]["deviceCount"]),
        (&json!(null), &json!(20))
    );
    let stale = json!({ "applicationId": id, "expectedVersion": 1, "staffCount": 3 });
    assert_eq!(client.refused("UpdateStartOfUseApplication", stale).await[0].0, "VERSION_CONFLICT");
    let cleared = json!({ "applicationId": id, "expectedVersion": 2, "deviceCount": null });
    let cleared = client.done("UpdateStartOfUseApplication", cleared).await;
    assert_eq!(cleared["application"]["deviceCount"], json!(null));
}

/// Numbers that are no whole numbers of the range are refused, by type or by rule (E17).
#[tokio::test(flavor = "multi_thread")]
async fn quantities_are_whole_numbers() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = draft(&client).await;
    for count in [json!(0), json!(-1), json!(21)] {
        let input = json!({ "applicationId": id, "expectedVersion": 1, "deviceCount": count });
        assert_eq!(client.refused("UpdateStartOfUseApplication", input).await[0].0, "DEVICE_COUNT_OUT_OF_RANGE");
    }
    for count in [json!("2台"), json!("二"), json!(2.5)] {
        let input = json!({ "applicationId": id, "expectedVersion": 1, "deviceCount": count });
        let answer = client.run("UpdateStartOfUseApplication", json!({ "input": input })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
    }
}

/// Terms that came into force while a draft was open must be accepted anew (E28).
#[tokio::test(flavor = "multi_thread")]
async fn the_terms_in_force_must_be_accepted() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = draft(&client).await;
    crate::support::steps::fill_in(&client, &id, 1).await;
    portal.clock.set(Utc.with_ymd_and_hms(2027, 4, 1, 1, 0, 0).single().unwrap());
    let client = portal.log_in("clinic@example.jp").await;
    let refused = client.refused("SubmitApplication", json!({ "applicationId": id, "expectedVersion": 2 })).await;
    assert!(refused.contains(&("TERMS_OUTDATED".to_owned(), "acceptedTerms".to_owned())), "{refused:?}");
}

/// A week without a decision shows as overdue to staff, and nothing else happens (E24).
#[tokio::test(flavor = "multi_thread")]
async fn a_week_is_overdue() {
    let portal = Portal::demo().await;
    let id = submitted(&portal.log_in("clinic@example.jp").await).await;
    portal.clock.pass(Duration::days(7) + Duration::minutes(1));
    let reviewer = portal.log_in("reviewer@example.jp").await;
    claim(&reviewer, &id).await;
    let cases = reviewer.field("ReviewCases", json!({ "filter": { "statuses": ["IN_REVIEW"] } })).await;
    let case = cases["nodes"].as_array().unwrap().iter().find(|node| node["id"] == case_of(&id)).unwrap().clone();
    assert_eq!(case["overdue"], true);
}

/// Pages inside a list are cut as pages by themselves are: from either end, with more before or after told, whatever the other
/// facilities have.
#[tokio::test]
async fn pages_inside_a_list_are_whole() {
    let portal = Portal::demo().await;
    let client = portal.log_in("sample@example.jp").await;
    let all = "{ viewer { facilities(first: 100) { nodes { id applications(first: 100) { nodes { id status } } } } } }";
    let facilities = async |document: &str| {
        let answer = client.send(document, json!({})).await;
        answer["data"]["viewer"]["facilities"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
    };
    // Those that may apply again have one, two or three applications each.
    let over = facilities(all)
        .await
        .into_iter()
        .filter(|one| ["REJECTED", "WITHDRAWN"].contains(&one["applications"]["nodes"][0]["status"].as_str().unwrap()));
    for (more, facility) in over.enumerate() {
        for _ in 0..=more {
            let created = client.done("CreateStartOfUseApplication", json!({ "facilityId": facility["id"] })).await;
            let id = created["application"]["id"].clone();
            portal.clock.pass(chrono::Duration::minutes(1));
            client.done("WithdrawApplication", json!({ "applicationId": id, "expectedVersion": 1 })).await;
        }
    }
    let whole = facilities(all).await;
    for (arguments, from_end) in [("first: 2", false), ("last: 2", true)] {
        let document = format!(
            "{{ viewer {{ facilities(first: 100) {{ nodes {{ id applications({arguments}) {{ totalCount nodes {{ id status }}
             pageInfo {{ hasNextPage hasPreviousPage }} }} }} }} }} }}"
        );
        let pages = facilities(&document).await;
        assert_eq!(pages.len(), whole.len());
        let mut longest = 0;
        for (page, whole) in pages.iter().zip(&whole) {
            let list = whole["applications"]["nodes"].as_array().unwrap();
            let page = &page["applications"];
            let two = if from_end { &list[list.len().saturating_sub(2)..] } else { &list[..list.len().min(2)] };
            assert_eq!(page["nodes"], json!(two));
            assert_eq!(page["totalCount"], list.len());
            let more =
                json!({ "hasNextPage": !from_end && list.len() > 2, "hasPreviousPage": from_end && list.len() > 2 });
            assert_eq!(page["pageInfo"], more);
            longest = longest.max(list.len());
        }
        assert_eq!(longest, 3);
    }
}

/// A number finds an application in its facility, for who may see it: a draft is not there for staff, and no facility has another's.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_finds_what_is_there_for_the_asker() {
    let portal = Portal::demo().await;
    let (clinic, midwife) = (portal.log_in("clinic@example.jp").await, portal.log_in("midwife@example.jp").await);
    let reviewer = portal.log_in("reviewer@example.jp").await;
    let (drafted, sent) = (draft(&midwife).await, submitted(&clinic).await);
    let drafted = midwife.field("ConfirmApplication", json!({ "id": drafted })).await["number"].clone();
    let sent = clinic.field("ConfirmApplication", json!({ "id": sent })).await["number"].clone();
    let (home, other) = (facility(&clinic).await, facility(&midwife).await);
    let asked = "query ($id: ID!, $sent: String!, $drafted: String!, $padded: String!) { facility(id: $id) {
        sent: application(number: $sent) { number } drafted: application(number: $drafted) { number }
        padded: application(number: $padded) { number } } }";
    let padded = format!(" {} ", sent.as_str().unwrap());
    let (sent_there, drafted_there) = (json!({ "number": sent }), json!({ "number": drafted }));
    for (client, id, expected) in [
        (&clinic, &home, json!({ "sent": sent_there, "padded": sent_there, "drafted": null })),
        (&midwife, &other, json!({ "sent": null, "padded": null, "drafted": drafted_there })),
        (&reviewer, &home, json!({ "sent": sent_there, "padded": sent_there, "drafted": null })),
        (&reviewer, &other, json!({ "sent": null, "padded": null, "drafted": null })),
    ] {
        let variables = json!({ "id": id, "sent": sent, "drafted": drafted, "padded": padded });
        assert_eq!(client.send(asked, variables).await["data"]["facility"], expected);
    }
}
