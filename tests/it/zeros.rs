//! A zero in a text: PostgreSQL holds none in its columns, so that wherever one is sent it must be refused or dropped before.

use serde_json::{Value, json};

use crate::support::steps::{case_of, claim, draft, facility, submitted};
use crate::support::{Client, Portal};

/// Fails when an answer is a fault of ours, or has an error without a code.
fn assert_no_fault(what: &str, answer: &Value) {
    for error in answer["errors"].as_array().into_iter().flatten() {
        let code = error["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{what}: no code: {answer}"));
        // A document or an input that does not fit would hide what is looked for.
        assert!(code != "INTERNAL" && !code.starts_with("GRAPHQL_") && code != "BAD_USER_INPUT", "{what}: {answer}");
    }
}

/// Puts a zero into each text of an input, one at a time.
fn with_zeros(input: &Value) -> Vec<(String, Value)> {
    let fields = input.as_object().unwrap();
    // An enum is a text only in JSON.
    let is_text = |name: &str, value: &Value| value.is_string() && !name.to_lowercase().ends_with("kind");
    let texts = fields.iter().filter(|(name, value)| is_text(name, value)).map(|(name, _)| name.clone());
    let mut made = Vec::new();
    for name in texts {
        for text in ["\0".to_owned(), format!("{}\0", input[&name].as_str().unwrap())] {
            let mut one = input.clone();
            one[&name] = json!(text);
            made.push((name.clone(), one));
        }
    }
    made
}

/// No text with a zero in it, in any input or argument, is a fault.
#[tokio::test(flavor = "multi_thread")]
async fn a_zero_in_a_text_is_no_fault() {
    let portal = Portal::demo().await;
    let (visitor, owner) = (portal.visitor(), portal.log_in("clinic@example.jp").await);
    let reviewer = portal.log_in("reviewer@example.jp").await;
    let home = facility(&owner).await;
    let sent = submitted(&owner).await;
    let version = claim(&reviewer, &sent).await;
    let midwife = portal.log_in("midwife@example.jp").await;
    let begun = draft(&midwife).await;
    let decision = |more: Value| {
        let mut input = json!({ "reviewCaseId": case_of(&sent), "expectedVersion": version, "internalNote": "確認" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let registration = json!({
        "displayName": "登録 一子", "facilityKind": "MIDWIFERY_HOME", "facilityCode": "M1300003", "facilityName": "はじめて助産所",
        "phoneNumber": "03-1234-5678", "email": "new@example.jp", "password": "a long password of my own",
    });
    let rows: [(&Client, &str, Value); 16] = [
        (&visitor, "RegisterUser", registration),
        (&visitor, "ConfirmRegistration", json!({ "token": "token" })),
        (&visitor, "LogIn", json!({ "email": "clinic@example.jp", "password": "madoguchi-demo-2026" })),
        (&visitor, "RequestPasswordReset", json!({ "email": "clinic@example.jp" })),
        (&visitor, "ResetPassword", json!({ "token": "token", "newPassword": "a long password of my own" })),
        (&owner, "AddFacility", json!({ "kind": "MIDWIFERY_HOME", "code": "M1300003", "name": "はじめて助産所" })),
        (&midwife, "CreateStartOfUseApplication", json!({ "facilityId": home, "idempotencyKey": "key-of-mine" })),
        (
            &midwife,
            "UpdateStartOfUseApplication",
            json!({ "applicationId": begun, "expectedVersion": 1, "acceptTermsVersion": "1.0" }),
        ),
        (
            &midwife,
            "SubmitApplication",
            json!({ "applicationId": begun, "expectedVersion": 1, "idempotencyKey": "key-of-mine" }),
        ),
        (&midwife, "WithdrawApplication", json!({ "applicationId": begun, "expectedVersion": 1 })),
        (&midwife, "RemoveAttachment", json!({ "attachmentId": begun.replace("application", "attachment") })),
        (&reviewer, "ClaimReview", json!({ "reviewCaseId": case_of(&sent) })),
        (
            &reviewer,
            "ReturnApplication",
            decision(json!({ "reason": "確認", "corrections": [{ "target": "STAFF_COUNT", "message": "\0" }] })),
        ),
        (&reviewer, "RejectApplication", decision(json!({ "reason": "確認" }))),
        (&reviewer, "ApproveApplication", decision(json!({}))),
        (&reviewer, "ReleaseReview", json!({ "reviewCaseId": case_of(&sent) })),
    ];
    for (client, operation, input) in rows {
        for (field, input) in with_zeros(&input) {
            let answer = client.run(operation, json!({ "input": input })).await;
            assert_no_fault(&format!("{operation}.{field}"), &answer);
        }
    }
    for key in ["managerDateOfBirth", "bankAccountNumber"] {
        let input = json!({ "applicationId": begun, "expectedVersion": 1, "key": { key: "19\0" } });
        assert_no_fault(key, &midwife.run("VerifyFacility", json!({ "input": input })).await);
    }
    let by_number =
        format!("query($text: String!) {{ facility(id: \"{home}\") {{ application(number: $text) {{ id }} }} }}");
    for document in [&by_number, "query($text: String!) { termsOfUse(version: $text) { version } }"] {
        for text in ["\0", "S0000001\0"] {
            assert_no_fault(document, &owner.send(document, json!({ "text": text })).await);
        }
    }
}
