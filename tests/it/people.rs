//! People over the wire: the same answer whoever asks, links that work once, sessions by token and by cookie, words in two languages.

use madoguchi::app::demo;
use madoguchi::domain::actor::Actor;
use madoguchi::domain::secret::Confidential;
use madoguchi::services::login;
use madoguchi::store::Transaction;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::steps::{draft, verify};
use crate::support::{Portal, operations};

/// Characters that take no ink, as Unicode has them (Default_Ignorable_Code_Point), and a braille cell without a dot.
pub const INVISIBLE: &str = "\u{200B}\u{2060}\u{AD}\u{3164}\u{115F}\u{1160}\u{FFA0}\u{2800}\u{200D}\u{E0041}\u{180E}\u{FE0F}\u{200E}\u{200F}\u{34F}\u{61C}";

fn registration(email: &str) -> Value {
    json!({
        "displayName": "登録 一子", "facilityKind": "MIDWIFERY_HOME", "facilityCode": "M1300003",
        "phoneNumber": "03-1234-5678", "email": email, "password": "a long password of my own",
    })
}

/// A known and an unknown address get the same answer to registering and to asking for a new password; each gets a mail.
#[tokio::test(flavor = "multi_thread")]
async fn no_answer_tells_who_is_known() {
    let portal = Portal::demo().await;
    let visitor = portal.visitor();
    for (operation, input) in [
        ("RegisterUser", registration as fn(&str) -> Value),
        ("RequestPasswordReset", |email: &str| json!({ "email": email })),
    ] {
        let known = visitor.run(operation, json!({ "input": input("clinic@example.jp") })).await;
        let unknown = visitor.run(operation, json!({ "input": input("nobody@example.jp") })).await;
        assert_eq!(known, unknown, "{operation}");
    }
    let (known, unknown) =
        (portal.wait_for_mails("clinic@example.jp", 2), portal.wait_for_mails("nobody@example.jp", 2));
    let (known, unknown) = tokio::join!(known, unknown);
    assert_ne!(known[0].subject, unknown[0].subject, "the mails tell, to whom the address belongs");
}

/// A link for a new password works once, ends every session, and leaves the old password useless.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_reset_once() {
    let portal = Portal::demo().await;
    let before = portal.log_in("clinic@example.jp").await;
    let visitor = portal.visitor();
    visitor.done("RequestPasswordReset", json!({ "email": "clinic@example.jp" })).await;
    let mails = portal.wait_for_mails("clinic@example.jp", 1).await;
    let reset = json!({ "token": mails[0].token(), "newPassword": "another long password" });
    visitor.done("ResetPassword", reset.clone()).await;
    assert_eq!(visitor.refused("ResetPassword", reset).await[0].0, "LINK_INVALID");
    let stale = before.post(&operations::named("Viewer"), json!({})).await;
    assert_eq!(stale.status(), 401);
    let old = json!({ "email": "clinic@example.jp", "password": "madoguchi-demo-2026" });
    assert_eq!(visitor.refused("LogIn", old).await[0].0, "INVALID_CREDENTIALS");
    visitor.log_in("clinic@example.jp", "another long password").await;
}

/// A browser's session is a cookie that no script reads; logging out takes it away and ends the session.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_logs_in_by_cookie() {
    let portal = Portal::demo().await;
    let input = json!({ "email": "clinic@example.jp", "password": "madoguchi-demo-2026", "delivery": "COOKIE" });
    let response = portal.visitor().post(&operations::named("LogIn"), json!({ "input": input })).await;
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        cookie.starts_with("madoguchi_session=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["data"]["logIn"]["token"], json!(null));
    assert_eq!(answer["data"]["logIn"]["user"]["facilities"]["nodes"][0]["name"], "まどぐち整骨院", "{answer}");

    let pair = cookie.split(';').next().unwrap().to_owned();
    let ask = |operation: &str| {
        let request = reqwest::Client::new().post(format!("{}/graphql", portal.address)).header("cookie", &pair);
        request.json(&json!({ "query": operations::named(operation) })).send()
    };
    let viewer: Value = ask("Viewer").await.unwrap().json().await.unwrap();
    assert_eq!(viewer["data"]["viewer"]["email"], "clinic@example.jp");
    let gone = ask("LogOut").await.unwrap();
    assert!(gone.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    let viewer: Value = ask("Viewer").await.unwrap().json().await.unwrap();
    assert_eq!(viewer["data"]["viewer"], json!(null));
}

/// A login whose person cannot be read, as after a step back from a newer program, is over, and nobody else's end is missed for it.
#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_person_keeps_nobody_logged_in() {
    let portal = Portal::demo().await;
    let log_in = async |email: &str| {
        let password = Confidential::new(demo::PASSWORD.to_owned());
        login::log_in(&portal.services, &Actor::Anonymous, email, password, None).await.unwrap().actor
    };
    let (unreadable, gone) = (log_in("clinic2@example.jp").await, log_in("clinic@example.jp").await);
    let stays = log_in("reviewer@example.jp").await;
    let newer = |tx: Transaction| async move {
        let sql = "UPDATE users SET role = 'SUPERVISOR' WHERE email = 'clinic2@example.jp'";
        tx.execute_unprepared(sql).await.map(drop)
    };
    portal.services.database.write(newer).await.unwrap();
    login::log_out(&portal.services, &gone).await.unwrap();
    let standing = madoguchi::auth::still_standing(&portal.services, &[unreadable, gone, stays]).await.unwrap();
    assert_eq!(standing, [stays].into());
}

/// One login may hold several facilities, and a code that somebody holds opens nobody else's door (E38).
#[tokio::test(flavor = "multi_thread")]
async fn a_login_holds_several_facilities() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    client.done("AddFacility", json!({ "kind": "MIDWIFERY_HOME", "code": "m1300003", "name": "はじめて助産所" })).await;
    let viewer = client.field("Viewer", json!({})).await;
    assert_eq!(viewer["facilities"]["totalCount"], 2);
    let taken = json!({ "kind": "TREATMENT_CLINIC", "code": "協1310002-0-0" });
    assert_eq!(client.refused("AddFacility", taken).await[0].0, "FACILITY_ALREADY_REGISTERED");
}

/// Every mistake of a form comes back at once, each at its field; the words follow Accept-Language.
#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_told_at_their_fields_in_two_languages() {
    let portal = Portal::demo().await;
    let input = json!({
        "displayName": "a\nb", "facilityKind": "HEALTH_CHECKUP_PROVIDER", "facilityCode": "12", "phoneNumber": "1",
        "email": "nobody", "password": "short",
    });
    let refused = portal.visitor().refused("RegisterUser", input).await;
    let mut fields: Vec<_> = refused.iter().map(|(_, field)| field.as_str()).collect();
    fields.sort_unstable();
    let expected =
        ["displayName", "email", "facilityCode", "password", "phoneNumber"].map(|field| format!("input.{field}"));
    assert_eq!(fields, expected);
    let english = portal.log_in("clinic@example.jp").await.in_english();
    let id = draft(&english).await;
    let payload = verify(&english, &id, 1, json!({ "managerDateOfBirth": "S45.1.31" })).await;
    assert!(
        payload["userErrors"][0]["message"].as_str().unwrap().starts_with("Use the Gregorian calendar"),
        "{payload}"
    );
}

/// Nobody is called, and no facility, by what nobody sees; a name that is seen may hold such characters (emoji are made with them).
#[tokio::test(flavor = "multi_thread")]
async fn a_name_can_be_seen() {
    let portal = Portal::demo().await;
    let (visitor, clinic) = (portal.visitor(), portal.log_in("clinic@example.jp").await);
    let refused = |field: &str| ("INVALID_NAME".to_owned(), format!("input.{field}"));
    for character in INVISIBLE.chars() {
        let blank = format!("{character} {character}");
        let mut input = registration("new@example.jp");
        (input["displayName"], input["facilityName"]) = (json!(blank), json!(blank));
        let told = visitor.refused("RegisterUser", input).await;
        assert_eq!(told, [refused("displayName"), refused("facilityName")], "{character:?}");
        let beside = json!({ "kind": "MIDWIFERY_HOME", "code": "M1300003", "name": blank });
        assert_eq!(clinic.refused("AddFacility", beside).await, [refused("name")], "{character:?}");
    }
    let name = "葛\u{E0100}城\u{2060}助産所 👩\u{200D}⚕\u{FE0F}";
    let beside = json!({ "kind": "MIDWIFERY_HOME", "code": "M1300003", "name": name });
    assert_eq!(clinic.done("AddFacility", beside).await["facility"]["name"], name);
}

/// A further facility's form is told all that is wrong with it, as a registration's is.
#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_a_further_facility_are_told_together() {
    let portal = Portal::demo().await;
    let clinic = portal.log_in("clinic@example.jp").await;
    let wrong = json!({ "kind": "TREATMENT_CLINIC", "code": "1", "name": "名".repeat(101) });
    let refused = [("INVALID_FACILITY_CODE", "input.code"), ("INVALID_NAME", "input.name")];
    let refused = refused.map(|(code, field)| (code.to_owned(), field.to_owned()));
    assert_eq!(clinic.refused("AddFacility", wrong).await, refused);
}
