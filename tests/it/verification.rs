//! 施設の確認 by method ①: what is folded, what is refused, what is counted, and what nobody learns (R23–R37, E01–E11, T1–T4).

use chrono::{DateTime, Duration};
use futures_util::future::join_all;
use madoguchi::store::attempts;
use serde_json::{Value, json};

use crate::support::Portal;
use crate::support::steps::{draft, facility, fill_in, ready, right_key, verify, wrong_key};

/// Five failures lock method ① for the facility; the right key no longer helps, and the answer names the paper of method ②.
#[tokio::test(flavor = "multi_thread")]
async fn five_failures_lock_the_facility() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = draft(&client).await;
    for remaining in [4, 3, 2, 1] {
        let payload = verify(&client, &id, 1, wrong_key()).await;
        assert_eq!(payload["outcome"]["__typename"], "FacilityNotMatched", "{payload}");
        assert_eq!(payload["outcome"]["remainingAttempts"], remaining);
        assert_eq!(payload["outcome"]["alternative"]["label"], "受領委任承諾通知書");
    }
    for key in [wrong_key(), right_key()] {
        let payload = verify(&client, &id, 1, key).await;
        assert_eq!(payload["outcome"]["__typename"], "VerificationLocked", "{payload}");
        assert!(payload["outcome"]["message"].as_str().unwrap().contains("受領委任承諾通知書"), "{payload}");
    }
    portal.clock.pass(Duration::days(30) + Duration::seconds(1));
    let client = portal.log_in("clinic@example.jp").await;
    let payload = verify(&client, &id, 1, right_key()).await;
    assert_eq!(payload["outcome"]["__typename"], "FacilityMatched", "{payload}");
}

/// Aliases, parallel requests and a restart win no try: five are judged, whatever the way.
#[tokio::test(flavor = "multi_thread")]
async fn no_way_around_the_count() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = draft(&client).await;
    let aliased = (0..3)
        .map(|n| {
            format!(
                r#"a{n}: verifyFacility(input: {{ applicationId: "{id}", expectedVersion: 1, key: {{ managerDateOfBirth: "1971-01-0{}" }} }}) {{ outcome {{ __typename }} }}"#,
                n + 1
            )
        })
        .collect::<Vec<_>>()
        .join("\n");
    let answer = client.send(&format!("mutation {{ {aliased} }}"), json!({})).await;
    // Either each alias is a try of its own, or the document is refused whole; both ways none is free.
    let spent = answer["data"].as_object().map_or(0, |data| {
        data.values().filter(|payload| payload["outcome"]["__typename"] == "FacilityNotMatched").count()
    });
    assert!(spent == 3 || answer["data"].is_null(), "{answer}");

    let outcomes = join_all((0..8).map(|_| verify(&client, &id, 1, wrong_key()))).await;
    let is = |name: &str| outcomes.iter().filter(|payload| payload["outcome"]["__typename"] == name).count();
    let busy = outcomes.iter().filter(|payload| payload["userErrors"][0]["code"] == "SERVICE_BUSY").count();
    assert_eq!(is("FacilityNotMatched") + is("VerificationLocked") + busy, 8, "{outcomes:?}");
    let facility = facility(&client).await.parse().unwrap();
    let judged = attempts::failures(portal.services.database.reader(), facility, DateTime::UNIX_EPOCH).await.unwrap();
    assert_eq!(judged.len(), 5, "each try is counted before it is judged, and the sixth is never begun");

    let portal = portal.restart().await;
    let client = portal.log_in("clinic@example.jp").await;
    let payload = verify(&client, &id, 1, right_key()).await;
    assert_eq!(payload["outcome"]["__typename"], "VerificationLocked", "{payload}");
}

/// The right key, sent several times at once: one is a match, the others come too late for their version, and none of them is a failure.
#[tokio::test(flavor = "multi_thread")]
async fn right_keys_at_once_are_no_failures() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = draft(&client).await;
    for round in 0..3 {
        let version = 1 + round;
        let payloads = join_all((0..3).map(|_| verify(&client, &id, version, right_key()))).await;
        let is_match = |payload: &&Value| payload["outcome"]["__typename"] == "FacilityMatched";
        assert_eq!(payloads.iter().filter(is_match).count(), 1, "{payloads:?}");
        for late in payloads.iter().filter(|payload| !is_match(payload)) {
            assert_eq!(late["userErrors"][0]["code"], "VERSION_CONFLICT", "{late}");
        }
    }
    let missed = verify(&client, &id, 4, wrong_key()).await;
    assert_eq!(missed["outcome"]["remainingAttempts"], 4, "{missed}");
}

/// A key in the wrong form, or of the wrong kind, is refused with the words that help, and costs no try.
#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_key_costs_no_try() {
    let portal = Portal::demo().await;
    let clinic = portal.log_in("clinic@example.jp").await;
    let id = draft(&clinic).await;
    for (key, code, words) in [
        (json!({ "managerDateOfBirth": "昭和45年1月31日" }), "NOT_GREGORIAN", "西暦で"),
        (json!({ "managerDateOfBirth": "1970-02-30" }), "INVALID_DATE_OF_BIRTH", "西暦で"),
        (json!({ "bankAccountNumber": "1234567" }), "VERIFICATION_KEY_WRONG_KIND", "生年月日"),
    ] {
        let payload = verify(&clinic, &id, 1, key).await;
        assert_eq!(payload["userErrors"][0]["code"], code, "{payload}");
        assert!(payload["userErrors"][0]["message"].as_str().unwrap().contains(words), "{payload}");
        assert!(payload["outcome"].is_null());
    }
    let midwife = portal.log_in("midwife@example.jp").await;
    let home = draft(&midwife).await;
    let wrong_kind = verify(&midwife, &home, 1, right_key()).await;
    assert_eq!(wrong_kind["userErrors"][0]["code"], "VERIFICATION_KEY_WRONG_KIND", "{wrong_kind}");
    let eight = verify(&midwife, &home, 1, json!({ "bankAccountNumber": "12345678" })).await;
    assert_eq!(eight["userErrors"][0]["code"], "INVALID_ACCOUNT_NUMBER", "{eight}");
    assert!(eight["userErrors"][0]["message"].as_str().unwrap().contains("ゆうちょ銀行"), "{eight}");
    assert_eq!(eight["userErrors"][0]["field"], json!(["input", "key", "bankAccountNumber"]));
    // Leading zeros and full-width digits are one number.
    let matched = verify(&midwife, &home, 1, json!({ "bankAccountNumber": "７６５４３" })).await;
    assert_eq!(matched["outcome"]["__typename"], "FacilityMatched", "{matched}");
    let page = clinic.field("ConfirmApplication", json!({ "id": id })).await;
    assert!(page["verification"].is_null(), "no method was chosen by a refused key: {page}");
}

/// Whether the registry knows the facility cannot be told from the answer nor from the statements that were sent.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_facility_looks_like_a_wrong_key() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let input = json!({ "kind": "TREATMENT_CLINIC", "code": "協1399999-0-0", "name": "登録のない施術所" });
    let unknown = client.done("AddFacility", input).await["facility"]["id"].clone();
    let known = draft(&client).await;
    let created = client.done("CreateStartOfUseApplication", json!({ "facilityId": unknown })).await;
    let unknown = created["application"]["id"].as_str().unwrap().to_owned();

    let mut heard = Vec::new();
    for id in [&known, &unknown] {
        portal.take_statements();
        let mut payload = verify(&client, id, 1, wrong_key()).await;
        payload["application"] = json!(null);
        let own = |sql: &String| !sql.contains("outbox_messages") && !sql.contains("sessions");
        heard.push((payload, portal.take_statements().into_iter().filter(own).collect::<Vec<_>>()));
    }
    assert_eq!(heard[0].0, heard[1].0);
    assert_eq!(heard[0].1.len(), heard[1].1.len(), "{heard:#?}");
}

/// A match is good for 24 hours, for its user and its method; sending uses it.
#[tokio::test(flavor = "multi_thread")]
async fn a_match_goes_stale() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = ready(&client).await;
    portal.clock.pass(Duration::hours(24));
    let client = portal.log_in("clinic@example.jp").await;
    let refused = client.refused("SubmitApplication", json!({ "applicationId": id, "expectedVersion": 3 })).await;
    assert_eq!(refused, [("VERIFICATION_STALE".to_owned(), "verification".to_owned())]);
    let page = client.field("ConfirmApplication", json!({ "id": id })).await;
    assert_eq!(page["verification"]["status"], "EXPIRED", "{page}");
    assert!(page["confirmation"].is_null());
}

/// Choosing another method drops the match, and choosing the first again does not bring it back (E07).
#[tokio::test(flavor = "multi_thread")]
async fn another_method_drops_the_match() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = ready(&client).await;
    for (version, method, code) in
        [(3, "DOCUMENT_EVIDENCE", "EVIDENCE_REQUIRED"), (4, "REGISTRY_MATCH", "FACILITY_NOT_VERIFIED")]
    {
        let input = json!({ "applicationId": id, "expectedVersion": version, "verificationMethod": method });
        let updated = client.done("UpdateStartOfUseApplication", input).await;
        let items = updated["application"]["readiness"]["items"].as_array().unwrap().clone();
        assert_eq!(items.iter().map(|item| item["code"].as_str().unwrap()).collect::<Vec<_>>(), [code]);
    }
}

/// A user runs out of tries for the day across facilities, and is told when to come back.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_ten_tries_a_day() {
    let portal = Portal::demo().await;
    let client = portal.log_in("sample@example.jp").await;
    let mut codes = Vec::new();
    for number in 0..4 {
        let input = json!({ "kind": "TREATMENT_CLINIC", "code": format!("協13990{number}0-0-0") });
        let facility = client.done("AddFacility", input).await["facility"]["id"].clone();
        let created = client.done("CreateStartOfUseApplication", json!({ "facilityId": facility })).await;
        let id = created["application"]["id"].as_str().unwrap().to_owned();
        for _ in 0..3 {
            let payload = verify(&client, &id, 1, wrong_key()).await;
            codes.extend(payload["userErrors"].as_array().unwrap().iter().map(|error| error["code"].clone()));
        }
    }
    assert_eq!(codes, ["TOO_MANY_ATTEMPTS"; 2], "twelve tries, ten judged");
}

/// 必須情報 is one list, the same for readiness and for a refused submission.
#[tokio::test(flavor = "multi_thread")]
async fn readiness_lists_what_is_missing_in_the_forms_order() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let id = draft(&client).await;
    let refused = client.refused("SubmitApplication", json!({ "applicationId": id, "expectedVersion": 1 })).await;
    let fields: Vec<_> = refused.iter().map(|(_, field)| field.as_str()).collect();
    assert_eq!(fields, ["verificationMethod", "staffCount", "deviceCount", "acceptedTerms"]);
    let updated = fill_in(&client, &id, 1).await;
    assert_eq!(updated["application"]["readiness"]["items"][0]["label"], "施設の確認方法");
}
