//! SQL statements of a request do not grow with the length of a list (invariant 7): each query of `graphql/operations/`, for lists of
//! one and of fifty, with the numbers committed in tests/it/query_counts.txt.

pub mod unselected;

use std::collections::BTreeSet;
use std::fmt::Write;

use madoguchi::domain::actor::{Actor, Role};
use madoguchi::domain::facility::FacilityKind;
use madoguchi::domain::ids::{ApplicationId, FacilityId, Id, UserId};
use madoguchi::domain::kinds::start_of_use::{Change, Changes};
use madoguchi::domain::page::PageRequest;
use madoguchi::domain::review::Verdict;
use madoguchi::domain::secret::Confidential;
use madoguchi::domain::verification::{TypedKey, VerificationKeyKind};
use madoguchi::services::users::{FacilityForm, UserForm};
use madoguchi::services::{applications, facilities, registry, review, start_of_use, users, verification};
use serde_json::{Value, json};

use crate::support::{Client, Portal, eventually, generated, operations};

const RUNS: usize = 20;

/// A portal where each list has this length: an applicant of so many facilities, a reviewer of so many cases, and a veteran whose
/// one facility has so many applications and, up to twenty, accounts.
pub struct Lists {
    pub portal: Portal,
    applicant: Client,
    veteran: Client,
    pub reviewer: Client,
    pub ids: Value,
}

/// Who asks, and with what variables, by operation.
fn asked(lists: &Lists, operation: &str) -> Option<(Client, Value)> {
    let [applicant, veteran, reviewer] = [&lists.applicant, &lists.veteran, &lists.reviewer].map(Clone::clone);
    let (facility, application) = (&lists.ids["facility"], &lists.ids["application"]);
    Some(match operation {
        "Viewer" | "MyList" => (applicant, json!({ "first": 100 })),
        "ApplicationMenus" | "StartOfUseForm" => (veteran, json!({ "facilityId": facility })),
        "FacilityAccounts" | "FacilityApplications" => (veteran, json!({ "facilityId": facility, "first": 100 })),
        "ConfirmApplication" | "Node" => (veteran, json!({ "id": application })),
        "ReviewCases" => (reviewer, json!({ "first": 100, "filter": { "statuses": ["IN_REVIEW"] } })),
        "PublicPages" => (applicant, json!({})),
        _ => return None,
    })
}

/// Every query is counted at both lengths, and needs no more than the committed number of statements at either.
///
/// Now and then two batches of different levels meet in one, sooner in a short list than in a long one. So the number is the greater of
/// the two, and one that only luck could reach is not asked for.
#[tokio::test(flavor = "multi_thread")]
async fn statements_do_not_grow_with_lists() {
    let (one, two, fifty) = tokio::join!(lists_of(1), lists_of(2), lists_of(50));
    let mut table =
        "# SQL statements a request, at most, for lists of 1 and of 50. `cargo xtask accept` rewrites this file.\n"
            .to_owned();
    for (file, text) in operations::all() {
        let Some(name) = text.lines().find_map(|line| line.strip_prefix("query ")) else { continue };
        let name = name.split(['(', ' ']).next().unwrap();
        let most = committed(&file);
        let counts = [count(&one, name, most).await, count(&fifty, name, most).await];
        let needed = if counts.iter().all(|count| *count <= most) { most } else { counts[0].max(counts[1]) };
        let texts = [texts(&two, name).await, texts(&fifty, name).await];
        assert_eq!(texts[0], texts[1], "{file}: its statements change with its lists");
        writeln!(table, "{file}: {needed}").unwrap();
        assert!(counts[1] < counts[0] + 10, "{file} grows with its lists: {counts:?}");
    }
    generated::compare("tests/it/query_counts.txt", &table);
}

/// What the committed table says of a file; nothing for one that is new, which then has all its runs.
fn committed(file: &str) -> usize {
    let table = std::fs::read_to_string(generated::path("tests/it/query_counts.txt")).unwrap();
    let row = table.lines().find_map(|line| line.strip_prefix(file)?.strip_prefix(": "));
    row.and_then(|row| row.trim().parse().ok()).unwrap_or(0)
}

/// The fewest statements of several runs, which end when one needs no more than `enough`: keys that two places ask for meet in one batch
/// or not, as the answers above them come in, while a statement for each entry shows in every run.
async fn count(lists: &Lists, operation: &str, enough: usize) -> usize {
    let (client, variables) =
        asked(lists, operation).unwrap_or_else(|| panic!("{operation} has no row in query_counts.rs"));
    let mut fewest = usize::MAX;
    for _ in 0..RUNS {
        lists.portal.take_statements();
        let answer = client.run(operation, variables.clone()).await;
        assert!(answer.get("errors").is_none(), "{operation}: {answer}");
        // The outbox is looked at by time, whoever asks for what.
        let sent = lists.portal.take_statements();
        fewest = fewest.min(sent.iter().filter(|sql| !sql.contains("outbox_messages")).count());
        if fewest <= enough {
            break;
        }
    }
    fewest
}

/// The texts of an operation's statements. None changes with how much is asked for, but for the page of one list alone (`store/page.rs`): the
/// database parses, plans and keeps each once.
async fn texts(lists: &Lists, operation: &str) -> BTreeSet<String> {
    let (client, variables) = asked(lists, operation).unwrap();
    lists.portal.take_statements();
    client.run(operation, variables).await;
    let sent = lists.portal.take_statements().into_iter();
    sent.filter(|sql| !sql.contains("outbox_messages")).collect()
}

/// Makes one.
pub async fn lists_of(length: usize) -> Lists {
    let portal = Portal::empty().await;
    let services = &portal.services;
    let codes: Vec<_> = (0..=length).map(|number| format!("協1350{number:03}00")).collect();
    let clinic = FacilityKind::TreatmentClinic;
    let rows: Vec<_> = codes.iter().map(|code| (clinic, code.as_str(), "施術所", "1970-01-31")).collect();
    registry::put_known(services, &Actor::System, &rows).await.unwrap();
    let form = |code: &String| FacilityForm { kind: clinic, code: code.clone(), name: None };
    let veteran = login(&portal, "veteran@example.jp", Role::Applicant, vec![form(&codes[0])]).await;
    let applicant =
        login(&portal, "applicant@example.jp", Role::Applicant, codes[1..].iter().map(form).collect()).await;
    let reviewer = login(&portal, "reviewer@example.jp", Role::Reviewer, vec![]).await;

    let facility = held_by(&portal, &veteran).await[0];
    for _ in 1..length {
        let draft = start_of_use::create(services, &veteran, facility, None).await.unwrap();
        applications::withdraw(services, &veteran, draft.id, draft.version).await.unwrap();
    }
    let application = send(&portal, &veteran, facility, length).await;
    let claimed = review::claim(services, &reviewer, application).await.unwrap();
    review::decide(services, &reviewer, application, claimed.version, Ok(Verdict::Approved), None).await.unwrap();
    for facility in held_by(&portal, &applicant).await {
        let sent = send(&portal, &applicant, facility, length).await;
        review::claim(services, &reviewer, sent).await.unwrap();
    }
    let ids = json!({ "facility": facility, "application": application });
    let [applicant, veteran, reviewer] = ["applicant", "veteran", "reviewer"].map(|name| format!("{name}@example.jp"));
    let (applicant, veteran, reviewer) =
        tokio::join!(portal.log_in(&applicant), portal.log_in(&veteran), portal.log_in(&reviewer));
    eventually("the wake-ups to be done", || {
        let seen = portal.take_statements().len();
        async move { (seen == 0).then_some(()) }
    })
    .await;
    Lists { portal, applicant, veteran, reviewer, ids }
}

async fn held_by(portal: &Portal, applicant: &Actor) -> Vec<FacilityId> {
    let request = PageRequest { size: 100, ..PageRequest::first() };
    let held = facilities::held_by(&portal.services, applicant, applicant.user().unwrap(), request).await.unwrap();
    held.items.into_iter().map(|facility| facility.id).collect()
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

async fn send(portal: &Portal, applicant: &Actor, facility: FacilityId, devices: usize) -> ApplicationId {
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
