//! Review: lists, claims, decisions, races, corrections.

use chrono::Duration;
use serde_json::{Value, json};

use crate::people::INVISIBLE;
use crate::support::steps::{case_of, claim, submitted};
use crate::support::{Client, Portal};

/// The demonstration shows a case in every state that lasts; filters and pages agree with the totals.
#[tokio::test(flavor = "multi_thread")]
async fn cases_are_listed_filtered_and_paged() {
    let portal = Portal::demo().await;
    let reviewer = portal.log_in("reviewer@example.jp").await;
    let list = |filter: Value| {
        let reviewer = reviewer.clone();
        async move { reviewer.field("ReviewCases", json!({ "filter": filter, "first": 100 })).await }
    };
    let all = list(json!({})).await;
    assert_eq!(all["totalCount"], 8, "{all}");
    for (status, count) in
        [("SUBMITTED", 3), ("IN_REVIEW", 1), ("RETURNED", 1), ("COMPLETED", 2), ("REJECTED", 1), ("DRAFT", 0)]
    {
        let some = list(json!({ "statuses": [status] })).await;
        assert_eq!((&some["totalCount"], some["nodes"].as_array().unwrap().len()), (&json!(count), count), "{status}");
    }
    assert_eq!(list(json!({ "facilityKinds": ["MIDWIFERY_HOME"] })).await["totalCount"], 1);
    assert_eq!(list(json!({ "waitingLongerThanHours": 24 * 365 })).await["totalCount"], 0);
    assert_eq!(list(json!({ "waitingLongerThanHours": 24 })).await["totalCount"], all["totalCount"]);

    let (mut after, mut seen) = (Value::Null, Vec::new());
    loop {
        let page = reviewer.field("ReviewCases", json!({ "filter": {}, "first": 2, "after": after })).await;
        seen.extend(page["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()));
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    let ids: Vec<_> = all["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect();
    assert_eq!(seen, ids);
}

/// Of two reviewers at once one gets the case; the other is told who has it and until when.
#[tokio::test(flavor = "multi_thread")]
async fn two_claims_at_once_one_wins() {
    let portal = Portal::demo().await;
    let id = submitted(&portal.log_in("clinic@example.jp").await).await;
    let (one, two) = (portal.log_in("reviewer@example.jp").await, portal.log_in("reviewer2@example.jp").await);
    let variables = json!({ "input": { "reviewCaseId": case_of(&id) } });
    let (first, second) =
        tokio::join!(one.field("ClaimReview", variables.clone()), two.field("ClaimReview", variables));
    let payloads = [first, second];
    let won = payloads.iter().filter(|payload| payload["userErrors"] == json!([])).count();
    assert_eq!(won, 1, "{payloads:?}");
    let lost = payloads.iter().find(|payload| payload["userErrors"] != json!([])).unwrap();
    assert_eq!(lost["userErrors"][0]["code"], "ALREADY_CLAIMED");
    let message = lost["userErrors"][0]["message"].as_str().unwrap();
    assert!(message.contains("審査") && message.contains("12:00"), "{message}");
    portal.clock.pass(Duration::hours(2));
    let two = portal.log_in("reviewer2@example.jp").await;
    two.done("ClaimReview", json!({ "reviewCaseId": case_of(&id) })).await;
}

/// Each reviewer is offered what they can do: to take what nobody holds, to decide what they hold, and nothing of what another holds.
#[tokio::test(flavor = "multi_thread")]
async fn reviewers_are_offered_what_they_can_do() {
    let portal = Portal::demo().await;
    let id = submitted(&portal.log_in("clinic@example.jp").await).await;
    let (one, two) = (portal.log_in("reviewer@example.jp").await, portal.log_in("reviewer2@example.jp").await);
    let offered = async |who: &Client| {
        let answer =
            who.send("query ($id: ID!) { application(id: $id) { availableActions } }", json!({ "id": id })).await;
        answer["data"]["application"]["availableActions"].clone()
    };
    let decisions = json!(["CLAIM", "RELEASE", "APPROVE", "RETURN", "REJECT"]);
    assert_eq!((offered(&one).await, offered(&two).await), (json!(["CLAIM"]), json!(["CLAIM"])));
    claim(&one, &id).await;
    assert_eq!((offered(&one).await, offered(&two).await), (decisions, json!([])));
    portal.clock.pass(Duration::hours(2));
    let (one, two) = (portal.log_in("reviewer@example.jp").await, portal.log_in("reviewer2@example.jp").await);
    assert_eq!((offered(&one).await, offered(&two).await), (json!(["CLAIM"]), json!(["CLAIM"])));
}

/// Two decisions at once make one; the other reviewer is told who decided and when. A repeat by the same reviewer changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn two_decisions_at_once_one_wins() {
    let portal = Portal::demo().await;
    let clinic = portal.log_in("clinic@example.jp").await;
    let id = submitted(&clinic).await;
    let (one, two) = (portal.log_in("reviewer@example.jp").await, portal.log_in("reviewer2@example.jp").await);
    let version = claim(&one, &id).await;
    let approval = json!({ "reviewCaseId": case_of(&id), "expectedVersion": version });
    let approvals = (0..8).map(|_| one.field("ApproveApplication", json!({ "input": approval.clone() })));
    for payload in futures_util::future::join_all(approvals).await {
        assert_eq!(payload["userErrors"], json!([]), "the same decision again: {payload}");
        assert_eq!(payload["application"]["status"], "COMPLETED");
    }
    let refused = two.refused("ApproveApplication", approval).await;
    assert_eq!(refused[0].0, "ALREADY_DECIDED");
    let reject = json!({ "reviewCaseId": case_of(&id), "expectedVersion": version, "reason": "やはり却下" });
    assert_eq!(one.refused("RejectApplication", reject).await[0].0, "ALREADY_DECIDED");
    let facility = crate::support::steps::facility(&clinic).await;
    let accounts = clinic.field("FacilityAccounts", json!({ "facilityId": facility })).await;
    assert_eq!(accounts["accounts"]["totalCount"], 2, "accounts were issued once");
}

/// A decision needs a claim, a reason and the version that was reviewed.
#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_asked_for_what_it_needs() {
    let portal = Portal::demo().await;
    let id = submitted(&portal.log_in("clinic@example.jp").await).await;
    let reviewer = portal.log_in("reviewer@example.jp").await;
    let approve = |version| json!({ "reviewCaseId": case_of(&id), "expectedVersion": version });
    assert_eq!(reviewer.refused("ApproveApplication", approve(4)).await[0].0, "NOT_CLAIMED");
    let version = claim(&reviewer, &id).await;
    assert_eq!(reviewer.refused("ApproveApplication", approve(version - 1)).await[0].0, "VERSION_CONFLICT");
    let returned =
        json!({ "reviewCaseId": case_of(&id), "expectedVersion": version, "reason": " ", "corrections": [] });
    assert_eq!(
        reviewer.refused("ReturnApplication", returned).await,
        [("REASON_REQUIRED".into(), "input.reason".into())]
    );
    let reject = json!({ "reviewCaseId": case_of(&id), "expectedVersion": version, "reason": "" });
    assert_eq!(reviewer.refused("RejectApplication", reject).await[0].0, "REASON_REQUIRED");
}

/// A note for other staff has as many characters as a reason, in Japanese too.
#[tokio::test(flavor = "multi_thread")]
async fn a_note_is_counted_in_characters() {
    let portal = Portal::demo().await;
    let id = submitted(&portal.log_in("clinic@example.jp").await).await;
    let reviewer = portal.log_in("reviewer@example.jp").await;
    let version = claim(&reviewer, &id).await;
    let approve = |length| json!({ "reviewCaseId": case_of(&id), "expectedVersion": version, "internalNote": "確".repeat(length) });
    assert_eq!(
        reviewer.refused("ApproveApplication", approve(2_001)).await,
        [("NOTE_TOO_LONG".into(), "input.internalNote".into())]
    );
    reviewer.done("ApproveApplication", approve(2_000)).await;
}

/// A returned application opens just what was pinned, and is sent again; a pinned check must be passed again.
#[tokio::test(flavor = "multi_thread")]
async fn a_return_opens_what_it_pins() {
    let portal = Portal::demo().await;
    let clinic = portal.log_in("clinic@example.jp").await;
    let id = submitted(&clinic).await;
    let reviewer = portal.log_in("reviewer@example.jp").await;
    let version = claim(&reviewer, &id).await;
    let input = json!({
        "reviewCaseId": case_of(&id), "expectedVersion": version, "reason": "台数をご確認ください。",
        "corrections": [{ "target": "DEVICE_COUNT", "message": "1台で足りませんか。" }],
    });
    reviewer.done("ReturnApplication", input).await;
    let version = version + 1;

    let update = |field: &str, value: Value| {
        let mut input = json!({ "applicationId": id, "expectedVersion": version });
        input[field] = value;
        input
    };
    for (field, value) in [("staffCount", json!(5)), ("verificationMethod", json!("DOCUMENT_EVIDENCE"))] {
        let refused = clinic.refused("UpdateStartOfUseApplication", update(field, value)).await;
        assert_eq!(refused, [("FIELD_NOT_OPEN".to_owned(), format!("input.{field}"))]);
    }
    let page = clinic.field("ConfirmApplication", json!({ "id": id })).await;
    assert_eq!(page["availableActions"], json!(["UPDATE", "SUBMIT", "WITHDRAW"]));
    clinic.done("UpdateStartOfUseApplication", update("deviceCount", json!(1))).await;
    // The match was used for the first submission and is not pinned: it holds for the second.
    portal.clock.pass(Duration::hours(30));
    let clinic = portal.log_in("clinic@example.jp").await;
    let sent = clinic.done("SubmitApplication", json!({ "applicationId": id, "expectedVersion": version + 1 })).await;
    assert_eq!(sent["application"]["status"], "SUBMITTED");
}

/// A case put back is free for others, and its applicant reads no reviewer's name anywhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_released_case_is_free() {
    let portal = Portal::demo().await;
    let clinic = portal.log_in("clinic@example.jp").await;
    let id = submitted(&clinic).await;
    let one = portal.log_in("reviewer@example.jp").await;
    claim(&one, &id).await;
    one.done("ReleaseReview", json!({ "reviewCaseId": case_of(&id) })).await;
    claim(&portal.log_in("reviewer2@example.jp").await, &id).await;
    let facility = crate::support::steps::facility(&clinic).await;
    let status = clinic.run("FacilityApplications", json!({ "facilityId": facility })).await;
    assert!(status.to_string().contains("REVIEW_RELEASED") && !status.to_string().contains("審査 "), "{status}");
}

/// What nobody sees tells an applicant nothing: it is refused as no words at all, as a reason and as a correction.
#[tokio::test(flavor = "multi_thread")]
async fn invisible_words_are_none() {
    let portal = Portal::demo().await;
    let id = submitted(&portal.log_in("clinic@example.jp").await).await;
    let reviewer = portal.log_in("reviewer@example.jp").await;
    let version = claim(&reviewer, &id).await;
    let required = |field: &str| ("REASON_REQUIRED".to_owned(), format!("input.{field}"));
    for blank in INVISIBLE.chars().map(|character| format!("{character}\n{character}")) {
        let decision = json!({ "reviewCaseId": case_of(&id), "expectedVersion": version, "reason": blank });
        assert_eq!(reviewer.refused("RejectApplication", decision.clone()).await, [required("reason")], "{blank:?}");
        let mut returned = decision;
        returned["corrections"] = json!([{ "target": "DEVICE_COUNT", "message": blank }]);
        let refused = [required("reason"), required("corrections.0.message")];
        assert_eq!(reviewer.refused("ReturnApplication", returned).await, refused, "{blank:?}");
    }
}

/// Controls and direction overrides are refused in all that a reviewer writes, in words that say so; line breaks and tabs stay.
#[tokio::test(flavor = "multi_thread")]
async fn controls_are_refused_in_what_a_reviewer_writes() {
    let portal = Portal::demo().await;
    let id = submitted(&portal.log_in("clinic@example.jp").await).await;
    let reviewer = portal.log_in("reviewer@example.jp").await;
    let version = claim(&reviewer, &id).await;
    for text in ["a\0b", "a\u{1B}[1mb", "a\u{202E}b", "a\u{2066}b", "a\u{85}b"] {
        let input = json!({
            "reviewCaseId": case_of(&id), "expectedVersion": version, "reason": text,
            "corrections": [{ "target": "DEVICE_COUNT", "message": text }],
        });
        let returned = reviewer.field("ReturnApplication", json!({ "input": input })).await;
        let noted = json!({ "reviewCaseId": case_of(&id), "expectedVersion": version, "internalNote": text });
        let noted = reviewer.field("ApproveApplication", json!({ "input": noted })).await;
        let all =
            [&returned["userErrors"], &noted["userErrors"]].map(|errors| errors.as_array().unwrap().clone()).concat();
        let codes: Vec<_> = all.iter().map(|error| error["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["REASON_REQUIRED", "REASON_REQUIRED", "NOTE_TOO_LONG"], "{text:?}");
        for error in all {
            assert!(error["message"].as_str().unwrap().contains("制御文字"), "{text:?}: {error}");
        }
    }
    let input = json!({
        "reviewCaseId": case_of(&id), "expectedVersion": version, "reason": "台数\r\n\t確認",
        "corrections": [{ "target": "DEVICE_COUNT", "message": "1\n\t2" }], "internalNote": "電話\r\t済み",
    });
    reviewer.done("ReturnApplication", input).await;
    let kept = "query ($id: ID!) { node(id: $id) { ... on ReviewCase { decisions { reason corrections { message } internalNote } } } }";
    let kept = reviewer.send(kept, json!({ "id": case_of(&id) })).await["data"]["node"]["decisions"][0].clone();
    let expected =
        json!({ "reason": "台数\n\t確認", "corrections": [{ "message": "1\n\t2" }], "internalNote": "電話\n\t済み" });
    assert_eq!(kept, expected);
}
