//! What three pages cost: this gateway, Mercurius with graphql-jit, and the same pages written by hand, side by side on one PostgreSQL.
//!
//! `cargo xtask bench queries` runs it. MADOGUCHI_BENCH_POSTGRES names a server of PostgreSQL by its superuser. `--seconds N` is the length of
//! a run, `--rounds N` how many there are, `--pages Q1,Q3` leaves pages out, `--gateway FILE` measures another build of the gateway.
//! The figures are for comparing within one run: processor time of a request, most of all.

mod answers;
mod by_hand;
mod contestants;
mod data;
mod load;
mod pages;
mod report;
mod statements;

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sea_orm::sqlx::{self, Connection as _, PgConnection};

use self::contestants::{Contestant, POOL};
use self::data::Data;
use self::pages::Page;
use self::report::{Found, Results};

const CONNECTIONS: u32 = 32;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// What is measured, and how long.
struct Settings {
    server: String,
    folder: PathBuf,
    gateway: PathBuf,
    seconds: u32,
    rounds: u32,
    pages: Option<Vec<String>>,
}

impl Settings {
    fn read(words: &[String]) -> Result<Self, Error> {
        let server = std::env::var("MADOGUCHI_BENCH_POSTGRES");
        let mut settings = Self {
            server: server
                .map_err(|_| "MADOGUCHI_BENCH_POSTGRES names no server of PostgreSQL: use cargo xtask bench queries")?,
            folder: Path::new(env!("CARGO_TARGET_TMPDIR")).join("queries"),
            gateway: env!("CARGO_BIN_EXE_madoguchi").into(),
            seconds: 8,
            rounds: 3,
            pages: None,
        };
        let mut words = words.iter().filter(|word| *word != "--bench");
        while let Some(option) = words.next() {
            let value = words.next().ok_or_else(|| format!("{option} needs a value"))?;
            match option.as_str() {
                "--seconds" => settings.seconds = value.parse()?,
                "--rounds" => settings.rounds = value.parse()?,
                "--pages" => settings.pages = Some(value.split(',').map(str::to_owned).collect()),
                "--gateway" => settings.gateway = value.into(),
                _ => return Err(format!("{option} is none of --seconds, --rounds, --pages, --gateway").into()),
            }
        }
        Ok(settings)
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match &words[..] {
        [first, port, database, connections] if first == "by-hand" => {
            by_hand::serve(port.parse()?, database, connections.parse()?).await
        }
        words => measure(&Settings::read(words)?).await,
    }
}

fn say(words: &str) {
    let _ = writeln!(std::io::stdout(), "{words}");
}

async fn measure(settings: &Settings) -> Result<(), Error> {
    if settings.folder.exists() {
        std::fs::remove_dir_all(&settings.folder)?;
    }
    std::fs::create_dir_all(&settings.folder)?;
    say("making 1,000 facilities, 100,000 applications, 100,000 files and 120,000 accounts");
    let data = Data::make(&settings.server, &settings.folder).await?;
    let mut pages = Page::all(&data);
    if let Some(wanted) = &settings.pages {
        pages.retain(|page| wanted.iter().any(|name| name == page.name));
    }
    let contestants = Contestant::start_all(settings, &data.address).await?;
    let mut connection = PgConnection::connect(&data.address).await?;
    let results = prepare(settings, &mut connection, &contestants, &pages).await?;
    let backend: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await?;
    let results = rounds(settings, backend.try_into()?, &contestants, &pages, results)?;

    let names: Vec<_> = contestants.iter().map(|contestant| contestant.name).collect();
    let memory =
        contestants.iter().map(|one| Ok((one.name, one.memory()?))).collect::<Result<HashMap<_, _>, Error>>()?;
    say(&format!(
        "\nMilliseconds of processor time of a request (the same as seconds of 1,000), requests a second and latencies in milliseconds over \
         {CONNECTIONS} connections, the median latency on one; medians of {} rounds of {} s by turns; statements (SQL) of a request, and of one among \
         {CONNECTIONS} at once; memory after all of it. Each reads over {POOL} connections, and each asks who the token's user is and what they may see.",
        settings.rounds, settings.seconds
    ));
    for page in &pages {
        say(report::page(page, &names, &results, &memory).trim_end());
    }
    say(report::conditions(&pages, &results, &memory).trim_end());
    Ok(())
}

/// Compares answers and counts statements. The texts are left beside the logs.
async fn prepare(
    settings: &Settings,
    connection: &mut PgConnection,
    contestants: &[Contestant],
    pages: &[Page],
) -> Result<Results, Error> {
    let http = reqwest::Client::new();
    let mut results = Results::new();
    for page in pages {
        let size = answers::compare(&http, contestants, page).await?;
        say(&format!("{}: everybody gives the same answer, of some {size} bytes, and none to strangers", page.name));
        for contestant in contestants {
            let quiet = statements::of(connection, &http, contestant, page, 1).await?;
            let busy = statements::of(connection, &http, contestant, page, CONNECTIONS).await?;
            let texts = quiet.iter().flatten().map(|(count, text)| format!("{count:.1} {text}\n")).collect::<String>();
            std::fs::write(settings.folder.join(format!("{} {}.sql", page.name, contestant.name)), texts)?;
            let sum = |found: Vec<(f64, String)>| found.iter().map(|(count, _)| count).sum();
            let statements = quiet.map(sum).zip(busy.map(sum));
            results.insert((page.name, contestant.name), Found { statements, ..Found::default() });
        }
    }
    Ok(results)
}

/// The rounds, everybody by turns. Before them each page is asked for until whatever compiles itself has done so.
fn rounds(
    settings: &Settings,
    backend: u32,
    contestants: &[Contestant],
    pages: &[Page],
    mut results: Results,
) -> Result<Results, Error> {
    let mut files = Vec::new();
    for page in pages {
        let requests = page.write(&settings.folder)?;
        for contestant in contestants {
            load::run(contestant, page, &requests, CONNECTIONS, 2, backend)?;
        }
        files.push(requests);
    }
    for round in 1..=settings.rounds {
        for (page, requests) in pages.iter().zip(&files) {
            for contestant in contestants {
                let idle = load::run(contestant, page, requests, 1, 2, backend)?;
                let busy = load::run(contestant, page, requests, CONNECTIONS, settings.seconds, backend)?;
                say(&format!(
                    "round {round}, {}, {:<10} {:6.0} requests/s, {:.3} + {:.3} ms of processor time a request",
                    page.name, contestant.name, busy.rate, busy.server, busy.database
                ));
                if let Some(found) = results.get_mut(&(page.name, contestant.name)) {
                    found.busy.push(busy);
                    found.idle.push(idle);
                }
            }
        }
    }
    Ok(results)
}
