//! How long each page takes at 1,000 applications and at 1,000,000, on each database: the median of requests over HTTP, the two sizes by
//! turns.
//!
//! `cargo bench --bench growth` runs it. MADOGUCHI_BENCH_POSTGRES names a server of PostgreSQL by its superuser; MADOGUCHI_BENCH_FOLDER a
//! folder in which the files of SQLite are kept for the next run, as the databases of the server are; MADOGUCHI_BENCH_APPLICATIONS another
//! large size.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use madoguchi::app::{self, RandomIds, SystemClock, demo};
use madoguchi::config::{Config, DatabaseAddress, content};
use madoguchi::domain::clock::World;
use madoguchi::http::shutdown::Shutdown;
use madoguchi::services::Services;
use madoguchi::store::schema;
use sea_orm::sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const SMALL: u32 = 1_000;
const LARGE: u32 = 1_000_000;
const WARM: usize = 20;
const RUNS: usize = 200;

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let folder = std::env::var_os("MADOGUCHI_BENCH_FOLDER")
        .map_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("growth"), PathBuf::from);
    let large = std::env::var("MADOGUCHI_BENCH_APPLICATIONS").map_or(Ok(LARGE), |text| text.parse())?;
    let server = std::env::var("MADOGUCHI_BENCH_POSTGRES").ok();
    if server.is_none() {
        say("MADOGUCHI_BENCH_POSTGRES names no server of PostgreSQL: SQLite alone is measured");
    }
    for server in [None, server.as_deref()].into_iter().take(1 + usize::from(server.is_some())) {
        let name = if server.is_some() { "PostgreSQL" } else { "SQLite" };
        say(&format!(
            "{name}: median of {RUNS} requests in milliseconds at {SMALL} and at {large} applications, and the ratio"
        ));
        let (small, large) = (Desk::open(&folder, server, SMALL).await?, Desk::open(&folder, server, large).await?);
        for ((page, small_page), (_, large_page)) in small.pages().await?.iter().zip(&large.pages().await?) {
            let (mut at_small, mut at_large) = (Vec::new(), Vec::new());
            for run in 0..WARM + RUNS {
                let (one, other) = (small_page.time().await?, large_page.time().await?);
                if run >= WARM {
                    at_small.push(one);
                    at_large.push(other);
                }
            }
            let (one, other) = (median(at_small), median(at_large));
            say(&format!("  {page:<44} {one:8.2} {other:8.2} {:6.2}", other / one));
        }
        small.services.database.close().await?;
        large.services.database.close().await?;
    }
    Ok(())
}

fn say(words: &str) {
    let _ = writeln!(std::io::stdout(), "{words}");
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A gateway over so many applications.
struct Desk {
    services: Services,
    address: String,
    http: reqwest::Client,
}

/// A request that is sent again and again.
struct Page(reqwest::RequestBuilder);

impl Page {
    /// How long its answer takes, in milliseconds.
    async fn time(&self) -> Result<f64, Error> {
        let request = self.0.try_clone().ok_or("a request that can be sent once")?;
        let begun = Instant::now();
        let answer = request.send().await?.bytes().await?;
        let took = begun.elapsed().as_secs_f64() * 1000.0;
        let answer: Value = serde_json::from_slice(&answer)?;
        if answer.get("errors").is_some() { Err(answer.to_string().into()) } else { Ok(took) }
    }
}

impl Desk {
    async fn open(folder: &Path, server: Option<&str>, applications: u32) -> Result<Self, Error> {
        let data = folder.join(applications.to_string());
        std::fs::create_dir_all(&data)?;
        let database = match server {
            None => DatabaseAddress::Sqlite(data.join("madoguchi.db")),
            Some(server) => database_of(server, applications).await?,
        };
        let config = Config { data, database: Some(database), ..Config::default() };
        let database = app::open_database(&config).await?;
        schema::up(&database).await?;
        let world = World::new(Arc::new(SystemClock), Arc::new(RandomIds::default()));
        let services = app::services(config, database, [7; 32], content::load(None)?, world)?;
        demo::add_applications(&services, applications, &mut |_| {}).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}/graphql", listener.local_addr()?);
        tokio::spawn(app::serve(services.clone(), listener, Router::new(), Shutdown::default()));
        Ok(Self { services, address, http: reqwest::Client::new() })
    }

    /// Every page that is measured, with its name.
    async fn pages(&self) -> Result<Vec<(&'static str, Page)>, Error> {
        let chain = self.log_in("applicant-0000000@example.jp").await?;
        let reviewer = self.log_in("reviewer@example.jp").await?;
        let list = self.ask(&chain, "31-my-list", json!({ "first": 100 })).await?;
        let nodes = list["data"]["viewer"]["facilities"]["nodes"].as_array().ok_or("no facilities")?;
        let ready = nodes.iter().find(|facility| facility["adoptionStage"] == "READY").ok_or("none is ready")?;
        let (facility, application) = (&ready["id"], &ready["applications"]["nodes"][0]["id"]);
        let waiting = json!({ "filter": { "statuses": ["SUBMITTED", "IN_REVIEW"] } });
        let page = self.ask(&reviewer, "13-review-cases", waiting.clone()).await?;
        let after = &page["data"]["reviewCases"]["pageInfo"]["endCursor"];
        let next = json!({ "filter": { "statuses": ["SUBMITTED", "IN_REVIEW"] }, "after": after });
        let midwives = json!({ "filter": { "statuses": ["SUBMITTED"], "facilityKinds": ["MIDWIFERY_HOME"] } });
        let asked = [
            ("Viewer: 20 of 100 facilities", &chain, "04-viewer", json!({})),
            ("MyList: 20 facilities, 3 applications each", &chain, "31-my-list", json!({})),
            (
                "FacilityApplications: 10 with histories",
                &chain,
                "20-facility-applications",
                json!({ "facilityId": facility }),
            ),
            ("FacilityAccounts", &chain, "19-facility-accounts", json!({ "facilityId": facility })),
            ("ConfirmApplication", &chain, "10-confirm-application", json!({ "id": application })),
            ("Node", &chain, "27-node", json!({ "id": application })),
            ("ReviewCases: waiting", &reviewer, "13-review-cases", waiting),
            ("ReviewCases: waiting, second page", &reviewer, "13-review-cases", next),
            ("ReviewCases: submitted by midwifery homes", &reviewer, "13-review-cases", midwives),
            (
                "ReviewCases: completed",
                &reviewer,
                "13-review-cases",
                json!({ "filter": { "statuses": ["COMPLETED"] } }),
            ),
            ("ReviewCases: all", &reviewer, "13-review-cases", json!({ "filter": {} })),
        ];
        let asked = asked
            .into_iter()
            .map(|(name, token, file, variables)| Ok((name, Page(self.request(token, file, variables)?))));
        asked.collect()
    }

    async fn log_in(&self, email: &str) -> Result<String, Error> {
        let input = json!({ "input": { "email": email, "password": demo::PASSWORD } });
        let answer = self.ask("", "03-log-in", input).await?;
        Ok(answer["data"]["logIn"]["token"].as_str().ok_or_else(|| format!("no login: {answer}"))?.to_owned())
    }

    async fn ask(&self, token: &str, file: &str, variables: Value) -> Result<Value, Error> {
        Ok(self.request(token, file, variables)?.send().await?.json().await?)
    }

    fn request(&self, token: &str, file: &str, variables: Value) -> Result<reqwest::RequestBuilder, Error> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("graphql/operations/{file}.graphql"));
        let document = std::fs::read_to_string(file)?;
        let request = self.http.post(&self.address).json(&json!({ "query": document, "variables": variables }));
        Ok(if token.is_empty() { request } else { request.bearer_auth(token) })
    }
}

/// The database of so many applications on a server, made when it is not there.
async fn database_of(server: &str, applications: u32) -> Result<DatabaseAddress, Error> {
    let name = format!("madoguchi_growth_{applications}");
    let mut connection = PgConnection::connect(server).await?;
    let known = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    if connection.fetch_optional(AssertSqlSafe(known)).await?.is_none() {
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
    }
    let mut address = url::Url::parse(server)?;
    address.set_path(&name);
    Ok(DatabaseAddress::parse(address.as_str()).ok_or("no address of a PostgreSQL")?)
}
