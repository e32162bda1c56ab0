//! Durable submissions a second, sixty-four submitters at once, on each database beside the disk's own rate of synced writes.
//!
//! `cargo xtask bench databases` runs it with a PostgreSQL that syncs its commits, named by MADOGUCHI_BENCH_POSTGRES. A submission is the
//! whole use case `applications::submit` (policy, look-ups, application, review case, event, wake-up, mail, audit row), without HTTP.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream;
use madoguchi::app::{self, RandomIds, SystemClock};
use madoguchi::config::{Config, DatabaseAddress, content};
use madoguchi::domain::actor::{Actor, Role};
use madoguchi::domain::application::Application;
use madoguchi::domain::clock::World;
use madoguchi::domain::facility::FacilityKind;
use madoguchi::domain::ids::SessionId;
use madoguchi::domain::kinds::start_of_use::{Change, Changes};
use madoguchi::domain::secret::Confidential;
use madoguchi::domain::verification::{TypedKey, VerificationKeyKind};
use madoguchi::services::users::{self, FacilityForm, UserForm};
use madoguchi::services::{Services, applications, registry, start_of_use, verification};
use madoguchi::store::{facilities, schema};
use sea_orm::sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

const SUBMITTERS: usize = 64;
/// How many applications each submitter sends.
const EACH: usize = 24;
const CLINIC: FacilityKind = FacilityKind::TreatmentClinic;
const KEY: &str = "1970-01-31";

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let mut addresses = vec![("SQLite", DatabaseAddress::Sqlite(folder.path().join("bench.db")))];
    match std::env::var("MADOGUCHI_BENCH_POSTGRES") {
        Ok(server) => addresses.push(("PostgreSQL", fresh(&server).await?)),
        Err(_) => say("MADOGUCHI_BENCH_POSTGRES names no server of PostgreSQL: SQLite alone is measured"),
    }
    say(&format!(
        "{SUBMITTERS} submitters, {EACH} applications each; the disk: 4 KiB written and synced, one after another"
    ));
    for (name, address) in addresses {
        let services = open(folder.path(), address).await?;
        let ready = prepare(&services).await?;
        let before = synced_writes(folder.path())?;
        let rate = submit(&services, ready).await?;
        let disk = (before + synced_writes(folder.path())?) / 2.0;
        say(&format!(
            "{name:<11} {rate:6.0} submissions/s   the disk {disk:5.0} synced writes/s   {:.1} times",
            rate / disk
        ));
        services.database.close().await?;
    }
    Ok(())
}

fn say(words: &str) {
    let _ = writeln!(std::io::stdout(), "{words}");
}

/// A new database of a server, whose superuser the address names.
async fn fresh(server: &str) -> Result<DatabaseAddress, Error> {
    let name = format!("madoguchi_bench_{}", std::process::id());
    let mut connection = PgConnection::connect(server).await?;
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
    let mut address = url::Url::parse(server)?;
    address.set_path(&name);
    Ok(DatabaseAddress::parse(address.as_str()).ok_or("no address of a PostgreSQL")?)
}

async fn open(data: &Path, address: DatabaseAddress) -> Result<Services, Error> {
    let mut config = Config { data: data.to_owned(), database: Some(address), ..Config::default() };
    config.pool.writers = 32;
    config.verification.per_user_per_day = 1000;
    let database = app::open_database(&config).await?;
    schema::up(&database).await?;
    let world = World::new(Arc::new(SystemClock), Arc::new(RandomIds::default()));
    Ok(app::services(config, database, [7; 32], content::load(None)?, world)?)
}

/// Who submits, and what.
struct Submitter {
    actor: Actor,
    applications: Vec<Application>,
}

/// Makes the submitters with everything ready to be sent.
async fn prepare(services: &Services) -> Result<Vec<Submitter>, Error> {
    let codes: Vec<Vec<String>> =
        (0..SUBMITTERS).map(|user| (0..EACH).map(|n| format!("協27{:05}-0-0", user * EACH + n)).collect()).collect();
    for of_user in &codes {
        let rows: Vec<_> = of_user.iter().map(|code| (CLINIC, code.as_str(), "見本整骨院", KEY)).collect();
        registry::put_known(services, &Actor::System, &rows).await.map_err(failed)?;
    }
    let submitters = stream::iter(codes.into_iter().enumerate()).map(|(user, codes)| submitter(services, user, codes));
    // Passwords are hashed a few at a time, and only so many may wait.
    submitters.buffer_unordered(16).collect::<Vec<_>>().await.into_iter().collect()
}

async fn submitter(services: &Services, number: usize, codes: Vec<String>) -> Result<Submitter, Error> {
    let form = UserForm {
        display_name: "見本 太郎".to_owned(),
        email: format!("submitter{number}@example.jp"),
        phone_number: "0312345678".to_owned(),
        password: Confidential::new("madoguchi-demo-2026".to_owned()),
        role: Role::Applicant,
        facilities: codes.into_iter().map(|code| FacilityForm { kind: CLINIC, code, name: None }).collect(),
    };
    let user = users::create_user(services, &Actor::System, form).await.map_err(failed)?.ok_or("the login exists")?;
    let session: SessionId = services.world.id();
    let actor = Actor::User { user: user.id, role: user.role, session };
    let page = madoguchi::domain::page::PageRequest { size: 100, backward: false, after: None, before: None };
    let held = facilities::held_by(services.database.reader(), &actor, user.id, page).await?;
    let mut applications = Vec::new();
    for facility in held.items {
        let draft = start_of_use::create(services, &actor, facility.id, None).await.map_err(failed)?;
        let key = TypedKey {
            kind: VerificationKeyKind::ManagingPractitionerBirthDate,
            text: Confidential::new(KEY.to_owned()),
        };
        verification::verify(services, &actor, draft.id, draft.version, key).await.map_err(failed)?;
        let changes = Changes {
            staff_count: Change::Set(2),
            device_count: Change::Set(2),
            accept_terms: Change::Set("1.0".to_owned()),
            ..Changes::default()
        };
        let filled = start_of_use::update(services, &actor, draft.id, draft.version + 1, changes);
        applications.push(filled.await.map_err(failed)?);
    }
    Ok(Submitter { actor, applications })
}

/// Submits everything, each submitter one application after another; gives submissions a second.
async fn submit(services: &Services, submitters: Vec<Submitter>) -> Result<f64, Error> {
    let count: usize = submitters.iter().map(|submitter| submitter.applications.len()).sum();
    let started = Instant::now();
    let tasks: Vec<_> = submitters
        .into_iter()
        .map(|Submitter { actor, applications }| {
            let services = services.clone();
            tokio::spawn(async move {
                for application in applications {
                    let sent = applications::submit(&services, &actor, application.id, application.version, None);
                    sent.await.map_err(failed)?;
                }
                Ok::<_, Error>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(count as f64 / started.elapsed().as_secs_f64())
}

/// What the disk does alone: pages written and synced, one after another, for two seconds.
fn synced_writes(folder: &Path) -> Result<f64, Error> {
    let mut file = File::create(folder.join("synced"))?;
    file.write_all(&[0; 1 << 20])?;
    file.sync_all()?;
    let (mut count, started) = (0_u32, Instant::now());
    while started.elapsed() < Duration::from_secs(2) {
        file.seek(SeekFrom::Start(u64::from(count % 256) * 4096))?;
        file.write_all(&[1; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    Ok(f64::from(count) / started.elapsed().as_secs_f64())
}

fn failed(failure: madoguchi::services::Failure) -> Error {
    format!("{failure:?}").into()
}
