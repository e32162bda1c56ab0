//! A portal of its own for each unit test: a migrated database in a folder that goes with it, and a clock that the test sets.

use std::path::Path;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Duration, TimeZone, Utc};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::login::{self, Login};
use super::registration::RegistrationForm;
use super::users::{self, FacilityForm, UserForm};
use super::{Failure, Outcome, PasswordHasher, ServerKey, Services};
use crate::config::Config;
use crate::domain::actor::{Actor, Role};
use crate::domain::clock::{Clock, IdMaker, World};
use crate::domain::content::Content;
use crate::domain::facility::FacilityKind;
use crate::domain::mail::Mail;
use crate::domain::person::User;
use crate::domain::refusal::Reason;
use crate::domain::secret::Confidential;
use crate::services::uploads::Seats;
use crate::storage::Objects;
use crate::store::outbox::{self, Task, Topic};
use crate::store::{Database, Pools, schema};

#[path = "../../tests/it/support/database.rs"]
mod database;

use database::Template;

/// The password of every login that the fixture makes.
pub(crate) const PASSWORD: &str = "madoguchi-demo-2026";

async fn open(address: &str) -> Database {
    let pools = Pools { writers: 4, readers: 4 };
    match address.strip_prefix("sqlite:") {
        Some(file) => Database::open_sqlite(Path::new(file), pools).await.expect("a database"),
        None => Database::open_postgres(address, pools).await.expect("a database"),
    }
}

async fn migrated() -> &'static Template {
    static MADE: OnceCell<Template> = OnceCell::const_new();
    let make = || {
        Template::make(async |address| {
            let database = open(address).await;
            schema::up(&database).await.expect("migrations");
            database.close().await.expect("a closed database");
        })
    };
    MADE.get_or_init(make).await
}

/// A portal for one test.
pub(crate) struct Fixture {
    pub(crate) services: Services,
    clock: Arc<TestClock>,
    statements: Arc<Mutex<Vec<String>>>,
    _folder: TempDir,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut database = open(&migrated().await.copy(folder.path()).await).await;
        let statements = Arc::new(Mutex::new(Vec::new()));
        let seen = statements.clone();
        database.on_statement(move |statement| seen.lock().expect("a list").push(statement.sql.clone()));
        let start = Utc.with_ymd_and_hms(2026, 11, 24, 1, 0, 0).single().expect("an instant");
        let clock = Arc::new(TestClock(Mutex::new(start)));
        let config = Config { data: folder.path().to_owned(), ..Config::default() };
        let services = Services {
            database,
            objects: Objects::local(config.objects_folder()),
            seats: Seats::default(),
            world: World::new(clock.clone(), Arc::new(TestIds)),
            config: Arc::new(config),
            content: Arc::new(Content::default()),
            key: ServerKey::new([9; 32]),
            passwords: PasswordHasher::new().expect("threads"),
        };
        Self { services, clock, statements, _folder: folder }
    }

    pub(crate) fn pass(&self, time: Duration) {
        *self.clock.0.lock().expect("a clock") += time;
    }

    /// The statements that were sent since the last call.
    pub(crate) fn statements(&self) -> Vec<String> {
        std::mem::take(&mut *self.statements.lock().expect("a list"))
    }

    /// The mails that wait to be delivered, oldest first.
    pub(crate) async fn mails(&self) -> Vec<Mail> {
        let due = outbox::due(self.services.database.reader(), Topic::Mail, self.services.world.now(), 100).await;
        let tasks = due.expect("the outbox").into_iter().map(|message| message.task.expect("a task"));
        tasks.filter_map(|task| if let Task::Deliver(mail) = task { Some(mail) } else { None }).collect()
    }

    /// A login of an applicant with one clinic, whose code ends in the number.
    pub(crate) async fn applicant(&self, email: &str, number: u32) -> User {
        let clinic =
            FacilityForm { kind: FacilityKind::TreatmentClinic, code: format!("協13{number:05}00"), name: None };
        let form = UserForm {
            display_name: "山田 花子".to_owned(),
            email: email.to_owned(),
            phone_number: "0312345678".to_owned(),
            password: secret(PASSWORD),
            role: Role::Applicant,
            facilities: vec![clinic],
        };
        users::create_user(&self.services, &Actor::System, form).await.expect("a user").expect("a new address")
    }

    pub(crate) async fn log_in(&self, email: &str, password: &str) -> Outcome<Login> {
        login::log_in(&self.services, &Actor::Anonymous, email, secret(password), None).await
    }
}

/// A registration that nothing is wrong with.
pub(crate) fn registration(email: &str, code: &str) -> RegistrationForm {
    RegistrationForm {
        display_name: "髙橋 太郎".to_owned(),
        facility_kind: FacilityKind::TreatmentClinic,
        facility_code: code.to_owned(),
        facility_name: Some("髙橋接骨院".to_owned()),
        phone_number: "03-1234-5678".to_owned(),
        email: email.to_owned(),
        password: secret(PASSWORD),
    }
}

pub(crate) fn secret(text: &str) -> Confidential {
    Confidential::new(text.to_owned())
}

/// The reasons of a refusal; none for anything else.
pub(crate) fn reasons<T>(outcome: Outcome<T>) -> Vec<Reason> {
    match outcome {
        Err(Failure::Refused(refusals)) => refusals.into_iter().map(|refusal| refusal.reason).collect(),
        Err(Failure::Fault(fault)) => panic!("{fault}"),
        Ok(_) => Vec::new(),
    }
}

struct TestClock(Mutex<DateTime<Utc>>);

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("a clock")
    }
}

struct TestIds;

impl IdMaker for TestIds {
    fn make(&self, _: DateTime<Utc>) -> Uuid {
        Uuid::now_v7()
    }
}
