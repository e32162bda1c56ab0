//! SQL statements of a request do not grow with the length of a list (invariant 7): each query of `graphql/operations/`, for lists of
//! one and of fifty, with the counts committed in tests/it/query_counts.txt.

use std::fmt::Write;

use madoguchi::domain::actor::{Actor, Role};
use madoguchi::domain::facility::FacilityKind;
use madoguchi::domain::ids::{Id, UserId};
use madoguchi::domain::kinds::start_of_use::{Change, Changes};
use madoguchi::domain::secret::Confidential;
use madoguchi::domain::verification::{TypedKey, VerificationKeyKind};
use madoguchi::services::users::{FacilityForm, UserForm};
use madoguchi::services::{applications, facilities, registry, review, start_of_use, users, verification};
use serde_json::{Value, json};

use crate::support::{Client, Portal, eventually, generated, operations};

/// A portal where each list has this length.
struct Lists {
    portal: Portal,
    applicant: Client,
    reviewer: Client,
    ids: Value,
}

/// Who asks, and with what variables, by operation.
fn asked(lists: &Lists, operation: &str) -> Option<(Client, Value)> {
    let (applicant, reviewer) = (lists.applicant.clone(), lists.reviewer.clone());
    let (facility, application) = (&lists.ids["facility"], &lists.ids["application"]);
    Some(match operation {
        "Viewer" => (applicant, json!({ "first": 100 })),
        "ApplicationMenus" | "StartOfUseForm" => (applicant, json!({ "facilityId": facility })),
        "FacilityAccounts" | "FacilityApplications" => (applicant, json!({ "facilityId": facility, "first": 100 })),
        "ConfirmApplication" | "Node" => (applicant, json!({ "id": application })),
        "ReviewCases" => (reviewer, json!({ "first": 100, "filter": {} })),
        "PublicPages" => (applicant, json!({})),
        _ => return None,
    })
}

/// Every query is counted at both lengths, the counts are equal, and they are the committed ones.
#[tokio::test(flavor = "multi_thread")]
async fn statements_do_not_grow_with_lists() {
    let (one, fifty) = tokio::join!(lists_of(1), lists_of(50));
    let mut table =
        "# SQL statements a request, for lists of 1 and of 50. `cargo xtask accept` rewrites this file.\n".to_owned();
    for (file, text) in operations::all() {
        let Some(name) = text.lines().find_map(|line| line.strip_prefix("query ")) else { continue };
        let name = name.split(['(', ' ']).next().unwrap();
        let counts = [count(&one, name).await, count(&fifty, name).await];
        writeln!(table, "{file}: {} {}", counts[0], counts[1]).unwrap();
        assert_eq!(counts[0], counts[1], "{file} grows with its lists");
    }
    generated::compare("tests/it/query_counts.txt", &table);
}

async fn count(lists: &Lists, operation: &str) -> usize {
    let (client, variables) =
        asked(lists, operation).unwrap_or_else(|| panic!("{operation} has no row in query_counts.rs"));
    lists.portal.take_statements();
    let answer = client.run(operation, variables).await;
    assert!(answer.get("errors").is_none(), "{operation}: {answer}");
    // The outbox is looked at by time, whoever asks for what.
    lists.portal.take_statements().iter().filter(|sql| !sql.contains("outbox_messages")).count()
}

/// One applicant with so many facilities, each with a sent application; the first has as many earlier ones, withdrawn, and accounts.
async fn lists_of(length: usize) -> Lists {
    let portal = Portal::empty().await;
    let services = &portal.services;
    let codes: Vec<_> = (0..length).map(|number| format!("協1350{number:03}00")).collect();
    let rows: Vec<_> =
        codes.iter().map(|code| (FacilityKind::TreatmentClinic, code.as_str(), "施術所", "1970-01-31")).collect();
    registry::put_known(services, &Actor::System, &rows).await.unwrap();
    let held =
        codes.iter().map(|code| FacilityForm { kind: FacilityKind::TreatmentClinic, code: code.clone(), name: None });
    let applicant = login(&portal, "applicant@example.jp", Role::Applicant, held.collect()).await;
    let reviewer = login(&portal, "reviewer@example.jp", Role::Reviewer, vec![]).await;

    let request = madoguchi::domain::page::PageRequest { size: 100, ..madoguchi::domain::page::PageRequest::first() };
    let held = facilities::held_by(services, &applicant, applicant.user().unwrap(), request).await.unwrap().items;
    for _ in 1..length {
        let draft = start_of_use::create(services, &applicant, held[0].id, None).await.unwrap();
        applications::withdraw(services, &applicant, draft.id, draft.version).await.unwrap();
    }
    let mut first = None;
    for facility in &held {
        let sent = send(&portal, &applicant, facility.id, length).await;
        let claimed = review::claim(services, &reviewer, sent).await.unwrap();
        if first.is_none() {
            let verdict = Ok(madoguchi::domain::review::Verdict::Approved);
            review::decide(services, &reviewer, sent, claimed.version, verdict, None).await.unwrap();
            first = Some(sent);
        }
    }
    let ids = json!({ "facility": held[0].id, "application": first.unwrap() });
    let (applicant, reviewer) =
        (portal.log_in("applicant@example.jp").await, portal.log_in("reviewer@example.jp").await);
    eventually("the wake-ups to be done", || {
        let seen = portal.take_statements().len();
        async move { (seen == 0).then_some(()) }
    })
    .await;
    Lists { portal, applicant, reviewer, ids }
}

async fn login(portal: &Portal, email: &str, role: Role, facilities: Vec<FacilityForm>) -> Actor {
    let form = UserForm {
        display_name: "見本 太郎".to_owned(),
        email: email.to_owned(),
        phone_number: "0312345678".to_owned(),
        password: Confidential::new(madoguchi::app::demo::PASSWORD.to_owned()),
        role,
        facilities,
    };
    let user: UserId = users::create_user(&portal.services, &Actor::System, form).await.unwrap().unwrap().id;
    Actor::User { user, role, session: Id::from_uuid(uuid::Uuid::nil()) }
}

async fn send(
    portal: &Portal,
    applicant: &Actor,
    facility: madoguchi::domain::ids::FacilityId,
    devices: usize,
) -> madoguchi::domain::ids::ApplicationId {
    let services = &portal.services;
    let draft = start_of_use::create(services, applicant, facility, None).await.unwrap();
    let kind = VerificationKeyKind::ManagingPractitionerBirthDate;
    // The day's tries of one user are counted; the clock goes on so that fifty facilities fit.
    portal.clock.pass(chrono::Duration::hours(3));
    let typed = TypedKey { kind, text: Confidential::new("1970-01-31".to_owned()) };
    verification::verify(services, applicant, draft.id, draft.version, typed).await.unwrap();
    let changes = Changes {
        method: Change::Keep,
        staff_count: Change::Set(10),
        device_count: Change::Set(i32::try_from(devices.min(20)).unwrap()),
        accept_terms: Change::Set("1.0".to_owned()),
    };
    let filled = start_of_use::update(services, applicant, draft.id, draft.version + 1, changes).await.unwrap();
    applications::submit(services, applicant, filled.id, filled.version, None).await.unwrap().id
}
